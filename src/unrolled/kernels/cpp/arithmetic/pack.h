// Conversion between the layout of the weights in Keras and packed panels.
//
// Packed columns are ordered by units: the gates of one vector of units, then those of the next, so
// that one product computes all gates of a unit. The rows are x, one, h: the input, the bias, the
// state (or some of these).
#pragma once

#include "arithmetic/product.h"

namespace unrolled::ISA {

// A weight matrix: columns of some gates, `across` floats from one row to the next, and rows that
// come from up to three arrays.
struct Stack {
  struct Rows {
    const float* first;
    Index count;
  };
  Rows parts[3];
  Index across;

  Index rows() const { return parts[0].count + parts[1].count + parts[2].count; }
  const float* row(Index m) const {
    const Rows* part = parts;
    for (; m >= part->count; ++part) m -= part->count;
    return part->first + m * across;
  }
};

// The range of `count` items that worker `part` of `parts` handles.
INLINE Index share(Index count, Index part, Index parts) { return count * part / parts; }

// panels[vector / width][row][vector % width][lane]; the last panel may be narrower.
template <int gates, int width>
INLINE void pack(const Stack& from, Index units, float* to, Index part, Index parts) {
  const Index rows = from.rows(), all = vectors(units) * gates, panels = (all + width - 1) / width;
  for (Index p = share(panels, part, parts); p < share(panels, part + 1, parts); ++p) {
    const Index first = p * width, across = smaller(width, all - first);
    float* out = to + first * rows * lanes;
    for (Index m = 0; m < rows; ++m) {
      const float* row = from.row(m);
      for (Index v = first; v < first + across; ++v, out += lanes) {
        const Index unit = v / gates * lanes;
        store(out, load_first(row + v % gates * units + unit, smaller(lanes, units - unit)));
      }
    }
  }
}

// The reverse of `pack`: adds up the sums of the workers, in the layout of Keras.
template <int gates, int width, class Target>
INLINE void unpack(const float* const* sums, Index count, Index rows, Index units, Target target,
                   Index offset, Index part, Index parts) {
  const Index all = vectors(units) * gates, panels = (all + width - 1) / width;
  for (Index p = share(panels, part, parts); p < share(panels, part + 1, parts); ++p) {
    const Index first = p * width, across = smaller(width, all - first);
    Index at = offset + first * rows * lanes;
    for (Index m = 0; m < rows; ++m) {
      float* row = target(m);
      for (Index v = first; v < first + across; ++v, at += lanes) {
        vec total = splat(0);
        for (Index i = 0; i < count; ++i) total = total + load(sums[i] + at);
        const Index unit = v / gates * lanes;
        store_first(row + v % gates * units + unit, total, smaller(lanes, units - unit));
      }
    }
  }
}

// The transpose, for backward: rows are gates as `pack` orders its columns; columns are the
// rows of two parts, the states, padded to whole vectors, and the inputs.
INLINE Index transposed_columns(Index states, Index inputs) { return padded(states) + inputs; }

template <int gates>
INLINE void pack_transposed(const Stack& from, Index units, float* to, Index part, Index parts) {
  const Stack::Rows &states = from.parts[0], &inputs = from.parts[1];
  const Index columns = transposed_columns(states.count, inputs.count), all = vectors(columns);
  const Index depth = padded(units) * gates;
  for (Index v = share(all, part, parts); v < share(all, part + 1, parts); ++v) {
    const Index first = v / panel_width * panel_width, across = smaller(panel_width, all - first);
    float* out = to + first * lanes * depth + (v - first) * lanes;
    const auto row = [&](Index n) -> const float* {
      const Index x = n - padded(states.count);
      if (n < states.count) return states.first + n * from.across;
      return x >= 0 && x < inputs.count ? inputs.first + x * from.across : nullptr;
    };
    // One square after the other, so that its cache lines of `out` are written completely.
    for (Index k = 0; k < depth; k += lanes, out += lanes * across * lanes) {
      const Index unit = k / (gates * lanes) * lanes, gate = k / lanes % gates;
      const Index some = smaller(lanes, units - unit);
      for (Index j = 0; j < lanes; ++j) {
        const float* weights = row(v * lanes + j);
        for (Index l = 0; l < lanes; ++l) {
          const bool real = weights != nullptr && l < some;
          out[l * across * lanes + j] = real ? weights[gate * units + unit + l] : 0;
        }
      }
    }
  }
}

}  // namespace unrolled::ISA
