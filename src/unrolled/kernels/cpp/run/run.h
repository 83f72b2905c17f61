// One call of a cell: the rows, in order of length, are divided among the threads.
#pragma once

#include "cells/cell.h"
#include "run/threads.h"

namespace unrolled {

void run_forward(const Cell& cell, const Forward& call, const Turn&);

// Forward with weights that are packed already. Several threads may call it at once: while the
// threads of the library serve another call, the caller runs all rows itself, with the same result.
void run_forward_packed(const Cell& cell, const Forward& call, const float* packed);

void run_backward(const Cell& cell, const Backward& call, const Turn&);

}  // namespace unrolled
