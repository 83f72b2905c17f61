// The functions that Python calls directly, without XLA.

#include "run/dispatch.h"
#include "entry/export.h"
#include "memory/residuals.h"
#include "run/threads.h"

using unrolled::Index;
using unrolled::instruction_set;

// Null if UNROLLED_ISA names an instruction set that is not available.
UNROLLED_EXPORT const char* unrolled_instruction_set() {
  return instruction_set() != nullptr ? instruction_set()->name : nullptr;
}

UNROLLED_EXPORT int unrolled_threads() { return unrolled::thread_count(); }

// 0 restores the default.
UNROLLED_EXPORT void unrolled_set_threads(int count) { unrolled::set_thread_count(count); }

// The limit in bytes for residuals between forward and backward; negative restores the default.
UNROLLED_EXPORT void unrolled_keep_at_most(Index bytes) { unrolled::keep_at_most(bytes); }

UNROLLED_EXPORT Index unrolled_kept_bytes() { return unrolled::kept_bytes(); }

UNROLLED_EXPORT Index unrolled_repeated_calls() { return unrolled::repeated_calls(); }

UNROLLED_EXPORT void unrolled_sigmoid(const float* x, float* y, Index n) {
  instruction_set()->sigmoid(x, y, n);
}

UNROLLED_EXPORT void unrolled_tanh(const float* x, float* y, Index n) {
  instruction_set()->tanh(x, y, n);
}
