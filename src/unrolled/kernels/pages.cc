// Large pages for the one large buffer there is.

#include "pages.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace unrolled {

void expect_writes([[maybe_unused]] float* p, [[maybe_unused]] Index floats) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t large = std::uintptr_t{2} << 20;
  const auto first = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t from = (first + large - 1) / large * large;
  const std::uintptr_t to = (first + floats * sizeof(float)) / large * large;
  if (to > from) (void)madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#endif
}

}  // namespace unrolled
