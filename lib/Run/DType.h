// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types: their names, sizes, numbers in ONNX files, and their elements as doubles.
//
#ifndef ACCEL_RUN_DTYPE_H
#define ACCEL_RUN_DTYPE_H

#include "accel-rt/Model.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>

namespace accel::run {

/// NumPy's or ml_dtypes' name, such as "float32".
std::string dtypeName(accel_dtype dtype);

/// Bytes that an element takes in a tensor argument.
int64_t elementBytes(accel_dtype dtype);

/// The type behind a number of onnx.TensorProto.DataType; none for strings and unknown numbers.
std::optional<accel_dtype> dtypeFromOnnx(int32_t number);

bool isFloat(accel_dtype dtype); ///< of any width, not complex
bool isComplex(accel_dtype dtype);
bool isInteger(accel_dtype dtype); ///< not bool

bool operator==(accel_dtype a, accel_dtype b);

/// The element, rounded to double; the real part of a complex one.
double readElement(accel_dtype dtype, const char *data, int64_t index);

/// The imaginary part of a complex element; 0 for others.
double readImaginary(accel_dtype dtype, const char *data, int64_t index);

/// Stores the nearest element; integers are cut.
void writeElement(accel_dtype dtype, char *data, int64_t index, double value);

/// An element as text, integers in full.
std::string formatElement(accel_dtype dtype, const char *data, int64_t index);

std::string formatShape(llvm::ArrayRef<int64_t> shape); ///< "2x3", "" for a scalar
std::string formatType(accel_dtype dtype, llvm::ArrayRef<int64_t> shape); ///< "float32[2x3]"

} // namespace accel::run

#endif // ACCEL_RUN_DTYPE_H
