// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and poolings: windows over the spatial dims of N x C x S... .
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
struct Window {
  SmallVector<int64_t> kernel, strides, dilations, pads;
};
} // namespace

/// Pads by attribute `auto_pad`, which depends on the input's size unless it is NOTSET or VALID.
static void resolvePads(Node &node, Value x, Window &window) {
  size_t spatial = window.kernel.size();
  std::string mode = node.text("auto_pad", "NOTSET");
  window.pads = node.integers("pads", 2 * spatial, 0);
  if (mode == "NOTSET" || mode.empty())
    return;
  window.pads.assign(2 * spatial, 0);
  if (mode == "VALID")
    return;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") {
    (void)node.error("expected auto_pad to be NOTSET, VALID, SAME_UPPER or SAME_LOWER, found '" +
                     mode + "'");
    return;
  }
  for (size_t i = 0; i < spatial; ++i) {
    // With stride 1 the padding does not depend on the size.
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1, stride = window.strides[i];
    int64_t size = stride == 1 ? 1 : node.staticDim(x, 2 + i);
    int64_t total =
        std::max<int64_t>(0, (llvm::divideCeil(size, stride) - 1) * stride + extent - size);
    int64_t less = total / 2, more = total - less;
    window.pads[i] = mode == "SAME_UPPER" ? less : more;
    window.pads[spatial + i] = mode == "SAME_UPPER" ? more : less;
  }
}

/// The window's attributes; `kernel` is used where the node has no kernel_shape. Without
/// `resolvesPads`, auto_pad is left to the caller.
static bool readWindow(Node &node, Value x, ArrayRef<int64_t> kernel, Window &window,
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
  window.kernel = shape ? *shape : SmallVector<int64_t>(kernel);
  if (window.kernel.size() != spatial) {
    (void)node.error("expected " + Twine(spatial) + " kernel sizes, found " +
                     Twine(window.kernel.size()));
    return false;
  }
  window.strides = node.integers("strides", spatial, 1);
  window.dilations = node.integers("dilations", spatial, 1);
  for (auto [list, name] :
       {std::pair(&window.kernel, "kernel sizes"), std::pair(&window.strides, "strides"),
        std::pair(&window.dilations, "dilations")})
    for (int64_t value : *list)
      if (value < 1 || value > (int64_t(1) << 31)) {
        (void)node.error("expected " + Twine(name) + " in 1..2^31, found " + Twine(value));
        return false;
      }
  if (resolvesPads)
    resolvePads(node, x, window);
  else
    window.pads = node.integers("pads", 2 * spatial, 0);
  for (int64_t pad : window.pads)
    if (pad < 0 || pad > (int64_t(1) << 31))
      (void)node.error("expected pads in 0..2^31, found " + Twine(pad));
  return !node.hasFailed();
}

static LogicalResult conv(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2);
  if (!x || !weight)
    return failure();
  SmallVector<int64_t> kernel;
  for (int64_t i = 2; i < Node::rank(weight); ++i)
    kernel.push_back(node.staticDim(weight, i));
  Window window;
  if (!readWindow(node, x, kernel, window))
    return failure();
  if (window.kernel != kernel)
    return node.error("attribute kernel_shape contradicts the weight's shape");
  uint64_t group = node.integer("group", 1);
  return node.result(bias ? node.create<nn::ConvOp>(x, weight, bias, window.strides,
                                                    window.dilations, window.pads, group)
                          : node.create<nn::ConvOp>(x, weight, nullptr, window.strides,
                                                    window.dilations, window.pads, group));
}

/// Pads of a transposed convolution whose result sizes are given, by output_shape or by auto_pad;
/// what pads cannot add is output padding.
static void resolveTransposedPads(Node &node, Value x, Window &window,
                                  SmallVectorImpl<int64_t> &outputPadding) {
  size_t spatial = window.kernel.size();
  std::string mode = node.text("auto_pad", "NOTSET");
  std::optional<SmallVector<int64_t>> sizes = node.integers("output_shape");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!isSame && mode != "NOTSET" && mode != "VALID" && !mode.empty())
    (void)node.error("expected auto_pad to be NOTSET, VALID, SAME_UPPER or SAME_LOWER, found '" +
                     mode + "'");
  if (mode == "VALID")
    llvm::fill(window.pads, 0);
  if (node.hasFailed() || (!sizes && !isSame))
    return;
  if (sizes && sizes->size() != spatial && sizes->size() != spatial + 2) {
    (void)node.error("expected attribute 'output_shape' to have " + Twine(spatial) +
                     " entries, found " + Twine(sizes->size()));
    return;
  }
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = window.strides[i], wanted, size = 1;
    if (sizes) {
      size = node.staticDim(x, 2 + i);
      wanted = (*sizes)[sizes->size() - spatial + i];
    } else {
      // As many as the stride for each: the size of the input cancels.
      wanted = size * stride;
    }
    if (wanted < 1 || wanted > (int64_t(1) << 31)) {
      (void)node.error("expected entries of output_shape in 1..2^31, found " + Twine(wanted));
      return;
    }
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1,
            total = stride * (size - 1) + outputPadding[i] + extent - wanted;
    if (total < 0)
      outputPadding[i] -= total;
    total = std::max<int64_t>(total, 0);
    int64_t less = total / 2, more = total - less;
    window.pads[i] = mode == "SAME_UPPER" ? less : more;
    window.pads[spatial + i] = mode == "SAME_UPPER" ? more : less;
  }
}

static LogicalResult convTranspose(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2);
  if (!x || !weight)
    return failure();
  SmallVector<int64_t> kernel;
  for (int64_t i = 2; i < Node::rank(weight); ++i)
    kernel.push_back(node.staticDim(weight, i));
  Window window;
  if (!readWindow(node, x, kernel, window, /*resolvesPads=*/false))
    return failure();
  if (window.kernel != kernel)
    return node.error("attribute kernel_shape contradicts the weight's shape");
  SmallVector<int64_t> outputPadding = node.integers("output_padding", kernel.size(), 0);
  for (int64_t padding : outputPadding)
    if (padding < 0 || padding > (int64_t(1) << 31))
      return node.error("expected output padding in 0..2^31, found " + Twine(padding));
  resolveTransposedPads(node, x, window, outputPadding);
  uint64_t group = node.integer("group", 1);
  auto create = [&](auto bias) {
    return node.create<nn::ConvTransposeOp>(x, weight, bias, window.strides, window.dilations,
                                            window.pads, outputPadding, group);
  };
  return node.result(bias ? create(bias) : create(nullptr));
}

static LogicalResult pool(Node &node, nn::PoolKind kind, bool ceil) {
  Value x = node.operand(0);
  Window window;
  if (!readWindow(node, x, {}, window))
    return failure();
  return node.result(node.create<nn::PoolOp>(kind, x, window.kernel, window.strides,
                                             window.dilations, window.pads, ceil));
}

static LogicalResult maxPool(Node &node) {
  bool columnMajor = node.integer("storage_order", 0), ceil = node.integer("ceil_mode", 0);
  if (!node.wants(1))
    return pool(node, nn::PoolKind::max, ceil);
  Value x = node.operand(0);
  Window window;
  if (!readWindow(node, x, {}, window))
    return failure();
  Value pooled = node.create<nn::PoolOp>(nn::PoolKind::max, x, window.kernel, window.strides,
                                         window.dilations, window.pads, ceil);
  Value positions = node.create<nn::PoolPositionsOp>(x, pooled, window.kernel, window.strides,
                                                     window.dilations, window.pads, columnMajor);
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
    return node.create<nn::PoolOp>(nn::PoolKind::sum, powers, window.kernel, window.strides,
                                   window.dilations, window.pads, ceil);
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
  bool withPad = node.integer("count_include_pad", 0);
  return pool(node, withPad ? nn::PoolKind::average_with_pad : nn::PoolKind::average,
              node.integer("ceil_mode", 0));
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
