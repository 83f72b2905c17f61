// The instruction set in use.
#pragma once

#include "cells/cell.h"

namespace unrolled {

// The best that this machine has, or the one that UNROLLED_ISA names; null if that one is
// unknown or not available here.
const InstructionSet* instruction_set();

// The cell by its name in Python: lstm, gru or gru_reset_before.
const Cell& cell_named(const char* name);

}  // namespace unrolled
