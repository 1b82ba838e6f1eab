// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of the runtime that ops call: memory from malloc, each block as large as asked for.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cstdlib>
#include <map>
#include <memory>

/// So that a hostile size ends in an error here, too.
static constexpr int64_t mostBytes = int64_t(1) << 30;

static std::vector<void *> blocks;
static int32_t status;
static std::string message;

static void *allocate(int64_t bytes) {
  if (bytes > mostBytes || bytes < 0) {
    status = ACCEL_OUT_OF_MEMORY;
    message = "cannot allocate";
    return nullptr;
  }
  void *data = std::malloc(bytes ? bytes : 1);
  std::memset(data, 0xa5, bytes ? bytes : 1);
  blocks.push_back(data);
  return data;
}

uint64_t ops::cpuFeatures;

extern "C" void *accel_rt_new_array(accel_frame *, accel_array *array, accel_dtype dtype,
                                    int32_t rank, const int64_t *dims) {
  int64_t bytes = dtype.bits / 8;
  bool empty = false, bad = rank > ACCEL_ARRAY_RANK;
  for (int32_t i = 0; i < rank; ++i) {
    bad |= dims[i] < 0;
    empty |= dims[i] == 0;
    if (dims[i])
      bad |= __builtin_mul_overflow(bytes, dims[i], &bytes);
  }
  if (bad) {
    status = ACCEL_RUN_FAILED;
    message = "bad sizes";
    return nullptr;
  }
  void *data = allocate(empty ? 0 : bytes);
  if (!data)
    return nullptr;
  *array = accel_array{data, dtype, rank, {}, nullptr};
  std::copy(dims, dims + rank, array->dims);
  return data;
}

extern "C" void accel_rt_share_array(accel_frame *, accel_array *array, const accel_array *from,
                                     int32_t rank, const int64_t *dims) {
  *array = accel_array{from->data, from->dtype, rank, {}, nullptr};
  std::copy(dims, dims + rank, array->dims);
}

// Its memory is freed with all of the call's.
extern "C" void accel_rt_release_array(accel_frame *, accel_array *array) { *array = {}; }

extern "C" void *accel_rt_scratch(accel_frame *, int64_t bytes) { return allocate(bytes); }

extern "C" void accel_rt_draw(accel_frame *, uint64_t words[2]) {
  static uint64_t draws;
  words[0] = draws++, words[1] = 0x1234;
}

extern "C" int32_t accel_rt_fail(accel_frame *, int32_t why, const char *text, int64_t value) {
  message = text;
  if (size_t place = message.find("%lld"); place != std::string::npos)
    message.replace(place, 4, std::to_string(value));
  return status = why;
}

/// One item at a time, the last one first: no item may need what another one writes.
extern "C" int32_t accel_rt_parallel(accel_frame *, accel_loop_fn body, const void *argument,
                                     int64_t count, double) {
  while (count-- > 0)
    body(argument, count, count + 1);
  return ACCEL_OK;
}

/// Numbers of strings, which are never forgotten.
static std::map<std::string, int64_t> numbers = {{"", 0}};
static std::vector<const std::string *> strings = {&numbers.begin()->first};

extern "C" int64_t accel_rt_number_string(accel_frame *, const char *data, int64_t size) {
  auto [known, isNew] = numbers.try_emplace(std::string(data, size), strings.size());
  if (isNew)
    strings.push_back(&known->first);
  return known->second;
}

extern "C" accel_string accel_rt_string(accel_frame *, int64_t number) {
  const std::string &text = *strings.at(number);
  // Exactly its bytes, so that AddressSanitizer sees what is read behind them.
  char *data = static_cast<char *>(allocate(int64_t(text.size())));
  std::memcpy(data, text.data(), text.size());
  return {data, int64_t(text.size())};
}

/// What boxes hold, copied: they outlive calls. Bytes are exactly as many as there are.
struct Box {
  std::unique_ptr<uint8_t[]> data;
  accel_array array;
};
static std::vector<std::unique_ptr<Box>> boxes;

extern "C" int64_t accel_rt_box(accel_frame *, const accel_array *array) {
  int64_t bytes = ops::product({array->dims, array->dims + array->rank}) * array->dtype.bits / 8;
  auto box = std::make_unique<Box>(Box{std::make_unique<uint8_t[]>(bytes), *array});
  std::memcpy(box->data.get(), array->data, bytes);
  box->array.data = box->data.get();
  boxes.push_back(std::move(box));
  return int64_t(boxes.size()) - 1;
}
extern "C" const accel_array *accel_rt_boxed(accel_frame *, int64_t number) {
  return &boxes.at(number)->array;
}

extern "C" uint64_t accel_rt_cpu_features(void) { return ops::cpuFeatures; }

extern "C" int32_t accel_rt_status(accel_frame *) { return status; }

namespace ops {

Tensor texts(Dims dims, const std::vector<std::string> &values) {
  std::vector<int64_t> all;
  for (const std::string &value : values)
    all.push_back(accel_rt_number_string(nullptr, value.data(), int64_t(value.size())));
  return tensor<int64_t>(std::move(dims), all);
}

std::vector<std::string> textsOf(const Tensor &tensor) {
  std::vector<std::string> all;
  for (int64_t number : tensor.as<int64_t>())
    all.push_back(*strings.at(number));
  return all;
}

Result call(accel_op_fn fn, const Operands &operands, const std::vector<int64_t> &parameters,
            int32_t numOutputs) {
  status = 0;
  message.clear();
  std::vector<accel_array> arrays(operands.size());
  std::vector<const accel_array *> inputs;
  for (size_t i = 0; i < operands.size(); ++i) {
    inputs.push_back(operands[i] ? &arrays[i] : nullptr);
    if (!operands[i])
      continue;
    const Tensor &from = *operands[i];
    void *data = allocate(int64_t(from.bytes.size()));
    if (!from.bytes.empty())
      std::memcpy(data, from.bytes.data(), from.bytes.size());
    arrays[i] = {data, from.dtype, int32_t(from.dims.size()), {}, nullptr};
    std::copy(from.dims.begin(), from.dims.end(), arrays[i].dims);
  }
  std::vector<accel_array> outputs(numOutputs);
  accel_op_call call = {};
  call.inputs = inputs.data();
  call.outputs = outputs.data();
  call.ints = parameters.data();
  call.num_inputs = int32_t(inputs.size());
  call.num_outputs = numOutputs;
  call.num_ints = int32_t(parameters.size());
  Result result;
  result.status = fn(nullptr, &call);
  result.message = message;
  EXPECT_EQ(result.status, status);
  if (!result.status)
    for (const accel_array &array : outputs) {
      Tensor output{array.dtype, Dims(array.dims, array.dims + array.rank), {}};
      output.bytes.resize(product(output.dims) * array.dtype.bits / 8);
      if (!output.bytes.empty())
        std::memcpy(output.bytes.data(), array.data, output.bytes.size());
      result.outputs.push_back(std::move(output));
    }
  for (void *block : blocks)
    std::free(block);
  blocks.clear();
  return result;
}

void expectFailure(accel_op_fn fn, const Operands &inputs, const std::vector<int64_t> &parameters,
                   const std::string &expected, int32_t numOutputs) {
  Result result = call(fn, inputs, parameters, numOutputs);
  EXPECT_NE(result.status, 0) << "expected '" << expected << "'";
  EXPECT_NE(result.message.find(expected), std::string::npos)
      << "expected '" << expected << "', found '" << result.message << "'";
}

void forEach(const Dims &dims, const std::function<void(const Dims &, int64_t)> &visit) {
  int64_t count = product(dims);
  for (int64_t number = 0; number < count; ++number) {
    Dims index(dims.size());
    int64_t rest = number;
    for (size_t axis = dims.size(); axis-- > 0; rest /= dims[axis])
      index[axis] = rest % dims[axis];
    visit(index, number);
  }
}

int64_t offset(const Dims &dims, const Dims &index) {
  int64_t result = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    result = result * dims[axis] + index[axis];
  return result;
}

} // namespace ops
