// Memory that stays allocated between calls, in pieces (slabs) that are allocated and freed whole.

#include "memory/slab.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <unistd.h>
#endif

namespace unrolled {
namespace {

constexpr Index small_page = 4096, large_page = Index{2} << 20;
constexpr std::align_val_t alignment{64};

#if defined(__linux__)
// Aligned to large pages, so that the system can use them.
float* map_large(Index bytes) {
  void* const got = mmap(nullptr, bytes + large_page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) throw std::bad_alloc();
  char* const all = static_cast<char*>(got);
  const Index before = -reinterpret_cast<std::uintptr_t>(all) % large_page;
  if (before > 0) munmap(all, before);
  munmap(all + before + bytes, large_page - before);
#if defined(MADV_HUGEPAGE)
  (void)madvise(all + before, bytes, MADV_HUGEPAGE);
#endif
  return reinterpret_cast<float*>(all + before);
}
#endif

float* take(Index bytes) {
#if defined(__linux__)
  if (bytes >= large_page) return map_large(bytes);
#endif
  return static_cast<float*>(::operator new[](bytes, alignment));
}

}  // namespace

Index Slab::bytes_for(Index floats) {
  const Index bytes = floats * static_cast<Index>(sizeof(float));
  const Index page = bytes < large_page ? small_page : large_page;
  return (bytes + page - 1) / page * page;
}

Slab::Slab(Index floats) : memory_(take(bytes_for(floats)), Release{bytes_for(floats)}) {}

void Slab::Release::operator()(float* p) const {
#if defined(__linux__)
  if (bytes >= large_page) {
    munmap(p, bytes);
    return;
  }
#endif
  ::operator delete[](p, alignment);
}

Index machine_bytes() {
#if defined(_WIN32)
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof status;
  return GlobalMemoryStatusEx(&status) ? static_cast<Index>(status.ullTotalPhys) : 0;
#else
  const Index machine = static_cast<Index>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  Index container = 0;
  std::ifstream("/sys/fs/cgroup/memory.max") >> container;  // a number, or "max"
  return container > 0 ? std::min(machine, container) : machine;
#endif
}

}  // namespace unrolled
