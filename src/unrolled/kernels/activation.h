// sigmoid and tanh, to about one unit in the last place, both from one polynomial.
#pragma once

#include "simd.h"

namespace unrolled::ISA {

// e^x = scale * (1 + fraction): scale is a power of two, |fraction| < 1/2.
struct Exponential {
  vec scale, fraction;
};

// |x| <= 87, or NaN. The polynomial is a minimax fit of (2^y - 1) / y over |y| <= 1/2 with an
// error of 2e-9.
INLINE Exponential exponential(vec x) {
  const vec log2e = splat(1.44269504f), round = splat(12582912.0f);
  const vec shifted = x * log2e + round;
  const vec y = x * log2e - (shifted - round);
  vec p = splat(0.0001547629088f);
  p = p * y + splat(0.001340026979f);
  p = p * y + splat(0.009618003926f);
  p = p * y + splat(0.05550327791f);
  p = p * y + splat(0.2402265135f);
  p = p * y + splat(0.6931472062f);
  return {power_of_two(shifted), p * y};
}

INLINE vec sigmoid(vec x) {
  const Exponential e = exponential(clamp(splat(0) - x, 87.0f));
  return reciprocal(e.scale * e.fraction + (e.scale + splat(1)));
}

// (e^2x - 1) / (e^2x + 1); e^2x - 1 is formed without cancellation, so small x keep their digits.
INLINE vec tanh(vec x) {
  const Exponential e = exponential(clamp(x + x, 43.0f));
  const vec less_one = e.scale * e.fraction + (e.scale - splat(1));
  return less_one * reciprocal(less_one + splat(2));
}

}  // namespace unrolled::ISA
