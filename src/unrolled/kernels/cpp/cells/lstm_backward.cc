// The backward pass of the LSTM: from the last step of a block of rows to the first.
//
// Each step computes dz from dh and dc, and from dz the dh (and dx) of the step before. The dz are
// collected together with the inputs [x | 1 | h] of the steps, until there are enough for one
// product, which adds to the gradients of all weights.

#include "cells/activation.h"
#include "cells/lstm.h"

namespace unrolled::ISA::lstm {
namespace {

struct State {
  float* copied;   // room width, or null
  float* a;        // room lda: x, 1, h before the step
  float* dz;       // room ldz
  float* dh;       // rows ldh: gradient of h, then of x
  float* dc;       // rows h
  float* tanh_c;   // rows h, after the step
  float* c0;       // rows h
  Index ldh;
  float* sums;     // inputs of the product, outputs
  bool started;
};

void enter(const Backward& p, const Plan& plan, const State& state, Index r, Index row) {
  const Index h = p.shape.h, all = padded(h), last = p.shape.lengths[row] - 1;
  float *dh = state.dh + r * state.ldh, *dc = state.dc + r * all, *c0 = state.c0 + r * all;
  fill(dc, 0, all), fill(c0, 0, all);
  ISA::enter(p, row, dh);
  copy(dc, p.dc + row * h, h);
  copy(c0, p.c0 + row * h, h);
  const float* saved = p.saved + (row * p.shape.t + last) * plan.saved;
  for (Index v = 0; v < plan.vectors; ++v) {
    store(state.tanh_c + r * all + v * lanes, tanh(load(saved + (v * kept + 4) * lanes)));
  }
}

// One row at one step: its dz and the inputs of its product, at `slot` of the collected steps.
INLINE void differentiate(const Backward& p, const Plan& plan, const State& state, Index r,
                          Index row, Index s, Index slot) {
  const Index h = p.shape.h, f = p.shape.f, all = plan.vectors * lanes;
  const Index at = position(p.shape, row, s);
  float *a = state.a + slot * plan.lda, *dz = state.dz + slot * plan.ldz;
  float *dh = state.dh + r * state.ldh, *dc = state.dc + r * all, *tc = state.tanh_c + r * all;
  const float* dy = p.dys != nullptr ? p.dys + at * h : nullptr;
  const float* saved = p.saved + (row * p.shape.t + s) * plan.saved;
  copy(a, p.x + at * f, f);
  a[f] = 1;
  float* before = a + f + 1;
  if (s == 0) copy(before, p.h0 + row * h, h);
  const vec one = splat(1);
  for (Index v = 0; v < plan.vectors; ++v, saved += kept * lanes, dz += gates * lanes) {
    const Index unit = v * lanes, some = smaller(lanes, h - unit);
    const vec i = load(saved), fg = load(saved + lanes), g = load(saved + 2 * lanes);
    const vec o = load(saved + 3 * lanes), t = load(tc + unit);
    vec d = load(dh + unit), c = load(state.c0 + r * all + unit);
    if (dy != nullptr) d = d + load_first(dy + unit, some);
    if (s > 0) {
      c = load(saved - plan.saved + 4 * lanes);
      const vec tanh_before = tanh(c);
      store(tc + unit, tanh_before);
      store(before + unit, load(saved - plan.saved + 3 * lanes) * tanh_before);
    }
    const vec d_o = d * o, cell = load(dc + unit) + d_o * (one - t * t);
    const vec di = cell * i, df = cell * fg;
    store(dc + unit, df);
    vec z[gates] = {di * g * (one - i), df * c * (one - fg), di * (one - g * g),
                    d_o * t * (one - o)};
    // Units beyond the last have zero weights, but 0 times NaN is not 0.
    for (int j = 0; j < gates; ++j) store(dz + j * lanes, keep_first(z[j], some));
  }
}

// Computes from dz the dh (and dx) of the step before.
void propagate(const Backward& p, const Plan& plan, const float* packed, const State& state,
               Rows rows, Index active, Index s, const float* dz) {
  const Index f = p.shape.f, all = padded(p.shape.h);
  const Index columns = vectors(transposed_columns(p.shape.h, p.dx != nullptr ? f : 0));
  multiply(active, plan.outputs, columns, dz, plan.ldz, packed, state.dh, state.ldh);
  for (Index r = 0; r < active && p.dx != nullptr; ++r) {
    copy(p.dx + position(p.shape, rows.index[r], s) * f, state.dh + r * state.ldh + all, f);
  }
}

// Adds the collected steps to the gradients of the weights.
void collect(const Plan& plan, State& state, Index gathered) {
  accumulate<gates, width>(gathered, plan.inputs, plan.vectors, state.a, plan.lda, state.dz,
                           plan.ldz, state.sums, state.started, state.copied);
  state.started = true;
}

}  // namespace

Sizes sizes(const Shape& s, bool dx) {
  const Plan plan(s);
  const Index all = padded(s.h), columns = padded(transposed_columns(s.h, dx ? s.f : 0));
  return {.saved = plan.saved,
          .packed_forward = plan.inputs * plan.outputs,
          .packed_backward = plan.outputs * columns,
          .forward = most_rows * (2 * plan.lda + all + gates * lanes) +
                     most_ahead * (spread(s.f + 1) + plan.ldz),
          .backward = plan.copied + plan.room * (plan.lda + plan.ldz) +
                      most_rows * (spread(columns) + 3 * all),
          .sums = plan.inputs * plan.outputs};
}

void pack_backward(const Backward& p, float* packed, Index part, Index parts) {
  const Index h = p.shape.h, f = p.dx != nullptr ? p.shape.f : 0;
  pack_transposed<gates>({{{p.recurrent, h}, {p.kernel, f}}, gates * h}, h, packed, part, parts);
}

void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, all = padded(h);
  State state{};
  state.ldh = spread(padded(transposed_columns(h, p.dx != nullptr ? p.shape.f : 0)));
  state.copied = plan.copied > 0 ? scratch : nullptr;
  state.a = scratch + plan.copied, state.dz = state.a + plan.room * plan.lda;
  state.dh = state.dz + plan.room * plan.ldz, state.dc = state.dh + most_rows * state.ldh;
  state.tanh_c = state.dc + most_rows * all, state.c0 = state.tanh_c + most_rows * all;
  state.sums = sums, state.started = started;
  const auto step = [&](Index s, Index active, Index slot) {
    for (Index r = 0; r < active; ++r) {
      differentiate(p, plan, state, r, rows.index[r], s, slot + r);
    }
    propagate(p, plan, packed, state, rows, active, s, state.dz + slot * plan.ldz);
  };
  backward_steps(p.shape, rows, plan.room,
                 [&](Index r, Index row) { enter(p, plan, state, r, row); }, step,
                 [&](Index gathered) { collect(plan, state, gathered); });
  for (Index r = 0; r < rows.count; ++r) {
    copy(p.dh0 + rows.index[r] * h, state.dh + r * state.ldh, h);
    copy(p.dc0 + rows.index[r] * h, state.dc + r * all, h);
  }
}

void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts) {
  const Index f = p.shape.f, all = gates * p.shape.h;
  const auto target = [&](Index m) {
    return m < f ? p.dkernel + m * all : m == f ? p.dbias : p.drecurrent + (m - f - 1) * all;
  };
  unpack<gates, width>(sums, count, f + 1 + p.shape.h, p.shape.h, target, 0, part, parts);
}

}  // namespace unrolled::ISA::lstm
