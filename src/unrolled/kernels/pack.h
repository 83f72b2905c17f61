// Between Keras' layout of the weights and packed panels.
//
// Packed columns stand by units: for each vector of units its gates side by side, so that the
// gates of one unit come out of one product together. The rows are x, one, h: the input, the
// bias, the state (or a part of these).
#pragma once

#include "simd.h"

namespace unrolled::ISA {

// A weight matrix whose rows lie in up to three places, each row `gates * units` Index.
struct Stack {
  const float* input;      // f rows, or null
  Index inputs;
  const float* bias;       // one row, or null
  const float* recurrent;  // h rows, or null
  Index states;

  Index rows() const { return inputs + (bias != nullptr) + states; }
  const float* row(Index m, Index width) const {
    if (m < inputs) return input + m * width;
    m -= inputs;
    if (bias != nullptr && m-- == 0) return bias;
    return recurrent + m * width;
  }
};

// The part of `count` things that worker `part` of `parts` does.
INLINE Index share(Index count, Index part, Index parts) { return count * part / parts; }

// panels[vector / width][row][vector % width][lane]
template <int gates, int width>
INLINE void pack(const Stack& from, Index units, float* to, Index part, Index parts) {
  const Index rows = from.rows(), all = vectors(units) * gates / width;
  for (Index p = share(all, part, parts); p < share(all, part + 1, parts); ++p) {
    float* out = to + p * rows * width * lanes;
    for (Index m = 0; m < rows; ++m) {
      const float* row = from.row(m, gates * units);
      for (Index j = 0; j < width; ++j, out += lanes) {
        const Index v = p * width + j, unit = v / gates * lanes;
        store(out, load_first(row + v % gates * units + unit, smaller(lanes, units - unit)));
      }
    }
  }
}

// The reverse of `pack`: adds up the workers' sums and puts them where Keras has them.
template <int gates, int width, class Target>
INLINE void unpack(const float* const* sums, Index count, Index rows, Index units, Target target,
                   Index offset, Index part, Index parts) {
  const Index all = vectors(units) * gates / width;
  for (Index p = share(all, part, parts); p < share(all, part + 1, parts); ++p) {
    for (Index m = 0; m < rows; ++m) {
      float* row = target(m);
      for (Index j = 0; j < width; ++j) {
        vec total = splat(0);
        for (Index i = 0; i < count; ++i) {
          total = total + load(sums[i] + offset + ((p * rows + m) * width + j) * lanes);
        }
        const Index v = p * width + j, unit = v / gates * lanes;
        store_first(row + v % gates * units + unit, total, smaller(lanes, units - unit));
      }
    }
  }
}

// The transpose, for the way back: rows are gates as `pack` orders its columns; columns are
// the states, padded to whole vectors, then the inputs.
INLINE Index transposed_columns(Index states, Index inputs) { return padded(states) + inputs; }

template <int gates>
INLINE void pack_transposed(const float* recurrent, Index states, const float* input, Index inputs,
                            Index units, Index width, float* to, Index part, Index parts) {
  const Index columns = transposed_columns(states, inputs), all = vectors(columns);
  const Index depth = padded(units) * gates;
  for (Index v = share(all, part, parts); v < share(all, part + 1, parts); ++v) {
    const Index first = v / width * width, across = smaller(width, all - first);
    float* out = to + first * lanes * depth + (v - first) * lanes;
    for (Index j = 0; j < lanes; ++j) {
      const Index n = v * lanes + j, x = n - padded(states);
      const float* row = n < states ? recurrent + n * gates * units
                         : x >= 0 && x < inputs ? input + x * gates * units : nullptr;
      for (Index k = 0; k < depth; ++k) {
        const Index unit = k / (gates * lanes) * lanes + k % lanes, gate = k / lanes % gates;
        const bool real = row != nullptr && unit < units;
        out[k * across * lanes + j] = real ? row[gate * units + unit] : 0;
      }
    }
  }
}

}  // namespace unrolled::ISA
