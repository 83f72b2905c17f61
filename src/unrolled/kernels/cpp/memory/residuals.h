// Residuals: the values that forward saves for backward, stored by the library between the calls.
//
// A caller would have to allocate new memory for them at each call. For long sequences that memory
// comes zeroed from the system, page by page, which takes as long as the recurrence; memory that
// stays in the library does not. Instead, the caller passes a token for each row to backward.
//
// A call is still a pure function, because a token never changes the result: if it does not lead
// to residuals (it is used much later, in another process, or together with rows of another call),
// backward runs forward again.
#pragma once

#include "cells/cell.h"

namespace unrolled {

constexpr Index token_size = 3;  // integers per row: the number of the call, in two halves, and the row

// Forward, which saves residuals and writes a token for each row, b token_size; if the tokens are
// null, it saves nothing. `saved` of the call is set here.
void run_forward_kept(const Cell& cell, Forward call, int* tokens);

// Backward, with the tokens of its forward. `saved` of the call is set here.
void run_backward_kept(const Cell& cell, Backward call, const int* tokens);

// The limit of the residuals in bytes: by default a quarter of the memory; negative restores that.
void keep_at_most(Index bytes);

Index kept_bytes();     // now
Index repeated_calls(); // how often backward has had to run forward again

}  // namespace unrolled
