// The forward pass of the GRU: all steps of a block of rows; activations run on tiles in the cache.

#include "cells/activation.h"
#include "cells/gru.h"

namespace unrolled::ISA::gru {
namespace {

// Computes vector v of the new h of every active row from its gates, whose parts come from x and h.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, const Inputs& in, Index active, Index v, const float* input,
                     Index ldi, const float* recurrent, const Outputs& out) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  const Index at = plan.inputs + unit;
  for (Index r = 0; r < active; ++r) {
    const float* x = input + r * ldi;
    const float* u = recurrent + r * gates * lanes;
    const vec before = load(in.now + r * plan.lda + at);
    const vec z = sigmoid(load(x) + load(u)), rs = sigmoid(load(x + lanes) + load(u + lanes));
    const vec inner = load(u + 2 * lanes), g = tanh(load(x + 2 * lanes) + rs * inner);
    const vec h = z * before + (splat(1) - z) * g;
    store(in.next + r * plan.lda + at, h);
    if constexpr (writing) store_first(out.y[r] + unit, h, some);
    if constexpr (saving) {
      float* keep = out.saved[r] + v * kept * lanes;
      store(keep, z), store(keep + lanes, rs), store(keep + 2 * lanes, g);
      store(keep + 3 * lanes, inner), store(keep + 4 * lanes, before);
    }
  }
}

template <bool saving, bool writing>
void run(const Forward& p, const float* packed, Rows rows, float* scratch) {
  const Plan plan(p.shape);
  const Index ldx = spread(plan.inputs);
  const float* const packed_recurrent = packed + plan.inputs * plan.outputs;
  float* const next = scratch + most_rows * plan.lda;
  float* const input = next + most_rows * plan.lda;  // rows, one vector of units, gates: from x
  float* const recurrent = input + most_rows * gates * lanes;  // the same: from h
  float* const inputs = recurrent + most_rows * gates * lanes;  // steps, rows, x and one
  float* const products = inputs + most_ahead * ldx;            // steps, rows, gates: from these
  const Index ahead = steps_ahead(p.shape, rows);
  const auto step = [&](const Inputs& in, Index active, Index s, const Outputs& out) {
    if (ahead > 1 && s % ahead == 0) {
      const Index steps = smaller(ahead, length(p.shape, rows, 0) - s);
      gather_inputs(p, rows, s, steps, inputs, ldx);
      for (Index j = 0; j < gates * plan.vectors; j += width) {
        multiply_panel<width>(steps * rows.count, plan.inputs, inputs, ldx,
                              packed + j * lanes * plan.inputs, products + j * lanes, plan.ldz);
      }
    }
    const float* const z = products + s % ahead * rows.count * plan.ldz;
    for (Index v = 0; v < plan.vectors; ++v) {
      const Index column = v * gates * lanes;
      if (ahead == 1) {
        multiply_panel<width>(active, plan.inputs, in.now, plan.lda, packed + column * plan.inputs,
                              input, gates * lanes);
      }
      multiply_panel<width>(active, plan.states, in.now + p.shape.f, plan.lda,
                            packed_recurrent + column * plan.states, recurrent, gates * lanes);
      activate<saving, writing>(plan, in, active, v, ahead == 1 ? input : z + column,
                                ahead == 1 ? gates * lanes : plan.ldz, recurrent, out);
    }
  };
  forward_steps(p, rows, {scratch, next, plan.lda, 0}, plan.saved, step);
}

}  // namespace

void pack_forward(const Forward& p, float* packed, Index part, Index parts) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, all = gates * h;
  pack<gates, width>({{{p.kernel, p.shape.f}, {p.bias, 1}}, all}, h, packed, part, parts);
  pack<gates, width>({{{p.bias + all, 1}, {p.recurrent, h}}, all}, h,
                     packed + plan.inputs * plan.outputs, part, parts);
}

void forward(const Forward& p, const float* packed, Rows rows, float* scratch) {
  by_outputs(p, [&]<bool saving, bool writing>() {
    run<saving, writing>(p, packed, rows, scratch);
  });
}

}  // namespace unrolled::ISA::gru
