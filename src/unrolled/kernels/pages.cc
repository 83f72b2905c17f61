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
  const std::uintptr_t last = first + floats * sizeof(float);
  if (last - first < large) return;
  // Outwards: the ends share their page with what XLA has beside them, which gains as well.
  const std::uintptr_t from = first / large * large, to = (last + large - 1) / large * large;
  (void)madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#endif
}

}  // namespace unrolled
