// The functions that XLA calls: shapes come from the buffers, flags from the attributes.

#include "xla/ffi/api/ffi.h"

#include <vector>

#include "run/dispatch.h"
#include "entry/export.h"
#include "memory/lengths.h"
#include "memory/residuals.h"

namespace unrolled {
namespace {

namespace ffi = xla::ffi;
using Floats = ffi::Buffer<ffi::F32>;
using Ints = ffi::Buffer<ffi::S32>;
using Result = ffi::Result<Floats>;
using Tokens = ffi::Result<Ints>;

std::vector<int> steps_of(const Ints& lengths, const Floats& x) {
  return within(lengths.typed_data(), lengths.element_count(), x.dimensions()[1]);
}

// A buffer without elements means "not wanted".
const float* given(const Floats& b) { return b.element_count() > 0 ? b.typed_data() : nullptr; }
float* wanted(Result& b) { return b->element_count() > 0 ? b->typed_data() : nullptr; }
int* wanted(Tokens& b) { return b->element_count() > 0 ? b->typed_data() : nullptr; }

Shape shape_of(const Floats& x, const Floats& h0, const std::vector<int>& lengths, bool reverse,
               bool hold) {
  const auto x_size = x.dimensions(), h_size = h0.dimensions();
  return {.b = x_size[0], .t = x_size[1], .f = x_size[2], .h = h_size[1],
          .lengths = lengths.data(), .reverse = reverse, .hold = hold};
}

ffi::Error forward(const Cell& cell, bool reverse, bool hold, Floats x, Floats kernel,
                   Floats recurrent, Floats bias, Floats h0, const float* c0, Ints lengths,
                   Result ys, Result h, float* c, Tokens tokens) {
  const std::vector<int> steps = steps_of(lengths, x);
  run_forward_kept(cell,
                   {.shape = shape_of(x, h0, steps, reverse, hold), .x = x.typed_data(),
                    .kernel = kernel.typed_data(), .recurrent = recurrent.typed_data(),
                    .bias = bias.typed_data(), .h0 = h0.typed_data(), .c0 = c0,
                    .ys = wanted(ys), .h = h->typed_data(), .c = c, .saved = nullptr},
                   wanted(tokens));
  return ffi::Error::Success();
}

ffi::Error lstm_forward(bool reverse, bool hold, Floats x, Floats kernel, Floats recurrent,
                        Floats bias, Floats h0, Floats c0, Ints lengths, Result ys, Result h,
                        Result c, Tokens tokens) {
  return forward(instruction_set()->lstm, reverse, hold, x, kernel, recurrent, bias, h0,
                 c0.typed_data(), lengths, ys, h, c->typed_data(), tokens);
}

template <Cell InstructionSet::*gru>
ffi::Error gru_forward(bool reverse, bool hold, Floats x, Floats kernel, Floats recurrent,
                       Floats bias, Floats h0, Ints lengths, Result ys, Result h, Tokens tokens) {
  return forward(instruction_set()->*gru, reverse, hold, x, kernel, recurrent, bias, h0, nullptr,
                 lengths, ys, h, nullptr, tokens);
}

ffi::Error lstm_backward(bool reverse, bool hold, Floats x, Floats kernel, Floats recurrent,
                         Floats bias, Floats h0, Floats c0, Ints lengths, Ints tokens,
                         Floats dys, Floats dh, Floats dc, Result dx, Result dkernel,
                         Result drecurrent, Result dbias, Result dh0, Result dc0) {
  const std::vector<int> steps = steps_of(lengths, x);
  run_backward_kept(instruction_set()->lstm,
                    {.shape = shape_of(x, h0, steps, reverse, hold), .x = x.typed_data(),
                     .kernel = kernel.typed_data(), .recurrent = recurrent.typed_data(),
                     .bias = bias.typed_data(), .h0 = h0.typed_data(), .c0 = c0.typed_data(),
                     .saved = nullptr, .dys = given(dys), .dh = dh.typed_data(),
                     .dc = dc.typed_data(), .dx = wanted(dx), .dkernel = dkernel->typed_data(),
                     .drecurrent = drecurrent->typed_data(), .dbias = dbias->typed_data(),
                     .dh0 = dh0->typed_data(), .dc0 = dc0->typed_data()},
                    tokens.typed_data());
  return ffi::Error::Success();
}

template <Cell InstructionSet::*gru>
ffi::Error gru_backward(bool reverse, bool hold, Floats x, Floats kernel, Floats recurrent,
                        Floats bias, Floats h0, Ints lengths, Ints tokens, Floats dys, Floats dh,
                        Result dx, Result dkernel, Result drecurrent, Result dbias, Result dh0) {
  const std::vector<int> steps = steps_of(lengths, x);
  run_backward_kept(instruction_set()->*gru,
                    {.shape = shape_of(x, h0, steps, reverse, hold), .x = x.typed_data(),
                     .kernel = kernel.typed_data(), .recurrent = recurrent.typed_data(),
                     .bias = bias.typed_data(), .h0 = h0.typed_data(), .c0 = nullptr,
                     .saved = nullptr, .dys = given(dys), .dh = dh.typed_data(), .dc = nullptr,
                     .dx = wanted(dx), .dkernel = dkernel->typed_data(),
                     .drecurrent = drecurrent->typed_data(), .dbias = dbias->typed_data(),
                     .dh0 = dh0->typed_data(), .dc0 = nullptr},
                    tokens.typed_data());
  return ffi::Error::Success();
}

auto flags() { return ffi::Ffi::Bind().Attr<bool>("reverse").Attr<bool>("hold"); }

auto gru_forward_buffers() {
  return flags().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Ints>()
      .Ret<Floats>().Ret<Floats>().Ret<Ints>();
}

auto gru_backward_buffers() {
  return flags().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Ints>()
      .Arg<Ints>().Arg<Floats>().Arg<Floats>()
      .Ret<Floats>().Ret<Floats>().Ret<Floats>().Ret<Floats>().Ret<Floats>();
}

}  // namespace

UNROLLED_EXPORT XLA_FFI_Error* unrolled_lstm_forward(XLA_FFI_CallFrame*);
UNROLLED_EXPORT XLA_FFI_Error* unrolled_lstm_backward(XLA_FFI_CallFrame*);
UNROLLED_EXPORT XLA_FFI_Error* unrolled_gru_forward(XLA_FFI_CallFrame*);
UNROLLED_EXPORT XLA_FFI_Error* unrolled_gru_backward(XLA_FFI_CallFrame*);
UNROLLED_EXPORT XLA_FFI_Error* unrolled_gru_reset_before_forward(XLA_FFI_CallFrame*);
UNROLLED_EXPORT XLA_FFI_Error* unrolled_gru_reset_before_backward(XLA_FFI_CallFrame*);

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_lstm_forward, lstm_forward,
                              flags().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>()
                                  .Arg<Floats>().Arg<Floats>().Arg<Ints>()
                                  .Ret<Floats>().Ret<Floats>().Ret<Floats>().Ret<Ints>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_lstm_backward, lstm_backward,
                              flags().Arg<Floats>().Arg<Floats>().Arg<Floats>().Arg<Floats>()
                                  .Arg<Floats>().Arg<Floats>().Arg<Ints>().Arg<Ints>()
                                  .Arg<Floats>().Arg<Floats>().Arg<Floats>()
                                  .Ret<Floats>().Ret<Floats>().Ret<Floats>().Ret<Floats>()
                                  .Ret<Floats>().Ret<Floats>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_gru_forward, gru_forward<&InstructionSet::gru>,
                              gru_forward_buffers());

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_gru_backward, gru_backward<&InstructionSet::gru>,
                              gru_backward_buffers());

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_gru_reset_before_forward,
                              gru_forward<&InstructionSet::gru_reset_before>, gru_forward_buffers());

XLA_FFI_DEFINE_HANDLER_SYMBOL(unrolled_gru_reset_before_backward,
                              gru_backward<&InstructionSet::gru_reset_before>, gru_backward_buffers());

}  // namespace unrolled
