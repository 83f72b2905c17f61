// The backward pass of the GRU that resets before its product: from the last step of a block of
// rows to the first.
//
// Each step computes from dh the gradient of the candidate, from it by the second product that of
// r h, and from that the gradient of r and a part of dh. The first product gives the rest of the dh
// (and dx) of the step before. The gradients are collected together with the inputs [r h | x | 1 | h]
// of the steps, until there are enough for one product each, which adds to the gradients of all
// weights.

#include "cells/gru_reset_before.h"

namespace unrolled::ISA::gru_reset_before {
namespace {

struct State {
  float* a;       // depth lda: r h, x, 1, h before the step
  float* dz;      // depth ldz: gradient of the first product, then of the second
  float* dh;      // rows ldh: gradient of h (between the products of r h), then of x
  float* passed;  // rows h: the part of dh that goes through neither product
  Index ldh;
  float *sums_gates, *sums_candidate;
  bool started;
};

// One row at one step: the gradients of z and of the candidate, and the inputs of the products, at
// `slot` of the collected steps.
INLINE void differentiate(const Backward& p, const Plan& plan, const State& state, Index r,
                          Index row, Index s, Index slot) {
  const Index h = p.shape.h, f = p.shape.f, at = position(p.shape, row, s);
  float *a = state.a + slot * plan.lda, *dz = state.dz + slot * plan.ldz;
  float *dh = state.dh + r * state.ldh, *passed = state.passed + r * plan.across;
  const float* dy = p.dys != nullptr ? p.dys + at * h : nullptr;
  const float* saved = p.saved + (row * p.shape.t + s) * plan.saved;
  copy(a + h, p.x + at * f, f);
  a[h + f] = 1;
  const vec one = splat(1);
  for (Index v = 0; v < plan.vectors; ++v, saved += kept * lanes) {
    const Index unit = v * lanes, some = smaller(lanes, h - unit);
    const vec z = load(saved), rs = load(saved + lanes), g = load(saved + 2 * lanes);
    const vec before = load(saved + 3 * lanes);
    vec d = load(dh + unit);
    if (dy != nullptr) d = d + load_first(dy + unit, some);
    store_first(a + unit, rs * before, some);
    store(a + plan.inputs + unit, before);
    store(passed + unit, d * z);
    // Units beyond the last have zero weights, but 0 times NaN is not 0.
    const vec dg = keep_first(d * (one - z) * (one - g * g), some);
    // Not d (before - g): where d is infinite, the difference of the products is NaN, as it must be.
    store(dz + gates * unit, keep_first((d * before - d * g) * z * (one - z), some));
    store(dz + gates * plan.across + unit, dg);
  }
}

// One row between the products: computes from the gradient of r h, which is in dh, that of r and
// the part of dh that does not come from the first product.
INLINE void differentiate_reset(const Backward& p, const Plan& plan, const State& state, Index r,
                                Index row, Index s, Index slot) {
  float *dr = state.dz + slot * plan.ldz + lanes, *dh = state.dh + r * state.ldh;
  const float* passed = state.passed + r * plan.across;
  const float* saved = p.saved + (row * p.shape.t + s) * plan.saved;
  for (Index v = 0; v < plan.vectors; ++v, saved += kept * lanes, dr += gates * lanes) {
    const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
    const vec rs = load(saved + lanes), before = load(saved + 3 * lanes), d = load(dh + unit);
    store(dr, keep_first(d * before * rs * (splat(1) - rs), some));
    store(dh + unit, load(passed + unit) + d * rs);
  }
}

void step(const Backward& p, const Plan& plan, const float* packed, const State& state, Rows rows,
          Index active, Index s, Index slot) {
  const Index f = p.dx != nullptr ? p.shape.f : 0, first = gates * plan.across;
  const Index columns = vectors(transposed_columns(plan.units, f));
  const float* const dz = state.dz + slot * plan.ldz;
  for (Index r = 0; r < active; ++r) {
    differentiate(p, plan, state, r, rows.index[r], s, slot + r);
  }
  multiply(active, plan.across, columns, dz + first, plan.ldz, packed + first * columns * lanes,
           state.dh, state.ldh);
  for (Index r = 0; r < active; ++r) {
    differentiate_reset(p, plan, state, r, rows.index[r], s, slot + r);
  }
  multiply(active, first, columns, dz, plan.ldz, packed, state.dh, state.ldh, true);
  for (Index r = 0; r < active && p.dx != nullptr; ++r) {
    copy(p.dx + position(p.shape, rows.index[r], s) * f,
         state.dh + r * state.ldh + plan.across, f);
  }
}

// Adds the collected steps to the gradients of the weights.
void collect(const Plan& plan, State& state, Index gathered) {
  accumulate<gates, width>(gathered, plan.inputs, plan.vectors, state.a + plan.units, plan.lda,
                           state.dz, plan.ldz, state.sums_gates, state.started);
  accumulate<1, width>(gathered, plan.inputs, plan.vectors, state.a, plan.lda,
                       state.dz + gates * plan.across, plan.ldz, state.sums_candidate,
                       state.started);
  state.started = true;
}

}  // namespace

Sizes sizes(const Shape& s, bool dx) {
  const Plan plan(s);
  const Index columns = padded(transposed_columns(s.h, dx ? s.f : 0));
  const Index outputs = (gates + 1) * plan.across;
  return {.saved = plan.saved,
          .packed_forward = plan.inputs * outputs,
          .packed_backward = outputs * columns,
          .forward = most_rows * (2 * plan.lda + plan.across + width * lanes),
          .backward = depth * (plan.lda + plan.ldz) + most_rows * (spread(columns) + plan.across),
          .sums = plan.inputs * outputs};
}

void pack_backward(const Backward& p, float* packed, Index part, Index parts) {
  const Index h = p.shape.h, f = p.dx != nullptr ? p.shape.f : 0;
  const Index all = (gates + 1) * h, last = gates * h;
  const Index columns = padded(transposed_columns(h, f));
  pack_transposed<gates>({{{p.recurrent, h}, {p.kernel, f}}, all}, h, packed, part, parts);
  pack_transposed<1>({{{p.recurrent + last, h}, {p.kernel + last, f}}, all}, h,
                     packed + gates * padded(h) * columns, part, parts);
}

void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started) {
  const Plan plan(p.shape);
  State state{};
  state.ldh = spread(padded(transposed_columns(p.shape.h, p.dx != nullptr ? p.shape.f : 0)));
  state.a = scratch, state.dz = state.a + depth * plan.lda;
  state.dh = state.dz + depth * plan.ldz, state.passed = state.dh + most_rows * state.ldh;
  state.sums_gates = sums, state.sums_candidate = sums + plan.inputs * gates * plan.across;
  state.started = started;
  backward_steps(
      p.shape, rows, depth, [&](Index r, Index row) { enter(p, row, state.dh + r * state.ldh); },
      [&](Index s, Index active, Index slot) {
        step(p, plan, packed, state, rows, active, s, slot);
      },
      [&](Index gathered) { collect(plan, state, gathered); });
  for (Index r = 0; r < rows.count; ++r) {
    copy(p.dh0 + rows.index[r] * p.shape.h, state.dh + r * state.ldh, p.shape.h);
  }
}

void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, f = p.shape.f, all = (gates + 1) * h;
  const auto first = [&](Index m) {
    return m < f ? p.dkernel + m * all : m == f ? p.dbias : p.drecurrent + (m - f - 1) * all;
  };
  const auto second = [&](Index m) {
    return gates * h + (m < h       ? p.drecurrent + m * all
                        : m < h + f ? p.dkernel + (m - h) * all
                                    : p.dbias);
  };
  unpack<gates, width>(sums, count, plan.inputs, h, first, 0, part, parts);
  unpack<1, width>(sums, count, plan.inputs, h, second, plan.inputs * gates * plan.across, part,
                   parts);
}

}  // namespace unrolled::ISA::gru_reset_before
