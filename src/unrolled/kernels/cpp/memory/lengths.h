// The valid steps of each row, from the lengths of the caller.
#pragma once

#include <algorithm>
#include <vector>

#include "cells/cell.h"

namespace unrolled {

// Clips lengths to 0 and t: a longer row has t steps, as with a mask of t steps. Null means that
// every step of every row is valid.
inline std::vector<int> within(const int* lengths, Index b, Index t) {
  if (lengths == nullptr) return std::vector<int>(b, static_cast<int>(t));
  std::vector<int> kept(lengths, lengths + b);
  for (int& n : kept) n = static_cast<int>(std::clamp<Index>(n, 0, t));
  return kept;
}

}  // namespace unrolled
