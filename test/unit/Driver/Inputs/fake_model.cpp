// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model written by hand that a generated header drives: it checks what run() hands over and
// answers with sums, so that the test sees each argument arrive in its place.

#include "accel-rt/Model.h"
#include <cstring>
#include <vector>

namespace {

struct Context {
  const accel_api *api;
  const char *message = "";
  int64_t found_shape[1] = {};
  std::vector<int64_t> found;
  std::vector<accel_string> words;
};

Context *of(accel_context *context) { return reinterpret_cast<Context *>(context); }

accel_status create(const accel_model *model, const accel_options *options, accel_context **context,
                    char *message, size_t bytes) {
  if (options && options->threads == 99) {
    std::strncpy(message, "too many threads", bytes);
    *context = nullptr;
    return ACCEL_UNSUPPORTED;
  }
  *context = reinterpret_cast<accel_context *>(new Context{model->api, "", {}, {}, {}});
  return ACCEL_OK;
}

void destroy(accel_context *context) { delete of(context); }

const char *message(const accel_context *context) {
  return reinterpret_cast<const Context *>(context)->message;
}

bool is(const accel_value &value, int code, int bits, std::vector<int64_t> shape) {
  const accel_tensor &t = value.u.tensor;
  return value.kind == ACCEL_TENSOR && t.dtype.code == code && t.dtype.bits == bits &&
         t.ndim == int(shape.size()) && std::equal(shape.begin(), shape.end(), t.shape) &&
         t.device.type == ACCEL_CPU && !t.strides && t.byte_offset == 0;
}

/// in: x f32[n, 3], "x" again as i64 scalar, words string[2]; out: y f32[n], found i64[?],
/// echo string[2].
accel_status run(accel_context *handle, const accel_value *in, int32_t inputs, accel_value *out,
                 int32_t outputs) {
  Context &context = *of(handle);
  context.message = "the arguments are wrong";
  if (inputs != 3 || outputs != 3)
    return ACCEL_INVALID_ARGUMENT;
  int64_t n = in[0].u.tensor.shape[0];
  if (n == 0) {
    context.message = "n is 0";
    return ACCEL_RUN_FAILED;
  }
  if (!is(in[0], ACCEL_FLOAT, 32, {n, 3}) || !is(in[1], ACCEL_INT, 64, {}) ||
      in[2].kind != ACCEL_STRING_TENSOR || in[2].u.strings.ndim != 1 ||
      in[2].u.strings.shape[0] != 2 || !is(out[0], ACCEL_FLOAT, 32, {n}) ||
      out[1].kind != ACCEL_NONE || out[2].kind != ACCEL_NONE)
    return ACCEL_INVALID_ARGUMENT;
  const float *x = static_cast<const float *>(in[0].u.tensor.data);
  int64_t scale = *static_cast<const int64_t *>(in[1].u.tensor.data);
  context.found.clear();
  for (int64_t i = 0; i < n; ++i) {
    float sum = x[3 * i] + x[3 * i + 1] + x[3 * i + 2];
    static_cast<float *>(out[0].u.tensor.data)[i] = sum * float(scale);
    if (sum > 0)
      context.found.push_back(i);
  }
  context.found_shape[0] = int64_t(context.found.size());
  out[1] = accel_tensor_value(
      accel_host_tensor(context.found.data(), ACCEL_INT, 64, 1, context.found_shape));
  context.words.assign(in[2].u.strings.data, in[2].u.strings.data + 2);
  out[2].kind = ACCEL_STRING_TENSOR;
  out[2].u.strings = {context.words.data(), 1, in[2].u.strings.shape};
  context.message = "";
  return ACCEL_OK;
}

} // namespace

extern "C" const accel_model *fake_model(void) {
  static accel_api api = {};
  static const accel_model model = {&api, nullptr};
  api.size = sizeof api;
  api.abi = ACCEL_ABI;
  api.create = create;
  api.destroy = destroy;
  api.run = run;
  api.message = message;
  return &model;
}
