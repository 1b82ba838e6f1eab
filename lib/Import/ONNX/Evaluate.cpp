// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates the shape arithmetic of exporters: small integer tensors as expressions of the
// program's dims.
#include "lib/Import/ONNX/GraphImporter.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

using Elements = std::optional<SmallVector<Dim>>;

constexpr int64_t kMaxIntegers = 1024;
constexpr unsigned kMaxDepth = 200;

class Evaluator {
public:
  Evaluator(GraphImporter &graph) : graph(graph) {}

  /// The elements in row-major order. Floats take part where they are whole numbers.
  Elements get(Value value, unsigned depth = 0) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !value.getDefiningOp() || depth > kMaxDepth || !type.hasStaticShape() ||
        type.getNumElements() > kMaxIntegers)
      return std::nullopt;
    auto inner = [&](Value operand) { return get(operand, depth + 1); };
    return llvm::TypeSwitch<Operation *, Elements>(value.getDefiningOp())
        .Case<nn::ConstantOp>([&](auto op) { return constant(op.getValue()); })
        .Case<nn::ShapeOfOp>([&](nn::ShapeOfOp op) {
          ArrayRef<Dim> shape = graph.shapes.get(op.getInput());
          shape = shape.slice(op.getStart(), op.getEnd() - op.getStart());
          return Elements(SmallVector<Dim>(shape.begin(), shape.end()));
        })
        .Case<nn::ReshapeOp, nn::BindDimsOp>([&](auto op) { return inner(op.getInput()); })
        .Case<nn::CastOp>([&](auto op) {
          // To bool is no conversion of a number.
          return op.getTo().isInteger(1) && !Node::element(op.getInput()).isInteger(1)
                     ? Elements()
                     : inner(op.getInput());
        })
        .Case<nn::FloorOp, nn::CeilOp, nn::RoundOp>([&](auto op) { return inner(op.getInput()); })
        .Case<nn::BroadcastOp>([&](nn::BroadcastOp op) {
          return rearranged(
              type, op.getInput(), depth, [&](Place to, MutableArrayRef<int64_t> from) {
                ArrayRef<int64_t> sizes = shapeOf(op.getInput());
                for (auto [size, at, index] : llvm::zip(sizes, to.take_back(sizes.size()), from))
                  index = size == 1 ? 0 : at;
              });
        })
        .Case<nn::TransposeOp>([&](nn::TransposeOp op) {
          return rearranged(type, op.getInput(), depth,
                            [&](Place to, MutableArrayRef<int64_t> from) {
                              for (auto [axis, at] : llvm::zip_equal(op.getPermutation(), to))
                                from[axis] = at;
                            });
        })
        .Case<nn::ConcatOp>([&](nn::ConcatOp op) {
          SmallVector<Dim> all;
          for (Value operand : op.getInputs()) {
            Elements part = op.getAxis() == 0 ? inner(operand) : Elements();
            if (!part)
              return Elements();
            all.append(*part);
          }
          return Elements(all);
        })
        .Case<nn::GatherOp>([&](nn::GatherOp op) {
          Elements input = Node::rank(op.getInput()) == 1 ? inner(op.getInput()) : Elements();
          Elements indices = input ? inner(op.getIndices()) : Elements();
          if (!indices)
            return Elements();
          SmallVector<Dim> taken;
          for (Dim index : *indices) {
            int64_t at = nn::constantDim(index).value_or(input->size()), size = input->size();
            if (at < -size || at >= size)
              return Elements();
            taken.push_back((*input)[at < 0 ? at + size : at]);
          }
          return Elements(taken);
        })
        .Case<nn::SliceOp>([&](nn::SliceOp op) {
          if (!op.getDynamicOffsets().empty())
            return Elements();
          return rearranged(type, op.getInput(), depth,
                            [&](Place to, MutableArrayRef<int64_t> from) {
                              for (auto [offset, step, at, index] :
                                   llvm::zip_equal(op.getOffsets(), op.getSteps(), to, from))
                                index = offset + at * step;
                            });
        })
        .Case<nn::ReduceOp>([&](nn::ReduceOp op) { return reduce(op, inner(op.getInput())); })
        .Case<nn::SelectOp>([&](nn::SelectOp op) {
          Elements condition = inner(op.getCondition()), a = inner(op.getLhs()),
                   b = inner(op.getRhs());
          if (!condition || !a || !b)
            return Elements();
          return zip(type.getNumElements(), {*condition, *a, *b}, [&](ArrayRef<Dim> e) {
            // A condition is 0 or 1.
            return e[1] == e[2] ? e[1] : graph.shapes.simplify(e[2] + e[0] * (e[1] - e[2]));
          });
        })
        .Case<nn::NegOp>([&](auto op) {
          Elements input = inner(op.getInput());
          return input ? zip(input->size(), {*input}, [](ArrayRef<Dim> e) { return -e[0]; })
                       : Elements();
        })
        .Case<nn::NotOp>([&](auto op) {
          Elements input = type.getElementType().isInteger(1) ? inner(op.getInput()) : Elements();
          return input ? zip(input->size(), {*input},
                             [&](ArrayRef<Dim> e) { return graph.shapes.simplify(1 - e[0]); })
                       : Elements();
        })
        .Case<nn::AddOp, nn::SubOp, nn::MulOp, nn::DivOp, nn::ModOp, nn::MaxOp, nn::MinOp,
              nn::AndOp, nn::OrOp, nn::CompareOp>([&](auto op) {
          Elements a = inner(op.getLhs()), b = a ? inner(op.getRhs()) : Elements();
          if (!b)
            return Elements();
          bool isFloat = Node::isFloat(op.getLhs());
          return zip(type.getNumElements(), {*a, *b},
                     [&](ArrayRef<Dim> e) { return binary(op, e[0], e[1], isFloat); });
        })
        .Default([](Operation *) { return Elements(); });
  }

private:
  using Place = ArrayRef<int64_t>;

  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }

  /// Each element of the result is one of the input's: `source` says at which indices.
  Elements rearranged(RankedTensorType type, Value value, unsigned depth,
                      llvm::function_ref<void(Place, MutableArrayRef<int64_t>)> source) {
    Elements input = get(value, depth + 1);
    if (!input)
      return std::nullopt;
    SmallVector<int64_t> strides = computeStrides(shapeOf(value)),
                         places = computeStrides(type.getShape());
    SmallVector<Dim> result;
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      SmallVector<int64_t> from(strides.size());
      source(delinearize(i, places), from);
      result.push_back((*input)[linearize(from, strides)]);
    }
    return result;
  }

  Dim number(int64_t value) { return getAffineConstantExpr(value, &graph.context); }

  Elements constant(ElementsAttr attribute) {
    auto elements = dyn_cast<DenseElementsAttr>(attribute);
    if (!elements)
      return std::nullopt;
    SmallVector<Dim> result;
    if (isa<IntegerType>(elements.getElementType())) {
      bool isSigned =
          !elements.getElementType().isUnsignedInteger() && !elements.getElementType().isInteger(1);
      for (const APInt &value : elements.getValues<APInt>())
        result.push_back(number(isSigned ? value.getSExtValue() : int64_t(value.getZExtValue())));
      return result;
    }
    if (!isa<FloatType>(elements.getElementType()))
      return std::nullopt;
    for (const APFloat &value : elements.getValues<APFloat>()) {
      APSInt whole(64, /*isUnsigned=*/false);
      bool isExact;
      if (value.convertToInteger(whole, APFloat::rmTowardZero, &isExact) != APFloat::opOK)
        return std::nullopt;
      result.push_back(number(whole.getSExtValue()));
    }
    return result;
  }

  /// Applies `combine` to elements that are at the same place; lists of one element broadcast.
  template <typename Combine>
  Elements zip(int64_t count, ArrayRef<SmallVector<Dim>> lists, Combine combine) {
    SmallVector<Dim> result;
    for (int64_t i = 0; i < count; ++i) {
      SmallVector<Dim, 3> elements;
      for (const SmallVector<Dim> &list : lists) {
        if (list.size() != 1 && list.size() != size_t(count))
          return std::nullopt;
        elements.push_back(list[list.size() == 1 ? 0 : i]);
      }
      Dim combined = combine(elements);
      if (!combined)
        return std::nullopt;
      result.push_back(combined);
    }
    return result;
  }

  Dim binary(Operation *op, Dim a, Dim b, bool isFloat) {
    nn::DimTable &table = graph.shapes;
    std::optional<int64_t> ca = nn::constantDim(a), cb = nn::constantDim(b);
    bool isBool = Node::element(op->getOperand(0)).isInteger(1);
    if (isa<nn::AddOp>(op))
      return table.simplify(a + b);
    if (isa<nn::SubOp>(op))
      return table.simplify(a - b);
    if (isa<nn::MulOp>(op))
      return table.simplify(a * b);
    if (isa<nn::DivOp>(op)) {
      if (cb && *cb == 0)
        return {};
      if (isFloat) // Only where the quotient is whole.
        return ca && cb && *ca % *cb == 0 ? number(*ca / *cb) : cb && *cb == 1 ? a : Dim();
      if (ca && cb)
        return number(*ca / *cb);
      return cb && *cb > 0 ? table.divideTowardsZero(a, *cb) : Dim();
    }
    if (isa<nn::MaxOp>(op))
      return table.max(a, b);
    if (isa<nn::MinOp>(op))
      return table.min(a, b);
    if (auto compare = dyn_cast<nn::CompareOp>(op)) {
      switch (compare.getKind()) {
      case nn::CompareKind::eq:
        return table.isEqual(a, b);
      case nn::CompareKind::ne:
        return table.simplify(1 - table.isEqual(a, b));
      case nn::CompareKind::lt:
        return table.isLess(a, b);
      case nn::CompareKind::le:
        return table.simplify(1 - table.isLess(b, a));
      case nn::CompareKind::gt:
        return table.isLess(b, a);
      case nn::CompareKind::ge:
        return table.simplify(1 - table.isLess(a, b));
      }
    }
    if (isa<nn::AndOp>(op) && isBool)
      return table.min(a, b);
    if (isa<nn::OrOp>(op) && isBool)
      return table.max(a, b);
    if (isa<nn::ModOp>(op) && cb && *cb > 0)
      return table.simplify(a % *cb);
    if (!ca || !cb)
      return {};
    if (isa<nn::AndOp>(op))
      return number(*ca & *cb);
    if (isa<nn::OrOp>(op))
      return number(*ca | *cb);
    return {};
  }

  Elements reduce(nn::ReduceOp op, Elements input) {
    if (!input || input->empty() || op.getAxes().size() != size_t(Node::rank(op.getInput())))
      return std::nullopt;
    Dim total = input->front();
    for (Dim dim : ArrayRef<Dim>(*input).drop_front()) {
      switch (op.getKind()) {
      case nn::ReduceKind::sum:
        total = total + dim;
        break;
      case nn::ReduceKind::prod:
        total = total * dim;
        break;
      case nn::ReduceKind::max:
        total = graph.shapes.max(total, dim);
        break;
      case nn::ReduceKind::min:
        total = graph.shapes.min(total, dim);
        break;
      default:
        return std::nullopt;
      }
    }
    return SmallVector<Dim>{total};
  }

  GraphImporter &graph;
};

} // namespace

std::optional<SmallVector<Dim>> Node::evaluate(Value value) {
  return value ? Evaluator(graph).get(value) : std::nullopt;
}
