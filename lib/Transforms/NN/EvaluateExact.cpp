// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates the elementwise ops whose results are defined to the bit (this file is compiled without
// contraction of products and sums).
#include "lib/Transforms/NN/Evaluate.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace accel::nn;

namespace {
/// Scalar{}({element of each operand}) for some elements of a result, in order.
template <typename T, size_t N, typename Scalar>
void compute(char *to, int64_t begin, int64_t end, ArrayRef<int64_t> shape,
             ArrayRef<ElementsView> inputs) {
  // One row of the innermost dim after the other.
  size_t rank = shape.size();
  SmallVector<int64_t> strides[N];
  int64_t at[N] = {};
  for (size_t n = 0; n < N; ++n) {
    strides[n].assign(rank - inputs[n].type.getRank(), 0);
    for (auto [size, stride] : llvm::zip_equal(inputs[n].type.getShape(), inputs[n].strides()))
      strides[n].push_back(size == 1 ? 0 : stride);
  }
  SmallVector<int64_t> index(rank, 0);
  int64_t left = begin;
  for (size_t dim = rank; dim-- > 0;) {
    index[dim] = left % shape[dim];
    left /= shape[dim];
    for (size_t n = 0; n < N; ++n)
      at[n] += index[dim] * strides[n][dim];
  }
  while (begin < end) {
    int64_t count = rank ? std::min(shape.back() - index.back(), end - begin) : 1;
    int64_t step[N];
    for (size_t n = 0; n < N; ++n)
      step[n] = rank ? strides[n].back() : 0;
    for (int64_t i = 0; i < count; ++i) {
      T elements[N];
      for (size_t n = 0; n < N; ++n)
        std::memcpy(&elements[n], inputs[n].bytes + (at[n] + i * step[n]) * int64_t(sizeof(T)),
                    sizeof(T));
      T value = Scalar{}(elements);
      std::memcpy(to + i * int64_t(sizeof(T)), &value, sizeof(T));
    }
    to += count * int64_t(sizeof(T));
    begin += count;
    if (rank == 0)
      return;
    index.back() += count;
    for (size_t n = 0; n < N; ++n)
      at[n] += count * step[n];
    for (size_t dim = rank - 1; dim > 0 && index[dim] == shape[dim]; --dim) {
      for (size_t n = 0; n < N; ++n)
        at[n] += strides[n][dim - 1] - strides[n][dim] * shape[dim];
      index[dim] = 0;
      ++index[dim - 1];
    }
  }
}

/// Of a lambda without captures.
template <typename T, size_t N, typename Scalar> ExactFn exact(Scalar) {
  return compute<T, N, Scalar>;
}

template <typename T> ExactFn planFloat(Operation *op) {
  return llvm::TypeSwitch<Operation *, ExactFn>(op)
      .Case([](AddOp) { return exact<T, 2>([](const T *x) { return x[0] + x[1]; }); })
      .Case([](SubOp) { return exact<T, 2>([](const T *x) { return x[0] - x[1]; }); })
      .Case([](MulOp) { return exact<T, 2>([](const T *x) { return x[0] * x[1]; }); })
      .Case([](DivOp) { return exact<T, 2>([](const T *x) { return x[0] / x[1]; }); })
      .Case([](NegOp) { return exact<T, 1>([](const T *x) { return -x[0]; }); })
      .Case([](AbsOp) { return exact<T, 1>([](const T *x) { return std::fabs(x[0]); }); })
      .Case([](SqrtOp) { return exact<T, 1>([](const T *x) { return std::sqrt(x[0]); }); })
      .Case([](ReciprocalOp) { return exact<T, 1>([](const T *x) { return T(1) / x[0]; }); })
      .Default(ExactFn());
}

template <typename T> ExactFn planInteger(Operation *op) {
  return llvm::TypeSwitch<Operation *, ExactFn>(op)
      .Case([](AddOp) { return exact<T, 2>([](const T *x) { return T(x[0] + x[1]); }); })
      .Case([](SubOp) { return exact<T, 2>([](const T *x) { return T(x[0] - x[1]); }); })
      .Case([](MulOp) { return exact<T, 2>([](const T *x) { return T(x[0] * x[1]); }); })
      .Case([](NegOp) { return exact<T, 1>([](const T *x) { return T(0 - x[0]); }); })
      .Default(ExactFn());
}
} // namespace

ExactFn accel::nn::planExact(Operation *op) {
  if (!isa<ElementwiseOpInterface>(op) || isa<CastOp, CompareOp, SelectOp>(op))
    return nullptr;
  Type element = detail::elementTypeOf(op->getResult(0));
  if (element.isF32())
    return planFloat<float>(op);
  if (element.isF64())
    return planFloat<double>(op);
  // Wrapping is the same for signed and unsigned numbers.
  if (element.isInteger(64))
    return planInteger<uint64_t>(op);
  if (element.isInteger(32))
    return planInteger<uint32_t>(op);
  return nullptr;
}
