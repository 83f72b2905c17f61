// One call of a cell: the rows, in order of length, are divided among the threads.
#pragma once

#include "cells/cell.h"
#include "run/threads.h"

namespace unrolled {

void run_forward(const Cell& cell, const Forward& call, const Turn&);
void run_backward(const Cell& cell, const Backward& call, const Turn&);

}  // namespace unrolled
