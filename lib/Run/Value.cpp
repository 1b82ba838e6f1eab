// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values outside of a model, and the arguments and results of its runs.

#include "lib/Run/Value.h"
#include "lib/Run/DType.h"
#include <cassert>
#include <cstdlib>
#include <cstring>

using namespace accel::run;

//===-- Buffer ------------------------------------------------------------------------------===//

static constexpr size_t kAlignment = 64;

Buffer::Buffer(size_t size) : bytes(size) {
  size_t room = (std::max<size_t>(size, 1) + kAlignment - 1) / kAlignment * kAlignment;
  memory.reset(static_cast<char *>(std::aligned_alloc(kAlignment, room)));
  if (!memory)
    llvm::report_bad_alloc_error("no memory for a tensor");
  std::memset(memory.get(), 0, room);
}

Buffer::Buffer(const Buffer &other) : bytes(other.bytes) {
  if (!other.memory)
    return;
  *this = Buffer(other.bytes);
  std::memcpy(data(), other.data(), bytes);
}

Buffer &Buffer::operator=(Buffer other) {
  memory = std::move(other.memory);
  bytes = other.bytes;
  return *this;
}

void Buffer::Free::operator()(char *pointer) const { std::free(pointer); }

//===-- Value -------------------------------------------------------------------------------===//

int64_t Value::elements() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

llvm::Expected<Value> accel::run::makeTensor(accel_dtype dtype, llvm::ArrayRef<int64_t> shape) {
  // Far more than any machine has, and far less than what overflows later.
  constexpr int64_t kMost = int64_t(1) << 46;
  int64_t bytes = elementBytes(dtype);
  for (int64_t dim : shape) {
    if (dim < 0)
      return llvm::createStringError("a dim of %lld", static_cast<long long>(dim));
    if (dim && bytes > kMost / dim)
      return llvm::createStringError("a size of %s overflows", formatShape(shape).c_str());
    bytes *= dim;
  }
  Value value;
  value.dtype = dtype;
  value.shape = shape.vec();
  value.data = Buffer(static_cast<size_t>(bytes));
  return value;
}

std::string accel::run::describeType(const Value &value) {
  switch (value.kind) {
  case ACCEL_NONE:
    return "nothing";
  case ACCEL_TENSOR:
    return formatType(value.dtype, value.shape);
  case ACCEL_STRING_TENSOR:
    return "string[" + formatShape(value.shape) + "]";
  case ACCEL_SEQUENCE:
    return "sequence of " + std::to_string(value.items.size());
  case ACCEL_OPTIONAL:
    return value.items.empty() ? "empty optional" : "optional " + describeType(value.items[0]);
  default:
    return "map of " + std::to_string(value.items.empty() ? 0 : value.items[0].elements());
  }
}

//===-- Arguments and results ---------------------------------------------------------------===//

static std::vector<accel_value> &describeItems(const Value &value, Storage &storage) {
  std::vector<accel_value> items;
  for (const Value &item : value.items)
    items.push_back(describe(item, storage));
  return storage.values.emplace_back(std::move(items));
}

accel_value accel::run::describe(const Value &value, Storage &storage) {
  // The interface has no const: inputs are only read.
  auto *shape = const_cast<int64_t *>(value.shape.data());
  accel_value result = accel_none();
  result.kind = value.kind;
  switch (value.kind) {
  case ACCEL_TENSOR:
    result.u.tensor =
        accel_host_tensor(const_cast<char *>(value.data.data()), value.dtype.code, value.dtype.bits,
                          static_cast<int32_t>(value.shape.size()), shape);
    break;
  case ACCEL_STRING_TENSOR: {
    std::vector<accel_string> strings;
    for (const std::string &text : value.strings)
      strings.push_back({text.data(), static_cast<int64_t>(text.size())});
    std::vector<accel_string> &kept = storage.strings.emplace_back(std::move(strings));
    result.u.strings = {kept.data(), static_cast<int64_t>(value.shape.size()), shape};
    break;
  }
  case ACCEL_SEQUENCE: {
    std::vector<accel_value> &items = describeItems(value, storage);
    result.u.sequence = {items.data(), static_cast<int64_t>(items.size())};
    break;
  }
  case ACCEL_OPTIONAL: {
    std::vector<accel_value> &items = describeItems(value, storage);
    result.u.optional.item = items.empty() ? nullptr : items.data();
    break;
  }
  case ACCEL_MAP: {
    std::vector<accel_value> &items = describeItems(value, storage);
    assert(items.size() == 2 && "a map has keys and values");
    result.u.map = {&items[0], &items[1]};
    break;
  }
  default:
    break;
  }
  return result;
}

static Value copyTensor(const accel_tensor &tensor) {
  Value value;
  value.dtype = tensor.dtype;
  value.shape.assign(tensor.shape, tensor.shape + tensor.ndim);
  value.data = Buffer(static_cast<size_t>(value.elements() * elementBytes(tensor.dtype)));
  // What a context owns has no gaps.
  if (value.data.size())
    std::memcpy(value.data.data(), static_cast<const char *>(tensor.data) + tensor.byte_offset,
                value.data.size());
  return value;
}

Value accel::run::copyResult(const accel_value &result) {
  Value value;
  value.kind = result.kind;
  switch (result.kind) {
  case ACCEL_TENSOR:
    return copyTensor(result.u.tensor);
  case ACCEL_STRING_TENSOR:
    value.shape.assign(result.u.strings.shape, result.u.strings.shape + result.u.strings.ndim);
    for (int64_t i = 0, e = value.elements(); i < e; ++i)
      value.strings.emplace_back(result.u.strings.data[i].data, result.u.strings.data[i].size);
    break;
  case ACCEL_SEQUENCE:
    for (int64_t i = 0; i < result.u.sequence.count; ++i)
      value.items.push_back(copyResult(result.u.sequence.items[i]));
    break;
  case ACCEL_OPTIONAL:
    if (result.u.optional.item)
      value.items.push_back(copyResult(*result.u.optional.item));
    break;
  case ACCEL_MAP:
    value.items.push_back(copyResult(*result.u.map.keys));
    value.items.push_back(copyResult(*result.u.map.values));
    break;
  default:
    break;
  }
  return value;
}
