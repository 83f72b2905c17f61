// Memory that stays allocated between calls, in pieces (slabs) that are allocated and freed whole.
#pragma once

#include <cstddef>
#include <memory>

#include "cells/cell.h"

namespace unrolled {

// Uninitialized memory for at least a number of floats. Large slabs are on large pages.
class Slab {
 public:
  explicit Slab(Index floats);

  float* floats() const { return memory_.get(); }
  Index bytes() const { return memory_.get_deleter().bytes; }

  // The size of a slab of a number of floats.
  static Index bytes_for(Index floats);

 private:
  struct Release {
    Index bytes;
    void operator()(float* p) const;
  };
  std::unique_ptr<float[], Release> memory_;
};

// The memory that this process may use: that of the machine, or of its container.
Index machine_bytes();

}  // namespace unrolled
