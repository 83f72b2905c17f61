// The forward pass of the GRU that resets before its product: all steps of a block of rows;
// activations run on a tile in the cache.

#include "cells/activation.h"
#include "cells/gru_reset_before.h"

namespace unrolled::ISA::gru_reset_before {
namespace {

// The scratch memory of a step.
struct State {
  float* z;     // rows h
  float* tile;  // rows, one panel
};

// Computes vector v of r h of every active row from its gates z and r, which are in the tile. The
// vector after r h is x, and must not be overwritten.
template <bool saving>
INLINE void reset(const Plan& plan, const Inputs& in, Index active, Index v, const float* tile,
                  float* z_of_rows, const Outputs& out) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  for (Index r = 0; r < active; ++r, tile += width * lanes, z_of_rows += plan.across) {
    float* const row = in.now + r * plan.lda;
    const vec z = sigmoid(load(tile)), rs = sigmoid(load(tile + lanes));
    const vec before = load(row + plan.inputs + unit);
    store(z_of_rows + unit, z);
    store_first(row + unit, rs * before, some);
    if constexpr (saving) {
      float* keep = out.saved[r] + v * kept * lanes;
      store(keep, z), store(keep + lanes, rs), store(keep + 3 * lanes, before);
    }
  }
}

// Computes vector v of the new h of every active row from the candidate, which is in the tile.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, const Inputs& in, Index active, Index v, const float* tile,
                     const float* z_of_rows, const Outputs& out) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  const Index at = plan.inputs + unit;
  for (Index r = 0; r < active; ++r, tile += width * lanes, z_of_rows += plan.across) {
    const vec z = load(z_of_rows + unit), g = tanh(load(tile));
    const vec h = z * load(in.now + r * plan.lda + at) + (splat(1) - z) * g;
    store(in.next + r * plan.lda + at, h);
    if constexpr (writing) store_first(out.y[r] + unit, h, some);
    if constexpr (saving) store(out.saved[r] + (v * kept + 2) * lanes, g);
  }
}

template <bool saving, bool writing>
INLINE void step(const Plan& plan, const float* packed, const State& state, const Inputs& in,
                 Index active, const Outputs& out) {
  const float* const packed_candidate = packed + plan.inputs * gates * plan.across;
  for (Index v = 0; v < gates * plan.vectors; v += width) {
    const Index some = smaller(width, gates * plan.vectors - v);
    multiply_panel_of<width>(some, active, plan.inputs, in.now + in.first, plan.lda,
                             packed + v * lanes * plan.inputs, state.tile, width * lanes, false);
    for (Index j = 0; j < some; j += gates) {
      reset<saving>(plan, in, active, (v + j) / gates, state.tile + j * lanes, state.z, out);
    }
  }
  for (Index v = 0; v < plan.vectors; v += width) {
    const Index some = smaller(width, plan.vectors - v);
    multiply_panel_of<width>(some, active, plan.inputs, in.now, plan.lda,
                             packed_candidate + v * lanes * plan.inputs, state.tile, width * lanes,
                             false);
    for (Index j = 0; j < some; ++j) {
      activate<saving, writing>(plan, in, active, v + j, state.tile + j * lanes, state.z, out);
    }
  }
}

}  // namespace

void pack_forward(const Forward& p, float* packed, Index part, Index parts) {
  const Plan plan(p.shape);
  const Index f = p.shape.f, h = p.shape.h, all = (gates + 1) * h, last = gates * h;
  const Stack first{{{p.kernel, f}, {p.bias, 1}, {p.recurrent, h}}, all};
  const Stack second{{{p.recurrent + last, h}, {p.kernel + last, f}, {p.bias + last, 1}}, all};
  pack<gates, width>(first, h, packed, part, parts);
  pack<1, width>(second, h, packed + plan.inputs * gates * plan.across, part, parts);
}

void forward(const Forward& p, const float* packed, Rows rows, float* scratch) {
  const Plan plan(p.shape);
  float* const next = scratch + most_rows * plan.lda;
  float* const z = next + most_rows * plan.lda;
  const State state{z, z + most_rows * plan.across};
  by_outputs(p, [&]<bool saving, bool writing>() {
    forward_steps(p, rows, {scratch, next, plan.lda, p.shape.h}, plan.saved,
                  [&](const Inputs& in, Index active, Index, const Outputs& out) {
                    step<saving, writing>(plan, packed, state, in, active, out);
                  });
  });
}

}  // namespace unrolled::ISA::gru_reset_before
