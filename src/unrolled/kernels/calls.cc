// A whole call in plain C, for callers that have nothing but addresses: cell.h says which.

#include <vector>

#include "dispatch.h"
#include "export.h"
#include "lengths.h"
#include "pages.h"
#include "run.h"

using unrolled::Backward;
using unrolled::cell_named;
using unrolled::Forward;

UNROLLED_EXPORT void unrolled_forward(const char* cell, const Forward* given) {
  Forward call = *given;
  unrolled::Shape& s = call.shape;
  const std::vector<int> steps = unrolled::within(s.lengths, s.b, s.t);
  s.lengths = steps.data();
  if (call.ys != nullptr) unrolled::expect_writes(call.ys, s.b * s.t * s.h);
  if (call.saved != nullptr) {
    unrolled::expect_writes(call.saved, s.b * s.t * cell_named(cell).sizes(s, false).saved);
  }
  unrolled::run_forward(cell_named(cell), call);
}

UNROLLED_EXPORT void unrolled_backward(const char* cell, const Backward* given) {
  Backward call = *given;
  const std::vector<int> steps =
      unrolled::within(call.shape.lengths, call.shape.b, call.shape.t);
  call.shape.lengths = steps.data();
  unrolled::run_backward(cell_named(cell), call);
}
