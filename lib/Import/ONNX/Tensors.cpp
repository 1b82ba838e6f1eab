// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns each way in which ONNX stores a tensor's elements into bytes, and those into attributes.
#include "lib/Import/ONNX/Tensors.h"
#include "dialects/NN/NNOps.h"
#include "dialects/NN/NNStrings.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

using namespace accel::onnx_import;
using namespace mlir;
using onnx::TensorProto;

/// Integer tensors of up to this many elements can take part in folding.
static constexpr int64_t kDenseIntegers = 1024;
/// Other tensors of up to this many bytes are not worth a resource.
static constexpr uint64_t kDenseBytes = 64;

std::string accel::onnx_import::dataTypeName(int32_t dataType) {
  return onnx::TensorProto_DataType_IsValid(dataType)
             ? onnx::TensorProto_DataType_Name(onnx::TensorProto_DataType(dataType))
             : ("data type " + Twine(dataType)).str();
}

Type accel::onnx_import::elementType(MLIRContext *context, int32_t dataType) {
  auto integer = [&](unsigned width) -> Type { return IntegerType::get(context, width); };
  auto natural = [&](unsigned width) -> Type {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dataType) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::FLOAT6E2M3:
    return Float6E2M3FNType::get(context);
  case TensorProto::FLOAT6E3M2:
    return Float6E3M2FNType::get(context);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::BOOL:
    return integer(1);
  case TensorProto::INT2:
    return integer(2);
  case TensorProto::INT4:
    return integer(4);
  case TensorProto::INT8:
    return integer(8);
  case TensorProto::INT16:
    return integer(16);
  case TensorProto::INT32:
    return integer(32);
  case TensorProto::INT64:
    return integer(64);
  case TensorProto::UINT2:
    return natural(2);
  case TensorProto::UINT4:
    return natural(4);
  case TensorProto::UINT8:
    return natural(8);
  case TensorProto::UINT16:
    return natural(16);
  case TensorProto::UINT32:
    return natural(32);
  case TensorProto::UINT64:
    return natural(64);
  case TensorProto::STRING:
    return nn::stringType(context);
  case TensorProto::COMPLEX64:
    return ComplexType::get(Float32Type::get(context));
  case TensorProto::COMPLEX128:
    return ComplexType::get(Float64Type::get(context));
  default:
    return nullptr;
  }
}

std::string accel::onnx_import::dtypeText(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto box = dyn_cast<nn::BoxType>(type)) {
    if (box.getKind() == nn::BoxKind::tensor)
      os << "tensor of unknown rank";
    else
      os << nn::stringifyBoxKind(box.getKind()) << '('
         << dtypeText(getElementTypeOrSelf(box.getHeld())) << ')';
  } else if (auto parts = dyn_cast<TupleType>(type)) {
    os << dtypeText(getElementTypeOrSelf(parts.getType(0))) << ", "
       << dtypeText(getElementTypeOrSelf(parts.getType(1)));
  } else if (type.isInteger(1))
    os << "bool";
  else if (type.isUnsignedInteger())
    os << 'u' << type.getIntOrFloatBitWidth();
  else if (nn::isString(type))
    os << "string";
  else
    os << type;
  return text;
}

bool accel::onnx_import::checkShape(ArrayRef<int64_t> shape, std::string &error) {
  if (shape.size() > size_t(kMaxRank)) {
    error = ("a tensor of rank " + Twine(shape.size()) + "; ranks up to " + Twine(kMaxRank) +
             " are supported")
                .str();
    return false;
  }
  int64_t elements = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size < 0 || size > kMaxElements ||
        llvm::MulOverflow(elements, std::max<int64_t>(size, 1), elements) ||
        elements > kMaxElements) {
      error =
          ("a tensor with a dim of " + Twine(size) + " is beyond the limit of 2^36 elements").str();
      return false;
    }
  }
  return true;
}

namespace {

/// The elements of one tensor as bytes, a byte or more an element.
class Elements {
public:
  Elements(ModelFile &file, const TensorProto &tensor, Type type, int64_t count, std::string &error)
      : file(file), tensor(tensor), count(count), error(error) {
    auto complex = dyn_cast<ComplexType>(type);
    bits = complex             ? 2 * complex.getElementType().getIntOrFloatBitWidth()
           : type.isInteger(1) ? 8
                               : type.getIntOrFloatBitWidth();
  }

  bool read(Bytes &bytes) {
    if (tensor.data_type() == TensorProto::STRING)
      return strings(bytes);
    uint64_t packed = llvm::divideCeil(uint64_t(count) * bits, 8);
    if (tensor.data_location() == TensorProto::EXTERNAL)
      return external(packed, bytes) && unpack(bytes);
    bool found = false;
    google::protobuf::io::CodedInputStream unknown(
        reinterpret_cast<const uint8_t *>(tensor.unknown_fields().data()),
        tensor.unknown_fields().size());
    while (uint32_t tag = unknown.ReadTag()) {
      if (tag != kRawDataSpan << 3 && tag != kPackedDataSpan << 3) {
        if (!google::protobuf::internal::WireFormatLite::SkipField(&unknown, tag))
          break;
        continue;
      }
      uint64_t index;
      if (found || !unknown.ReadVarint64(&index) || index >= file.spanCount() ||
          tensor.has_raw_data() || tensor.float_data_size() || tensor.double_data_size())
        return fail("its elements are stored in more than one piece");
      bytes = file.span(index);
      found = true;
    }
    if (found)
      return sized(bytes, packed) && unpack(bytes);
    if (tensor.has_raw_data()) {
      own(bytes, tensor.raw_data());
      return sized(bytes, packed) && unpack(bytes);
    }
    // The typed field has a whole entry for an element of 6 bits.
    if (bits == 6)
      return typed(bytes) && sized(bytes, count);
    return typed(bytes) && sized(bytes, packed) && unpack(bytes);
  }

private:
  bool fail(const Twine &what) {
    error = what.str();
    return false;
  }

  static void own(Bytes &bytes, std::string data) {
    auto owner = std::make_shared<std::string>(std::move(data));
    bytes = {*owner, owner};
  }

  bool sized(const Bytes &bytes, uint64_t expected) {
    return bytes.bytes.size() == expected ||
           fail("expected " + Twine(expected) + " bytes of elements, found " +
                Twine(bytes.bytes.size()));
  }

  /// The numbers of strings.
  bool strings(Bytes &bytes) {
    if (tensor.string_data_size() != count || tensor.has_raw_data() ||
        tensor.data_location() == TensorProto::EXTERNAL)
      return fail("expected " + Twine(count) + " strings in string_data, found " +
                  Twine(tensor.string_data_size()));
    SmallVector<int64_t> numbers;
    for (const std::string &text : tensor.string_data())
      numbers.push_back(file.numberOf(text));
    std::string data;
    append<int64_t>(data, numbers);
    own(bytes, std::move(data));
    return true;
  }

  /// Elements of less than a byte become a byte each.
  bool unpack(Bytes &bytes) {
    if (bits >= 8)
      return true;
    std::string data(count, 0);
    for (int64_t i = 0; i < count; ++i) {
      // Elements of 6 bits lie across bytes.
      uint64_t bit = uint64_t(i) * bits, at = bit / 8;
      unsigned two = uint8_t(bytes.bytes[at]);
      if (at + 1 < bytes.bytes.size())
        two |= uint8_t(bytes.bytes[at + 1]) << 8;
      data[i] = char((two >> (bit % 8)) & ((1 << bits) - 1));
    }
    own(bytes, std::move(data));
    return true;
  }

  template <typename T, typename Values> void append(std::string &data, const Values &values) {
    data.reserve(data.size() + values.size() * sizeof(T));
    for (auto value : values) {
      T element = T(value);
      data.append(reinterpret_cast<const char *>(&element), sizeof(T));
    }
  }

  /// Elements in one of the typed fields.
  bool typed(Bytes &bytes) {
    std::string data;
    switch (tensor.data_type()) {
    case TensorProto::FLOAT:
    case TensorProto::COMPLEX64:
      append<float>(data, tensor.float_data());
      break;
    case TensorProto::DOUBLE:
    case TensorProto::COMPLEX128:
      append<double>(data, tensor.double_data());
      break;
    case TensorProto::INT64:
      append<int64_t>(data, tensor.int64_data());
      break;
    case TensorProto::UINT64:
      append<uint64_t>(data, tensor.uint64_data());
      break;
    case TensorProto::UINT32:
      append<uint32_t>(data, tensor.uint64_data());
      break;
    case TensorProto::INT32:
      append<int32_t>(data, tensor.int32_data());
      break;
    default:
      if (bits == 16)
        append<uint16_t>(data, tensor.int32_data());
      else
        append<uint8_t>(data, tensor.int32_data());
    }
    own(bytes, std::move(data));
    return true;
  }

  bool external(uint64_t size, Bytes &bytes) {
    StringRef location, offsetText = "0", lengthText;
    for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
      if (entry.key() == "location")
        location = entry.value();
      else if (entry.key() == "offset")
        offsetText = entry.value();
      else if (entry.key() == "length")
        lengthText = entry.value();
    }
    uint64_t offset, length = size;
    if (offsetText.getAsInteger(10, offset) ||
        (!lengthText.empty() && lengthText.getAsInteger(10, length)))
      return fail("external data with offset '" + offsetText + "' and length '" + lengthText +
                  "': expected numbers");
    if (length != size)
      return fail("expected " + Twine(size) + " bytes of external data, its length is " +
                  Twine(length));
    return file.external(location, offset, length, bytes, error);
  }

  ModelFile &file;
  const TensorProto &tensor;
  int64_t count;
  std::string &error;
  unsigned bits;
};

} // namespace

/// Checks dims and element type.
static RankedTensorType tensorType(MLIRContext *context, int32_t dataType, ArrayRef<int64_t> dims,
                                   std::string &error) {
  Type type = elementType(context, dataType);
  if (!type) {
    error = "tensors of " + dataTypeName(dataType) + " are not supported";
    return {};
  }
  // kDynamic is a negative number, too.
  if (llvm::any_of(dims, [](int64_t size) { return size < 0; })) {
    error = "its shape has a negative dim";
    return {};
  }
  return checkShape(dims, error) ? RankedTensorType::get(dims, type) : RankedTensorType();
}

static ElementsAttr makeAttribute(RankedTensorType type, Bytes bytes, StringRef name) {
  int64_t count = type.getNumElements();
  Type element = type.getElementType();
  StringRef data = bytes.bytes;
  bool dense = element.isIntOrIndex() ? count <= kDenseIntegers : data.size() <= kDenseBytes;
  if (dense || count == 0) {
    if (element.isInteger(1))
      return DenseElementsAttr::get(type,
                                    llvm::map_to_vector(data, [](char byte) { return byte != 0; }));
    // Equal elements are a splat.
    size_t size = count ? data.size() / count : 0;
    if (count && data.drop_front(size) == data.drop_back(size))
      data = data.take_front(size);
    return DenseElementsAttr::getFromRawBuffer(type, ArrayRef<char>(data.data(), data.size()));
  }
  // Readers copy elements out, so any alignment will do; say what there is.
  size_t alignment = size_t(1) << std::min(4, llvm::countr_zero(uintptr_t(data.data())));
  AsmResourceBlob blob(
      ArrayRef<char>(data.data(), data.size()), alignment,
      [owner = std::move(bytes.owner)](void *, size_t, size_t) {},
      /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name.empty() ? "constant" : name, std::move(blob));
}

ElementsAttr accel::onnx_import::readTensor(MLIRContext *context, ModelFile &file,
                                            const TensorProto &tensor, StringRef name,
                                            std::string &error) {
  SmallVector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  RankedTensorType type = tensorType(context, tensor.data_type(), dims, error);
  if (!type)
    return {};
  if (tensor.has_segment()) {
    error = "a tensor in segments is not supported";
    return {};
  }
  Bytes bytes;
  Elements elements(file, tensor, type.getElementType(), type.getNumElements(), error);
  return elements.read(bytes) ? makeAttribute(type, std::move(bytes), name) : ElementsAttr();
}

ElementsAttr accel::onnx_import::readSparseTensor(MLIRContext *context, ModelFile &file,
                                                  const onnx::SparseTensorProto &sparse,
                                                  StringRef name, std::string &error) {
  const TensorProto &values = sparse.values(), &indices = sparse.indices();
  auto fail = [&](const Twine &what) {
    error = ("a sparse tensor: " + what).str();
    return ElementsAttr();
  };
  SmallVector<int64_t> dims(sparse.dims().begin(), sparse.dims().end());
  RankedTensorType type = tensorType(context, values.data_type(), dims, error);
  if (!type)
    return {};
  int64_t count = type.getNumElements(), stored = values.dims_size() == 1 ? values.dims(0) : -1;
  bool flat = indices.dims_size() == 1;
  if (stored < 0 || stored > count || indices.data_type() != TensorProto::INT64 ||
      indices.dims_size() < 1 || indices.dims_size() > 2 || indices.dims(0) != stored ||
      (!flat && indices.dims(1) != int64_t(dims.size())))
    return fail("expected values of shape [n] and i64 indices of shape [n] or [n, rank]");
  Bytes valueBytes, indexBytes;
  Type i64 = IntegerType::get(context, 64);
  int64_t width = flat ? 1 : dims.size();
  if (!Elements(file, values, type.getElementType(), stored, error).read(valueBytes) ||
      !Elements(file, indices, i64, stored * width, error).read(indexBytes))
    return {};
  uint64_t size = stored ? valueBytes.bytes.size() / stored : 1;
  if (uint64_t(count) > (uint64_t(1) << 32) / size)
    return fail("more than 4 GiB when made dense");
  auto data = std::make_shared<std::string>(count * size, '\0');
  for (int64_t i = 0; i < stored; ++i) {
    int64_t at = 0, index;
    for (int64_t d = 0; d < width; ++d) {
      std::memcpy(&index, indexBytes.bytes.data() + (i * width + d) * 8, 8);
      int64_t limit = flat ? count : dims[d];
      if (index < 0 || index >= limit)
        return fail("index " + Twine(index) + " is outside its shape");
      at = flat ? index : at * dims[d] + index;
    }
    std::memcpy(data->data() + at * size, valueBytes.bytes.data() + i * size, size);
  }
  return makeAttribute(type, {*data, data}, name);
}
