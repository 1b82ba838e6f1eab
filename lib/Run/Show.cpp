// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Models and outputs as text, models as JSON.

#include "lib/Run/Show.h"
#include "lib/Run/DType.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace accel::run;
using llvm::StringRef;

std::string accel::run::formatBytes(double bytes) {
  const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  unsigned unit = 0;
  for (; bytes >= 1024 && unit < 4; ++unit)
    bytes /= 1024;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
  return text;
}

//===-- Models ------------------------------------------------------------------------------===//

void accel::run::showInfo(const Model &model, llvm::raw_ostream &os) {
  const accel_model_info &info = model.info();
  os << "model    " << info.name << "\ntarget   " << info.target << '\n';
  for (int32_t i = 0; i < info.inputs; ++i)
    os << (i ? "         " : "inputs   ") << model.input(i).name << ": "
       << describePort(model, model.input(i)) << '\n';
  for (int32_t i = 0; i < info.outputs; ++i)
    os << (i ? "         " : "outputs  ") << model.output(i).name << ": "
       << describePort(model, model.output(i)) << '\n';
  for (int32_t i = 0; i < info.symbols; ++i) {
    const accel_symbol &symbol = model.symbol(i);
    os << (i ? "         " : "dims     ") << symbol.name << ": ";
    if (symbol.max == INT64_MAX)
      os << symbol.min << " or more\n";
    else
      os << symbol.min << ".." << symbol.max << '\n';
  }
  os << "weights  " << formatBytes(static_cast<double>(info.weights_bytes)) << "\narena    ";
  if (info.arena_bytes < 0)
    os << "depends on the dims\n";
  else
    os << formatBytes(static_cast<double>(info.arena_bytes)) << '\n';
  os << "launches " << info.sites << '\n';
  StringRef text(info.metadata, info.metadata ? static_cast<size_t>(info.metadata_bytes) : 0);
  auto metadata = llvm::json::parse(text);
  if (metadata)
    os << "metadata " << llvm::formatv("{0:2}", *metadata) << '\n';
  else
    llvm::consumeError(metadata.takeError());
}

static llvm::json::Object portJson(const Model &model, const accel_port &port) {
  llvm::json::Array shape;
  for (int32_t axis = 0; axis < port.rank; ++axis) {
    int64_t dim = port.dims[axis];
    if (dim >= 0)
      shape.push_back(dim);
    else if (dim == ACCEL_UNKNOWN_DIM)
      shape.push_back(nullptr);
    else
      shape.push_back(llvm::json::fixUTF8(model.symbol(static_cast<int32_t>(-1 - dim)).name));
  }
  return llvm::json::Object{{"name", llvm::json::fixUTF8(port.name)},
                            {"type", describePort(model, port)},
                            {"dtype", dtypeName(port.dtype)},
                            {"shape", std::move(shape)}};
}

void accel::run::showInfoJson(const Model &model, llvm::raw_ostream &os) {
  const accel_model_info &info = model.info();
  llvm::json::Array inputs, outputs, symbols;
  for (int32_t i = 0; i < info.inputs; ++i)
    inputs.push_back(portJson(model, model.input(i)));
  for (int32_t i = 0; i < info.outputs; ++i)
    outputs.push_back(portJson(model, model.output(i)));
  for (int32_t i = 0; i < info.symbols; ++i) {
    const accel_symbol &symbol = model.symbol(i);
    llvm::json::Value max = symbol.max == INT64_MAX ? llvm::json::Value(nullptr) : symbol.max;
    symbols.push_back(llvm::json::Object{
        {"name", llvm::json::fixUTF8(symbol.name)}, {"min", symbol.min}, {"max", max}});
  }
  llvm::json::Value metadata(nullptr);
  StringRef text(info.metadata, info.metadata ? static_cast<size_t>(info.metadata_bytes) : 0);
  if (auto parsed = llvm::json::parse(text))
    metadata = std::move(*parsed);
  else
    llvm::consumeError(parsed.takeError());
  os << llvm::formatv("{0:2}", llvm::json::Value(
                                   llvm::json::Object{{"name", llvm::json::fixUTF8(info.name)},
                                                      {"target", llvm::json::fixUTF8(info.target)},
                                                      {"inputs", std::move(inputs)},
                                                      {"outputs", std::move(outputs)},
                                                      {"dims", std::move(symbols)},
                                                      {"weights_bytes", info.weights_bytes},
                                                      {"arena_bytes", info.arena_bytes},
                                                      {"launches", info.sites},
                                                      {"metadata", std::move(metadata)}}))
     << '\n';
}

//===-- Outputs -----------------------------------------------------------------------------===//

static void showElements(const Value &value, llvm::raw_ostream &os) {
  constexpr int64_t kShown = 8;
  int64_t count = value.elements();
  for (int64_t i = 0; i < std::min(count, kShown); ++i) {
    os << (i ? ", " : "");
    if (value.kind == ACCEL_STRING_TENSOR)
      os << '"' << value.strings[i] << '"';
    else
      os << formatElement(value.dtype, value.data.data(), i);
  }
  if (count > kShown)
    os << ", ...";
}

/// Smallest, mean and largest; NaNs and infinities are counted apart.
static void showRange(const Value &value, llvm::raw_ostream &os) {
  int64_t count = value.elements(), finite = 0;
  double low = INFINITY, high = -INFINITY, sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double element = readElement(value.dtype, value.data.data(), i);
    if (!std::isfinite(element))
      continue;
    ++finite;
    low = std::min(low, element);
    high = std::max(high, element);
    sum += element;
  }
  if (finite)
    os << llvm::format("  min %.6g  mean %.6g  max %.6g", low, sum / static_cast<double>(finite),
                       high);
  if (finite < count)
    os << "  not finite " << count - finite;
}

static void showValue(StringRef name, const Value &value, llvm::raw_ostream &os, unsigned depth) {
  os.indent(2 * depth) << name << ": " << describeType(value);
  bool tensor = value.kind == ACCEL_TENSOR;
  if (tensor && value.elements() > 8 && !isComplex(value.dtype) && value.dtype.code != ACCEL_BOOL)
    showRange(value, os);
  if (tensor || value.kind == ACCEL_STRING_TENSOR) {
    os << "  {";
    showElements(value, os);
    os << '}';
  }
  os << '\n';
  for (size_t i = 0; i < value.items.size(); ++i)
    showValue(std::to_string(i), value.items[i], os, depth + 1);
}

void accel::run::showOutput(const accel_port &port, const Value &value, llvm::raw_ostream &os) {
  showValue(port.name, value, os, 0);
}

void accel::run::showTopK(const accel_port &port, const Value &value, int64_t k,
                          llvm::ArrayRef<std::string> labels, llvm::raw_ostream &os) {
  int64_t width = value.shape.empty() ? 1 : value.shape.back();
  if (value.kind != ACCEL_TENSOR || width < 2 || isComplex(value.dtype))
    return;
  std::vector<int64_t> order(width);
  for (int64_t row = 0, rows = value.elements() / width; row < rows; ++row) {
    auto element = [&](int64_t i) {
      double number = readElement(value.dtype, value.data.data(), row * width + i);
      return std::isnan(number) ? -INFINITY : number;
    };
    std::iota(order.begin(), order.end(), 0);
    auto last = order.begin() + std::min(k, width);
    std::partial_sort(order.begin(), last, order.end(), [&](int64_t a, int64_t b) {
      double x = element(a), y = element(b);
      return x != y ? x > y : a < b;
    });
    os << port.name;
    if (rows > 1)
      os << " row " << row;
    os << ":\n";
    for (auto at = order.begin(); at != last; ++at) {
      os << llvm::format("  %5lld  ", static_cast<long long>(*at))
         << formatElement(value.dtype, value.data.data(), row * width + *at);
      if (*at < static_cast<int64_t>(labels.size()))
        os << "  " << labels[*at];
      os << '\n';
    }
  }
}
