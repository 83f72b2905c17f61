// Matrix products over packed panels, on tiles that stay in registers.
//
// A panel is a strip of the right-hand matrix, a few vectors wide, whose rows are contiguous in
// memory. A tile is a part of the result: some rows, and the width of one panel.
#pragma once

#include "arithmetic/simd.h"

namespace unrolled::ISA {

// The rows of a tile of n vectors: registers hold its sums, one row of the panel, one broadcast.
constexpr int tile_rows(int n) {
  if (registers == 32) return n == 4 ? 6 : n == 3 ? 8 : 12;
  return n == 4 ? 3 : n == 3 ? 4 : n == 2 ? 6 : 8;
}

constexpr int panel_width = registers == 32 ? 4 : 2;  // vectors, if the columns may be divided freely

// c[m n] (+)= a[m k] b[k n], or a[k m] with `transposed`; n counts vectors.
// Small tiles have several partial sums, so that additions do not wait for each other.
template <bool transposed, int m, int n>
NOINLINE void tile(Index depth, const float* a, Index lda, const float* b, Index ldb, float* c,
                   Index ldc, bool add) {
  constexpr int sums = m * n >= 8 ? 1 : m * n >= 4 ? 2 : 4;
  constexpr int step = sums > 1 ? sums : 4;
  const Index down = transposed ? 1 : lda, along = transposed ? lda : 1;
  vec s[sums][m][n] = {};
  Index k = 0;
  for (; k + step <= depth; k += step) {
    UNROLL for (int u = 0; u < step; ++u) {
      vec row[n];
      UNROLL for (int j = 0; j < n; ++j) row[j] = load(b + u * ldb + j * lanes);
      UNROLL for (int i = 0; i < m; ++i) {
        const vec x = splat(a[i * down + u * along]);
        UNROLL for (int j = 0; j < n; ++j) s[u % sums][i][j] = x * row[j] + s[u % sums][i][j];
      }
    }
    a += step * along, b += step * ldb;
  }
  for (; k < depth; ++k, a += along, b += ldb) {
    UNROLL for (int i = 0; i < m; ++i) {
      const vec x = splat(a[i * down]);
      UNROLL for (int j = 0; j < n; ++j) s[0][i][j] = x * load(b + j * lanes) + s[0][i][j];
    }
  }
  UNROLL for (int i = 0; i < m; ++i) {
    UNROLL for (int j = 0; j < n; ++j) {
      vec total = s[0][i][j];
      UNROLL for (int u = 1; u < sums; ++u) total = total + s[u][i][j];
      float* to = c + i * ldc + j * lanes;
      store(to, add ? total + load(to) : total);
    }
  }
}

template <bool transposed, int n, int m = tile_rows(n)>
INLINE void tile_of(Index rows, Index depth, const float* a, Index lda, const float* b, Index ldb,
                    float* c, Index ldc, bool add) {
  if (rows == m) return tile<transposed, m, n>(depth, a, lda, b, ldb, c, ldc, add);
  if constexpr (m > 1) tile_of<transposed, n, m - 1>(rows, depth, a, lda, b, ldb, c, ldc, add);
}

// Multiplies all rows by one panel, in tiles of nearly the same size.
template <bool transposed, int n>
INLINE void panel(Index rows, Index depth, const float* a, Index lda, const float* b, Index ldb,
                  float* c, Index ldc, bool add) {
  const Index tiles = (rows + tile_rows(n) - 1) / tile_rows(n), step = transposed ? 1 : lda;
  for (Index i = 0, done = 0; i < tiles; ++i) {
    const Index size = rows / tiles + (i < rows % tiles);
    tile_of<transposed, n>(size, depth, a + done * step, lda, b, ldb, c + done * ldc, ldc, add);
    done += size;
  }
}

constexpr Index depth_block = 256;  // rows of a panel that stay in the first cache

// c[rows n] = a[rows depth] b, where b is one packed panel of n vectors.
template <int n>
INLINE void multiply_panel(Index rows, Index depth, const float* a, Index lda, const float* b,
                           float* c, Index ldc, bool add = false) {
  const Index blocks = (depth + depth_block - 1) / depth_block;
  const Index size = ((depth + blocks - 1) / blocks + 3) / 4 * 4;
  for (Index k = 0; k < depth; k += size) {
    panel<false, n>(rows, smaller(size, depth - k), a + k, lda, b + k * n * lanes, n * lanes, c,
                    ldc, add || k > 0);
  }
}

template <int n>
INLINE void multiply_panel_of(Index width, Index rows, Index depth, const float* a, Index lda,
                              const float* b, float* c, Index ldc, bool add) {
  if (width == n) return multiply_panel<n>(rows, depth, a, lda, b, c, ldc, add);
  if constexpr (n > 1) multiply_panel_of<n - 1>(width, rows, depth, a, lda, b, c, ldc, add);
}

// c = a b, where b has `width` vectors in panels of panel_width and one narrower at the end.
INLINE void multiply(Index rows, Index depth, Index width, const float* a, Index lda,
                     const float* b, float* c, Index ldc, bool add = false) {
  for (Index v = 0; v < width; v += panel_width) {
    const float* packed = b + v * lanes * depth;
    float* to = c + v * lanes;
    multiply_panel_of<panel_width>(smaller(panel_width, width - v), rows, depth, a, lda, packed,
                                   to, ldc, add);
  }
}

template <int n>
INLINE void accumulate_panel_of(Index width, Index rows, Index depth, const float* a, Index lda,
                                const float* b, Index ldb, float* c, bool add) {
  if (width == n) return panel<true, n>(rows, depth, a, lda, b, ldb, c, n * lanes, add);
  if constexpr (n > 1) accumulate_panel_of<n - 1>(width, rows, depth, a, lda, b, ldb, c, add);
}

// c (+)= a^T b over `depth` rows, where b has `gates` vectors for each of `vectors`; c is stored
// panel by panel of n vectors, and one narrower at the end if n does not divide the gates. If a
// panel of b is read often, a copy with contiguous rows is faster: `copied`, unless null, has space
// for one, depth n.
template <int gates, int n>
INLINE void accumulate(Index depth, Index rows, Index vectors, const float* a, Index lda,
                       const float* b, Index ldb, float* c, bool add, float* copied = nullptr) {
  for (Index v = 0; v < gates * vectors; v += n) {
    const float* from = b + v * lanes;
    float* to = c + v * lanes * rows;
    if constexpr (gates % n == 0) {
      for (Index k = 0; copied != nullptr && k < depth; ++k) {
        for (Index j = 0; j < n; ++j) {
          store(copied + (k * n + j) * lanes, load(from + k * ldb + j * lanes));
        }
      }
      if (copied != nullptr) from = copied;
      panel<true, n>(rows, depth, a, lda, from, copied != nullptr ? n * lanes : ldb, to, n * lanes,
                     add);
    } else {
      accumulate_panel_of<n>(smaller(n, gates * vectors - v), rows, depth, a, lda, from, ldb, to,
                             add);
    }
  }
}

}  // namespace unrolled::ISA
