// Layers for inference: the weights are packed once, for many calls over whole rows. Several threads
// may use a layer at once.

#include <vector>

#include "entry/export.h"
#include "memory/floats.h"
#include "memory/lengths.h"
#include "run/dispatch.h"
#include "run/run.h"

namespace unrolled {
namespace {

class Layer {
 public:
  Layer(const Cell& cell, Index f, Index h, const float* kernel, const float* recurrent,
        const float* bias, bool reverse, bool hold)
      : cell_(cell), shape_{.b = 0, .t = 0, .f = f, .h = h, .reverse = reverse, .hold = hold} {
    packed_ = floats(cell.sizes(shape_, false).packed_forward);
    Forward weights{};
    weights.shape = shape_;
    weights.kernel = kernel, weights.recurrent = recurrent, weights.bias = bias;
    cell.pack_forward(weights, packed_.get(), 0, 1);
  }

  // Whether the mask is one of padding after the steps; otherwise nothing was computed.
  bool run(Forward call, Index b, Index t, const bool* mask) const {
    const std::vector<int> lengths = count_steps(mask, b, t);
    if (static_cast<Index>(lengths.size()) < b) return false;
    call.shape = shape_;
    call.shape.b = b, call.shape.t = t, call.shape.lengths = lengths.data();
    run_forward_packed(cell_, call, packed_.get());
    return true;
  }

 private:
  const Cell& cell_;
  Shape shape_;
  Floats packed_;
};

}  // namespace
}  // namespace unrolled

using unrolled::Index;
using unrolled::Layer;

// Packs the weights, which are not read again.
UNROLLED_EXPORT void* unrolled_layer_new(const char* cell, Index f, Index h, const float* kernel,
                                         const float* recurrent, const float* bias, bool reverse,
                                         bool hold) {
  return new Layer(unrolled::cell_named(cell), f, h, kernel, recurrent, bias, reverse, hold);
}

// Runs x, b t f, from the states h0 and c0, b h, which are zero where null, to h and c. The mask, b t,
// and the output of every step, ys, b t h, may be null. False, and nothing is computed, if a
// valid step comes after a padded one.
UNROLLED_EXPORT bool unrolled_layer_run(const void* layer, Index b, Index t, const float* x,
                                        const bool* mask, const float* h0, const float* c0,
                                        float* ys, float* h, float* c) {
  unrolled::Forward call{};
  call.x = x, call.h0 = h0, call.c0 = c0, call.ys = ys, call.h = h, call.c = c;
  return static_cast<const Layer*>(layer)->run(call, b, t, mask);
}

UNROLLED_EXPORT void unrolled_layer_delete(void* layer) { delete static_cast<Layer*>(layer); }
