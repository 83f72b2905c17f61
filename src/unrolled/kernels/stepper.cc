// One step at a time, for streams: packed once, no threads, no allocation.

#include <memory>
#include <new>
#include <vector>

#include "export.h"
#include "dispatch.h"

namespace unrolled {
namespace {

struct Free {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
using Floats = std::unique_ptr<float[], Free>;

Floats floats(Index n) {
  return Floats(static_cast<float*>(::operator new[](n * sizeof(float), std::align_val_t{64})));
}

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

  void step(Index b, const float* x, const float* h0, const float* c0, float* h, float* c) {
    const Index f = call_.shape.f, units = call_.shape.h;
    for (Index r = 0; r < b; r += most_rows) {
      call_.x = x + r * f, call_.h0 = h0 + r * units, call_.h = h + r * units;
      if (c != nullptr) call_.c0 = c0 + r * units, call_.c = c + r * units;
      cell_.forward(call_, packed_.get(), {index_.data(), b - r < most_rows ? b - r : most_rows},
                    scratch_.get());
    }
  }

 private:
  const Cell& cell_;
  Forward call_{};
  std::vector<int> ones_, index_;
  Floats packed_, scratch_;
};

}  // namespace
}  // namespace unrolled

using unrolled::Index;
using unrolled::Stepper;

// `lstm` tells the cell. The weights are packed here and not read again.
UNROLLED_EXPORT void* unrolled_stepper_new(int lstm, Index f, Index h, const float* kernel,
                                           const float* recurrent, const float* bias) {
  const auto* set = unrolled::instruction_set();
  return new Stepper(lstm ? set->lstm : set->gru, f, h, kernel, recurrent, bias);
}

UNROLLED_EXPORT void unrolled_stepper_run(void* stepper, Index b, const float* x, const float* h0,
                                          const float* c0, float* h, float* c) {
  static_cast<Stepper*>(stepper)->step(b, x, h0, c0, h, c);
}

UNROLLED_EXPORT void unrolled_stepper_delete(void* stepper) {
  delete static_cast<Stepper*>(stepper);
}
