// A pool of threads that spin briefly between two tasks, then sleep.
//
// Because they spin, even a call of a few hundred microseconds is faster with several threads;
// because they sleep, they leave the processors to other programs. Threads claim the parts of a
// task, and so does the caller: on a busy machine it does not wait for a thread that has not started,
// but runs that part itself. The result does not depend on which thread runs a part.

#include "run/threads.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace unrolled {
namespace {

constexpr int most_threads = 256;
constexpr int spins_before_yield = 2000, spins_before_sleep = 20000;

void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#endif
}

class Pool {
 public:
  explicit Pool(int threads) {
    for (int id = 1; id < threads; ++id) workers_.emplace_back([this] { serve(); });
  }

  ~Pool() {
    stop_.store(true, std::memory_order_relaxed);
    announce(round_.load(std::memory_order_relaxed) + 1, 0);
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void run(int parts, void (*work)(void*, int), void* context) {
    work_ = work, context_ = context;
    unfinished_.store(parts, std::memory_order_relaxed);
    const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
    announce(round, parts);
    work_off(round);
    for (int spins = 0; unfinished_.load(std::memory_order_acquire) > 0; ++spins) {
      if (spins < spins_before_yield) pause();
      else std::this_thread::yield();
    }
  }

 private:
  // The state of a round in one word (the round, its number of parts, how many are claimed), so that
  // a thread that is late for a round cannot claim a part of the next.
  static std::uint64_t ticket(std::uint32_t round, std::uint64_t parts, std::uint64_t claimed) {
    return std::uint64_t{round} << 32 | parts << 16 | claimed;
  }

  void announce(std::uint32_t round, int parts) {
    ticket_.store(ticket(round, parts, 0), std::memory_order_release);
    round_.store(round, std::memory_order_release);
    round_.notify_all();
  }

  // The next part of the round, or -1.
  int claim(std::uint32_t round) {
    std::uint64_t seen = ticket_.load(std::memory_order_acquire);
    for (;;) {
      const int parts = seen >> 16 & 0xffff, claimed = seen & 0xffff;
      if (seen >> 32 != round || claimed == parts) return -1;
      if (ticket_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) return claimed;
    }
  }

  void work_off(std::uint32_t round) {
    for (int part; (part = claim(round)) >= 0;) {
      work_(context_, part);
      unfinished_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  void serve() {
    for (std::uint32_t seen = 0;;) {
      for (int spins = 0; round_.load(std::memory_order_acquire) == seen; ++spins) {
        if (spins < spins_before_sleep) pause();
        else round_.wait(seen, std::memory_order_acquire);
      }
      seen = round_.load(std::memory_order_acquire);
      if (stop_.load(std::memory_order_relaxed)) return;
      work_off(seen);
    }
  }

  std::vector<std::thread> workers_;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<int> unfinished_{0};
  std::atomic<bool> stop_{false};
  void (*work_)(void*, int) = nullptr;
  void* context_ = nullptr;
};

int processors() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

int clamped(int count) { return count < 1 ? 1 : count > most_threads ? most_threads : count; }

int default_count() {
  const char* asked = std::getenv("UNROLLED_THREADS");
  const int count = asked != nullptr ? std::atoi(asked) : 0;
  return clamped(count > 0 ? count : processors());
}

std::atomic<int>& wanted() {
  static std::atomic<int> count{default_count()};
  return count;
}

// Never destroyed: at exit its threads may still sleep.
std::unique_ptr<Pool>& pool() {
  static auto* const kept = new std::unique_ptr<Pool>;
  return *kept;
}

// After a fork the child has the memory of the pool but not its threads, so it makes a new pool.
void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const int watching = pthread_atfork(
      [] { call_mutex().lock(); }, [] { call_mutex().unlock(); },
      [] {
        (void)pool().release();
        call_mutex().unlock();
      });
  (void)watching;
#endif
}

}  // namespace

int thread_count() { return wanted().load(std::memory_order_relaxed); }

void set_thread_count(int count) {
  wanted().store(count > 0 ? clamped(count) : default_count(), std::memory_order_relaxed);
}

std::mutex& call_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

void run_parallel(int parts, void (*work)(void*, int), void* context) {
  watch_forks();
  std::unique_ptr<Pool>& threads = pool();
  if (threads == nullptr || threads->threads() < parts) threads = std::make_unique<Pool>(parts);
  threads->run(parts, work, context);
}

}  // namespace unrolled
