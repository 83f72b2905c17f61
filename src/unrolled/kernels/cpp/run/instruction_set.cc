// The table of one instruction set. CMake compiles this file and the cells once for each set.

#include "cells/activation.h"
#include "cells/gru.h"
#include "cells/gru_reset_before.h"
#include "cells/lstm.h"

#define UNROLLED_TEXT(x) #x
#define UNROLLED_NAME(x) UNROLLED_TEXT(x)

namespace unrolled::ISA {
namespace {

template <class Function>
void each(const float* x, float* y, Index n, Function f) {
  for (Index i = 0; i < n; i += lanes) {
    const Index some = smaller(lanes, n - i);
    store_first(y + i, f(load_first(x + i, some)), some);
  }
}

void all_sigmoid(const float* x, float* y, Index n) {
  each(x, y, n, [](vec v) { return sigmoid(v); });
}

void all_tanh(const float* x, float* y, Index n) {
  each(x, y, n, [](vec v) { return tanh(v); });
}

}  // namespace

extern const InstructionSet instruction_set;
const InstructionSet instruction_set = {
    .name = UNROLLED_NAME(ISA),
    .lstm = {2, lstm::sizes, lstm::pack_forward, lstm::forward, lstm::pack_backward,
             lstm::backward, lstm::reduce},
    .gru = {1, gru::sizes, gru::pack_forward, gru::forward, gru::pack_backward, gru::backward,
            gru::reduce},
    .gru_reset_before = {1, gru_reset_before::sizes, gru_reset_before::pack_forward, gru_reset_before::forward,
                   gru_reset_before::pack_backward, gru_reset_before::backward, gru_reset_before::reduce},
    .sigmoid = all_sigmoid,
    .tanh = all_tanh,
};

}  // namespace unrolled::ISA
