// Large pages for the one large buffer there is.
#pragma once

#include "cell.h"

namespace unrolled {

// Asks for large pages under a buffer that is about to be written for the first time. Memory
// for long sequences comes fresh from the system at each call; page by page, its arrival can
// cost as much as the recurrence itself.
void expect_writes(float* p, Index floats);

}  // namespace unrolled
