// The instruction set in use.
#pragma once

#include "cell.h"

namespace unrolled {

// The best that this machine has, or the one that UNROLLED_ISA names; null if that one is
// unknown or not to be had here.
const InstructionSet* instruction_set();

// A cell in that instruction set, by the number that Python calls it: 0 GRU, 1 LSTM.
const Cell& cell_of(int number);

}  // namespace unrolled
