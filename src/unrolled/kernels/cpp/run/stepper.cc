// Single steps, for streaming: weights are packed once, buffers are set once, and a step uses no
// threads and allocates nothing.

#include <vector>

#include "entry/export.h"
#include "memory/floats.h"
#include "run/dispatch.h"

namespace unrolled {
namespace {

// A cell with its packed weights; one thread at a time may use it.
class Stepper {
 public:
  Stepper(const Cell& cell, Index f, Index h, const float* kernel, const float* recurrent,
          const float* bias)
      : cell_(cell), ones_(most_rows, 1), index_(most_rows) {
    for (Index r = 0; r < most_rows; ++r) index_[r] = static_cast<int>(r);
    call_.shape = {.b = most_rows, .t = 1, .f = f, .h = h, .lengths = ones_.data()};
    call_.kernel = kernel, call_.recurrent = recurrent, call_.bias = bias;
    const Sizes sizes = cell.sizes(call_.shape, false);
    packed_ = floats(sizes.packed_forward), scratch_ = floats(sizes.forward);
    cell.pack_forward(call_, packed_.get(), 0, 1);
  }

  // `values` holds x, b f, then h (and c) before the step and after it, each b h.
  void bind(Index b, float* values) { rows_ = b, values_ = values; }

  void step() {
    const Index f = call_.shape.f, h = call_.shape.h, state = rows_ * h;
    float* const before = values_ + rows_ * f;
    float* const after = before + cell_.states * state;
    for (Index r = 0; r < rows_; r += most_rows) {
      call_.x = values_ + r * f, call_.h0 = before + r * h, call_.h = after + r * h;
      if (cell_.states == 2) call_.c0 = call_.h0 + state, call_.c = call_.h + state;
      const Rows rows{index_.data(), rows_ - r < most_rows ? rows_ - r : most_rows};
      cell_.forward(call_, packed_.get(), rows, scratch_.get());
    }
  }

 private:
  const Cell& cell_;
  Forward call_{};
  Index rows_ = 0;
  float* values_ = nullptr;
  std::vector<int> ones_, index_;
  Floats packed_, scratch_;
};

}  // namespace
}  // namespace unrolled

using unrolled::Index;
using unrolled::Stepper;

// Packs the weights, which are not read again.
UNROLLED_EXPORT void* unrolled_stepper_new(const char* cell, Index f, Index h,
                                           const float* kernel, const float* recurrent,
                                           const float* bias) {
  return new Stepper(unrolled::cell_named(cell), f, h, kernel, recurrent, bias);
}

// Sets the buffer that every later step reads and writes.
UNROLLED_EXPORT void unrolled_stepper_bind(void* stepper, Index b, float* values) {
  static_cast<Stepper*>(stepper)->bind(b, values);
}

UNROLLED_EXPORT void unrolled_stepper_run(void* stepper) { static_cast<Stepper*>(stepper)->step(); }

UNROLLED_EXPORT void unrolled_stepper_delete(void* stepper) {
  delete static_cast<Stepper*>(stepper);
}
