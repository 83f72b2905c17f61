// sigmoid and tanh, to about one unit in the last place, both from one polynomial.
#pragma once

#include "simd.h"

namespace unrolled::ISA {

// 2^n = scale * (1 + fraction): scale is a power of two, |fraction| < 1/2.
struct Power {
  vec scale, fraction;
};

// n = whole + y, where `shifted` holds the whole number, rounded by adding 1.5 * 2^23. The
// polynomial is a minimax fit of (2^y - 1) / y over |y| <= 1/2 with an error of 2e-9.
INLINE Power power(vec shifted, vec y) {
  vec p = splat(0.0001547629088f);
  p = p * y + splat(0.001340026979f);
  p = p * y + splat(0.009618003926f);
  p = p * y + splat(0.05550327791f);
  p = p * y + splat(0.2402265135f);
  p = p * y + splat(0.6931472062f);
  return {power_of_two(shifted), p * y};
}

constexpr float rounding = 12582912.0f;  // 1.5 * 2^23

// 1 / (1 + e^-x). Below -87.336 the result would be no normal number; as in XLA it is 0 there,
// and so at -infinity: an infinite gradient times it is NaN.
INLINE vec sigmoid(vec x) {
  const vec log2e = splat(1.44269504f), clamped = clamp(splat(0) - x, 87.336f);
  const vec shifted = clamped * log2e + splat(rounding);
  const Power e = power(shifted, clamped * log2e - (shifted - splat(rounding)));
  return zero_below(reciprocal(e.scale * e.fraction + (e.scale + splat(1))), x, -87.336f);
}

// (e^2x - 1) / (e^2x + 1); e^2x - 1 is formed without cancellation, so small x keep their digits.
// The limit is a whole power of two, so that both ends are exactly -1 and 1.
INLINE vec tanh(vec x) {
  const vec n = clamp(x * splat(2.88539008f), 62.0f);
  const vec shifted = n + splat(rounding);
  const Power e = power(shifted, n - (shifted - splat(rounding)));
  const vec less_one = e.scale * e.fraction + (e.scale - splat(1));
  return less_one * reciprocal(less_one + splat(2));
}

}  // namespace unrolled::ISA
