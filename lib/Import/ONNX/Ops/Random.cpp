// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that draw random numbers, and dropout. Each element's number follows from its index and from
// two words that a run draws for the node (docs/decisions/random.md), so that threads, fusion and
// the order of elements do not matter.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

namespace {

/// What a run draws for a node: all its random numbers follow from that.
class Draw {
public:
  Draw(Node &node) : node(node) {
    const onnx::AttributeProto *seed = node.attribute("seed");
    SmallVector<int64_t> ints{node.importer().drawOf(node)};
    // A float, but of Dropout an integer.
    if (seed && seed->type() == onnx::AttributeProto::INT)
      ints.push_back(seed->i());
    else if (seed)
      ints.push_back(llvm::bit_cast<uint32_t>(float(node.number("seed", 0))));
    Type word = type();
    SmallVector<Value> words = node.call("draw", {}, ints, {{word, {}}, {word, {}}});
    stream = words[0], key = words[1];
  }

  /// 64 random bits for each of `count` elements; other ones for each half.
  Value bits(Dim count, unsigned half = 0) {
    Value index = node.iota(0, {count}, type());
    return node.create<nn::RandomBitsOp>(index, stream, key, uint64_t(half));
  }

  /// Numbers of 0 up to, but not including, 1 in f32, or in f64: as many bits as `element` has.
  Value uniform(Dim count, Type element) {
    unsigned digits = std::min(cast<FloatType>(element).getFPMantissaWidth(), 53u);
    return fractions(bits(count), digits, wideType(element), 0);
  }

  /// Of the normal distribution, by the transform of Box and Muller: the cosine half of it.
  Value normal(Dim count, Type element) {
    Type type = wideType(element);
    // Of more bits than the type has, so that rare numbers are as rare as they should be. Never 0.
    Value size = fractions(bits(count), type.isF64() ? 53 : 31, type, 0.5);
    Value angle = fractions(bits(count, 1), type.isF64() ? 53 : 24, type, 0);
    size = node.mul(node.create<nn::LogOp>(size), node.scalar(type, -2));
    angle = node.mul(angle, node.scalar(type, 2 * M_PI));
    return node.mul(node.create<nn::SqrtOp>(size), node.create<nn::CosOp>(angle));
  }

private:
  Type type() { return IntegerType::get(node.context(), 64, IntegerType::Unsigned); }
  Type wideType(Type element) { return element.isF64() ? element : node.builder().getF32Type(); }

  /// The highest `digits` bits, plus `offset`, as a part of 1.
  Value fractions(Value bits, unsigned digits, Type element, double offset) {
    Value high = node.create<nn::ShiftRightOp>(bits, node.scalarLike(bits, 64 - digits));
    // Processors convert signed integers of 32 bits faster than others.
    Value number = node.cast(high, node.builder().getIntegerType(digits < 32 ? 32 : 64));
    number = node.cast(number, element);
    if (offset != 0)
      number = node.add(number, node.scalarLike(number, offset));
    return node.mul(number, node.scalar(element, std::ldexp(1.0, -int(digits))));
  }

  Node &node;
  Value stream, key;
};

/// The float type that the attribute says, else `otherwise`; null where that is none.
FloatType floatType(Node &node, Type otherwise) {
  int64_t given = node.integer("dtype", 0);
  Type type = given ? elementType(node.context(), given) : otherwise;
  auto found = dyn_cast_or_null<FloatType>(type);
  if (!node.hasFailed() && (!found || found.getWidth() < 16)) {
    (void)node.error("expected dtype to be float16, bfloat16, float32 or float64, found " +
                     (given ? dataTypeName(given) : dtypeText(otherwise)));
    return {};
  }
  return found;
}

template <bool isNormal> LogicalResult random(Node &node, const Shape &shape, Type otherwise) {
  FloatType type = floatType(node, otherwise);
  double a = node.number(isNormal ? "mean" : "low", 0),
         b = node.number(isNormal ? "scale" : "high", 1);
  if (node.hasFailed())
    return failure();
  Draw draw(node);
  Dim count = product(node, shape);
  Value numbers = isNormal ? draw.normal(count, type) : draw.uniform(count, type);
  numbers = node.mul(numbers, node.scalarLike(numbers, isNormal ? b : b - a));
  numbers = node.add(numbers, node.scalarLike(numbers, a));
  return node.result(node.reshape(node.cast(numbers, type), shape));
}

template <bool isNormal> LogicalResult randomOp(Node &node) {
  std::optional<SmallVector<int64_t>> sizes = node.integers("shape");
  if (node.hasFailed())
    return failure();
  if (!sizes)
    return node.error("expected an attribute 'shape'");
  if (llvm::any_of(*sizes, [](int64_t size) { return size < 0; }))
    return node.error("expected sizes of 0 or more");
  return random<isNormal>(node, node.constantShape(*sizes), node.builder().getF32Type());
}

template <bool isNormal> LogicalResult randomLike(Node &node) {
  Value like = node.operand(0);
  if (node.hasFailed())
    return failure();
  return random<isNormal>(node, node.dims(like), Node::element(like));
}

LogicalResult bernoulli(Node &node) {
  Value p = node.operand(0);
  int64_t given = node.integer("dtype", 0);
  if (node.hasFailed())
    return failure();
  if (!Node::isFloat(p))
    return node.error("expected probabilities of floats, found " + dtypeText(Node::element(p)));
  Type to = given ? elementType(node.context(), given) : Node::element(p);
  if (!to || !isNumber(to))
    return node.unsupported("a result of " + dataTypeName(given));
  Draw draw(node);
  Shape shape = node.dims(p);
  Value numbers =
      draw.uniform(product(node, shape),
                   Node::element(p).isF64() ? Node::element(p) : Type(node.builder().getF32Type()));
  Value flat =
      node.cast(node.reshape(p, {product(node, shape)}), numbers ? Node::element(numbers) : to);
  Value hit = node.compare(CompareKind::lt, numbers, flat);
  return node.result(node.reshape(node.cast(hit, to), shape));
}

/// Classes that a run draws: `sample_size` of each row of logarithms of weights.
LogicalResult multinomial(Node &node) {
  Value x = node.operand(0);
  int64_t samples = node.integer("sample_size", 1), given = node.integer("dtype", 6);
  if (node.hasFailed())
    return failure();
  Type to = elementType(node.context(), given);
  if (!to || !(to.isInteger(32) || to.isInteger(64)))
    return node.error("expected dtype to be int32 or int64, found " + dataTypeName(given));
  if (!Node::isFloat(x) || !isNumber(Node::element(x)) || Node::rank(x) != 2)
    return node.error("expected a matrix of floats, found rank " + Twine(Node::rank(x)) + " of " +
                      dtypeText(Node::element(x)));
  if (samples < 1)
    return node.error("expected sample_size to be 1 or more, found " + Twine(samples));
  Draw draw(node);
  Shape shape{node.dims(x)[0], node.constantDim(samples)};
  Value numbers = draw.uniform(product(node, shape), node.builder().getF64Type());
  return node.result(node.call("multinomial", {x, node.reshape(numbers, shape)},
                               {to.getIntOrFloatBitWidth()}, to, shape));
}

/// Keeps an element where its number is `ratio` or more, and makes up for those that are lost.
/// `training`: whether to, or null: always.
LogicalResult drop(Node &node, Value x, Value ratio, Value training, Type maskType) {
  if (!x || !ratio || node.hasFailed())
    return failure();
  if (!Node::isFloat(x))
    return node.error("expected floats, found " + dtypeText(Node::element(x)));
  Type type = Node::element(x), wide = type.isF64() ? type : Type(node.builder().getF32Type());
  Shape shape = node.dims(x);
  Dim count = product(node, shape);
  constexpr const char *kRange = "expected a ratio of 0 or more, and below 1";
  std::optional<double> known = node.constantNumber(ratio);
  if (known && !(*known >= 0 && *known < 1))
    return node.error(Twine(kRange) + ", found " + std::to_string(*known));
  Draw draw(node);
  ratio = node.cast(ratio, wide);
  if (!known) {
    Value none = node.scalar(wide, 0);
    Value isRatio =
        node.create<nn::AndOp>(node.compare(CompareKind::ge, ratio, none),
                               node.compare(CompareKind::lt, ratio, node.scalar(wide, 1)));
    ratio = node.select(node.require(isRatio, kRange), ratio, none);
  }
  Value kept = node.compare(CompareKind::ge, draw.uniform(count, wide), ratio);
  Value factor = node.div(node.scalar(wide, 1), node.sub(node.scalar(wide, 1), ratio));
  if (training) {
    kept = node.create<nn::OrOp>(kept, node.create<nn::NotOp>(training));
    factor = node.select(training, factor, node.scalar(wide, 1));
  }
  Value flat = node.cast(node.reshape(x, {count}), wide);
  Value y = node.select(kept, node.mul(flat, factor), node.scalar(wide, 0));
  if (node.wants(1))
    (void)node.result(1, node.reshape(node.cast(kept, maskType), shape));
  return node.result(node.reshape(node.cast(y, type), shape));
}

/// All is kept.
LogicalResult keep(Node &node, Value x, Type maskType) {
  if (node.wants(1))
    (void)node.result(1, node.broadcast(node.scalar(maskType, 1), node.dims(x)));
  return node.result(x);
}

// Opset 1 and 6 say by an attribute whether to train.
LogicalResult dropout1(Node &node) {
  Value x = node.operand(0);
  bool isTest = node.integer("is_test", 0);
  double ratio = node.number("ratio", 0.5);
  node.ignore({"consumed_inputs"});
  if (node.hasFailed())
    return failure();
  if (isTest)
    return keep(node, x, Node::element(x));
  return drop(node, x, node.scalar(node.builder().getF32Type(), ratio), {}, Node::element(x));
}

// Opset 7 and 10 have inference alone.
LogicalResult dropout7(Node &node) {
  node.ignore({"ratio"});
  Value x = node.operand(0);
  if (node.hasFailed())
    return failure();
  return keep(node, x, node.opset() >= 10 ? Type(node.builder().getI1Type()) : Node::element(x));
}

LogicalResult dropout12(Node &node) {
  Value x = node.operand(0), ratio = node.optional(1), training = node.optional(2);
  Type mask = node.builder().getI1Type();
  if (node.hasFailed())
    return failure();
  std::optional<SmallVector<int64_t>> known =
      training ? node.constants(training) : SmallVector<int64_t>{0};
  if (known == SmallVector<int64_t>{0}) {
    node.ignore({"seed"});
    return keep(node, x, mask);
  }
  if (!ratio)
    ratio = node.scalar(node.builder().getF32Type(), 0.5);
  return drop(node, x, node.reshape(ratio, {}), known ? Value() : node.reshape(training, {}), mask);
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::randomOps() {
  static const OpRow rows[] = {
      {"Bernoulli", 15, bernoulli},
      {"Dropout", 1, dropout1},
      {"Dropout", 7, dropout7},
      {"Dropout", 12, dropout12},
      {"Multinomial", 7, multinomial},
      {"RandomNormal", 1, randomOp<true>},
      {"RandomNormalLike", 1, randomLike<true>},
      {"RandomUniform", 1, randomOp<false>},
      {"RandomUniformLike", 1, randomLike<false>},
  };
  return rows;
}
