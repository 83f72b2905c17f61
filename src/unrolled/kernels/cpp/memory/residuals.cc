// The residuals: where they are stored, for how long, and what happens when they are gone.

#include "memory/residuals.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <random>
#include <tuple>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "run/run.h"
#include "memory/slab.h"
#include "run/threads.h"

namespace unrolled {
namespace {

using Number = std::uint64_t;  // of a call with residuals; 0 is none

constexpr Number idle_calls = 1000;  // after which a free slab goes back to the system
constexpr Number first_patience = 4;

struct Holder {
  Slab slab;
  Number call = 0;       // the call whose residuals are here
  Index floats = 0;      // how many
  bool waiting = false;  // for a backward that has not come yet
  Number touched = 0;
};

int process() {
#if defined(__unix__) || defined(__APPLE__)
  return static_cast<int>(getpid());
#else
  return 0;
#endif
}

// The slabs. Used under call_mutex.
class Pool {
 public:
  // At the start of every call.
  void tick() {
    ++clock_;
    if (process() != process_) start();
    std::erase_if(holders_, [this](const Holder& h) {
      return is_free(h) && clock_ - h.touched > idle_calls;
    });
  }

  // Null if the residuals of the call exceed the limit.
  const Holder* keep(Index floats) {
    if (Slab::bytes_for(floats) > limit_) return nullptr;
    Holder& h = take(floats);
    h.call = next_++, h.waiting = true;
    return &h;
  }

  // The residuals of a call, or null. They stay until another call takes the slab, so backward may
  // run twice.
  const Holder* find(Number call, Index floats) {
    if (call < first_ || call >= next_) return nullptr;
    patience_ = std::max(patience_, next_ - call);
    for (Holder& h : holders_) {
      if (h.call != call || h.floats != floats) continue;
      h.waiting = false, h.touched = clock_;
      return &h;
    }
    return nullptr;
  }

  // A slab for this call only.
  const Holder* lend(Index floats) {
    ++lent_;
    return &take(floats);
  }

  void limit(Index bytes) {
    limit_ = bytes < 0 ? machine_bytes() / 4 : bytes;
    while (this->bytes() > limit_) make_room();
  }
  Index lent() const { return lent_; }
  Index bytes() const {
    Index total = 0;
    for (const Holder& h : holders_) total += h.slab.bytes();
    return total;
  }

 private:
  // After a fork the child starts at another number, so that no number of the child is also one
  // that its parent gives later.
  void start() {
    std::random_device random;
    process_ = process();
    first_ = next_ = (Number{random()} << 32 | random()) >> 2 | 1;
    for (Holder& h : holders_) h.call = 0, h.waiting = false;
  }

  // Some calls never get a backward. A call is taken for one of these if it has waited longer than
  // any call that did get its backward, even a late one. So such a mistake happens only once.
  bool is_free(const Holder& h) const { return !h.waiting || next_ - h.call > patience_; }

  Holder& take(Index floats) {
    Holder* h;
    while ((h = best_fit(floats)) == nullptr) {
      if (holders_.empty() || bytes() + Slab::bytes_for(floats) <= limit_) {
        h = &holders_.emplace_back(Holder{Slab(floats)});
        break;
      }
      make_room();
    }
    h->call = 0, h->waiting = false, h->floats = floats, h->touched = clock_;
    return *h;
  }

  // The smallest slab that is free and large enough; among several the one used last, whose memory
  // is most likely in a cache.
  Holder* best_fit(Index floats) {
    const Index least = Slab::bytes_for(floats);
    const auto rank = [](const Holder& h) {
      return std::tuple(h.slab.bytes(), h.waiting, ~h.touched);
    };
    Holder* best = nullptr;
    for (Holder& h : holders_) {
      if (!is_free(h) || h.slab.bytes() < least || h.slab.bytes() > 2 * least) continue;
      if (best == nullptr || rank(h) < rank(*best)) best = &h;
    }
    return best;
  }

  // Returns a free slab to the system or, if all wait, frees the one that has waited longest, because
  // backward calls usually come in reverse order.
  void make_room() {
    const auto oldest = std::ranges::min_element(holders_, {}, [this](const Holder& h) {
      return std::tuple(!is_free(h), h.touched);
    });
    if (is_free(*oldest)) holders_.erase(oldest);
    else oldest->call = 0, oldest->waiting = false;
  }

  std::vector<Holder> holders_;
  Number first_ = 0, next_ = 0, patience_ = first_patience, clock_ = 0;
  Index limit_ = machine_bytes() / 4, lent_ = 0;
  int process_ = -1;
};

Pool& pool() {
  static auto* const kept = new Pool;
  return *kept;
}

Index floats_kept(const Cell& cell, const Shape& s) {
  return s.b * s.t * cell.sizes(s, false).saved;
}

void write_tokens(Number call, Index b, int* tokens) {
  for (Index r = 0; r < b; ++r, tokens += token_size) {
    tokens[0] = static_cast<int>(call >> 32), tokens[1] = static_cast<int>(call);
    tokens[2] = static_cast<int>(r);
  }
}

Number number(const int* token) {
  return Number{static_cast<std::uint32_t>(token[0])} << 32 | static_cast<std::uint32_t>(token[1]);
}

// The call that these rows come from, if it is a single one and they are in its order; or 0.
Number call_of(const int* tokens, Index b) {
  const Number call = b > 0 ? number(tokens) : 0;
  for (Index r = 0; r < b; ++r, tokens += token_size) {
    if (number(tokens) != call || tokens[2] != r) return 0;
  }
  return call;
}

// Runs forward again, only for its residuals.
void repeat_forward(const Cell& cell, const Backward& call, float* saved, const Turn& turn) {
  std::vector<float> states(2 * call.shape.b * call.shape.h);
  float* const c = call.c0 != nullptr ? states.data() + call.shape.b * call.shape.h : nullptr;
  run_forward(cell,
              {.shape = call.shape, .x = call.x, .kernel = call.kernel,
               .recurrent = call.recurrent, .bias = call.bias, .h0 = call.h0, .c0 = call.c0,
               .ys = nullptr, .h = states.data(), .c = c, .saved = saved},
              turn);
}

}  // namespace

void run_forward_kept(const Cell& cell, Forward call, int* tokens) {
  const Turn turn(call_mutex());
  pool().tick();
  call.saved = nullptr;
  if (tokens != nullptr) {
    const Holder* h = pool().keep(floats_kept(cell, call.shape));
    if (h != nullptr) call.saved = h->slab.floats();
    write_tokens(h != nullptr ? h->call : 0, call.shape.b, tokens);
  }
  run_forward(cell, call, turn);
}

void run_backward_kept(const Cell& cell, Backward call, const int* tokens) {
  const Turn turn(call_mutex());
  pool().tick();
  const Index floats = floats_kept(cell, call.shape);
  const Holder* h = pool().find(call_of(tokens, call.shape.b), floats);
  if (h == nullptr) {
    h = pool().lend(floats);
    repeat_forward(cell, call, h->slab.floats(), turn);
  }
  call.saved = h->slab.floats();
  run_backward(cell, call, turn);
}

void keep_at_most(Index bytes) {
  const Turn turn(call_mutex());
  pool().limit(bytes);
}

Index kept_bytes() {
  const Turn turn(call_mutex());
  return pool().bytes();
}

Index repeated_calls() {
  const Turn turn(call_mutex());
  return pool().lent();
}

}  // namespace unrolled
