// Aligned memory for floats, uninitialized.
#pragma once

#include <memory>
#include <new>

#include "cells/cell.h"

namespace unrolled {

struct FreeFloats {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
using Floats = std::unique_ptr<float[], FreeFloats>;

inline Floats floats(Index n) {
  return Floats(static_cast<float*>(::operator new[](n * sizeof(float), std::align_val_t{64})));
}

}  // namespace unrolled
