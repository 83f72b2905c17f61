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

INLINE void enter(const Forward& p, Rows rows, const Inputs& in) {
  const Index one = in.first + p.shape.f, h = p.shape.h;
  for (Index r = 0; r < rows.count; ++r) {
    float* a = in.now + r * in.lda;
    fill(a, 0, in.lda);
    a[one] = in.next[r * in.lda + one] = 1;
    copy(a + one + 1, p.h0 + rows.index[r] * h, h);
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

INLINE void leave(const Forward& p, const Inputs& in, Index r, Index row) {
  const Index h = p.shape.h;
  copy(p.h + row * h, in.next + r * in.lda + in.first + p.shape.f + 1, h);
  if (p.ys != nullptr) pad_outputs(p, row);
}

// step(in, active, out): computes the h of `active` rows from in.now into in.next. `saved` floats
// are saved for each row and step.
template <class Step>
INLINE void forward_steps(const Forward& p, Rows rows, Inputs in, Index saved, Step step) {
  enter(p, rows, in);
  Index active = rows.count;
  for (Index s = 0; active > 0; ++s) {
    step(in, active, feed(p, rows, active, in, saved, s));
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
