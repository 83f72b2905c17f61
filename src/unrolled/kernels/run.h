// One call of a cell: rows in order of length, shared out over the threads.
#pragma once

#include "cell.h"

namespace unrolled {

void run_forward(const Cell& cell, const Forward& call);
void run_backward(const Cell& cell, const Backward& call);

}  // namespace unrolled
