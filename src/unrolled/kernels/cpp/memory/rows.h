// What all cells do with the rows of a block: where each row reads and writes at a step, and what
// is written to the padding.
#pragma once

#include "cells/cell.h"
#include "arithmetic/simd.h"

namespace unrolled::ISA {

// A stride, in floats, of at least n that does not map all rows to the same lines of a cache.
INLINE Index spread(Index n) {
  const Index lines = (n + 15) / 16;
  return (lines | 1) * 16;
}

INLINE Index length(const Shape& s, Rows rows, Index r) { return s.lengths[rows.index[r]]; }

// The place in the input of the step of a row that runs at time s.
INLINE Index position(const Shape& p, Index row, Index s) {
  return row * p.t + (p.reverse ? p.lengths[row] - 1 - s : s);
}

// Whether padded steps repeat the last output; in reverse they come before any output.
INLINE bool holds(const Shape& p) { return p.hold && !p.reverse; }

// After the last step of row r: zeros in the padding of ys, or the last output again.
INLINE void pad_outputs(const Forward& p, Index row) {
  const Index n = p.shape.lengths[row], h = p.shape.h;
  for (Index t = n; t < p.shape.t; ++t) {
    float* y = p.ys + (row * p.shape.t + t) * h;
    if (holds(p.shape)) copy(y, p.h + row * h, h);
    else fill(y, 0, h);
  }
}

// In backward, before the last step of a row: the gradient of its final output.
INLINE void final_gradient(const Backward& p, Index row, float* dh) {
  const Index h = p.shape.h;
  copy(dh, p.dh + row * h, h);
  if (p.dys == nullptr || !holds(p.shape)) return;
  for (Index t = p.shape.lengths[row]; t < p.shape.t; ++t) {
    const float* dy = p.dys + (row * p.shape.t + t) * h;
    for (Index j = 0; j < h; ++j) dh[j] += dy[j];
  }
}

INLINE void pad_inputs(const Backward& p, Index row) {
  const Index n = p.shape.lengths[row], t = p.shape.t, f = p.shape.f;
  if (p.dx != nullptr) fill(p.dx + (row * t + n) * f, 0, (t - n) * f);
}

// What every cell does before the last step of a row: `dh` of its units, and zeros in the padding.
INLINE void enter(const Backward& p, Index row, float* dh) {
  fill(dh, 0, padded(p.shape.h));
  final_gradient(p, row, dh);
  pad_inputs(p, row);
}

}  // namespace unrolled::ISA
