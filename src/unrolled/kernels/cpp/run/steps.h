// The loops over the steps of a block of rows, which all cells share. The rows are in order of
// length, the longest first: in forward the last ones finish first, in backward they start last.
#pragma once

#include "memory/rows.h"

namespace unrolled::ISA {

constexpr Index depth = 128;  // steps times rows usually collected for one product of gradients

// The inputs of the products of a block at this step and at the next: rows of lda floats, in which
// [x | 1 | h] begins at `first`.
struct Inputs {
  float* now;
  float* next;
  Index lda, first;
};

// Where each row of the block writes at this step.
struct Outputs {
  float* y[most_rows];
  float* saved[most_rows];
};

// The first states are zero if there are none.
INLINE void enter(const Forward& p, Rows rows, const Inputs& in) {
  const Index one = in.first + p.shape.f, h = p.shape.h;
  for (Index r = 0; r < rows.count; ++r) {
    float* a = in.now + r * in.lda;
    fill(a, 0, in.lda);
    a[one] = in.next[r * in.lda + one] = 1;
    if (p.h0 != nullptr) copy(a + one + 1, p.h0 + rows.index[r] * h, h);
  }
}

INLINE Outputs feed(const Forward& p, Rows rows, Index active, const Inputs& in, Index saved,
                    Index s) {
  Outputs out;
  for (Index r = 0; r < active; ++r) {
    const Index row = rows.index[r], at = position(p.shape, row, s);
    copy(in.now + r * in.lda + in.first, p.x + at * p.shape.f, p.shape.f);
    out.y[r] = p.ys + (p.ys != nullptr ? at * p.shape.h : 0);
    out.saved[r] = p.saved + (p.saved != nullptr ? (row * p.shape.t + s) * saved : 0);
  }
  return out;
}

constexpr Index most_ahead = 12;  // rows times steps

// With few rows a step takes as long as reading the weights. If many of them are those of the inputs,
// these are read once for so many steps: the products of their inputs come first. 1: each step
// multiplies its own inputs.
INLINE Index steps_ahead(const Shape& shape, Rows rows) {
  if (2 * shape.f <= shape.h) return 1;
  return larger(1, smaller(most_ahead / rows.count, length(shape, rows, 0)));
}

// The inputs of the rows at some steps from s on, [x | 1], one step after the other. A row that ends
// before has its last input again.
INLINE void gather_inputs(const Forward& p, Rows rows, Index s, Index steps, float* to, Index lda) {
  for (Index k = 0; k < steps; ++k) {
    for (Index r = 0; r < rows.count; ++r, to += lda) {
      const Index at = smaller(s + k, length(p.shape, rows, r) - 1);
      copy(to, p.x + position(p.shape, rows.index[r], at) * p.shape.f, p.shape.f);
      to[p.shape.f] = 1;
    }
  }
}

INLINE void leave(const Forward& p, const Inputs& in, Index r, Index row) {
  const Index h = p.shape.h;
  copy(p.h + row * h, in.next + r * in.lda + in.first + p.shape.f + 1, h);
  if (p.ys != nullptr) pad_outputs(p, row);
}

// step(in, active, s, out): computes the h of `active` rows at step s from in.now into in.next.
// `saved` floats are saved for each row and step.
template <class Step>
INLINE void forward_steps(const Forward& p, Rows rows, Inputs in, Index saved, Step step) {
  enter(p, rows, in);
  Index active = rows.count;
  for (Index s = 0; active > 0; ++s) {
    step(in, active, s, feed(p, rows, active, in, saved, s));
    for (; active > 0 && length(p.shape, rows, active - 1) == s + 1; --active) {
      leave(p, in, active - 1, rows.index[active - 1]);
    }
    float* const was = in.now;
    in.now = in.next, in.next = was;
  }
}

// run<saving, writing>(): what a step saves and writes is known at compile time.
template <class Run>
INLINE void by_outputs(const Forward& p, Run run) {
  if (p.saved != nullptr && p.ys != nullptr) run.template operator()<true, true>();
  else if (p.saved != nullptr) run.template operator()<true, false>();
  else if (p.ys != nullptr) run.template operator()<false, true>();
  else run.template operator()<false, false>();
}

// enter(r, row): called before the last step of a row. step(s, active, gathered): the gradients of
// `active` rows at step s, stored behind the `gathered` ones. collect(gathered): adds these to the
// gradients of the weights. `room`: the maximum number of stored ones.
template <class Enter, class Step, class Collect>
INLINE void backward_steps(const Shape& shape, Rows rows, Index room, Enter enter, Step step,
                           Collect collect) {
  Index active = 0, gathered = 0;
  for (Index s = length(shape, rows, 0) - 1; s >= 0; --s) {
    for (; active < rows.count && length(shape, rows, active) > s; ++active) {
      enter(active, rows.index[active]);
    }
    if (gathered + active > room) collect(gathered), gathered = 0;
    step(s, active, gathered);
    gathered += active;
  }
  if (gathered > 0) collect(gathered);
}

}  // namespace unrolled::ISA
