// The backward pass of the GRU: from the last step of a block of rows to the first.
//
// Each step turns dh into the gradients of the two products, and these into the dh and dx of
// the step before. They are collected together with the inputs [x | 1 | h] of the steps, until there
// are enough for one product each, which adds to the gradients of all weights.

#include "cells/gru.h"

namespace unrolled::ISA::gru {
namespace {

struct State {
  float* a;          // depth lda: x, 1, h before the step
  float* input;      // depth ldz: gradient of the product with x
  float* recurrent;  // depth ldz: gradient of the product with h
  float* dh;         // rows ldh
  float* dx;         // rows ldx
  Index ldh, ldx;
  float *sums_input, *sums_recurrent;
  bool started;
};

// One row at one step: the gradients of its products, the inputs of these, and the part of dh that
// does not go through them. The first two are stored at `slot` of the collected steps.
INLINE void differentiate(const Backward& p, const Plan& plan, const State& state, Index r,
                          Index row, Index s, Index slot) {
  const Index h = p.shape.h, f = p.shape.f, at = position(p.shape, row, s);
  float *a = state.a + slot * plan.lda, *dh = state.dh + r * state.ldh;
  float *x = state.input + slot * plan.ldz, *u = state.recurrent + slot * plan.ldz;
  const float* dy = p.dys != nullptr ? p.dys + at * h : nullptr;
  const float* saved = p.saved + (row * p.shape.t + s) * plan.saved;
  copy(a, p.x + at * f, f);
  a[f] = 1;
  const vec one = splat(1);
  for (Index v = 0; v < plan.vectors; ++v, saved += kept * lanes) {
    const Index unit = v * lanes, some = smaller(lanes, h - unit);
    const vec z = load(saved), rs = load(saved + lanes), g = load(saved + 2 * lanes);
    const vec inner = load(saved + 3 * lanes), before = load(saved + 4 * lanes);
    vec d = load(dh + unit);
    if (dy != nullptr) d = d + load_first(dy + unit, some);
    store(a + f + 1 + unit, before);
    store(dh + unit, d * z);
    // Units beyond the last have zero weights, but 0 times NaN is not 0.
    const vec dg = keep_first(d * (one - z) * (one - g * g), some);
    // Not d (before - g): where d is infinite, the difference of the products is NaN, as it must be.
    const vec dz = keep_first((d * before - d * g) * z * (one - z), some);
    const vec dr = keep_first(dg * inner * rs * (one - rs), some);
    store(x, dz), store(x + lanes, dr), store(x + 2 * lanes, dg);
    store(u, dz), store(u + lanes, dr), store(u + 2 * lanes, keep_first(dg * rs, some));
    x += gates * lanes, u += gates * lanes;
  }
}

// From the gradients of the products to the dh and dx of the step before.
void propagate(const Backward& p, const Plan& plan, const float* packed, const State& state,
               Rows rows, Index active, Index s, Index slot) {
  const Index f = p.shape.f, offset = slot * plan.ldz;
  multiply(active, plan.outputs, plan.vectors, state.recurrent + offset, plan.ldz, packed,
           state.dh, state.ldh, true);
  if (p.dx == nullptr) return;
  multiply(active, plan.outputs, vectors(f), state.input + offset, plan.ldz,
           packed + plan.outputs * padded(p.shape.h), state.dx, state.ldx);
  for (Index r = 0; r < active; ++r) {
    copy(p.dx + position(p.shape, rows.index[r], s) * f, state.dx + r * state.ldx, f);
  }
}

// Adds the collected steps to the gradients of the weights.
void collect(const Backward& p, const Plan& plan, State& state, Index gathered) {
  accumulate<gates, width>(gathered, plan.inputs, plan.vectors, state.a, plan.lda, state.input,
                           plan.ldz, state.sums_input, state.started);
  accumulate<gates, width>(gathered, plan.states, plan.vectors, state.a + p.shape.f, plan.lda,
                           state.recurrent, plan.ldz, state.sums_recurrent, state.started);
  state.started = true;
}

}  // namespace

Sizes sizes(const Shape& s, bool dx) {
  const Plan plan(s);
  const Index rows = plan.inputs + plan.states, f = dx ? padded(s.f) : 0;
  return {.saved = plan.saved,
          .packed_forward = rows * plan.outputs,
          .packed_backward = plan.outputs * (padded(s.h) + f),
          .forward = most_rows * (2 * plan.lda + 2 * gates * lanes) +
                     most_ahead * (spread(plan.inputs) + plan.ldz),
          .backward = depth * (plan.lda + 2 * plan.ldz) +
                      most_rows * (spread(padded(s.h)) + spread(f)),
          .sums = rows * plan.outputs};
}

void pack_backward(const Backward& p, float* packed, Index part, Index parts) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, all = gates * h;
  pack_transposed<gates>({{{p.recurrent, h}}, all}, h, packed, part, parts);
  if (p.dx == nullptr) return;
  pack_transposed<gates>({{{}, {p.kernel, p.shape.f}}, all}, h,
                         packed + plan.outputs * padded(h), part, parts);
}

void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started) {
  const Plan plan(p.shape);
  State state{};
  state.ldh = spread(padded(p.shape.h)), state.ldx = spread(padded(p.shape.f));
  state.a = scratch, state.input = state.a + depth * plan.lda;
  state.recurrent = state.input + depth * plan.ldz;
  state.dh = state.recurrent + depth * plan.ldz, state.dx = state.dh + most_rows * state.ldh;
  state.sums_input = sums, state.sums_recurrent = sums + plan.inputs * plan.outputs;
  state.started = started;
  const auto step = [&](Index s, Index active, Index slot) {
    for (Index r = 0; r < active; ++r) {
      differentiate(p, plan, state, r, rows.index[r], s, slot + r);
    }
    propagate(p, plan, packed, state, rows, active, s, slot);
  };
  backward_steps(p.shape, rows, depth,
                 [&](Index r, Index row) { enter(p, row, state.dh + r * state.ldh); }, step,
                 [&](Index gathered) { collect(p, plan, state, gathered); });
  for (Index r = 0; r < rows.count; ++r) {
    copy(p.dh0 + rows.index[r] * p.shape.h, state.dh + r * state.ldh, p.shape.h);
  }
}

void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, f = p.shape.f, all = gates * h;
  const auto input = [&](Index m) { return m < f ? p.dkernel + m * all : p.dbias; };
  const auto recurrent = [&](Index m) {
    return m == 0 ? p.dbias + all : p.drecurrent + (m - 1) * all;
  };
  unpack<gates, width>(sums, count, plan.inputs, h, input, 0, part, parts);
  unpack<gates, width>(sums, count, plan.states, h, recurrent, plan.inputs * plan.outputs, part,
                       parts);
}

}  // namespace unrolled::ISA::gru
