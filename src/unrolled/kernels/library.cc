// What Python asks of the library besides its calls through XLA.

#include "dispatch.h"
#include "export.h"
#include "threads.h"

using unrolled::Index;
using unrolled::instruction_set;

// Null where UNROLLED_ISA names an instruction set that is not to be had.
UNROLLED_EXPORT const char* unrolled_instruction_set() {
  return instruction_set() != nullptr ? instruction_set()->name : nullptr;
}

UNROLLED_EXPORT int unrolled_threads() { return unrolled::thread_count(); }

// 0 restores the default.
UNROLLED_EXPORT void unrolled_set_threads(int count) { unrolled::set_thread_count(count); }

// Floats that a row keeps for one step, from forward to backward.
UNROLLED_EXPORT Index unrolled_saved(int cell, Index h) {
  return unrolled::cell_of(cell).sizes({.b = 1, .t = 1, .f = 1, .h = h}, false).saved;
}

UNROLLED_EXPORT void unrolled_sigmoid(const float* x, float* y, Index n) {
  instruction_set()->sigmoid(x, y, n);
}

UNROLLED_EXPORT void unrolled_tanh(const float* x, float* y, Index n) {
  instruction_set()->tanh(x, y, n);
}
