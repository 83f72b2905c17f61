// The memory layout of the GRU, for forward and backward. The reset gate acts after the recurrent
// product (reset_after in Keras, and the GRU of cuDNN).
//
// A step is two products, [x | 1] times [kernel; input bias] and [1 | h] times [recurrent bias;
// recurrent], from one row [x | 1 | h]. The columns of both are ordered by units: the gates z, r, h
// of one vector of units, then those of the next.
//
// Forward saves for backward, for each row and step and every vector of units: z, r, the candidate
// g, the recurrent part of the candidate, and the h before.
#pragma once

#include "arithmetic/pack.h"
#include "arithmetic/product.h"
#include "run/steps.h"

namespace unrolled::ISA::gru {

constexpr int gates = 3;
constexpr int kept = 5;   // vectors kept for each vector of units: z, r, g, inner, h before
constexpr int width = 3;

struct Plan {
  Index units, vectors, outputs;
  Index inputs, states;  // rows of the two products: x and one, one and h
  Index lda, ldz, saved;

  explicit Plan(const Shape& s)
      : units(s.h), vectors(ISA::vectors(s.h)), outputs(gates * padded(s.h)), inputs(s.f + 1),
        states(1 + s.h), lda(spread(s.f + 1 + padded(s.h))), ldz(spread(outputs)),
        saved(kept * padded(s.h)) {}
};

Sizes sizes(const Shape& s, bool dx);
void pack_forward(const Forward& p, float* packed, Index part, Index parts);
void forward(const Forward& p, const float* packed, Rows rows, float* scratch);
void pack_backward(const Backward& p, float* packed, Index part, Index parts);
void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started);
void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts);

}  // namespace unrolled::ISA::gru
