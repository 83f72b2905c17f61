// The forward pass of the LSTM: all steps of a block of rows; activations run on a tile in the cache.

#include "cells/activation.h"
#include "cells/lstm.h"

namespace unrolled::ISA::lstm {
namespace {

// Computes vector v of the new c and h of every active row from its gates.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, const Inputs& in, Index active, Index v, const float* tile,
                     float* cells, const Outputs& out) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  float* const next = in.next + plan.inputs - plan.units + unit;
  for (Index r = 0; r < active; ++r) {
    const float* z = tile + r * gates * lanes;
    float* cell = cells + r * plan.vectors * lanes + unit;
    const vec i = sigmoid(load(z)), f = sigmoid(load(z + lanes));
    const vec g = tanh(load(z + 2 * lanes)), o = sigmoid(load(z + 3 * lanes));
    const vec c = f * load(cell) + i * g;
    const vec h = o * tanh(c);
    store(cell, c);
    store(next + r * plan.lda, h);
    if constexpr (writing) store_first(out.y[r] + unit, h, some);
    if constexpr (saving) {
      float* keep = out.saved[r] + v * kept * lanes;
      store(keep, i), store(keep + lanes, f), store(keep + 2 * lanes, g);
      store(keep + 3 * lanes, o), store(keep + 4 * lanes, c);
    }
  }
}

template <bool saving, bool writing>
void run(const Forward& p, const float* packed, Rows rows, float* scratch) {
  const Plan plan(p.shape);
  const Index h = p.shape.h, all = padded(h);
  float* const next = scratch + most_rows * plan.lda;
  float* const cells = next + most_rows * plan.lda;  // rows h
  float* const tile = cells + most_rows * all;       // rows, one vector of units, gates
  for (Index r = 0; r < rows.count; ++r) {
    fill(cells + r * all, 0, all);
    copy(cells + r * all, p.c0 + rows.index[r] * h, h);
  }
  const auto step = [&](const Inputs& in, Index active, const Outputs& out) {
    for (Index v = 0; v < plan.vectors; ++v) {
      for (Index j = 0; j < gates; j += width) {
        multiply_panel<width>(active, plan.inputs, in.now, plan.lda,
                              packed + (v * gates + j) * lanes * plan.inputs, tile + j * lanes,
                              gates * lanes);
      }
      activate<saving, writing>(plan, in, active, v, tile, cells, out);
    }
  };
  forward_steps(p, rows, {scratch, next, plan.lda, 0}, plan.saved, step);
  for (Index r = 0; r < rows.count; ++r) copy(p.c + rows.index[r] * h, cells + r * all, h);
}

}  // namespace

void pack_forward(const Forward& p, float* packed, Index part, Index parts) {
  const Index f = p.shape.f, h = p.shape.h;
  const Stack weights{{{p.kernel, f}, {p.bias, 1}, {p.recurrent, h}}, gates * h};
  pack<gates, width>(weights, h, packed, part, parts);
}

void forward(const Forward& p, const float* packed, Rows rows, float* scratch) {
  by_outputs(p, [&]<bool saving, bool writing>() {
    run<saving, writing>(p, packed, rows, scratch);
  });
}

}  // namespace unrolled::ISA::lstm
