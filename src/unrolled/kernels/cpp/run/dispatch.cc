// The instruction set in use, which is determined at the first call.

#include "run/dispatch.h"

#include <cstdlib>
#include <cstring>

#if defined(_MSC_VER) && defined(_M_X64)
#include <intrin.h>
#endif

namespace unrolled {

#if defined(UNROLLED_X86)
namespace avx512 {
extern const InstructionSet instruction_set;
}
namespace avx2 {
extern const InstructionSet instruction_set;
}
#endif
namespace portable {
extern const InstructionSet instruction_set;
}

namespace {

#if defined(UNROLLED_X86)
#if defined(_MSC_VER)
// Asks the processor and, by XGETBV, whether the system saves the wide registers.
bool has(int bit, unsigned long long state) {
  int one[4], seven[4];
  __cpuid(one, 1);
  __cpuidex(seven, 7, 0);
  const bool saves = (one[2] >> 27 & 1) != 0 && (_xgetbv(0) & state) == state;
  return saves && (one[2] >> 12 & 1) != 0 && (seven[1] >> bit & 1) != 0;
}
bool has_avx512() { return has(16, 0xe6); }
bool has_avx2() { return has(5, 0x6); }
#else
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() { return has_avx2() && __builtin_cpu_supports("avx512f"); }
#endif
#endif

const InstructionSet* choose() {
  const char* asked = std::getenv("UNROLLED_ISA");
  const auto wants = [&](const InstructionSet& set) {
    return asked == nullptr || *asked == '\0' || std::strcmp(asked, set.name) == 0;
  };
#if defined(UNROLLED_X86)
  if (wants(avx512::instruction_set) && has_avx512()) return &avx512::instruction_set;
  if (wants(avx2::instruction_set) && has_avx2()) return &avx2::instruction_set;
#endif
  return wants(portable::instruction_set) ? &portable::instruction_set : nullptr;
}

}  // namespace

const InstructionSet* instruction_set() {
  static const InstructionSet* const chosen = choose();
  return chosen;
}

const Cell& cell_named(const char* name) {
  const InstructionSet& set = *instruction_set();
  if (std::strcmp(name, "lstm") == 0) return set.lstm;
  return std::strcmp(name, "gru") == 0 ? set.gru : set.gru_reset_before;
}

}  // namespace unrolled
