// The memory layout of the LSTM, for forward and backward.
//
// A step is one product, [x | 1 | h] times [kernel; bias; recurrent]. Its columns are
// ordered by units: the gates i, f, c, o of one vector of units, then those of the next.
//
// Forward saves for backward, for each row and step, i, f, g, o and c of every vector of units. It
// does not save h, which is o tanh(c): backward needs tanh(c) anyway.
#pragma once

#include "arithmetic/pack.h"
#include "arithmetic/product.h"
#include "run/steps.h"

namespace unrolled::ISA::lstm {

constexpr int gates = 4;
constexpr int kept = 5;   // vectors kept for each vector of units: i, f, g, o, c
constexpr int width = registers == 32 ? 4 : 2;

// Gradients of weights with more floats than this do not stay in the cache of a core. They are read
// and written less often if more steps are collected.
constexpr Index many_weights = Index{1} << 19;

struct Plan {
  Index units, vectors, inputs, outputs;  // inputs of the product: x, one, h
  Index lda, ldz, saved;
  Index room;    // steps times rows that are collected for one product of gradients
  Index copied;  // floats for a copy of one panel of them, or 0

  explicit Plan(const Shape& s)
      : units(s.h), vectors(ISA::vectors(s.h)), inputs(s.f + 1 + s.h),
        outputs(gates * padded(s.h)), lda(spread(s.f + 1 + padded(s.h))),
        ldz(spread(outputs)), saved(kept * padded(s.h)),
        room(inputs * outputs > many_weights ? 3 * depth : depth),
        copied(inputs * outputs > many_weights ? room * width * lanes : 0) {}
};

Sizes sizes(const Shape& s, bool dx);
void pack_forward(const Forward& p, float* packed, Index part, Index parts);
void forward(const Forward& p, const float* packed, Rows rows, float* scratch);
void pack_backward(const Backward& p, float* packed, Index part, Index parts);
void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started);
void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts);

}  // namespace unrolled::ISA::lstm
