// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a launch computes and moves, for the runtime's choice of threads and for profiles.
#include "lib/Conversion/NNToExec/Kernels.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

static std::optional<double> elementsOf(ArrayRef<Dim> shape) {
  double count = 1;
  for (Dim dim : shape) {
    std::optional<int64_t> size = constantDim(dim);
    if (!size)
      return std::nullopt;
    count *= *size;
  }
  return count;
}

double accel::flopsAnElement(Operation *op, ShapeAnalysis &shapes) {
  auto steps = [&](Value value, ArrayRef<unsigned> dims) {
    const Shape &shape = shapes.get(value);
    double count = 1;
    for (unsigned dim : dims)
      count *= constantDim(shape[dim]).value_or(1);
    return count;
  };
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](MatmulOp matmul) {
        return 2 * steps(matmul.getLhs(), unsigned(shapes.get(matmul.getLhs()).size() - 1));
      })
      .Case([&](PackedMatmulOp matmul) { return 2 * steps(matmul.getRhs(), 1); })
      .Case([&](ConvOp conv) {
        return 2 * elementsOf(ArrayRef<Dim>(shapes.get(conv.getWeight())).drop_front()).value_or(1);
      })
      .Case([&](BlockedConvOp conv) {
        return 2 * elementsOf(ArrayRef<Dim>(shapes.get(conv.getWeight())).drop_front().drop_back())
                       .value_or(1);
      })
      .Case([&](BlockedDepthwiseConvOp conv) {
        return 2 * elementsOf(ArrayRef<Dim>(shapes.get(conv.getWeight())).drop_front().drop_back())
                       .value_or(1);
      })
      .Case([&](AttentionOp attention) {
        // Two products, and the softmax, shared by the columns of a row.
        ArrayRef<int64_t> sizes = attention.getSizes().take_back(3);
        return double(std::max<int64_t>(sizes[0], 0)) * (2 * double(sizes[1] + sizes[2]) + 4) /
               std::max<double>(sizes[2], 1);
      })
      .Case([](PoolOp pool) {
        double count = 1;
        for (int64_t size : pool.getKernel())
          count *= size;
        return count;
      })
      .Case<SoftmaxOp, LogSoftmaxOp>([](auto) { return 4.0; })
      .Case<ElementwiseOpInterface, ReductionOpInterface>([](auto) { return 1.0; })
      .Default(0.0);
}

std::optional<double> accel::flopsOf(const KernelGroup &group, ShapeAnalysis &shapes) {
  double total = 0;
  for (Operation *op : group.ops) {
    Value space = isa<ReductionOpInterface>(op) ? op->getOperand(0) : op->getResult(0);
    std::optional<double> count = elementsOf(shapes.get(space));
    if (!count)
      return std::nullopt;
    total += *count * flopsAnElement(op, shapes);
  }
  return total;
}

std::optional<double> accel::bytesOf(const KernelUse &use, Value result, ShapeAnalysis &shapes) {
  double total = 0;
  auto add = [&](Value value) {
    std::optional<double> count = elementsOf(shapes.get(value));
    Type element = nn::detail::elementTypeOf(value);
    unsigned bits = isa<ComplexType>(element)
                        ? 2 * cast<ComplexType>(element).getElementType().getIntOrFloatBitWidth()
                        : element.getIntOrFloatBitWidth();
    total += count.value_or(0) * llvm::divideCeil(bits, 8);
    return count.has_value();
  };
  bool known = add(result);
  for (Value input : use.inputs)
    known &= add(input);
  return known ? std::optional(total) : std::nullopt;
}
