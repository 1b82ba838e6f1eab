// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparison of outputs with a reference: values, then files and folders of them.

#include "lib/Run/Compare.h"
#include "lib/Run/DType.h"
#include "lib/Run/FileName.h"
#include "lib/Run/Inputs.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

//===-- Values ------------------------------------------------------------------------------===//

static Difference differentKind(const Value &got, const Value &expected) {
  Difference result;
  result.what = "got " + describeType(got) + ", expected " + describeType(expected);
  return result;
}

static void note(Difference &result, int64_t index, double got, double expected, double error,
                 bool wrong) {
  result.wrong += wrong;
  // The first NaN or infinity in a wrong place is worse than any number.
  if (error > result.worst && !(std::isinf(result.worst) && wrong)) {
    result.worst = error;
    result.worstIndex = index;
    result.got = got;
    result.expected = expected;
  }
}

/// Inf for elements of which only one is finite, 0 for two NaNs or equal infinities.
static double errorOf(double got, double expected) {
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got) ? 0 : INFINITY;
  return got == expected ? 0 : std::abs(got - expected);
}

static Difference compareTensors(const Value &got, const Value &expected,
                                 const CompareOptions &options) {
  Difference result;
  result.elements = expected.elements();
  accel_dtype dtype = expected.dtype;
  bool exact = !isFloat(dtype) && !isComplex(dtype);
  double largest = 0;
  for (int64_t i = 0; options.ofLargest && i < result.elements; ++i)
    if (double size = std::abs(readElement(dtype, expected.data.data(), i)); std::isfinite(size))
      largest = std::max(largest, size);
  for (int64_t i = 0; i < result.elements; ++i) {
    double g = readElement(dtype, got.data.data(), i);
    double e = readElement(dtype, expected.data.data(), i);
    double error = errorOf(g, e), size = std::abs(e);
    if (isComplex(dtype)) {
      double gi = readImaginary(dtype, got.data.data(), i);
      double ei = readImaginary(dtype, expected.data.data(), i);
      error = std::hypot(error, errorOf(gi, ei));
      size = std::hypot(e, ei);
    }
    double allowed = exact || !std::isfinite(size)
                         ? 0
                         : options.absolute + options.relative * size + options.ofLargest * largest;
    bool wrong = !(error <= allowed);
    // 64-bit integers that differ may round to the same double.
    if (exact && dtype.bits == 64) {
      int64_t a, b;
      std::memcpy(&a, got.data.data() + 8 * i, 8);
      std::memcpy(&b, expected.data.data() + 8 * i, 8);
      wrong = a != b;
      error = wrong ? std::max(error, 1.0) : 0;
    }
    note(result, i, g, e, error, wrong);
  }
  return result;
}

static Difference compareStrings(const Value &got, const Value &expected) {
  Difference result;
  result.elements = expected.elements();
  for (int64_t i = 0; i < result.elements; ++i)
    if (got.strings[i] != expected.strings[i]) {
      ++result.wrong;
      if (result.worstIndex < 0)
        result.worstIndex = i;
    }
  return result;
}

Difference accel::run::compare(const Value &got, const Value &expected,
                               const CompareOptions &options) {
  bool tensor = expected.kind == ACCEL_TENSOR || expected.kind == ACCEL_STRING_TENSOR;
  if (got.kind != expected.kind || (tensor && got.shape != expected.shape) ||
      (expected.kind == ACCEL_TENSOR && !(got.dtype == expected.dtype)) ||
      got.items.size() != expected.items.size())
    return differentKind(got, expected);
  if (expected.kind == ACCEL_TENSOR)
    return compareTensors(got, expected, options);
  if (expected.kind == ACCEL_STRING_TENSOR)
    return compareStrings(got, expected);
  Difference result;
  for (size_t i = 0; i < expected.items.size(); ++i) {
    Difference item = compare(got.items[i], expected.items[i], options);
    if (!item.what.empty()) {
      item.what = "item " + std::to_string(i) + ": " + item.what;
      return item;
    }
    result.elements += item.elements;
    result.wrong += item.wrong;
    if (item.worst > result.worst) {
      result.worst = item.worst;
      result.got = item.got;
      result.expected = item.expected;
    }
  }
  return result;
}

//===-- Files -------------------------------------------------------------------------------===//

static std::string formatIndex(int64_t index, llvm::ArrayRef<int64_t> shape) {
  std::string text;
  for (size_t axis = shape.size(); axis-- > 0;) {
    text = std::to_string(index % shape[axis]) + (text.empty() ? "" : ",") + text;
    index /= shape[axis];
  }
  return "[" + text + "]";
}

static void print(const accel_port &port, const Value &got, const Value &expected,
                  const Difference &difference, llvm::raw_ostream &os) {
  os << (difference.ok() ? "ok        " : "DIFFERENT ") << port.name << ": ";
  if (!difference.what.empty()) {
    os << difference.what << '\n';
    return;
  }
  os << describeType(got);
  if (difference.wrong)
    os << ", " << difference.wrong << " of " << difference.elements << " elements are wrong";
  if (got.kind == ACCEL_STRING_TENSOR && difference.wrong)
    os << ", the first at " << formatIndex(difference.worstIndex, got.shape) << ": got \""
       << got.strings[difference.worstIndex] << "\", expected \""
       << expected.strings[difference.worstIndex] << '"';
  else if (difference.worst > 0) {
    os << ", largest error " << llvm::format("%.3g", difference.worst);
    if (got.kind == ACCEL_TENSOR)
      os << " at " << formatIndex(difference.worstIndex, got.shape);
    os << llvm::format(" (got %.7g, expected %.7g)", difference.got, difference.expected);
  } else if (!difference.wrong)
    os << ", equal";
  os << '\n';
}

/// The reference of each output that a folder has, by index.
static Error readFolder(const Model &model, StringRef folder,
                        std::vector<std::optional<Value>> &references) {
  for (int32_t i = 0; i < model.info().outputs; ++i) {
    const accel_port &port = model.output(i);
    for (const std::string &name :
         {fileName(port.name) + ".npy", "output_" + std::to_string(i) + ".pb"}) {
      llvm::SmallString<256> path(folder);
      llvm::sys::path::append(path, name);
      if (references[i] || !llvm::sys::fs::exists(path))
        continue;
      auto read = readValues(path, port.kind);
      if (!read)
        return read.takeError();
      references[i] = std::move(read->front().value);
    }
  }
  return Error::success();
}

static Error readFile(const Model &model, StringRef path,
                      std::vector<std::optional<Value>> &references) {
  accel_kind kind = model.info().outputs ? model.output(0).kind : ACCEL_TENSOR;
  auto read = readValues(path, kind);
  if (!read)
    return read.takeError();
  for (size_t position = 0; position < read->size(); ++position) {
    NamedValue &named = (*read)[position];
    int32_t index = model.findOutput(named.name);
    StringRef number = named.name;
    if (index < 0 && (named.name.empty() || read->size() == 1))
      index = 0;
    else if (index < 0 && number.consume_front("arr_") && number.getAsInteger(10, index))
      index = -1;
    // Archives may hold the inputs, too.
    if (index >= 0 && index < model.info().outputs)
      references[index] = std::move(named.value);
  }
  return Error::success();
}

llvm::Expected<bool> accel::run::compareWithReference(const Model &model,
                                                      const std::vector<Value> &outputs,
                                                      StringRef path, const CompareOptions &options,
                                                      llvm::raw_ostream &os) {
  std::vector<std::optional<Value>> references(outputs.size());
  if (Error error = llvm::sys::fs::is_directory(path) ? readFolder(model, path, references)
                                                      : readFile(model, path, references))
    return std::move(error);
  bool any = false, same = true;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const accel_port &port = model.output(static_cast<int32_t>(i));
    if (!references[i]) {
      os << "no reference for " << port.name << '\n';
      continue;
    }
    any = true;
    adoptType(*references[i], port);
    Difference difference = compare(outputs[i], *references[i], options);
    print(port, outputs[i], *references[i], difference, os);
    same &= difference.ok();
  }
  if (!any)
    return createStringError("the reference '%s' has none of the model's outputs",
                             path.str().c_str());
  return same;
}
