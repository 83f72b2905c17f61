// The threads that run one call together, and the lock that lets one call at a time use them.
#pragma once

#include <mutex>

namespace unrolled {

// UNROLLED_THREADS, or the number of processors this process may run on.
int thread_count();
void set_thread_count(int count);  // from the next call on

// Locked during a call: the threads and their memory serve one call at a time.
std::mutex& call_mutex();
using Turn = std::lock_guard<std::mutex>;  // of call_mutex

void run_parallel(int parts, void (*work)(void* context, int part), void* context);

// work(part) for part = 0 .. parts - 1, on several threads; returns when all are done.
template <class Work>
void parallel(int parts, Work&& work) {
  if (parts == 1) return work(0);
  run_parallel(parts, [](void* w, int part) { (*static_cast<Work*>(w))(part); }, &work);
}

}  // namespace unrolled
