// What backward needs of forward, kept by the library between the two calls.
//
// A caller would have to find new memory for it at each call. For long sequences that comes
// zeroed from the system, page by page, which costs as much as the recurrence; memory that
// stays here does not. The caller has a token for each row in its place, and passes it on.
//
// A call stays a pure function, as a token never decides what comes out: where it does not lead
// to what forward kept (used long after, or in another process, or with other rows beside it),
// backward runs forward again.
#pragma once

#include "cells/cell.h"

namespace unrolled {

constexpr Index token_size = 3;  // ints a row: the number of the call, in two halves, and the row

// Forward, which keeps what its backward needs and writes a token for each row, b token_size;
// with null, only forward. `saved` of the call is set here.
void run_forward_kept(const Cell& cell, Forward call, int* tokens);

// Backward, with the tokens of its forward. `saved` of the call is set here.
void run_backward_kept(const Cell& cell, Backward call, const int* tokens);

// How much may be kept, in bytes: a quarter of the memory unless set; negative restores it.
void keep_at_most(Index bytes);

Index kept_bytes();     // now
Index repeated_calls(); // how often backward has had to run forward again

}  // namespace unrolled
