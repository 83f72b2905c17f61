// A pool of threads that spin briefly between two pieces of work, then sleep.
//
// Spinning makes a call of a few hundred microseconds worth sharing; sleeping leaves the
// processors to others. Nobody waits at a barrier within the work: a thread that the system
// holds back costs its own share only.

#include "threads.h"

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
    for (int id = 1; id < threads; ++id) workers_.emplace_back([this, id] { serve(id); });
  }

  ~Pool() {
    stop_ = true;
    round_.fetch_add(1, std::memory_order_acq_rel);
    round_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  void run(int parts, void (*work)(void*, int), void* context) {
    parts_ = parts, work_ = work, context_ = context;
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_acq_rel);
    round_.notify_all();
    work(context, 0);
    for (int spins = 0; busy_.load(std::memory_order_acquire) > 0; ++spins) {
      if (spins < spins_before_yield) pause();
      else std::this_thread::yield();
    }
  }

 private:
  void serve(int id) {
    for (std::uint32_t seen = 0;;) {
      for (int spins = 0; round_.load(std::memory_order_acquire) == seen; ++spins) {
        if (spins < spins_before_sleep) pause();
        else round_.wait(seen, std::memory_order_acquire);
      }
      seen = round_.load(std::memory_order_acquire);
      if (stop_) return;
      if (id < parts_) work_(context_, id);
      busy_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  std::vector<std::thread> workers_;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<int> busy_{0};
  std::atomic<bool> stop_{false};
  int parts_ = 0;
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

// A child of fork has the memory of the pool but not its threads: forget it, and make anew.
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
