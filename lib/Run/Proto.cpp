// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads onnx.TensorProto and its containers from protobuf's wire format. Reading it by hand takes
// neither protobuf nor a copy of the elements, and knows no limit of 2 GiB.

#include "lib/Run/Proto.h"
#include "lib/Run/DType.h"
#include "llvm/Support/Endian.h"
#include <cstring>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

static constexpr unsigned kMostNesting = 16;

//===-- Wire format -------------------------------------------------------------------------===//

namespace {
enum Wire : uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Field {
  uint32_t number = 0, wire = 0;
  uint64_t number64 = 0; ///< of a Varint
  StringRef bytes;       ///< of the others
};

class Reader {
public:
  explicit Reader(StringRef bytes) : rest(bytes) {}

  /// False at the end and at a mistake; `whole` tells them apart.
  bool next(Field &field) {
    uint64_t tag;
    if (rest.empty() || !(ok = varint(tag)))
      return false;
    field.number = static_cast<uint32_t>(tag >> 3);
    field.wire = tag & 7;
    uint64_t size = 0;
    switch (field.wire) {
    case Varint:
      return ok = varint(field.number64);
    case Fixed64:
      size = 8;
      break;
    case Fixed32:
      size = 4;
      break;
    case Bytes:
      if (!(ok = varint(size)))
        return false;
      break;
    default:
      return ok = false;
    }
    if (!(ok = size <= rest.size()))
      return false;
    field.bytes = rest.take_front(size);
    rest = rest.drop_front(size);
    return true;
  }

  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      auto byte = static_cast<uint8_t>(rest[0]);
      rest = rest.drop_front();
      value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return true;
    }
    return false;
  }

  bool whole() const { return ok; }
  bool empty() const { return rest.empty(); }

private:
  StringRef rest;
  bool ok = true;
};
} // namespace

static Error broken() { return createStringError("it is no whole ONNX value (protobuf)"); }

/// One element, or a packed field of them.
static bool appendVarints(const Field &field, std::vector<uint64_t> &values) {
  if (field.wire == Varint) {
    values.push_back(field.number64);
    return true;
  }
  Reader packed(field.bytes);
  uint64_t value;
  while (!packed.empty()) {
    if (!packed.varint(value))
      return false;
    values.push_back(value);
  }
  return field.wire == Bytes;
}

//===-- TensorProto -------------------------------------------------------------------------===//

namespace {
/// The fields of a TensorProto as they stand in the file.
struct Tensor {
  std::string name;
  std::vector<uint64_t> dims, numbers; ///< numbers: int32_data, int64_data or uint64_data
  int32_t type = 0;
  StringRef raw;
  std::string fixed; ///< float_data or double_data
  std::vector<std::string> strings;
  bool hasRaw = false, external = false;
};
} // namespace

static bool readTensor(StringRef bytes, Tensor &tensor) {
  Reader reader(bytes);
  Field field;
  while (reader.next(field)) {
    switch (field.number) {
    case 1: // dims
      if (!appendVarints(field, tensor.dims))
        return false;
      break;
    case 2: // data_type
      tensor.type = static_cast<int32_t>(field.number64);
      break;
    case 5:  // int32_data
    case 7:  // int64_data
    case 11: // uint64_data
      if (!appendVarints(field, tensor.numbers))
        return false;
      break;
    case 4:  // float_data
    case 10: // double_data
      tensor.fixed += field.bytes;
      break;
    case 6: // string_data
      tensor.strings.push_back(field.bytes.str());
      break;
    case 8: // name
      tensor.name = field.bytes.str();
      break;
    case 9: // raw_data
      tensor.raw = field.bytes;
      tensor.hasRaw = true;
      break;
    case 14: // data_location
      tensor.external = field.number64 == 1;
      break;
    default:
      break;
    }
  }
  return reader.whole();
}

/// Elements of 2, 4 and 6 bits stand in a stream of bits, the first in the lowest.
static void unpack(StringRef packed, Value &value) {
  unsigned width = value.dtype.bits;
  for (size_t i = 0, e = value.data.size(); i < e; ++i) {
    size_t bit = i * width;
    unsigned pair = static_cast<uint8_t>(packed[bit / 8]);
    if (bit / 8 + 1 < packed.size())
      pair |= static_cast<uint8_t>(packed[bit / 8 + 1]) << 8;
    value.data.data()[i] = static_cast<char>(pair >> (bit % 8) & ((1u << width) - 1));
  }
}

/// The bytes of the elements, from whichever field holds them, narrow ones still packed.
static std::string fieldBytes(const Tensor &tensor, accel_dtype dtype) {
  if (!tensor.fixed.empty() || tensor.numbers.empty())
    return tensor.fixed;
  // An int32_data holds one element, or as many narrow ones as fit a byte; 6-bit ones are alone.
  int64_t bytes = elementBytes(dtype);
  std::string result(tensor.numbers.size() * bytes, '\0');
  for (size_t i = 0; i < tensor.numbers.size(); ++i)
    std::memcpy(&result[i * bytes], &tensor.numbers[i], bytes);
  return result;
}

static llvm::Expected<Value> toValue(Tensor &tensor) {
  std::vector<int64_t> shape(tensor.dims.begin(), tensor.dims.end());
  if (tensor.external)
    return createStringError("its elements are in another file (external data), expected raw_data");
  constexpr int32_t kString = 8;
  accel_dtype dtype = {ACCEL_UINT, 8, 1};
  if (tensor.type != kString) {
    std::optional<accel_dtype> known = dtypeFromOnnx(tensor.type);
    if (!known)
      return createStringError("element type number %d, which is no tensor's", tensor.type);
    dtype = *known;
  }
  std::string copied = tensor.hasRaw ? "" : fieldBytes(tensor, dtype);
  StringRef bytes = tensor.hasRaw ? tensor.raw : StringRef(copied);
  // The file must hold as much as the shape says before memory is taken for it.
  uint64_t most = tensor.type == kString ? tensor.strings.size() : bytes.size() * 8, count = 1;
  if (!llvm::is_contained(shape, 0))
    for (int64_t dim : shape) {
      if (dim < 0 || count > most / dim)
        return createStringError("%s elements, and its data are shorter",
                                 formatShape(shape).c_str());
      count *= dim;
    }
  else
    count = 0;
  if (tensor.type == kString) {
    Value value;
    value.kind = ACCEL_STRING_TENSOR;
    value.shape = std::move(shape);
    value.strings = std::move(tensor.strings);
    if (value.strings.size() != count)
      return createStringError("%zu strings for a shape of %s", value.strings.size(),
                               formatShape(value.shape).c_str());
    return value;
  }
  bool alone = !tensor.hasRaw && dtype.bits == 6;
  bool narrow = dtype.bits < 8 && !alone;
  uint64_t expected = narrow ? (count * dtype.bits + 7) / 8 : count * elementBytes(dtype);
  if (bytes.size() != expected)
    return createStringError("%zu bytes for %s, expected %llu", bytes.size(),
                             formatType(dtype, shape).c_str(),
                             static_cast<unsigned long long>(expected));
  llvm::Expected<Value> value = makeTensor(dtype, shape);
  if (value && narrow)
    unpack(bytes, *value);
  else if (value && count)
    std::memcpy(value->data.data(), bytes.data(), bytes.size());
  return value;
}

//===-- Containers --------------------------------------------------------------------------===//

/// Field numbers are the same in SequenceProto and OptionalProto: the kind of what they hold.
static std::optional<accel_kind> kindOfField(uint32_t number) {
  switch (number) {
  case 3:
    return ACCEL_TENSOR;
  case 5:
    return ACCEL_SEQUENCE;
  case 6:
    return ACCEL_MAP;
  case 7:
    return ACCEL_OPTIONAL;
  default:
    return std::nullopt;
  }
}

static llvm::Expected<NamedValue> parse(StringRef bytes, accel_kind kind, unsigned depth);

static Error parseItems(StringRef bytes, NamedValue &result, unsigned depth) {
  Reader reader(bytes);
  Field field;
  while (reader.next(field)) {
    if (field.number == 1)
      result.name = field.bytes.str();
    std::optional<accel_kind> kind = kindOfField(field.number);
    if (!kind)
      continue;
    llvm::Expected<NamedValue> item = parse(field.bytes, *kind, depth + 1);
    if (!item)
      return item.takeError();
    result.value.items.push_back(std::move(item->value));
  }
  return reader.whole() ? Error::success() : broken();
}

static Error parseMap(StringRef bytes, NamedValue &result, unsigned depth) {
  Reader reader(bytes);
  Field field;
  std::vector<uint64_t> keys;
  Value names, values;
  names.kind = ACCEL_STRING_TENSOR;
  values.kind = ACCEL_SEQUENCE;
  while (reader.next(field)) {
    if (field.number == 1)
      result.name = field.bytes.str();
    else if (field.number == 3 && !appendVarints(field, keys))
      return broken();
    else if (field.number == 4)
      names.strings.push_back(field.bytes.str());
    else if (field.number == 5) {
      llvm::Expected<NamedValue> parsed = parse(field.bytes, ACCEL_SEQUENCE, depth + 1);
      if (!parsed)
        return parsed.takeError();
      values = std::move(parsed->value);
    }
  }
  if (!reader.whole())
    return broken();
  names.shape = {static_cast<int64_t>(names.strings.size())};
  if (!keys.empty()) {
    llvm::Expected<Value> numbers =
        makeTensor({ACCEL_INT, 64, 1}, {static_cast<int64_t>(keys.size())});
    if (!numbers)
      return numbers.takeError();
    std::memcpy(numbers->data.data(), keys.data(), numbers->data.size());
    names = std::move(*numbers);
  }
  result.value.items.push_back(std::move(names));
  result.value.items.push_back(std::move(values));
  return Error::success();
}

static llvm::Expected<NamedValue> parse(StringRef bytes, accel_kind kind, unsigned depth) {
  if (depth > kMostNesting)
    return createStringError("values nested more than %u deep", kMostNesting);
  NamedValue result;
  result.value.kind = kind;
  Error error = Error::success();
  switch (kind) {
  case ACCEL_SEQUENCE:
  case ACCEL_OPTIONAL:
    error = parseItems(bytes, result, depth);
    break;
  case ACCEL_MAP:
    error = parseMap(bytes, result, depth);
    break;
  default: {
    Tensor tensor;
    if (!readTensor(bytes, tensor))
      return broken();
    llvm::Expected<Value> value = toValue(tensor);
    if (!value)
      return value.takeError();
    result = {std::move(tensor.name), std::move(*value)};
  }
  }
  if (error)
    return std::move(error);
  return result;
}

llvm::Expected<NamedValue> accel::run::parseProto(StringRef bytes, accel_kind kind) {
  return parse(bytes, kind, 0);
}
