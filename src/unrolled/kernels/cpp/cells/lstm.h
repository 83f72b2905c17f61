// The LSTM's plan of memory, shared by its two directions.
//
// A step is one product, [x | 1 | h] times [kernel; bias; recurrent]. Its columns stand by
// units, a vector of units after another, each with its gates i, f, c, o side by side.
//
// From forward to backward each row keeps, step by step, i, f, g, o and c of every vector of
// units. h is not kept: it is o tanh(c), and backward needs tanh(c) anyway.
#pragma once

#include "arithmetic/pack.h"
#include "arithmetic/product.h"
#include "run/steps.h"

namespace unrolled::ISA::lstm {

constexpr int gates = 4;
constexpr int kept = 5;   // vectors kept for each vector of units: i, f, g, o, c
constexpr int width = registers == 32 ? 4 : 2;

// Gradients of weights beyond this many floats do not stay in a core's own cache, and are read and
// written the less often the more steps are gathered.
constexpr Index many_weights = Index{1} << 19;

struct Plan {
  Index units, vectors, inputs, outputs;  // inputs of the product: x, one, h
  Index lda, ldz, saved;
  Index room;    // steps times rows that are gathered for one product of gradients
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
