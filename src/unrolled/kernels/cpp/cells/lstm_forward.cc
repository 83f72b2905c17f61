// The forward pass of the LSTM: all steps of a block of rows; activations run on a tile in the cache.

#include "cells/activation.h"
#include "cells/lstm.h"

namespace unrolled::ISA::lstm {
namespace {

// Computes vector v of the new c and h of every active row from its gates.
template <bool saving, bool writing>
INLINE void activate(const Plan& plan, const Inputs& in, Index active, Index v, const float* tile,
                     Index ldt, float* cells, const Outputs& out) {
  const Index unit = v * lanes, some = smaller(lanes, plan.units - unit);
  float* const next = in.next + plan.inputs - plan.units + unit;
  for (Index r = 0; r < active; ++r) {
    const float* z = tile + r * ldt;
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
  const Index h = p.shape.h, all = padded(h), x = p.shape.f + 1, ldx = spread(x);
  float* const next = scratch + most_rows * plan.lda;
  float* const cells = next + most_rows * plan.lda;  // rows h
  float* const tile = cells + most_rows * all;       // rows, one vector of units, gates
  float* const inputs = tile + most_rows * gates * lanes;  // steps, rows, x and one
  float* const products = inputs + most_ahead * ldx;       // steps, rows, gates: from these
  for (Index r = 0; r < rows.count; ++r) {
    fill(cells + r * all, 0, all);
    if (p.c0 != nullptr) copy(cells + r * all, p.c0 + rows.index[r] * h, h);
  }
  const Index ahead = steps_ahead(p.shape, rows);
  const auto step = [&](const Inputs& in, Index active, Index, const Outputs& out) {
    for (Index v = 0; v < plan.vectors; ++v) {
      for (Index j = 0; j < gates; j += width) {
        multiply_panel<width>(active, plan.inputs, in.now, plan.lda,
                              packed + (v * gates + j) * lanes * plan.inputs, tile + j * lanes,
                              gates * lanes);
      }
      activate<saving, writing>(plan, in, active, v, tile, gates * lanes, cells, out);
    }
  };
  const auto step_after_inputs = [&](const Inputs& in, Index active, Index s, const Outputs& out) {
    if (s % ahead == 0) {
      const Index steps = smaller(ahead, length(p.shape, rows, 0) - s);
      gather_inputs(p, rows, s, steps, inputs, ldx);
      for (Index j = 0; j < gates * plan.vectors; j += width) {
        multiply_panel<width>(steps * rows.count, x, inputs, ldx, packed + j * lanes * plan.inputs,
                              products + j * lanes, plan.ldz);
      }
    }
    float* const z = products + s % ahead * rows.count * plan.ldz;
    for (Index j = 0; j < gates * plan.vectors; j += width) {
      multiply_panel<width>(active, h, in.now + x, plan.lda,
                            packed + (j * plan.inputs + x * width) * lanes, z + j * lanes,
                            plan.ldz, true);
    }
    for (Index v = 0; v < plan.vectors; ++v) {
      activate<saving, writing>(plan, in, active, v, z + v * gates * lanes, plan.ldz, cells, out);
    }
  };
  const Inputs in{scratch, next, plan.lda, 0};
  if (ahead == 1) forward_steps(p, rows, in, plan.saved, step);
  else forward_steps(p, rows, in, plan.saved, step_after_inputs);
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
