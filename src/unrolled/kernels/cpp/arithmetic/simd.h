// One vector of floats, as wide as the instruction set that this file is compiled for.
//
// Everything here and in the files that include it lives in a namespace of that instruction
// set. No template of the standard library is used in them: the linker keeps one copy of such
// a template, and it might keep the one that an older machine cannot run.
#pragma once

#include "cells/cell.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define UNROLLED_PLAIN 1
#define INLINE static __forceinline
#define NOINLINE static __declspec(noinline)
#else
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#endif

#if defined(UNROLLED_PLAIN)
#define UNROLL
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

namespace unrolled::ISA {

#if defined(__FMA__) || defined(__aarch64__)
constexpr bool fused = true;  // a product and a sum are rounded together, once
#else
constexpr bool fused = false;
#endif

#if defined(UNROLLED_PLAIN)

constexpr Index lanes = 8;
constexpr Index registers = 16;

struct vec {
  float at[lanes];
};

#define UNROLLED_OPERATOR(op)          \
  INLINE vec operator op(vec a, vec b) { \
    for (Index j = 0; j < lanes; ++j) a.at[j] = a.at[j] op b.at[j]; \
    return a;                          \
  }
UNROLLED_OPERATOR(+)
UNROLLED_OPERATOR(-)
UNROLLED_OPERATOR(*)
UNROLLED_OPERATOR(/)
#undef UNROLLED_OPERATOR

INLINE vec load(const float* p) {
  vec v;
  for (Index j = 0; j < lanes; ++j) v.at[j] = p[j];
  return v;
}

INLINE void store(float* p, vec v) {
  for (Index j = 0; j < lanes; ++j) p[j] = v.at[j];
}

INLINE vec splat(float x) {
  vec v;
  for (Index j = 0; j < lanes; ++j) v.at[j] = x;
  return v;
}

// 2^n, where n was rounded by adding 1.5 * 2^23: it is in the low bits of the float.
INLINE vec power_of_two(vec shifted) {
  union {
    float f;
    unsigned u;
  } bits;
  for (Index j = 0; j < lanes; ++j) {
    bits.f = shifted.at[j];
    bits.u = (bits.u + 127u) << 23;
    shifted.at[j] = bits.f;
  }
  return shifted;
}

#else

#if defined(__AVX512F__)
constexpr Index lanes = 16;
constexpr Index registers = 32;
#elif defined(__AVX2__)
constexpr Index lanes = 8;
constexpr Index registers = 16;
#else
constexpr Index lanes = 4;
#if defined(__aarch64__)
constexpr Index registers = 32;
#else
constexpr Index registers = 16;
#endif
#endif

typedef float vec __attribute__((vector_size(4 * lanes)));
typedef unsigned bits __attribute__((vector_size(4 * lanes)));

INLINE vec load(const float* p) {
  vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float* p, vec v) { __builtin_memcpy(p, &v, sizeof v); }

INLINE vec splat(float x) { return x - vec{}; }  // x - 0 is x for every x, -0 and NaN too

// 2^n, where n was rounded by adding 1.5 * 2^23: it is in the low bits of the float.
INLINE vec power_of_two(vec shifted) {
  bits n;
  __builtin_memcpy(&n, &shifted, sizeof n);
  n = (n + 127u) << 23;
  __builtin_memcpy(&shifted, &n, sizeof n);
  return shifted;
}

#endif

// x clipped to -limit and limit; NaN stays NaN.
INLINE vec clamp(vec x, float limit) {
#if defined(UNROLLED_PLAIN)
  for (Index j = 0; j < lanes; ++j) {
    x.at[j] = limit < x.at[j] ? limit : x.at[j];
    x.at[j] = x.at[j] < -limit ? -limit : x.at[j];
  }
  return x;
#elif defined(__AVX512F__)
  const __m512 high = _mm512_set1_ps(limit), low = _mm512_set1_ps(-limit);
  return (vec)_mm512_max_ps(low, _mm512_min_ps(high, (__m512)x));
#elif defined(__AVX2__)
  const __m256 high = _mm256_set1_ps(limit), low = _mm256_set1_ps(-limit);
  return (vec)_mm256_max_ps(low, _mm256_min_ps(high, (__m256)x));
#else
  const vec high = splat(limit), low = splat(-limit);
  x = high < x ? high : x;
  return x < low ? low : x;
#endif
}

// y, but 0 where x < limit; not where x is NaN.
INLINE vec zero_below(vec y, vec x, float limit) {
#if defined(UNROLLED_PLAIN)
  for (Index j = 0; j < lanes; ++j) y.at[j] = x.at[j] < limit ? 0 : y.at[j];
  return y;
#elif defined(__AVX512F__)
  const __mmask16 kept = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(limit), _CMP_NLT_UQ);
  return (vec)_mm512_maskz_mov_ps(kept, (__m512)y);
#elif defined(__AVX2__)
  const __m256 kept = _mm256_cmp_ps((__m256)x, _mm256_set1_ps(limit), _CMP_NLT_UQ);
  return (vec)_mm256_and_ps(kept, (__m256)y);
#else
  return x < splat(limit) ? vec{} : y;
#endif
}

// 1 / x for a finite x >= 1, exact at powers of two: on x86 an estimate and a Newton step (one
// order more if the estimate of a power of two is not exact), cheaper than a division.
INLINE vec reciprocal(vec x) {
#if defined(UNROLLED_PLAIN)
  return splat(1) / x;
#elif defined(__AVX512F__)
  const vec r = (vec)_mm512_rcp14_ps((__m512)x);
  return (1 - x * r) * r + r;
#elif defined(__AVX2__)
  const vec r = (vec)_mm256_rcp_ps((__m256)x), e = 1 - x * r;
  return (e * e + e) * r + r;
#else
  return 1 / x;
#endif
}

// The first n of the lanes, zeros after them.
INLINE vec load_first(const float* p, Index n) {
  if (n >= lanes) return load(p);
  alignas(64) float some[lanes] = {};
  for (Index j = 0; j < n; ++j) some[j] = p[j];
  return load(some);
}

INLINE void store_first(float* p, vec v, Index n) {
  if (n >= lanes) return store(p, v);
  alignas(64) float some[lanes];
  store(some, v);
  for (Index j = 0; j < n; ++j) p[j] = some[j];
}

INLINE vec keep_first(vec v, Index n) {
  if (n >= lanes) return v;
  alignas(64) float some[lanes];
  store(some, v);
  return load_first(some, n);
}

INLINE Index smaller(Index a, Index b) { return a < b ? a : b; }
INLINE Index larger(Index a, Index b) { return a > b ? a : b; }
INLINE Index vectors(Index n) { return (n + lanes - 1) / lanes; }
INLINE Index padded(Index n) { return vectors(n) * lanes; }

INLINE void copy(float* to, const float* from, Index n) {
  for (Index j = 0; j < n; ++j) to[j] = from[j];
}

INLINE void fill(float* to, float value, Index n) {
  for (Index j = 0; j < n; ++j) to[j] = value;
}

}  // namespace unrolled::ISA
