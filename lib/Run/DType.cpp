// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types: names, sizes, ONNX's numbers, and elements as doubles.

#include "lib/Run/DType.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace accel::run;
using llvm::APFloat;
using llvm::APInt;

namespace {
struct Entry {
  uint8_t code, bits;
  const char *name;
  int32_t onnx; ///< onnx.TensorProto.DataType, or 0
  const llvm::fltSemantics &(*semantics)();
};
} // namespace

static const Entry kEntries[] = {
    {ACCEL_FLOAT, 32, "float32", 1, APFloat::IEEEsingle},
    {ACCEL_UINT, 8, "uint8", 2, nullptr},
    {ACCEL_INT, 8, "int8", 3, nullptr},
    {ACCEL_UINT, 16, "uint16", 4, nullptr},
    {ACCEL_INT, 16, "int16", 5, nullptr},
    {ACCEL_INT, 32, "int32", 6, nullptr},
    {ACCEL_INT, 64, "int64", 7, nullptr},
    {ACCEL_BOOL, 8, "bool", 9, nullptr},
    {ACCEL_FLOAT, 16, "float16", 10, APFloat::IEEEhalf},
    {ACCEL_FLOAT, 64, "float64", 11, APFloat::IEEEdouble},
    {ACCEL_UINT, 32, "uint32", 12, nullptr},
    {ACCEL_UINT, 64, "uint64", 13, nullptr},
    {ACCEL_COMPLEX, 64, "complex64", 14, APFloat::IEEEsingle},
    {ACCEL_COMPLEX, 128, "complex128", 15, APFloat::IEEEdouble},
    {ACCEL_BFLOAT, 16, "bfloat16", 16, APFloat::BFloat},
    {ACCEL_FLOAT8_E4M3FN, 8, "float8_e4m3fn", 17, APFloat::Float8E4M3FN},
    {ACCEL_FLOAT8_E4M3FNUZ, 8, "float8_e4m3fnuz", 18, APFloat::Float8E4M3FNUZ},
    {ACCEL_FLOAT8_E5M2, 8, "float8_e5m2", 19, APFloat::Float8E5M2},
    {ACCEL_FLOAT8_E5M2FNUZ, 8, "float8_e5m2fnuz", 20, APFloat::Float8E5M2FNUZ},
    {ACCEL_UINT, 4, "uint4", 21, nullptr},
    {ACCEL_INT, 4, "int4", 22, nullptr},
    {ACCEL_FLOAT4_E2M1FN, 4, "float4_e2m1fn", 23, APFloat::Float4E2M1FN},
    {ACCEL_FLOAT8_E8M0FNU, 8, "float8_e8m0fnu", 24, APFloat::Float8E8M0FNU},
    {ACCEL_UINT, 2, "uint2", 25, nullptr},
    {ACCEL_INT, 2, "int2", 26, nullptr},
    {ACCEL_FLOAT6_E2M3FN, 6, "float6_e2m3fn", 27, APFloat::Float6E2M3FN},
    {ACCEL_FLOAT6_E3M2FN, 6, "float6_e3m2fn", 28, APFloat::Float6E3M2FN},
    {ACCEL_FLOAT8_E3M4, 8, "float8_e3m4", 0, APFloat::Float8E3M4},
    {ACCEL_FLOAT8_E4M3, 8, "float8_e4m3", 0, APFloat::Float8E4M3},
    {ACCEL_FLOAT8_E4M3B11FNUZ, 8, "float8_e4m3b11fnuz", 0, APFloat::Float8E4M3B11FNUZ},
};

static const Entry *find(accel_dtype dtype) {
  for (const Entry &entry : kEntries)
    if (entry.code == dtype.code && entry.bits == dtype.bits && dtype.lanes == 1)
      return &entry;
  return nullptr;
}

std::string accel::run::dtypeName(accel_dtype dtype) {
  if (const Entry *entry = find(dtype))
    return entry->name;
  return "type " + std::to_string(dtype.code) + " of " + std::to_string(dtype.bits) + " bits";
}

int64_t accel::run::elementBytes(accel_dtype dtype) { return (dtype.bits + 7) / 8; }

std::optional<accel_dtype> accel::run::dtypeFromOnnx(int32_t number) {
  for (const Entry &entry : kEntries)
    if (number && entry.onnx == number)
      return accel_dtype{entry.code, entry.bits, 1};
  return std::nullopt;
}

bool accel::run::isFloat(accel_dtype dtype) {
  const Entry *entry = find(dtype);
  return entry && entry->semantics && dtype.code != ACCEL_COMPLEX;
}

bool accel::run::isComplex(accel_dtype dtype) { return dtype.code == ACCEL_COMPLEX; }

bool accel::run::isInteger(accel_dtype dtype) {
  return dtype.code == ACCEL_INT || dtype.code == ACCEL_UINT;
}

bool accel::run::operator==(accel_dtype a, accel_dtype b) {
  return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

/// The bits of an element; those of its byte beyond them may be anything. Hosts are little-endian,
/// as are the files.
static uint64_t readBits(const char *data, unsigned width) {
  uint64_t bits = 0;
  std::memcpy(&bits, data, (width + 7) / 8);
  return width < 64 ? bits & ((uint64_t(1) << width) - 1) : bits;
}

static int64_t signExtend(uint64_t bits, unsigned width) {
  unsigned shift = 64 - width;
  return static_cast<int64_t>(bits << shift) >> shift;
}

static double readFloat(const Entry &entry, const char *data, unsigned width) {
  APFloat value(entry.semantics(), APInt(width, readBits(data, width)));
  // LLVM 22 converts E8M0's NaN to an infinity.
  return value.isNaN() ? NAN : value.convertToDouble();
}

double accel::run::readElement(accel_dtype dtype, const char *data, int64_t index) {
  int64_t bytes = elementBytes(dtype);
  data += index * bytes;
  if (dtype.code == ACCEL_FLOAT && dtype.bits == 32) {
    float value;
    std::memcpy(&value, data, sizeof value);
    return value;
  }
  const Entry *entry = find(dtype);
  if (!entry)
    return NAN;
  if (isComplex(dtype))
    return readFloat(*entry, data, dtype.bits / 2);
  if (entry->semantics)
    return readFloat(*entry, data, dtype.bits);
  uint64_t bits = readBits(data, dtype.bits);
  if (dtype.code == ACCEL_INT)
    return static_cast<double>(signExtend(bits, dtype.bits));
  return static_cast<double>(bits);
}

double accel::run::readImaginary(accel_dtype dtype, const char *data, int64_t index) {
  if (!isComplex(dtype))
    return 0;
  int64_t half = elementBytes(dtype) / 2;
  return readFloat(*find(dtype), data + (2 * index + 1) * half, dtype.bits / 2);
}

void accel::run::writeElement(accel_dtype dtype, char *data, int64_t index, double value) {
  int64_t bytes = elementBytes(dtype);
  data += index * bytes;
  const Entry *entry = find(dtype);
  if (!entry)
    return;
  if (entry->semantics) {
    bool lost;
    APFloat number(value);
    number.convert(entry->semantics(), APFloat::rmNearestTiesToEven, &lost);
    uint64_t bits = number.bitcastToAPInt().getZExtValue();
    std::memcpy(data, &bits, isComplex(dtype) ? bytes / 2 : bytes); // the imaginary part stays 0
    return;
  }
  auto bits = static_cast<uint64_t>(static_cast<int64_t>(value));
  // As ml_dtypes does, signed or not.
  if (dtype.bits < 8)
    bits &= (uint64_t(1) << dtype.bits) - 1;
  std::memcpy(data, &bits, bytes);
}

std::string accel::run::formatElement(accel_dtype dtype, const char *data, int64_t index) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (dtype.code == ACCEL_BOOL)
    os << (data[index] ? "true" : "false");
  else if (dtype.code == ACCEL_UINT)
    os << readBits(data + index * elementBytes(dtype), dtype.bits);
  else if (dtype.code == ACCEL_INT)
    os << signExtend(readBits(data + index * elementBytes(dtype), dtype.bits), dtype.bits);
  else
    os << llvm::format("%.6g", readElement(dtype, data, index));
  if (isComplex(dtype))
    os << llvm::format("%+.6gi", readImaginary(dtype, data, index));
  return text;
}

std::string accel::run::formatShape(llvm::ArrayRef<int64_t> shape) {
  return llvm::join(llvm::map_range(shape, [](int64_t dim) { return std::to_string(dim); }), "x");
}

std::string accel::run::formatType(accel_dtype dtype, llvm::ArrayRef<int64_t> shape) {
  return dtypeName(dtype) + "[" + formatShape(shape) + "]";
}
