// The data that the general code passes to the code for one instruction set.
#pragma once

#include <cstddef>

namespace unrolled {

using Index = std::ptrdiff_t;

struct Shape {
  Index b, t, f, h;
  const int* lengths = nullptr;  // b: valid steps of each row, 0 <= length <= t
  bool reverse = false;          // each row from its last valid step back to step 0
  bool hold = false;             // forward: repeat the last valid output at padded steps
};

// The rows that one thread runs in lockstep, the longest first.
struct Rows {
  const int* index;
  Index count;
};

constexpr Index most_rows = 32;

struct Forward {
  Shape shape;
  const float *x, *kernel, *recurrent, *bias;  // b t f, f gh, h gh, gh (gru: 2 gh)
  const float *h0, *c0;                        // b h
  float* ys;                                   // b t h, or null
  float *h, *c;                                // b h
  float* saved;                                // b t saved, or null
};

struct Backward {
  Shape shape;
  const float *x, *kernel, *recurrent, *bias, *h0, *c0, *saved;
  const float* dys;       // b t h, or null
  const float *dh, *dc;   // b h
  float* dx;              // b t f, or null
  float *dkernel, *drecurrent, *dbias, *dh0, *dc0;
};

// The number of floats of each buffer.
struct Sizes {
  Index saved;             // a row and step, from forward to backward
  Index packed_forward, packed_backward;
  Index forward, backward; // scratch of one thread
  Index sums;              // weight gradients of one thread
};

// A cell in one instruction set. `part` of `parts` divides the work among threads.
struct Cell {
  int states;  // 1: h; 2: h and c
  Sizes (*sizes)(const Shape&, bool dx);
  void (*pack_forward)(const Forward&, float* packed, Index part, Index parts);
  void (*forward)(const Forward&, const float* packed, Rows, float* scratch);
  void (*pack_backward)(const Backward&, float* packed, Index part, Index parts);
  // `started`: whether `sums` already has values.
  void (*backward)(const Backward&, const float* packed, Rows, float* scratch, float* sums,
                   bool started);
  void (*reduce)(const Backward&, const float* const* sums, Index count, Index part, Index parts);
};

struct InstructionSet {
  const char* name;
  Cell lstm, gru, gru_reset_before;  // the last: the reset gate acts before the recurrent product
  void (*sigmoid)(const float* x, float* y, Index n);
  void (*tanh)(const float* x, float* y, Index n);
};

}  // namespace unrolled
