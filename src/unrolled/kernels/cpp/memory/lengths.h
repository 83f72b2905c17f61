// The valid steps of each row, as a caller gives them.
#pragma once

#include <algorithm>
#include <vector>

#include "cells/cell.h"

namespace unrolled {

// Lengths within 0 and t: a longer row has t steps, as a mask of t steps would have it. Null
// stands for every step of every row.
inline std::vector<int> within(const int* lengths, Index b, Index t) {
  if (lengths == nullptr) return std::vector<int>(b, static_cast<int>(t));
  std::vector<int> kept(lengths, lengths + b);
  for (int& n : kept) n = static_cast<int>(std::clamp<Index>(n, 0, t));
  return kept;
}

}  // namespace unrolled
