// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates the elementwise ops whose results are defined to the bit (this file is compiled without
// contraction of products and sums).
#include "lib/Transforms/NN/Evaluate.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace accel::nn;

namespace {
/// Calls body(i, {element of each operand}) for each element of a result, in order.
template <typename T, size_t N, typename Body>
void forEachElement(ArrayRef<int64_t> shape, ArrayRef<ConstantData> inputs, Body body) {
  SmallVector<int64_t> strides[N];
  for (size_t n = 0; n < N; ++n) {
    strides[n].assign(shape.size() - inputs[n].type.getRank(), 0);
    for (auto [size, stride] : llvm::zip_equal(inputs[n].type.getShape(), inputs[n].strides()))
      strides[n].push_back(size == 1 ? 0 : stride);
  }
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t at[N] = {};
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  for (int64_t i = 0; i < count; ++i) {
    T elements[N];
    for (size_t n = 0; n < N; ++n)
      std::memcpy(&elements[n], inputs[n].bytes + at[n] * int64_t(sizeof(T)), sizeof(T));
    body(i, elements);
    for (size_t dim = shape.size(); dim-- > 0;) {
      for (size_t n = 0; n < N; ++n)
        at[n] += strides[n][dim];
      if (++index[dim] < shape[dim])
        break;
      for (size_t n = 0; n < N; ++n)
        at[n] -= strides[n][dim] * shape[dim];
      index[dim] = 0;
    }
  }
}

template <typename T, size_t N, typename Scalar>
ElementsAttr evaluate(Operation *op, ArrayRef<ConstantData> inputs, Scalar scalar) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (type.getNumElements() > 0 &&
      llvm::all_of(inputs, [](const ConstantData &input) { return input.isSplat; })) {
    T elements[N], result;
    for (size_t n = 0; n < N; ++n)
      std::memcpy(&elements[n], inputs[n].bytes, sizeof(T));
    result = scalar(elements);
    return NewConstant::splat(type, ArrayRef(reinterpret_cast<const char *>(&result), sizeof(T)));
  }
  NewConstant result(type);
  forEachElement<T, N>(type.getShape(), inputs, [&](int64_t i, const T *elements) {
    T value = scalar(elements);
    std::memcpy(result.data() + i * int64_t(sizeof(T)), &value, sizeof(T));
  });
  return std::move(result).finish();
}

template <typename T> ElementsAttr evaluateFloat(Operation *op, ArrayRef<ConstantData> inputs) {
  return llvm::TypeSwitch<Operation *, ElementsAttr>(op)
      .Case(
          [&](AddOp) { return evaluate<T, 2>(op, inputs, [](const T *x) { return x[0] + x[1]; }); })
      .Case(
          [&](SubOp) { return evaluate<T, 2>(op, inputs, [](const T *x) { return x[0] - x[1]; }); })
      .Case(
          [&](MulOp) { return evaluate<T, 2>(op, inputs, [](const T *x) { return x[0] * x[1]; }); })
      .Case(
          [&](DivOp) { return evaluate<T, 2>(op, inputs, [](const T *x) { return x[0] / x[1]; }); })
      .Case([&](NegOp) { return evaluate<T, 1>(op, inputs, [](const T *x) { return -x[0]; }); })
      .Case([&](AbsOp) {
        return evaluate<T, 1>(op, inputs, [](const T *x) { return std::fabs(x[0]); });
      })
      .Case([&](SqrtOp) {
        return evaluate<T, 1>(op, inputs, [](const T *x) { return std::sqrt(x[0]); });
      })
      .Case([&](ReciprocalOp) {
        return evaluate<T, 1>(op, inputs, [](const T *x) { return T(1) / x[0]; });
      })
      .Default(ElementsAttr());
}

template <typename T> ElementsAttr evaluateInteger(Operation *op, ArrayRef<ConstantData> inputs) {
  return llvm::TypeSwitch<Operation *, ElementsAttr>(op)
      .Case([&](AddOp) {
        return evaluate<T, 2>(op, inputs, [](const T *x) { return T(x[0] + x[1]); });
      })
      .Case([&](SubOp) {
        return evaluate<T, 2>(op, inputs, [](const T *x) { return T(x[0] - x[1]); });
      })
      .Case([&](MulOp) {
        return evaluate<T, 2>(op, inputs, [](const T *x) { return T(x[0] * x[1]); });
      })
      .Case(
          [&](NegOp) { return evaluate<T, 1>(op, inputs, [](const T *x) { return T(0 - x[0]); }); })
      .Default(ElementsAttr());
}
} // namespace

ElementsAttr accel::nn::evaluateExact(Operation *op, ArrayRef<ConstantData> inputs) {
  if (!isa<ElementwiseOpInterface>(op) || isa<CastOp, CompareOp, SelectOp>(op))
    return nullptr;
  Type element = detail::elementTypeOf(op->getResult(0));
  if (element.isF32())
    return evaluateFloat<float>(op, inputs);
  if (element.isF64())
    return evaluateFloat<double>(op, inputs);
  // Wrapping is the same for signed and unsigned numbers.
  if (element.isInteger(64))
    return evaluateInteger<uint64_t>(op, inputs);
  if (element.isInteger(32))
    return evaluateInteger<uint32_t>(op, inputs);
  return nullptr;
}
