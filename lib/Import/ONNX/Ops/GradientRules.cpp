// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op's result has to do with its operands, to first order: a rule an op.
#include "lib/Import/ONNX/Ops/Common.h"
#include "lib/Import/ONNX/Ops/Gradient.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// The derivative of an elementwise op of one operand, from the operand and the result.
using Derivative = Value (*)(Node &node, Value x, Value y);

Value number(Node &node, Value like, double value) { return node.scalarLike(like, value); }
Value square(Node &node, Value x) { return node.mul(x, x); }

/// 1 / sqrt(factor * x * x + offset)
Value inverseRoot(Node &node, Value x, double factor, double offset) {
  return node.create<nn::RsqrtOp>(
      node.add(node.mul(number(node, x, factor), square(node, x)), number(node, x, offset)));
}

/// Null for ops that are flat wherever they have a derivative.
const llvm::StringMap<Derivative> &derivatives() {
  using N = Node;
  static const llvm::StringMap<Derivative> table = {
      {"nn.abs", [](N &n, Value x, Value) { return n.create<nn::SignOp>(x); }},
      {"nn.acos",
       [](N &n, Value x, Value) { return n.create<nn::NegOp>(inverseRoot(n, x, -1, 1)); }},
      {"nn.acosh", [](N &n, Value x, Value) { return inverseRoot(n, x, 1, -1); }},
      {"nn.asin", [](N &n, Value x, Value) { return inverseRoot(n, x, -1, 1); }},
      {"nn.asinh", [](N &n, Value x, Value) { return inverseRoot(n, x, 1, 1); }},
      {"nn.atan",
       [](N &n, Value x, Value) {
         return n.create<nn::ReciprocalOp>(n.add(square(n, x), number(n, x, 1)));
       }},
      {"nn.atanh",
       [](N &n, Value x, Value) {
         return n.create<nn::ReciprocalOp>(n.sub(number(n, x, 1), square(n, x)));
       }},
      {"nn.ceil", nullptr},
      {"nn.cos", [](N &n, Value x, Value) { return n.create<nn::NegOp>(n.create<nn::SinOp>(x)); }},
      {"nn.cosh", [](N &n, Value x, Value) { return n.create<nn::SinhOp>(x); }},
      {"nn.erf",
       [](N &n, Value x, Value) {
         Value bell = n.create<nn::ExpOp>(n.create<nn::NegOp>(square(n, x)));
         return n.mul(bell, number(n, x, 2 / std::sqrt(M_PI)));
       }},
      {"nn.exp", [](N &, Value, Value y) { return y; }},
      {"nn.floor", nullptr},
      {"nn.log", [](N &n, Value x, Value) { return n.create<nn::ReciprocalOp>(x); }},
      {"nn.neg", [](N &n, Value x, Value) { return number(n, x, -1); }},
      {"nn.reciprocal", [](N &n, Value, Value y) { return n.create<nn::NegOp>(square(n, y)); }},
      {"nn.relu",
       [](N &n, Value x, Value) {
         Value isPositive = n.compare(nn::CompareKind::gt, x, number(n, x, 0));
         return n.select(isPositive, number(n, x, 1), number(n, x, 0));
       }},
      {"nn.round", nullptr},
      {"nn.rsqrt",
       [](N &n, Value x, Value y) { return n.mul(number(n, x, -0.5), n.mul(y, square(n, y))); }},
      {"nn.sigmoid", [](N &n, Value x, Value y) { return n.mul(y, n.sub(number(n, x, 1), y)); }},
      {"nn.sign", nullptr},
      {"nn.sin", [](N &n, Value x, Value) { return n.create<nn::CosOp>(x); }},
      {"nn.sinh", [](N &n, Value x, Value) { return n.create<nn::CoshOp>(x); }},
      {"nn.softplus", [](N &n, Value x, Value) { return n.create<nn::SigmoidOp>(x); }},
      {"nn.sqrt", [](N &n, Value x, Value y) { return n.div(number(n, x, 0.5), y); }},
      {"nn.tan", [](N &n, Value x, Value y) { return n.add(square(n, y), number(n, x, 1)); }},
      {"nn.tanh", [](N &n, Value x, Value y) { return n.sub(number(n, x, 1), square(n, y)); }},
  };
  return table;
}

/// The gradient of a reduction's result, with the dims that it lost.
Value spread(Node &node, nn::ReduceOp op, Value value) {
  Shape shape = node.dims(op.getInput());
  for (int64_t axis : op.getAxes())
    shape[axis] = node.constantDim(1);
  return node.reshape(value, shape);
}

/// The type to count in.
Type wideOf(Node &node, Value x) {
  return Node::element(x).isF64() ? Node::element(x) : Type(node.builder().getF32Type());
}

void reduce(Node &node, nn::ReduceOp op, Value g, Gradients &to) {
  Value x = op.getInput(), whole = spread(node, op, g);
  auto broadcast = [&](Value value) { return node.broadcast(value, node.dims(x)); };
  switch (op.getKind()) {
  case nn::ReduceKind::sum:
    return to.add(x, broadcast(whole));
  case nn::ReduceKind::mean: {
    // The number of terms, which only a run may know, and which half precision may not hold.
    Type wide = wideOf(node, x);
    Value ones = node.broadcast(node.scalar(wide, 1), node.dims(x));
    Value count = node.reduce(nn::ReduceKind::sum, ones, op.getAxes(), true);
    return to.add(x,
                  broadcast(node.cast(node.div(node.cast(whole, wide), count), Node::element(x))));
  }
  case nn::ReduceKind::max:
  case nn::ReduceKind::min: {
    // Shared by all that are the largest.
    Value isOne = node.compare(nn::CompareKind::eq, x, broadcast(spread(node, op, op.getResult())));
    Type wide = wideOf(node, x);
    Value share = node.select(isOne, node.scalar(wide, 1), node.scalar(wide, 0));
    Value count = node.reduce(nn::ReduceKind::sum, share, op.getAxes(), true);
    Value each = node.cast(node.div(node.cast(whole, wide), count), Node::element(x));
    return to.add(x, node.select(isOne, broadcast(each), node.scalarLike(x, 0)));
  }
  case nn::ReduceKind::prod:
    // Of the other factors; where one is zero, what the product would be without it is lost.
    return (void)node.unsupported("the gradient of a product along an axis");
  }
}

Value swapped(Node &node, Value matrix) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, Node::rank(matrix)));
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return node.transpose(matrix, permutation);
}

/// The larger or smaller of two, which share where they are equal.
void choose(Node &node, nn::CompareKind wins, Value a, Value b, Value g, Gradients &to) {
  auto share = [&](Value one, Value other) {
    Value half = node.select(node.compare(nn::CompareKind::eq, one, other), node.scalarLike(g, 0.5),
                             node.scalarLike(g, 0));
    return node.select(node.compare(wins, one, other), node.scalarLike(g, 1), half);
  };
  to.add(a, node.mul(g, share(a, b)));
  to.add(b, node.mul(g, share(b, a)));
}

void power(Node &node, nn::PowOp op, Value g, Gradients &to) {
  Value x = op.getLhs(), y = op.getRhs();
  Value below = node.create<nn::PowOp>(x, node.sub(y, node.scalarLike(y, 1)));
  Value none = node.scalarLike(y, 0), isFlat = node.compare(nn::CompareKind::eq, y, none);
  to.add(x, node.mul(g, node.select(isFlat, node.scalarLike(x, 0), node.mul(y, below))));
  // 0 to a positive power stays 0 near by.
  Value zero = node.scalarLike(x, 0);
  Value log =
      node.select(node.compare(nn::CompareKind::eq, x, zero), zero, node.create<nn::LogOp>(x));
  to.add(y, node.mul(g, node.mul(op.getResult(), log)));
}

/// Sums over a softmax's axis, kept.
Value sumAlong(Node &node, Value value, int64_t axis) {
  return node.reduce(nn::ReduceKind::sum, value, axis, true);
}

void slice(Node &node, nn::SliceOp op, Value g, Gradients &to) {
  Value x = op.getInput();
  Shape whole = node.dims(x), part = node.dims(op.getResult()), low, high;
  if (!op.getDynamicOffsets().empty() ||
      llvm::any_of(op.getSteps(), [](int64_t step) { return step != 1; }))
    return (void)node.unsupported("the gradient of a slice with steps or places that are computed");
  for (auto [axis, offset] : llvm::enumerate(op.getOffsets())) {
    low.push_back(node.constantDim(offset));
    high.push_back(whole[axis] - part[axis] - offset);
  }
  to.add(x, padWith(node, g, low, high, elementAttr(node, g, 0)));
}

void concat(Node &node, nn::ConcatOp op, Value g, Gradients &to) {
  Dim offset = node.constantDim(0);
  for (Value input : op.getInputs()) {
    Dim size = node.dims(input)[op.getAxis()];
    to.add(input, sliceDim(node, g, op.getAxis(), offset, size));
    offset = offset + size;
  }
}

void pad(Node &node, nn::PadOp op, Value g, Gradients &to) {
  if (!op.getDynamicLow().empty())
    return (void)node.unsupported("the gradient of padding whose size is computed");
  Shape part = node.dims(op.getInput());
  for (auto [axis, low] : llvm::enumerate(op.getLow()))
    if (low || part[axis] != node.dims(g)[axis])
      g = sliceDim(node, g, axis, node.constantDim(low), part[axis]);
  to.add(op.getInput(), g);
}

/// Each element's gradient is added where it was taken from.
void gather(Node &node, nn::GatherOp op, Value g, Gradients &to) {
  Value x = op.getInput(), indices = op.getIndices();
  int64_t axis = op.getAxis(), rank = Node::rank(x), more = Node::rank(indices);
  // With the axis outermost, the indices are tuples of one.
  SmallVector<int64_t> there{axis}, back, first;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      there.push_back(i);
  for (int64_t i = 0; i < rank; ++i)
    back.push_back(llvm::find(there, i) - there.begin());
  for (int64_t i = 0; i < more; ++i)
    first.push_back(axis + i);
  for (int64_t i = 0; i < Node::rank(g); ++i)
    if (i < axis || i >= axis + more)
      first.push_back(i);
  Shape moved, tuples = node.dims(indices);
  for (int64_t i : there)
    moved.push_back(node.dims(x)[i]);
  tuples.push_back(node.constantDim(1));
  Value zeros = node.broadcast(node.scalarLike(x, 0), moved);
  Value sum = node.create<nn::ScatterNdOp>(nn::ScatterKind::add, zeros,
                                           node.reshape(indices, tuples), node.transpose(g, first));
  to.add(x, node.transpose(sum, back));
}

} // namespace

LogicalResult accel::onnx_import::backpropagate(Node &node, Operation *op, Value g, Gradients &to) {
  Value y = op->getResult(0);
  // Where nothing comes back, nothing goes on, even if the op is infinitely steep there.
  auto steep = [&](Value product) {
    Value zero = node.scalarLike(g, 0);
    return node.select(node.compare(nn::CompareKind::eq, g, zero), zero, product);
  };
  if (auto found = derivatives().find(op->getName().getStringRef()); found != derivatives().end()) {
    Value x = op->getOperand(0);
    if (found->second)
      to.add(x, steep(node.mul(g, found->second(node, x, y))));
    return success(!node.hasFailed());
  }
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](nn::AddOp add) {
        to.add(add.getLhs(), g);
        to.add(add.getRhs(), g);
      })
      .Case([&](nn::SubOp sub) {
        to.add(sub.getLhs(), g);
        to.add(sub.getRhs(), node.create<nn::NegOp>(g));
      })
      .Case([&](nn::MulOp mul) {
        to.add(mul.getLhs(), node.mul(g, mul.getRhs()));
        to.add(mul.getRhs(), node.mul(g, mul.getLhs()));
      })
      .Case([&](nn::DivOp div) {
        Value share = steep(node.div(g, div.getRhs()));
        to.add(div.getLhs(), share);
        to.add(div.getRhs(), steep(node.create<nn::NegOp>(node.mul(share, y))));
      })
      .Case([&](nn::MaxOp max) {
        choose(node, nn::CompareKind::gt, max.getLhs(), max.getRhs(), g, to);
      })
      .Case([&](nn::MinOp min) {
        choose(node, nn::CompareKind::lt, min.getLhs(), min.getRhs(), g, to);
      })
      .Case([&](nn::PowOp pow) { power(node, pow, g, to); })
      .Case([&](nn::SelectOp select) {
        Value zero = node.scalarLike(g, 0);
        to.add(select.getLhs(), node.select(select.getCondition(), g, zero));
        to.add(select.getRhs(), node.select(select.getCondition(), zero, g));
      })
      .Case([&](nn::CastOp cast) {
        // Integers lead nowhere.
        if (Node::isFloat(y) && Node::isFloat(cast.getInput()))
          to.add(cast.getInput(), node.cast(g, Node::element(cast.getInput())));
      })
      .Case([&](nn::BindDimsOp bind) { to.add(bind.getInput(), g); })
      .Case([&](nn::ReshapeOp reshape) {
        to.add(reshape.getInput(), node.reshape(g, node.dims(reshape.getInput())));
      })
      .Case([&](nn::BroadcastOp broadcast) { to.add(broadcast.getInput(), g); })
      .Case([&](nn::TransposeOp transpose) {
        SmallVector<int64_t> back(transpose.getPermutation().size());
        for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
          back[from] = to;
        to.add(transpose.getInput(), node.transpose(g, back));
      })
      .Case([&](nn::ReduceOp op) { reduce(node, op, g, to); })
      .Case([&](nn::MatmulOp matmul) {
        to.add(matmul.getLhs(), node.create<nn::MatmulOp>(g, swapped(node, matmul.getRhs())));
        to.add(matmul.getRhs(), node.create<nn::MatmulOp>(swapped(node, matmul.getLhs()), g));
      })
      .Case([&](nn::SoftmaxOp softmax) {
        Value share = node.mul(g, y);
        Value all = node.mul(y, sumAlong(node, share, softmax.getAxis()));
        to.add(softmax.getInput(), node.sub(share, all));
      })
      .Case([&](nn::LogSoftmaxOp softmax) {
        Value all = node.mul(node.create<nn::ExpOp>(y), sumAlong(node, g, softmax.getAxis()));
        to.add(softmax.getInput(), node.sub(g, all));
      })
      .Case([&](nn::SliceOp op) { slice(node, op, g, to); })
      .Case([&](nn::ConcatOp op) { concat(node, op, g, to); })
      .Case([&](nn::PadOp op) { pad(node, op, g, to); })
      .Case([&](nn::GatherOp op) { gather(node, op, g, to); })
      // Elements that are no floats have no gradient.
      .Case([&](nn::CompareOp) {})
      .Default([&](Operation *other) {
        (void)node.unsupported("the gradient of " + other->getName().getStringRef());
      });
  return success(!node.hasFailed());
}
