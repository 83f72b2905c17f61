// One call of a cell: the rows, in order of length, are divided among the threads.
//
// Which rows a thread runs depends only on the lengths and the number of threads, so a call gives
// the same result each time. The residuals are stored by rows and do not depend on the threads.

#include "run/run.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace unrolled {
namespace {

// Aligned memory that stays allocated between calls and only grows.
class Scratch {
 public:
  float* at_least(Index floats) {
    if (floats > size_) {
      size_ = floats + floats / 8;
      memory_.reset(static_cast<float*>(::operator new[](size_ * sizeof(float), alignment)));
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, alignment); }
  };
  std::unique_ptr<float, Free> memory_;
  Index size_ = 0;
};

// The memory of one thread.
struct Worker {
  Scratch scratch, sums;
  std::vector<int> rows;
};

struct Memory {
  Scratch packed;
  std::vector<Worker> workers;
};

Memory& memory() {
  static auto* const kept = new Memory;
  return *kept;
}

// Below some hundred thousand operations a second thread costs more time than it saves.
constexpr double least_work = 2e5;

int workers_for(const Shape& s, Index rows) {
  double steps = 0;
  for (Index r = 0; r < s.b; ++r) steps += s.lengths[r];
  const double work = steps * static_cast<double>(s.h) * static_cast<double>(s.f + s.h) * 8;
  const Index useful = std::max(Index{1}, std::min(rows, static_cast<Index>(work / least_work)));
  return static_cast<int>(std::min<Index>(thread_count(), useful));
}

// The rows with at least one step, the longest first, go to the threads in turn, so that each has
// about the same number of rows and of steps.
int deal(const Shape& s, std::vector<Worker>& workers) {
  std::vector<int> order;
  for (int r = 0; r < s.b; ++r) {
    if (s.lengths[r] > 0) order.push_back(r);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return s.lengths[a] > s.lengths[b]; });
  const int count = workers_for(s, static_cast<Index>(order.size()));
  if (static_cast<int>(workers.size()) < count) workers.resize(count);
  for (int w = 0; w < count; ++w) {
    workers[w].rows.clear();
    for (std::size_t i = w; i < order.size(); i += count) workers[w].rows.push_back(order[i]);
  }
  return count;
}

// The rows of a thread in blocks of nearly the same size, each run from its first to its last step.
template <class Work>
void for_blocks(const std::vector<int>& rows, Work&& work) {
  const Index all = static_cast<Index>(rows.size()), blocks = (all + most_rows - 1) / most_rows;
  for (Index i = 0; i < blocks; ++i) {
    const Index first = all * i / blocks;
    work(Rows{rows.data() + first, all * (i + 1) / blocks - first});
  }
}

void zero(float* p, Index n) {
  if (p != nullptr && n > 0) std::memset(p, 0, n * sizeof(float));
}

void assign(float* to, const float* from, Index n) {
  if (to != nullptr && n > 0) std::memcpy(to, from, n * sizeof(float));
}

}  // namespace

void run_forward(const Cell& cell, const Forward& call, const Turn&) {
  const Shape& s = call.shape;
  for (Index r = 0; r < s.b; ++r) {
    if (s.lengths[r] > 0) continue;
    assign(call.h + r * s.h, call.h0 + r * s.h, s.h);
    if (call.c != nullptr) assign(call.c + r * s.h, call.c0 + r * s.h, s.h);
    if (call.ys != nullptr) zero(call.ys + r * s.t * s.h, s.t * s.h);
  }
  Memory& m = memory();
  const int count = deal(s, m.workers);
  if (m.workers.empty() || m.workers[0].rows.empty()) return;
  const Sizes sizes = cell.sizes(s, false);
  float* const packed = m.packed.at_least(sizes.packed_forward);
  parallel(count, [&](int w) { cell.pack_forward(call, packed, w, count); });
  parallel(count, [&](int w) {
    float* const scratch = m.workers[w].scratch.at_least(sizes.forward);
    for_blocks(m.workers[w].rows, [&](Rows rows) { cell.forward(call, packed, rows, scratch); });
  });
}

void run_backward(const Cell& cell, const Backward& call, const Turn&) {
  const Shape& s = call.shape;
  for (Index r = 0; r < s.b; ++r) {
    if (s.lengths[r] > 0) continue;
    assign(call.dh0 + r * s.h, call.dh + r * s.h, s.h);
    if (call.dc0 != nullptr) assign(call.dc0 + r * s.h, call.dc + r * s.h, s.h);
    if (call.dx != nullptr) zero(call.dx + r * s.t * s.f, s.t * s.f);
  }
  Memory& m = memory();
  const Sizes sizes = cell.sizes(s, call.dx != nullptr);
  const int count = deal(s, m.workers);
  float* const packed = m.packed.at_least(sizes.packed_backward);
  std::vector<const float*> sums(count);
  for (int w = 0; w < count; ++w) {
    float* const own = m.workers[w].sums.at_least(sizes.sums);
    if (m.workers[w].rows.empty()) zero(own, sizes.sums);
    sums[w] = own;
  }
  parallel(count, [&](int w) { cell.pack_backward(call, packed, w, count); });
  parallel(count, [&](int w) {
    Worker& own = m.workers[w];
    float* const scratch = own.scratch.at_least(sizes.backward);
    bool started = false;
    for_blocks(own.rows, [&](Rows rows) {
      cell.backward(call, packed, rows, scratch, own.sums.at_least(sizes.sums), started);
      started = true;
    });
  });
  parallel(count, [&](int w) { cell.reduce(call, sums.data(), count, w, count); });
}

}  // namespace unrolled
