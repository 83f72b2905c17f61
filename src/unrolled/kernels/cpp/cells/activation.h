// sigmoid and tanh, both from one polynomial, with an error of about one unit in the last place.
#pragma once

#include "arithmetic/simd.h"

namespace unrolled::ISA {

// e^x = scale * (1 + fraction): scale is a power of two, |fraction| < 1/2.
struct Power {
  vec scale, fraction;
};

constexpr float log2e = 1.44269504f, rounding = 12582912.0f;  // 1.5 * 2^23

// x - n ln2. Without a fused product, rounding n ln2 would be the largest error. So ln2 is split
// into two parts with so few digits that their products with n are exact.
INLINE vec without(vec x, vec n) {
  constexpr float ln2 = 0.69314718f, most = 0.693359375f, rest = ln2 - most;
  if constexpr (fused) return x - n * splat(ln2);
  return x - n * splat(most) - n * splat(rest);
}

// x = n ln2 + y, where `shifted` holds the whole number n, rounded by adding 1.5 * 2^23. The
// polynomial is a minimax fit of (e^y - 1) / y over |y| <= ln2 / 2 with an error of 3e-9.
INLINE Power power(vec x) {
  const vec shifted = x * splat(log2e) + splat(rounding);
  const vec y = without(x, shifted - splat(rounding));
  vec p = splat(0.001382094575f);
  p = p * y + splat(0.008368683979f);
  p = p * y + splat(0.04166826606f);
  p = p * y + splat(0.1666652113f);
  p = p * y + splat(0.4999999404f);
  p = p * y + splat(1);
  return {power_of_two(shifted), p * y};
}

// 1 / (1 + e^-x). Below -87.336 the result would be subnormal; as in XLA it is 0 there,
// and so at -infinity: an infinite gradient times it is NaN.
INLINE vec sigmoid(vec x) {
  const Power e = power(clamp(splat(0) - x, 87.336f));
  return zero_below(reciprocal(e.scale * e.fraction + (e.scale + splat(1))), x, -87.336f);
}

// (e^2x - 1) / (e^2x + 1); e^2x - 1 is formed without cancellation, so small x keep their digits.
// At the limit, 32 ln2, e^2x is a power of two, so that both ends are exactly -1 and 1.
INLINE vec tanh(vec x) {
  const Power e = power(clamp(x + x, 22.1807098f));
  const vec less_one = e.scale * e.fraction + (e.scale - splat(1));
  return less_one * reciprocal(less_one + splat(2));
}

}  // namespace unrolled::ISA
