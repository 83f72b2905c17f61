// A call in plain C, for callers that pass addresses; cell.h has the structs.

#include <vector>

#include "run/dispatch.h"
#include "entry/export.h"
#include "memory/lengths.h"
#include "memory/residuals.h"

using unrolled::Backward;
using unrolled::cell_named;
using unrolled::Forward;

// `tokens`: space for token_size integers for each row, or null if there will be no backward.
UNROLLED_EXPORT void unrolled_forward(const char* cell, const Forward* given, int* tokens) {
  Forward call = *given;
  const std::vector<int> steps =
      unrolled::within(call.shape.lengths, call.shape.b, call.shape.t);
  call.shape.lengths = steps.data();
  unrolled::run_forward_kept(cell_named(cell), call, tokens);
}

UNROLLED_EXPORT void unrolled_backward(const char* cell, const Backward* given,
                                       const int* tokens) {
  Backward call = *given;
  const std::vector<int> steps =
      unrolled::within(call.shape.lengths, call.shape.b, call.shape.t);
  call.shape.lengths = steps.data();
  unrolled::run_backward_kept(cell_named(cell), call, tokens);
}
