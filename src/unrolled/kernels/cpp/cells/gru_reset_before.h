// The memory layout of the GRU whose reset gate acts before the recurrent product (as in the paper;
// reset_after=False in Keras), for forward and backward.
//
// A step is two products, one after the other: [x | 1 | h] gives the gates z and r, and these
// give r h; then [r h | x | 1] gives the candidate. Both come from one row [r h | x | 1 | h]. The
// columns of the first are ordered by units: the gates z, r of one vector of units, then those of
// the next. The columns of the second are the units.
//
// Forward saves for backward, for each row and step and every vector of units: z, r, the candidate
// g and the h before.
#pragma once

#include "arithmetic/pack.h"
#include "arithmetic/product.h"
#include "run/steps.h"

namespace unrolled::ISA::gru_reset_before {

constexpr int gates = 2;  // of the first product
constexpr int kept = 4;   // vectors kept for each vector of units: z, r, g, h before
constexpr int width = panel_width;
static_assert(width % gates == 0);  // a panel has whole units

struct Plan {
  Index units, vectors, inputs;  // inputs of either product
  Index across;                  // columns of the second product; the first has `gates` times these
  Index lda, ldz, saved;

  explicit Plan(const Shape& s)
      : units(s.h), vectors(ISA::vectors(s.h)), inputs(s.f + 1 + s.h), across(padded(s.h)),
        lda(spread(s.h + s.f + 1 + across)), ldz(spread((gates + 1) * across)),
        saved(kept * across) {}
};

Sizes sizes(const Shape& s, bool dx);
void pack_forward(const Forward& p, float* packed, Index part, Index parts);
void forward(const Forward& p, const float* packed, Rows rows, float* scratch);
void pack_backward(const Backward& p, float* packed, Index part, Index parts);
void backward(const Backward& p, const float* packed, Rows rows, float* scratch, float* sums,
              bool started);
void reduce(const Backward& p, const float* const* sums, Index count, Index part, Index parts);

}  // namespace unrolled::ISA::gru_reset_before
