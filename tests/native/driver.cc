// Runs the cells and the stepper on awkward sizes without Python, for the sanitizers to watch:
// buffers are exactly as large as they must be, and gradients are compared with finite differences.
// Each problem is run with a buffer of its own for what forward keeps, and with the library's.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#if defined(__unix__) && !defined(__SANITIZE_THREAD__)
#include <sys/wait.h>
#include <unistd.h>
#define TRY_FORK 1
#endif

#include "run/dispatch.h"
#include "entry/export.h"
#include "memory/residuals.h"
#include "run/run.h"
#include "run/threads.h"

UNROLLED_EXPORT void* unrolled_stepper_new(const char*, unrolled::Index, unrolled::Index,
                                           const float*, const float*, const float*);
UNROLLED_EXPORT void unrolled_stepper_bind(void*, unrolled::Index, float*);
UNROLLED_EXPORT void unrolled_stepper_run(void*);
UNROLLED_EXPORT void unrolled_stepper_delete(void*);
UNROLLED_EXPORT void* unrolled_layer_new(const char*, unrolled::Index, unrolled::Index,
                                         const float*, const float*, const float*, bool, bool);
UNROLLED_EXPORT bool unrolled_layer_run(const void*, unrolled::Index, unrolled::Index,
                                        const float*, const bool*, const float*, const float*,
                                        float*, float*, float*);
UNROLLED_EXPORT void unrolled_layer_delete(void*);
UNROLLED_EXPORT void unrolled_sigmoid(const float*, float*, unrolled::Index);
UNROLLED_EXPORT void unrolled_tanh(const float*, float*, unrolled::Index);

namespace {

using unrolled::Backward;
using unrolled::Cell;
using unrolled::Forward;
using unrolled::Index;
using unrolled::Shape;
using unrolled::Turn;
using unrolled::call_mutex;
using Floats = std::vector<float>;

Floats draw(Index n, std::mt19937& random, float scale = 0.5f) {
  std::normal_distribution<float> normal(0, scale);
  Floats out(n);
  for (float& v : out) v = normal(random);
  return out;
}

constexpr const char* cells[] = {"lstm", "gru", "gru_reset_before"};

struct Case {
  const char* name;
  Index b, t, f, h;
  bool reverse, hold, sequences, dx;
};

struct Problem {
  Case c;
  bool lstm;
  std::vector<int> lengths;
  Floats x, kernel, recurrent, bias, h0, c0, wy, wh, wc;

  Problem(const Case& what, unsigned seed) : c(what), lstm(cell().states == 2) {
    std::mt19937 random(seed);
    const Index g = (lstm ? 4 : 3) * c.h;
    x = draw(c.b * c.t * c.f, random), kernel = draw(c.f * g, random);
    recurrent = draw(c.h * g, random);
    bias = draw(std::strcmp(c.name, "gru") == 0 ? 2 * g : g, random);
    h0 = draw(c.b * c.h, random), c0 = draw(c.b * c.h, random);
    wy = draw(c.b * c.t * c.h, random), wh = draw(c.b * c.h, random);
    wc = draw(c.b * c.h, random);
    for (Index r = 0; r < c.b; ++r) lengths.push_back(static_cast<int>(random() % (c.t + 1)));
  }

  const Cell& cell() const { return unrolled::cell_named(c.name); }

  Shape shape() const { return {c.b, c.t, c.f, c.h, lengths.data(), c.reverse, c.hold}; }

  // The weighted sum of all outputs, by `run` of a forward call.
  template <class Run>
  double loss(Run&& run) const {
    Floats ys(c.sequences ? c.b * c.t * c.h : 0), h(c.b * c.h), cc(c.b * c.h);
    run(Forward{shape(), x.data(), kernel.data(), recurrent.data(), bias.data(), h0.data(),
                lstm ? c0.data() : nullptr, c.sequences ? ys.data() : nullptr, h.data(),
                lstm ? cc.data() : nullptr, nullptr});
    double total = 0;
    for (std::size_t i = 0; i < ys.size(); ++i) total += static_cast<double>(ys[i]) * wy[i];
    for (std::size_t i = 0; i < h.size(); ++i) total += static_cast<double>(h[i]) * wh[i];
    if (!lstm) return total;
    for (std::size_t i = 0; i < cc.size(); ++i) total += static_cast<double>(cc[i]) * wc[i];
    return total;
  }

  double loss() const {
    return loss([&](const Forward& call) { run_forward_kept(cell(), call, nullptr); });
  }

  // Gradients of x, kernel, recurrent, bias, h0, c0, by `run` of a backward call.
  template <class Run>
  std::vector<Floats> gradients_by(Run&& run) const {
    std::vector<Floats> d{Floats(c.dx ? x.size() : 0), Floats(kernel.size()),
                          Floats(recurrent.size()), Floats(bias.size()), Floats(h0.size()),
                          Floats(lstm ? c0.size() : 0)};
    run(Backward{shape(), x.data(), kernel.data(), recurrent.data(), bias.data(), h0.data(),
                 lstm ? c0.data() : nullptr, nullptr, c.sequences ? wy.data() : nullptr,
                 wh.data(), lstm ? wc.data() : nullptr, c.dx ? d[0].data() : nullptr,
                 d[1].data(), d[2].data(), d[3].data(), d[4].data(),
                 lstm ? d[5].data() : nullptr});
    return d;
  }

  // What forward keeps is in a buffer of its own.
  std::vector<Floats> gradients_alone() const {
    Floats saved(c.b * c.t * cell().sizes(shape(), false).saved);
    loss([&](Forward call) {
      call.saved = saved.data();
      run_forward(cell(), call, Turn(call_mutex()));
    });
    return gradients_by([&](Backward call) {
      call.saved = saved.data();
      run_backward(cell(), call, Turn(call_mutex()));
    });
  }

  std::vector<int> forward() const {
    std::vector<int> tokens(c.b * unrolled::token_size);
    loss([&](const Forward& call) { run_forward_kept(cell(), call, tokens.data()); });
    return tokens;
  }

  std::vector<Floats> backward(const std::vector<int>& tokens) const {
    return gradients_by(
        [&](const Backward& call) { run_backward_kept(cell(), call, tokens.data()); });
  }

  std::vector<Floats> gradients() const { return backward(forward()); }
};

bool check(const Case& c, unsigned seed) {
  Problem p(c, seed);
  const std::vector<Floats> gradients = p.gradients_alone();
  const std::vector<int> tokens = p.forward(), none(tokens.size());
  if (p.backward(tokens) != gradients || p.backward(none) != gradients) {
    std::printf("kept: %s b%td t%td f%td h%td\n", c.name, c.b, c.t, c.f, c.h);
    return false;
  }
  Floats* const values[] = {&p.x, &p.kernel, &p.recurrent, &p.bias, &p.h0, &p.c0};
  std::mt19937 random(seed);
  for (int k = 0; k < 6; ++k) {
    for (int trial = 0; trial < 3 && !gradients[k].empty(); ++trial) {
      const std::size_t at = random() % gradients[k].size();
      const float was = (*values[k])[at], step = 1e-2f;
      (*values[k])[at] = was + step;
      const double above = p.loss();
      (*values[k])[at] = was - step;
      const double below = p.loss();
      (*values[k])[at] = was;
      const double slope = (above - below) / (2.0 * step), got = gradients[k][at];
      if (std::abs(slope - got) > 2e-2 * (1 + std::abs(slope))) {
        std::printf("gradient %d of %s b%td t%td f%td h%td: got %g, slope %g\n", k,
                    c.name, c.b, c.t, c.f, c.h, got, slope);
        return false;
      }
    }
  }
  return true;
}

bool check_all() {
  bool good = true;
  unsigned seed = 0;
  for (const char* name : cells) {
    for (const Index h : {1, 3, 7, 16, 65}) {
      for (const Index b : {1, 3, 37, 70}) {
        for (int flags = 0; flags < 16; flags += 1 + static_cast<int>(b % 3)) {
          const Case c{name, b, 1 + (seed % 6), 1 + (seed % 4) * 5, h, (flags & 1) != 0,
                       (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0};
          good = check(c, ++seed) && good;
        }
      }
    }
  }
  return good;
}

// Two callers at a time; the number of threads and what may be kept change under them.
bool check_callers() {
  const Problem lstm({"lstm", 70, 12, 5, 48, false, true, true, true}, 1);
  const Problem gru({"gru_reset_before", 70, 12, 5, 48, true, true, true, true}, 2);
  const auto want_lstm = lstm.gradients(), want_gru = gru.gradients();
  bool good[2] = {true, true};
  const auto call = [](const Problem& p, const std::vector<Floats>& want, bool* ok) {
    for (int i = 0; i < 10; ++i) {
      const auto got = p.gradients();
      for (std::size_t k = 0; k < got.size(); ++k) {
        for (std::size_t j = 0; j < got[k].size(); ++j) {
          *ok = *ok && std::abs(got[k][j] - want[k][j]) < 1e-3f * (1 + std::abs(want[k][j]));
        }
      }
    }
  };
  std::thread one(call, std::cref(lstm), std::cref(want_lstm), &good[0]);
  std::thread two(call, std::cref(gru), std::cref(want_gru), &good[1]);
  for (int i = 0; i < 50; ++i) {
    unrolled::set_thread_count(1 + i % 3);
    unrolled::keep_at_most(i % 2 == 0 ? -1 : 0);
    std::this_thread::yield();
  }
  one.join(), two.join();
  unrolled::keep_at_most(-1);
  if (!good[0] || !good[1]) std::puts("two callers disturbed each other");
  return good[0] && good[1];
}

// A stepper over every step of a batch of full rows ends in the state of one call over them all.
bool check_stepper(const char* name, Index b) {
  Problem p({name, b, 3, 5, 17, false, true, false, false}, static_cast<unsigned>(b));
  for (int& steps : p.lengths) steps = static_cast<int>(p.c.t);
  const Index f = p.c.f, state = b * p.c.h, states = p.cell().states;
  Floats want(2 * state), values(b * f + 2 * states * state);
  run_forward_kept(p.cell(), {p.shape(), p.x.data(), p.kernel.data(), p.recurrent.data(),
                              p.bias.data(), p.h0.data(), p.c0.data(), nullptr, want.data(),
                              p.lstm ? want.data() + state : nullptr, nullptr}, nullptr);
  void* const stepper = unrolled_stepper_new(name, f, p.c.h, p.kernel.data(), p.recurrent.data(),
                                             p.bias.data());
  unrolled_stepper_bind(stepper, b, values.data());
  float* const before = values.data() + b * f;
  float* const after = before + states * state;
  std::copy_n(p.h0.data(), state, after);
  if (p.lstm) std::copy_n(p.c0.data(), state, after + state);
  for (Index t = 0; t < p.c.t; ++t) {
    for (Index r = 0; r < b; ++r) {
      std::copy_n(p.x.data() + (r * p.c.t + t) * f, f, values.data() + r * f);
    }
    std::copy_n(after, states * state, before);
    unrolled_stepper_run(stepper);
  }
  unrolled_stepper_delete(stepper);
  bool good = true;
  for (Index i = 0; i < states * state; ++i) good = good && std::abs(after[i] - want[i]) < 1e-5f;
  if (!good) std::printf("the steps of %s are not the sequence, b%td\n", name, b);
  return good;
}

bool check_steppers() {
  bool good = true;
  for (const char* name : cells) {
    for (const Index b : {1, 7, 32, 33, 70}) good = check_stepper(name, b) && good;
  }
  return good;
}

// A layer with packed weights, called by several threads at once, has the results of a call that
// packs them. It refuses a mask with a step after a padded one.
bool check_layer(const char* name, Index b, bool reverse, bool hold) {
  const Problem p({name, b, 9, 12, 17, reverse, hold, true, false}, static_cast<unsigned>(b));
  const Index state = b * p.c.h, outputs = state * p.c.t;
  const Floats zeros(state);
  Floats want(outputs + 2 * state);
  run_forward_kept(p.cell(), {p.shape(), p.x.data(), p.kernel.data(), p.recurrent.data(),
                              p.bias.data(), zeros.data(), zeros.data(), want.data(),
                              want.data() + outputs, want.data() + outputs + state, nullptr},
                   nullptr);
  void* const layer = unrolled_layer_new(name, p.c.f, p.c.h, p.kernel.data(), p.recurrent.data(),
                                         p.bias.data(), reverse, hold);
  const auto mask = std::make_unique<bool[]>(b * p.c.t);
  for (Index r = 0; r < b; ++r) std::fill_n(mask.get() + r * p.c.t, p.lengths[r], true);
  const auto run = [&](Floats& out) {
    return unrolled_layer_run(layer, b, p.c.t, p.x.data(), mask.get(), nullptr, nullptr,
                              out.data(), out.data() + outputs,
                              p.lstm ? out.data() + outputs + state : nullptr);
  };
  std::vector<Floats> got(3, Floats(want.size()));
  std::vector<std::thread> callers;
  for (Floats& out : got) callers.emplace_back([&] { (void)run(out); });
  for (std::thread& caller : callers) caller.join();
  const Index count = outputs + (p.lstm ? 2 : 1) * state;
  bool good = true;
  for (const Floats& out : got) {
    good = good && std::equal(out.begin(), out.begin() + count, want.begin());
  }
  mask[0] = false, mask[1] = true;
  good = good && !run(got[0]);
  unrolled_layer_delete(layer);
  if (!good) std::printf("a layer of %s is not the call, b%td\n", name, b);
  return good;
}

bool check_layers() {
  bool good = true;
  for (const char* name : cells) {
    for (const Index b : {1, 2, 7, 70}) {
      for (int flags = 0; flags < 4; ++flags) {
        good = check_layer(name, b, (flags & 1) != 0, (flags & 2) != 0) && good;
      }
    }
  }
  return good;
}

bool check_library() {
  bool good = true;
  for (const Index n : {1, 7, 33}) {
    std::mt19937 random(1);
    const Floats x = draw(n, random, 3);
    Floats s(n), t(n);
    unrolled_sigmoid(x.data(), s.data(), n), unrolled_tanh(x.data(), t.data(), n);
    for (Index i = 0; i < n; ++i) {
      good = good && std::abs(s[i] - 1 / (1 + std::exp(-x[i]))) < 1e-6f;
      good = good && std::abs(t[i] - std::tanh(x[i])) < 1e-6f;
    }
  }
  if (!good) std::puts("what Python asks of the library is wrong");
  return good;
}

// More calls wait than may be kept: the oldest give way, large slabs among them.
bool check_limit() {
  const Problem p({"lstm", 70, 30, 5, 48, false, true, true, true}, 1);
  const auto want = p.gradients();
  bool good = true;
  const auto repeated = [&](Index limit) {
    const Index before = unrolled::repeated_calls();
    std::vector<std::vector<int>> calls;
    for (int i = 0; i < 12; ++i) calls.push_back(p.forward());
    good = unrolled::kept_bytes() <= limit && good;
    for (int i = 11; i >= 0; --i) good = p.backward(calls[i]) == want && good;
    return unrolled::repeated_calls() - before;
  };
  const Index all = Index{1} << 30, few = Index{16} << 20;
  repeated(all);  // so long a wait is new to it
  const Index none = repeated(all);
  unrolled::keep_at_most(few);
  const Index some = repeated(few);
  unrolled::keep_at_most(-1);
  good = good && none == 0 && some > 0 && some < 12;
  if (!good) std::printf("of 12 calls %td, with a limit %td were repeated\n", none, some);
  return good;
}

bool check_fork() {
#if defined(TRY_FORK)
  const Problem p({"lstm", 70, 12, 5, 48, false, true, true, true}, 1);
  unrolled::set_thread_count(3);
  const auto want = p.gradients();
  const std::vector<int> tokens = p.forward();
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(p.backward(tokens) == want && p.gradients() == want ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  if (status != 0) std::puts("a fork after use went wrong");
  return status == 0 && p.backward(tokens) == want && p.gradients() == want;
#else
  return true;
#endif
}

}  // namespace

int main() {
  if (unrolled::instruction_set() == nullptr) {
    std::puts("UNROLLED_ISA is not to be had here");
    return 2;
  }
  bool good = true;
  for (const int threads : {1, 3}) {
    unrolled::set_thread_count(threads);
    good = check_all() && good;
  }
  good = check_callers() && good;
  good = check_steppers() && good;
  good = check_layers() && good;
  good = check_library() && good;
  good = check_limit() && good;
  good = check_fork() && good;
  std::printf("%s: %s\n", unrolled::instruction_set()->name, good ? "good" : "FAILED");
  return good ? 0 : 1;
}
