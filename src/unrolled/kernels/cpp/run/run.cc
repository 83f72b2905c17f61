// One call of a cell: the rows, in order of length, are divided among the threads.
//
// Which rows form a part depends only on the lengths and the number of threads, so a call gives
// the same result each time. The residuals are stored by rows and do not depend on the threads.

#include "run/run.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "memory/floats.h"

namespace unrolled {
namespace {

// Memory that stays allocated between calls and only grows.
class Scratch {
 public:
  float* at_least(Index count) {
    if (count > size_) {
      size_ = count + count / 8;
      memory_ = floats(size_);
    }
    return memory_.get();
  }

 private:
  Floats memory_;
  Index size_ = 0;
};

// What the calls that have their turn use, one after another.
struct Memory {
  Scratch packed;
  std::vector<Scratch> sums;  // of each part
};

Memory& memory() {
  static auto* const kept = new Memory;
  return *kept;
}

// The scratch memory of the thread that asks for it.
float* scratch(Index count) {
  thread_local Scratch own;
  return own.at_least(count);
}

using Parts = std::vector<std::vector<int>>;  // the rows of each part of a call

// Below some hundred thousand operations a second thread costs more time than it saves.
constexpr double least_work = 2e5;

int workers_for(const Shape& s, Index rows) {
  double steps = 0;
  for (Index r = 0; r < s.b; ++r) steps += s.lengths[r];
  const double work = steps * static_cast<double>(s.h) * static_cast<double>(s.f + s.h) * 8;
  const Index useful = std::max(Index{1}, std::min(rows, static_cast<Index>(work / least_work)));
  return static_cast<int>(std::min<Index>(thread_count(), useful));
}

// The rows with at least one step, the longest first, go to the parts in turn, so that each has
// about the same number of rows and of steps. One thread runs a part.
Parts deal(const Shape& s) {
  std::vector<int> order;
  for (int r = 0; r < s.b; ++r) {
    if (s.lengths[r] > 0) order.push_back(r);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return s.lengths[a] > s.lengths[b]; });
  Parts parts(workers_for(s, static_cast<Index>(order.size())));
  for (std::size_t i = 0; i < order.size(); ++i) parts[i % parts.size()].push_back(order[i]);
  return parts;
}

// The rows of a part in blocks of nearly the same size, each run from its first to its last step.
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

// Copies n floats, or writes zeros where there is nothing to copy.
void assign(float* to, const float* from, Index n) {
  if (from == nullptr) return zero(to, n);
  if (to != nullptr && n > 0) std::memcpy(to, from, n * sizeof(float));
}

// The entries of a row in an array of b n, or null.
const float* row_of(const float* array, Index row, Index n) {
  return array != nullptr ? array + row * n : nullptr;
}

// Rows without a step: the last state is the first, and every output is zero.
void finish_empty_rows(const Forward& call) {
  const Shape& s = call.shape;
  for (Index r = 0; r < s.b; ++r) {
    if (s.lengths[r] > 0) continue;
    assign(call.h + r * s.h, row_of(call.h0, r, s.h), s.h);
    if (call.c != nullptr) assign(call.c + r * s.h, row_of(call.c0, r, s.h), s.h);
    if (call.ys != nullptr) zero(call.ys + r * s.t * s.h, s.t * s.h);
  }
}

void run_part(const Cell& cell, const Forward& call, const float* packed,
              const std::vector<int>& part) {
  float* const own = scratch(cell.sizes(call.shape, false).forward);
  for_blocks(part, [&](Rows rows) { cell.forward(call, packed, rows, own); });
}

}  // namespace

void run_forward(const Cell& cell, const Forward& call, const Turn&) {
  finish_empty_rows(call);
  const Parts parts = deal(call.shape);
  if (parts[0].empty()) return;
  const int count = static_cast<int>(parts.size());
  float* const packed = memory().packed.at_least(cell.sizes(call.shape, false).packed_forward);
  parallel(count, [&](int w) { cell.pack_forward(call, packed, w, count); });
  parallel(count, [&](int w) { run_part(cell, call, packed, parts[w]); });
}

void run_forward_packed(const Cell& cell, const Forward& call, const float* packed) {
  finish_empty_rows(call);
  const Parts parts = deal(call.shape);
  const int count = static_cast<int>(parts.size());
  const auto run = [&](int w) { run_part(cell, call, packed, parts[w]); };
  std::unique_lock turn(call_mutex(), std::defer_lock);
  if (count > 1 && turn.try_lock()) return parallel(count, [&](int w) { run(w); });
  for (int w = 0; w < count; ++w) run(w);
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
  const Parts parts = deal(s);
  const int count = static_cast<int>(parts.size());
  float* const packed = m.packed.at_least(sizes.packed_backward);
  if (m.sums.size() < parts.size()) m.sums.resize(parts.size());
  std::vector<float*> sums(count);
  for (int w = 0; w < count; ++w) {
    sums[w] = m.sums[w].at_least(sizes.sums);
    if (parts[w].empty()) zero(sums[w], sizes.sums);
  }
  parallel(count, [&](int w) { cell.pack_backward(call, packed, w, count); });
  parallel(count, [&](int w) {
    float* const own = scratch(sizes.backward);
    bool started = false;
    for_blocks(parts[w], [&](Rows rows) {
      cell.backward(call, packed, rows, own, sums[w], started);
      started = true;
    });
  });
  parallel(count, [&](int w) { cell.reduce(call, sums.data(), count, w, count); });
}

}  // namespace unrolled
