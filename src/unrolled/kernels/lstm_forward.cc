// The LSTM forward: all steps of a block of rows, the activations on a tile still in the cache.

#include "activation.h"
#include "lstm.h"

namespace unrolled::ISA::lstm {
namespace {

// The state of a block between two steps.
struct State {
  float* now;   // rows lda: x, 1, h
  float* next;  // the same, of the step to come
  float* c;     // rows h
  float* tile;  // rows, one vector of units, gates
};

// Where each row of the block writes at this step.
struct Outputs {
  float* y[most_rows];
  float* saved[most_rows];
};

void enter(const Forward& p, const Plan& plan, Rows rows, const State& state) {
  const Index h = p.shape.h;
  for (Index r = 0; r < rows.count; ++r) {
    float* a = state.now + r * plan.lda;
    fill(a, 0, plan.lda);
    a[p.shape.f] = state.next[r * plan.lda + p.shape.f] = 1;
    copy(a + p.shape.f + 1, p.h0 + rows.index[r] * h, h);
    fill(state.c + r * padded(h), 0, padded(h));
    copy(state.c + r * padded(h), p.c0 + rows.index[r] * h, h);
  }
}

void leave(const Forward& p, const Plan& plan, const State& state, Index r, Index row) {
  const Index h = p.shape.h;
  copy(p.h + row * h, state.next + r * plan.lda + p.shape.f + 1, h);
  copy(p.c + row * h, state.c + r * padded(h), h);
  if (p.ys != nullptr) pad_outputs(p, row);
}

Outputs feed(const Forward& p, const Plan& plan, Rows rows, Index active, const State& state,
             Index s) {
  Outputs out;
  for (Index r = 0; r < active; ++r) {
    const Index row = rows.index[r], at = position(p.shape, row, s);
    copy(state.now + r * plan.lda, p.x + at * p.shape.f, p.shape.f);
    out.y[r] = p.ys + (p.ys != nullptr ? at * p.shape.h : 0);
    out.saved[r] = p.saved + (p.saved != nullptr ? (row * p.shape.t + s) * plan.saved : 0);
  }
  return out;
}

// Vector v of the units of every active row: from its gates to the new c and h.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, Index active, Index v, const State& state,
                     const Outputs& out, float* next) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  for (Index r = 0; r < active; ++r) {
    const float* z = state.tile + r * gates * lanes;
    float* cell = state.c + r * plan.vectors * lanes + unit;
    const vec i = sigmoid(load(z)), f = sigmoid(load(z + lanes));
    const vec g = tanh(load(z + 2 * lanes)), o = sigmoid(load(z + 3 * lanes));
    const vec c = f * load(cell) + i * g;
    const vec h = o * tanh(c);
    store(cell, c);
    store(next + r * plan.lda + unit, h);
    if constexpr (writing) store_first(out.y[r] + unit, h, some);
    if constexpr (saving) {
      float* keep = out.saved[r] + v * kept * lanes;
      store(keep, i), store(keep + lanes, f), store(keep + 2 * lanes, g);
      store(keep + 3 * lanes, o), store(keep + 4 * lanes, c);
    }
  }
}

template <bool saving, bool writing>
void run(const Forward& p, const float* packed, Rows rows, State state) {
  const Plan plan(p.shape);
  enter(p, plan, rows, state);
  Index active = rows.count;
  for (Index s = 0; active > 0; ++s) {
    const Outputs out = feed(p, plan, rows, active, state, s);
    for (Index v = 0; v < plan.vectors; ++v) {
      for (Index j = 0; j < gates; j += width) {
        multiply_panel<width>(active, plan.inputs, state.now, plan.lda,
                              packed + (v * gates + j) * lanes * plan.inputs,
                              state.tile + j * lanes, gates * lanes);
      }
      activate<saving, writing>(plan, active, v, state, out, state.next + p.shape.f + 1);
    }
    for (; active > 0 && length(p.shape, rows, active - 1) == s + 1; --active) {
      leave(p, plan, state, active - 1, rows.index[active - 1]);
    }
    float* const was = state.now;
    state.now = state.next, state.next = was;
  }
}

}  // namespace

void pack_forward(const Forward& p, float* packed, Index part, Index parts) {
  const Stack weights{p.kernel, p.shape.f, p.bias, p.recurrent, p.shape.h};
  pack<gates, width>(weights, p.shape.h, packed, part, parts);
}

void forward(const Forward& p, const float* packed, Rows rows, float* scratch) {
  const Plan plan(p.shape);
  float* const next = scratch + most_rows * plan.lda;
  float* const c = next + most_rows * plan.lda;
  const State state{scratch, next, c, c + most_rows * plan.vectors * lanes};
  if (p.saved != nullptr && p.ys != nullptr) run<true, true>(p, packed, rows, state);
  else if (p.saved != nullptr) run<true, false>(p, packed, rows, state);
  else if (p.ys != nullptr) run<false, true>(p, packed, rows, state);
  else run<false, false>(p, packed, rows, state);
}

}  // namespace unrolled::ISA::lstm
