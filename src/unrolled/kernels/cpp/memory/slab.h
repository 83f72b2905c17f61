// Memory that outlives a call, in pieces that come from the system and go back to it whole.
#pragma once

#include <cstddef>
#include <memory>

#include "cells/cell.h"

namespace unrolled {

// Memory for at least so many floats, not written yet. Large ones lie on large pages.
class Slab {
 public:
  explicit Slab(Index floats);

  float* floats() const { return memory_.get(); }
  Index bytes() const { return memory_.get_deleter().bytes; }

  // What a slab of so many floats takes.
  static Index bytes_for(Index floats);

 private:
  struct Release {
    Index bytes;
    void operator()(float* p) const;
  };
  std::unique_ptr<float[], Release> memory_;
};

// The memory that this process may have: the machine's, or its container's.
Index machine_bytes();

}  // namespace unrolled
