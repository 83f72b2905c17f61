// The GRU forward: all steps of a block of rows, the activations on tiles still in the cache.

#include "activation.h"
#include "gru.h"

namespace unrolled::ISA::gru {
namespace {

// The state of a block between two steps.
struct State {
  float* now;        // rows lda: x, 1, h
  float* next;       // the same, of the step to come
  float* input;      // rows, one vector of units, gates: from x
  float* recurrent;  // the same: from h
};

// Where each row of the block writes at this step.
struct Outputs {
  float* y[most_rows];
  float* saved[most_rows];
};

void enter(const Forward& p, const Plan& plan, Rows rows, const State& state) {
  const Index h = p.shape.h, f = p.shape.f;
  for (Index r = 0; r < rows.count; ++r) {
    float* a = state.now + r * plan.lda;
    fill(a, 0, plan.lda);
    a[f] = state.next[r * plan.lda + f] = 1;
    copy(a + f + 1, p.h0 + rows.index[r] * h, h);
  }
}

void leave(const Forward& p, const Plan& plan, const State& state, Index r, Index row) {
  const Index h = p.shape.h;
  copy(p.h + row * h, state.next + r * plan.lda + p.shape.f + 1, h);
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

// Vector v of the units of every active row: from its gates to the new h.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, Index active, Index v, const State& state,
                     const Outputs& out, Index first) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  for (Index r = 0; r < active; ++r) {
    const float* x = state.input + r * gates * lanes;
    const float* u = state.recurrent + r * gates * lanes;
    const vec before = load(state.now + r * plan.lda + first + unit);
    const vec z = sigmoid(load(x) + load(u)), rs = sigmoid(load(x + lanes) + load(u + lanes));
    const vec inner = load(u + 2 * lanes), g = tanh(load(x + 2 * lanes) + rs * inner);
    const vec h = z * before + (splat(1) - z) * g;
    store(state.next + r * plan.lda + first + unit, h);
    if constexpr (writing) store_first(out.y[r] + unit, h, some);
    if constexpr (saving) {
      float* keep = out.saved[r] + v * kept * lanes;
      store(keep, z), store(keep + lanes, rs), store(keep + 2 * lanes, g);
      store(keep + 3 * lanes, inner), store(keep + 4 * lanes, before);
    }
  }
}

template <bool saving, bool writing>
void run(const Forward& p, const float* packed, Rows rows, State state) {
  const Plan plan(p.shape);
  const float* const packed_recurrent = packed + plan.inputs * plan.outputs;
  enter(p, plan, rows, state);
  Index active = rows.count;
  for (Index s = 0; active > 0; ++s) {
    const Outputs out = feed(p, plan, rows, active, state, s);
    for (Index v = 0; v < plan.vectors; ++v) {
      const Index column = v * gates * lanes;
      multiply_panel<width>(active, plan.inputs, state.now, plan.lda,
                            packed + column * plan.inputs, state.input, gates * lanes);
      multiply_panel<width>(active, plan.states, state.now + p.shape.f, plan.lda,
                            packed_recurrent + column * plan.states, state.recurrent,
                            gates * lanes);
      activate<saving, writing>(plan, active, v, state, out, p.shape.f + 1);
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
  const Plan plan(p.shape);
  const Index h = p.shape.h;
  const Stack input{p.kernel, p.shape.f, p.bias, nullptr, 0};
  const Stack recurrent{nullptr, 0, p.bias + gates * h, p.recurrent, h};
  pack<gates, width>(input, h, packed, part, parts);
  pack<gates, width>(recurrent, h, packed + plan.inputs * plan.outputs, part, parts);
}

void forward(const Forward& p, const float* packed, Rows rows, float* scratch) {
  const Plan plan(p.shape);
  float* const next = scratch + most_rows * plan.lda;
  float* const input = next + most_rows * plan.lda;
  const State state{scratch, next, input, input + most_rows * gates * lanes};
  if (p.saved != nullptr && p.ys != nullptr) run<true, true>(p, packed, rows, state);
  else if (p.saved != nullptr) run<true, false>(p, packed, rows, state);
  else if (p.ys != nullptr) run<false, true>(p, packed, rows, state);
  else run<false, false>(p, packed, rows, state);
}

}  // namespace unrolled::ISA::gru
