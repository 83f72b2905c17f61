// The valid steps of each row, from the lengths or the mask of the caller.
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

// The steps of each row of a mask, b t; null means that every step is valid. No lengths at all if a
// valid step comes after a padded one.
inline std::vector<int> count_steps(const bool* mask, Index b, Index t) {
  if (mask == nullptr) return within(nullptr, b, t);
  std::vector<int> lengths(b);
  for (int& n : lengths) {
    const bool* const end = mask + t;
    const bool* const padding = std::find(mask, end, false);
    if (std::find(padding, end, true) != end) return {};
    n = static_cast<int>(padding - mask);
    mask = end;
  }
  return lengths;
}

}  // namespace unrolled
