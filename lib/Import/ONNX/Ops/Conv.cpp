// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and poolings: windows over the spatial dims of N x C x S... .
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
struct Window {
  SmallVector<Dim> kernel, pads;
  SmallVector<int64_t> strides, dilations;
  bool hasConstantPads() const { return llvm::all_of(pads, nn::constantDim); }
};
} // namespace

/// Pads by attribute `auto_pad`, which depends on the input's size unless it is NOTSET or VALID.
static void resolvePads(Node &node, Value x, Window &window) {
  size_t spatial = window.kernel.size();
  std::string mode = node.text("auto_pad", "NOTSET");
  window.pads = node.constantShape(node.integers("pads", 2 * spatial, 0));
  if (mode == "NOTSET" || mode.empty())
    return;
  window.pads.assign(2 * spatial, node.constantDim(0));
  if (mode == "VALID")
    return;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    (void)node.error("expected auto_pad to be NOTSET, VALID, SAME_UPPER or SAME_LOWER, found '" +
                     mode + "'");
    return;
  }
  nn::DimTable &table = node.dimTable();
  Shape shape = node.dims(x);
  for (size_t i = 0; i < spatial; ++i) {
    // With stride 1 the padding does not depend on the size.
    int64_t stride = window.strides[i];
    Dim extent = (window.kernel[i] - 1) * window.dilations[i] + 1, size = shape[2 + i];
    Dim total = table.max((size.ceilDiv(stride) - 1) * stride + extent - size, node.constantDim(0));
    Dim less = table.simplify(total.floorDiv(2)), more = table.simplify(total - less);
    window.pads[i] = mode == "SAME_UPPER" ? less : more;
    window.pads[spatial + i] = mode == "SAME_UPPER" ? more : less;
  }
}

/// The window's attributes; `kernel` is used where the node has no kernel_shape. Without
/// `resolvesPads`, auto_pad is left to the caller.
static bool readWindow(Node &node, Value x, ArrayRef<Dim> kernel, Window &window,
                       bool resolvesPads = true) {
  if (node.hasFailed())
    return false;
  if (Node::rank(x) < 3) {
    (void)node.error("expected an input of rank 3 or more (batch, channels, space), found rank " +
                     Twine(Node::rank(x)));
    return false;
  }
  size_t spatial = Node::rank(x) - 2;
  std::optional<SmallVector<int64_t>> shape = node.integers("kernel_shape");
  window.kernel = shape ? SmallVector<Dim>(node.constantShape(*shape)) : SmallVector<Dim>(kernel);
  if (window.kernel.size() != spatial) {
    (void)node.error("expected " + Twine(spatial) + " kernel sizes, found " +
                     Twine(window.kernel.size()));
    return false;
  }
  window.strides = node.integers("strides", spatial, 1);
  window.dilations = node.integers("dilations", spatial, 1);
  auto check = [&](int64_t value, int64_t least, StringRef name) {
    if (value < least || value > (int64_t(1) << 31))
      (void)node.error("expected " + name + " in " + Twine(least) + "..2^31, found " +
                       Twine(value));
  };
  for (Dim size : window.kernel)
    check(nn::constantDim(size).value_or(1), 1, "kernel sizes");
  for (int64_t stride : window.strides)
    check(stride, 1, "strides");
  for (int64_t dilation : window.dilations)
    check(dilation, 1, "dilations");
  if (node.hasFailed())
    return false;
  if (resolvesPads)
    resolvePads(node, x, window);
  else
    window.pads = node.constantShape(node.integers("pads", 2 * spatial, 0));
  for (Dim pad : window.pads)
    check(nn::constantDim(pad).value_or(0), 0, "pads");
  return !node.hasFailed();
}

/// Writes pads that depend on the input's size around it; the window has none then.
static Value padInput(Node &node, Value x, Window &window, double value) {
  if (!x || node.hasFailed() || window.hasConstantPads())
    return x;
  size_t spatial = window.kernel.size();
  Dim zero = node.constantDim(0);
  SmallVector<Dim> low(2, zero), high(2, zero);
  llvm::append_range(low, ArrayRef<Dim>(window.pads).take_front(spatial));
  llvm::append_range(high, ArrayRef<Dim>(window.pads).drop_front(spatial));
  window.pads.assign(2 * spatial, zero);
  return padWith(node, x, low, high, elementAttr(node, x, value));
}

Value accel::onnx_import::convolve(Node &node, Value x, Value weight, Value bias) {
  if (!x || !weight || node.hasFailed())
    return {};
  Shape shape = node.dims(weight);
  SmallVector<Dim> kernel(ArrayRef<Dim>(shape).drop_front(std::min<size_t>(2, shape.size())));
  Window window;
  if (!readWindow(node, x, kernel, window))
    return {};
  for (auto [i, size] : llvm::enumerate(kernel))
    if (kernel.size() != window.kernel.size() ||
        (nn::constantDim(size) && nn::constantDim(window.kernel[i]) && size != window.kernel[i])) {
      (void)node.error("attribute kernel_shape contradicts the weight's shape");
      return {};
    }
  uint64_t group = node.integer("group", 1);
  x = padInput(node, x, window, 0);
  SmallVector<int64_t> pads = nn::staticShape(window.pads);
  return bias ? node.create<nn::ConvOp>(x, weight, bias, window.strides, window.dilations, pads,
                                        group)
              : node.create<nn::ConvOp>(x, weight, nullptr, window.strides, window.dilations, pads,
                                        group);
}

static LogicalResult conv(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2);
  return node.result(convolve(node, x, weight, bias));
}

/// Pads of a transposed convolution whose result sizes are given, by output_shape or by auto_pad;
/// what pads cannot add is output padding.
static void resolveTransposedPads(Node &node, Value x, Window &window, Shape &outputPadding) {
  size_t spatial = window.kernel.size();
  std::string mode = node.text("auto_pad", "NOTSET");
  std::optional<SmallVector<int64_t>> sizes = node.integers("output_shape");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!isSame && mode != "NOTSET" && mode != "VALID" && !mode.empty())
    (void)node.error("expected auto_pad to be NOTSET, VALID, SAME_UPPER or SAME_LOWER, found '" +
                     mode + "'");
  if (mode == "VALID")
    llvm::fill(window.pads, node.constantDim(0));
  if (node.hasFailed() || (!sizes && !isSame))
    return;
  if (sizes && sizes->size() != spatial && sizes->size() != spatial + 2) {
    (void)node.error("expected attribute 'output_shape' to have " + Twine(spatial) +
                     " entries, found " + Twine(sizes->size()));
    return;
  }
  nn::DimTable &table = node.dimTable();
  Dim zero = node.constantDim(0);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = window.strides[i];
    // Without given sizes, as many as the stride for each: the size of the input cancels.
    Dim size = sizes ? node.dims(x)[2 + i] : node.constantDim(1), wanted = size * stride;
    if (sizes) {
      int64_t given = (*sizes)[sizes->size() - spatial + i];
      wanted = node.constantDim(given);
      if (given < 1 || given > (int64_t(1) << 31)) {
        (void)node.error("expected entries of output_shape in 1..2^31, found " + Twine(given));
        return;
      }
    }
    Dim extent = (window.kernel[i] - 1) * window.dilations[i] + 1,
        total = table.simplify((size - 1) * stride + outputPadding[i] + extent - wanted);
    outputPadding[i] = table.simplify(outputPadding[i] + table.max(zero - total, zero));
    total = table.max(total, zero);
    Dim less = table.simplify(total.floorDiv(2)), more = table.simplify(total - less);
    window.pads[i] = mode == "SAME_UPPER" ? less : more;
    window.pads[spatial + i] = mode == "SAME_UPPER" ? more : less;
  }
}

/// A transposed convolution whose kernel or pads only the run knows: a convolution by the turned
/// kernel of the input with zeros between its elements and around them, of which the pads are cut
/// off.
static Value spreadAndConvolve(Node &node, Value x, Value weight, Value bias, const Window &window,
                               ArrayRef<Dim> outputPadding, int64_t group) {
  size_t spatial = window.kernel.size();
  nn::DimTable &table = node.dimTable();
  Dim zero = node.constantDim(0), one = node.constantDim(1);
  for (size_t i = 0; i < spatial && !node.hasFailed(); ++i) {
    weight = reversed(node, weight, 2 + i);
    if (int64_t stride = window.strides[i]; stride > 1) {
      Shape shape = node.dims(x), single = shape;
      single.insert(single.begin() + 3 + i, one);
      SmallVector<Dim> low(single.size(), zero), high = low;
      high[3 + i] = node.constantDim(stride - 1);
      shape[2 + i] = shape[2 + i] * stride;
      x = node.reshape(padWith(node, node.reshape(x, single), low, high, elementAttr(node, x, 0)),
                       shape);
      x = sliceDim(node, x, 2 + i, zero, table.simplify(shape[2 + i] - (stride - 1)));
    }
  }
  // Channels of the input first, those of the result of each group second, become the other way
  // round.
  Shape shape = node.dims(weight), grouped = shape, turned = shape;
  grouped[0] = shape[0].floorDiv(group);
  grouped.insert(grouped.begin(), node.constantDim(group));
  turned[0] = shape[1] * group;
  turned[1] = grouped[1];
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, grouped.size()));
  std::swap(order[1], order[2]);
  weight = node.reshape(node.transpose(node.reshape(weight, grouped), order), turned);
  SmallVector<Dim> low(2 + spatial, zero), high = low;
  for (size_t i = 0; i < spatial; ++i) {
    low[2 + i] = table.simplify((window.kernel[i] - 1) * window.dilations[i]);
    high[2 + i] = table.simplify(low[2 + i] + outputPadding[i]);
  }
  if (!node.hasFailed())
    x = padWith(node, x, low, high, elementAttr(node, x, 0));
  SmallVector<int64_t> strides(spatial, 1), pads(2 * spatial, 0);
  Value y = bias ? node.create<nn::ConvOp>(x, weight, bias, strides, window.dilations, pads,
                                           uint64_t(group))
                 : node.create<nn::ConvOp>(x, weight, nullptr, strides, window.dilations, pads,
                                           uint64_t(group));
  for (size_t i = 0; i < spatial && !node.hasFailed(); ++i) {
    Dim size = node.dims(y)[2 + i];
    y = sliceDim(node, y, 2 + i, window.pads[i],
                 table.simplify(size - window.pads[i] - window.pads[spatial + i]));
  }
  return y;
}

static LogicalResult convTranspose(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2);
  if (!x || !weight)
    return failure();
  Shape shape = node.dims(weight);
  SmallVector<Dim> kernel(ArrayRef<Dim>(shape).drop_front(std::min<size_t>(2, shape.size())));
  Window window;
  if (!readWindow(node, x, kernel, window, /*resolvesPads=*/false))
    return failure();
  if (kernel.size() != window.kernel.size())
    return node.error("attribute kernel_shape contradicts the weight's shape");
  for (auto [i, size] : llvm::enumerate(kernel)) {
    if (nn::constantDim(size) && size != window.kernel[i])
      return node.error("attribute kernel_shape contradicts the weight's shape");
    shape[2 + i] = window.kernel[i];
  }
  weight = node.reshape(weight, shape);
  Shape outputPadding(node.constantShape(node.integers("output_padding", kernel.size(), 0)));
  for (Dim padding : outputPadding)
    if (int64_t size = *nn::constantDim(padding); size < 0 || size > (int64_t(1) << 31))
      return node.error("expected output padding in 0..2^31, found " + Twine(size));
  resolveTransposedPads(node, x, window, outputPadding);
  int64_t group = node.integer("group", 1);
  if (node.hasFailed())
    return failure();
  if (group < 1)
    return node.error("expected a group of 1 or more, found " + Twine(group));
  auto known = [](Dim dim) { return nn::constantDim(dim).has_value(); };
  if (!llvm::all_of(window.kernel, known) || !window.hasConstantPads() ||
      !llvm::all_of(outputPadding, known))
    return node.result(spreadAndConvolve(node, x, weight, bias, window, outputPadding, group));
  auto create = [&](auto bias) {
    return node.create<nn::ConvTransposeOp>(x, weight, bias, window.strides, window.dilations,
                                            nn::staticShape(window.pads),
                                            nn::staticShape(outputPadding), uint64_t(group));
  };
  return node.result(bias ? create(bias) : create(nullptr));
}

static Value createPool(Node &node, nn::PoolKind kind, Value x, const Window &window, bool ceil) {
  return node.create<nn::PoolOp>(kind, x, nn::staticShape(window.kernel), window.strides,
                                 window.dilations, nn::staticShape(window.pads), ceil);
}

static LogicalResult maxPool(Node &node) {
  bool columnMajor = node.integer("storage_order", 0), ceil = node.integer("ceil_mode", 0);
  Value x = node.operand(0);
  Window window;
  if (!readWindow(node, x, {}, window))
    return failure();
  if (!node.wants(1)) {
    x = padInput(node, x, window, -std::numeric_limits<double>::infinity());
    return node.result(createPool(node, nn::PoolKind::max, x, window, ceil));
  }
  if (!window.hasConstantPads())
    return node.unsupported("indices with padding that depends on dynamic dims");
  Value pooled = createPool(node, nn::PoolKind::max, x, window, ceil);
  Value positions =
      node.create<nn::PoolPositionsOp>(x, pooled, nn::staticShape(window.kernel), window.strides,
                                       window.dilations, nn::staticShape(window.pads), columnMajor);
  return success(succeeded(node.result(0, pooled)) && succeeded(node.result(1, positions)));
}

/// The p-th root of what `sum` makes of the p-th powers of |x|.
static LogicalResult lpNorm(Node &node, Value x, llvm::function_ref<Value(Value)> sum) {
  double p = node.integer("p", 2);
  if (node.hasFailed() || !x)
    return failure();
  if (p < 1)
    return node.error("expected p to be 1 or more, found " + Twine(int64_t(p)));
  Value powers = node.create<nn::AbsOp>(x);
  if (p == 2)
    powers = node.mul(x, x);
  else if (p != 1)
    powers = node.create<nn::PowOp>(powers, node.scalarLike(x, p));
  Value total = sum(powers);
  if (p == 2)
    total = node.create<nn::SqrtOp>(total);
  else if (p != 1)
    total = node.create<nn::PowOp>(total, node.scalarLike(x, 1 / p));
  return node.result(total);
}

static LogicalResult lpPool(Node &node) {
  Value x = node.operand(0);
  bool ceil = node.integer("ceil_mode", 0);
  Window window;
  if (!readWindow(node, x, {}, window))
    return failure();
  return lpNorm(node, x, [&](Value powers) {
    powers = padInput(node, powers, window, 0);
    return createPool(node, nn::PoolKind::sum, powers, window, ceil);
  });
}

static LogicalResult globalLpPool(Node &node) {
  Value x = node.operand(0);
  if (x && Node::rank(x) < 3)
    return node.error("expected an input of rank 3 or more, found rank " + Twine(Node::rank(x)));
  return lpNorm(node, x, [&](Value powers) {
    return node.reduce(nn::ReduceKind::sum, powers,
                       llvm::to_vector(llvm::seq<int64_t>(2, Node::rank(x))), true);
  });
}

static LogicalResult averagePool(Node &node) {
  Value x = node.operand(0);
  bool withPad = node.integer("count_include_pad", 0), ceil = node.integer("ceil_mode", 0);
  nn::PoolKind kind = withPad ? nn::PoolKind::average_with_pad : nn::PoolKind::average;
  Window window;
  if (!readWindow(node, x, {}, window))
    return failure();
  if (window.hasConstantPads())
    return node.result(createPool(node, kind, x, window, ceil));
  // Padding that is written counts; the share of each window that does not is pooled from ones.
  Window whole = window;
  Value mean =
      createPool(node, nn::PoolKind::average_with_pad, padInput(node, x, whole, 0), whole, ceil);
  if (withPad)
    return node.result(mean);
  Shape space = node.dims(x);
  space[0] = space[1] = node.constantDim(1);
  Value ones = node.broadcast(node.scalarLike(x, 1), space);
  Value share = createPool(node, nn::PoolKind::average_with_pad, padInput(node, ones, window, 0),
                           window, ceil);
  return node.result(node.div(mean, share));
}

template <nn::ReduceKind kind> static LogicalResult globalPool(Node &node) {
  Value x = node.operand(0);
  if (!x)
    return failure();
  if (Node::rank(x) < 3)
    return node.error("expected an input of rank 3 or more, found rank " + Twine(Node::rank(x)));
  return node.result(
      node.reduce(kind, x, llvm::to_vector(llvm::seq<int64_t>(2, Node::rank(x))), true));
}

static LogicalResult lrn(Node &node) {
  Value x = node.operand(0);
  double alpha = node.number("alpha", 0.0001f), beta = node.number("beta", 0.75),
         bias = node.number("bias", 1);
  int64_t size = node.integer("size", 0);
  if (node.hasFailed())
    return failure();
  if (size < 1 || Node::rank(x) < 2)
    return node.error("expected a positive size and an input of rank 2 or more");
  // The window runs over the channels: make them spatial.
  Shape shape = node.dims(x), rows{shape[0], node.constantDim(1), shape[1],
                                   product(node, ArrayRef<Dim>(shape).drop_front(2))};
  Value squares = node.reshape(node.mul(x, x), rows);
  Value mean = node.create<nn::PoolOp>(
      nn::PoolKind::average_with_pad, squares, ArrayRef<int64_t>{size, 1}, ArrayRef<int64_t>{1, 1},
      ArrayRef<int64_t>{1, 1}, ArrayRef<int64_t>{(size - 1) / 2, 0, size / 2, 0}, false);
  mean = node.reshape(mean, shape);
  Value base = node.add(node.mul(mean, node.scalarLike(x, alpha)), node.scalarLike(x, bias));
  return node.result(node.div(x, node.create<nn::PowOp>(base, node.scalarLike(x, beta))));
}

ArrayRef<OpRow> accel::onnx_import::convOps() {
  static const OpRow rows[] = {
      {"AveragePool", 1, averagePool},
      {"Conv", 1, conv},
      {"ConvTranspose", 1, convTranspose},
      {"GlobalAveragePool", 1, globalPool<nn::ReduceKind::mean>},
      {"GlobalLpPool", 2, globalLpPool},
      {"GlobalMaxPool", 1, globalPool<nn::ReduceKind::max>},
      {"LRN", 1, lrn},
      {"LpPool", 2, lpPool},
      {"MaxPool", 1, maxPool},
  };
  return rows;
}
