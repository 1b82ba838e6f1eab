// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic, comparisons, logic and conversions, elementwise.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value accel::onnx_import::legacyBroadcast(Node &node, Value lhs, Value rhs) {
  int64_t broadcast = node.integer("broadcast", 0), axis = node.integer("axis", -1);
  node.ignore({"consumed_inputs"});
  if (!lhs || !rhs)
    return {};
  int64_t missing = Node::rank(lhs) - Node::rank(rhs);
  if (!broadcast || node.attribute("axis") == nullptr || missing < 0)
    return rhs;
  // The right operand's dims are those of the left one from `axis` on.
  axis = node.axis(axis, Node::rank(lhs));
  Shape shape = node.dims(rhs);
  if (axis > missing) {
    (void)node.error("expected an axis up to " + Twine(missing) + ", found " + Twine(axis));
    return {};
  }
  shape.append(missing - axis, node.constantDim(1));
  return node.reshape(rhs, shape);
}

template <typename OpT> static LogicalResult unary(Node &node) {
  node.ignore({"consumed_inputs"});
  return node.result(node.create<OpT>(node.operand(0)));
}

template <typename OpT> static LogicalResult binary(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  return node.result(node.create<OpT>(a, b));
}

template <typename OpT> static LogicalResult binaryLegacy(Node &node) {
  Value a = node.operand(0), b = legacyBroadcast(node, a, node.operand(1));
  return node.result(node.create<OpT>(a, b));
}

template <typename OpT> static Value fold(Node &node) {
  node.ignore({"consumed_inputs"});
  Value total = node.operand(0);
  for (size_t i = 1; i < node.operandCount(); ++i)
    total = node.create<OpT>(total, node.operand(i));
  return total;
}

template <typename OpT> static LogicalResult variadic(Node &node) {
  return node.result(fold<OpT>(node));
}

static LogicalResult mean(Node &node) {
  Value sum = fold<nn::AddOp>(node);
  return node.result(node.div(sum, node.scalarLike(sum, double(node.operandCount()))));
}

template <nn::CompareKind kind> static LogicalResult compare(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  return node.result(node.compare(kind, a, b));
}

template <nn::CompareKind kind> static LogicalResult compareLegacy(Node &node) {
  Value a = node.operand(0), b = legacyBroadcast(node, a, node.operand(1));
  return node.result(node.compare(kind, a, b));
}

// The exponent may have another type; the result has the base's.
static LogicalResult pow(Node &node, Value base, Value exponent) {
  if (!base || !exponent)
    return failure();
  Type type = Node::element(base), other = Node::element(exponent);
  Type common = type != other && isa<IntegerType>(type) && isa<FloatType>(other) ? other : type;
  Value power = node.create<nn::PowOp>(node.cast(base, common), node.cast(exponent, common));
  return node.result(node.cast(power, type));
}

static LogicalResult pow(Node &node) {
  Value base = node.operand(0);
  return pow(node, base, node.operand(1));
}

static LogicalResult powLegacy(Node &node) {
  Value base = node.operand(0);
  return pow(node, base, legacyBroadcast(node, base, node.operand(1)));
}

static LogicalResult mod(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  if (node.integer("fmod", 0))
    return node.result(node.create<nn::FmodOp>(a, b));
  if (a && Node::isFloat(a) && node.opset() < 28)
    return node.error("expected fmod = 1 for floats before opset 28, found fmod = 0");
  return node.result(node.create<nn::ModOp>(a, b));
}

static LogicalResult bitShift(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  std::string direction = node.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return node.error("expected direction LEFT or RIGHT, found '" + direction + "'");
  return node.result(direction == "LEFT" ? node.create<nn::ShiftLeftOp>(a, b)
                                         : node.create<nn::ShiftRightOp>(a, b));
}

static LogicalResult isInf(Node &node) {
  Value x = node.operand(0), result = node.create<nn::IsInfOp>(x);
  bool negative = node.integer("detect_negative", 1), positive = node.integer("detect_positive", 1);
  if (negative && positive)
    return node.result(result);
  Value zero = node.scalarLike(x, 0);
  if (!negative)
    result = node.create<nn::AndOp>(result, node.compare(nn::CompareKind::gt, x, zero));
  if (!positive)
    result = node.create<nn::AndOp>(result, node.compare(nn::CompareKind::lt, x, zero));
  return node.result(result);
}

static LogicalResult where(Node &node) {
  Value condition = node.operand(0), a = node.operand(1), b = node.operand(2);
  return node.result(node.select(condition, a, b));
}

// Only powers of two, whose exponents are all that is stored; the sign is lost. By the table of
// Cast-24, what is too small or too large is the least or the largest one, or NaN without
// `saturate`.
static Value toPowerOfTwo(Node &node, Value x, Type to, bool saturate) {
  std::string mode = node.text("round_mode", "up");
  if (mode != "up" && mode != "down" && mode != "nearest") {
    (void)node.error("expected round_mode up, down or nearest, found '" + mode + "'");
    return {};
  }
  Type f32 = node.builder().getF32Type();
  x = node.create<nn::AbsOp>(node.cast(x, f32));
  Value least = node.scalarLike(x, 0x1p-127), largest = node.scalarLike(x, 0x1p127);
  Value inside = node.max(node.min(x, largest), least);
  // A conversion rounds to the nearest, which may be on the wrong side.
  Value nearest = node.cast(node.cast(inside, to), f32), power = nearest;
  if (mode == "up")
    power = node.select(node.compare(nn::CompareKind::lt, nearest, inside),
                        node.add(nearest, nearest), nearest);
  else if (mode == "down")
    power = node.select(node.compare(nn::CompareKind::gt, nearest, inside),
                        node.mul(nearest, node.scalarLike(x, 0.5)), nearest);
  if (!saturate) // NaN is NaN already.
    power = node.select(node.compare(nn::CompareKind::eq, x, inside), power,
                        node.scalarLike(x, std::numeric_limits<double>::quiet_NaN()));
  return node.cast(power, to);
}

// Out-of-range values become the largest finite one where `saturate` is set, as it is by default.
Value accel::onnx_import::convert(Node &node, Value x, Type to) {
  bool saturate = node.integer("saturate", 1);
  if (x && to && Node::element(x) != to && (nn::isString(to) || nn::isString(Node::element(x)))) {
    node.ignore({"round_mode"});
    return castStrings(node, x, to);
  }
  auto type = dyn_cast_or_null<FloatType>(to);
  if (!x || !type || type.getWidth() > 8 || Node::element(x) == to) {
    node.ignore({"round_mode"});
    return node.cast(x, to);
  }
  if (isa<Float8E8M0FNUType>(type))
    return toPowerOfTwo(node, x, to, saturate);
  node.ignore({"round_mode"});
  if (!saturate)
    return node.cast(x, to);
  if (!Node::isFloat(x) || Node::element(x).getIntOrFloatBitWidth() <= 8)
    x = node.cast(x, node.builder().getF32Type());
  double largest = APFloat::getLargest(type.getFloatSemantics()).convertToDouble();
  x = node.max(node.min(x, node.scalarLike(x, largest)), node.scalarLike(x, -largest));
  return node.cast(x, to);
}

static LogicalResult castTo(Node &node, int64_t dataType) {
  Type to = elementType(node.context(), dataType);
  if (!to)
    return node.unsupported("a conversion to " + dataTypeName(dataType));
  return node.result(convert(node, node.operand(0), to));
}

static LogicalResult castOp(Node &node) { return castTo(node, node.integer("to", 0)); }

// Opset 1 to 5 wrote the type's name.
static LogicalResult castByName(Node &node) {
  onnx::TensorProto::DataType type;
  std::string name = node.text("to", "");
  if (!onnx::TensorProto::DataType_Parse(name, &type))
    return node.error("expected the name of a data type, found '" + name + "'");
  return castTo(node, type);
}

static LogicalResult bitCast(Node &node) {
  Value x = node.operand(0);
  int64_t given = node.integer("to", 0);
  Type to = elementType(node.context(), given), byte = IntegerType::get(node.context(), 8);
  if (node.hasFailed())
    return failure();
  Type from = Node::element(x);
  if (!to)
    return node.unsupported("a conversion to " + dataTypeName(given));
  // A bool is a byte.
  auto bits = [](Type type) -> unsigned {
    if (auto complex = dyn_cast<ComplexType>(type))
      return 2 * complex.getElementType().getIntOrFloatBitWidth();
    return type.isInteger(1) ? 8 : type.getIntOrFloatBitWidth();
  };
  if (bits(from) != bits(to))
    return node.error("expected a type of " + Twine(bits(from)) + " bits, as " + dtypeText(from) +
                      " has, found " + dtypeText(to));
  if (from.isInteger(1))
    x = node.cast(x, byte);
  if (!to.isInteger(1))
    return node.result(node.create<nn::BitcastOp>(x, TypeAttr::get(to)));
  return node.result(node.cast(node.create<nn::BitcastOp>(x, TypeAttr::get(byte)), to));
}

static LogicalResult castLike(Node &node) {
  Value x = node.operand(0), like = node.operand(1);
  return like ? node.result(convert(node, x, Node::element(like))) : failure();
}

ArrayRef<OpRow> accel::onnx_import::elementwiseOps() {
  using Kind = nn::CompareKind;
  static const OpRow rows[] = {
      {"Abs", 1, unary<nn::AbsOp>},
      {"Acos", 7, unary<nn::AcosOp>},
      {"Acosh", 9, unary<nn::AcoshOp>},
      {"Add", 1, binaryLegacy<nn::AddOp>},
      {"Add", 7, binary<nn::AddOp>},
      {"And", 1, binaryLegacy<nn::AndOp>},
      {"And", 7, binary<nn::AndOp>},
      {"Asin", 7, unary<nn::AsinOp>},
      {"Asinh", 9, unary<nn::AsinhOp>},
      {"Atan", 7, unary<nn::AtanOp>},
      {"Atanh", 9, unary<nn::AtanhOp>},
      {"BitCast", 26, bitCast},
      {"BitShift", 11, bitShift},
      {"BitwiseAnd", 18, binary<nn::AndOp>},
      {"BitwiseNot", 18, unary<nn::NotOp>},
      {"BitwiseOr", 18, binary<nn::OrOp>},
      {"BitwiseXor", 18, binary<nn::XorOp>},
      {"Cast", 1, castByName},
      {"Cast", 6, castOp},
      {"CastLike", 15, castLike},
      {"Ceil", 1, unary<nn::CeilOp>},
      {"Cos", 7, unary<nn::CosOp>},
      {"Cosh", 9, unary<nn::CoshOp>},
      {"Div", 1, binaryLegacy<nn::DivOp>},
      {"Div", 7, binary<nn::DivOp>},
      {"Equal", 1, compareLegacy<Kind::eq>},
      {"Equal", 7, compare<Kind::eq>},
      {"Erf", 9, unary<nn::ErfOp>},
      {"Exp", 1, unary<nn::ExpOp>},
      {"Floor", 1, unary<nn::FloorOp>},
      {"Greater", 1, compareLegacy<Kind::gt>},
      {"Greater", 7, compare<Kind::gt>},
      {"GreaterOrEqual", 12, compare<Kind::ge>},
      {"IsInf", 10, isInf},
      {"IsNaN", 9, unary<nn::IsNaNOp>},
      {"Less", 1, compareLegacy<Kind::lt>},
      {"Less", 7, compare<Kind::lt>},
      {"LessOrEqual", 12, compare<Kind::le>},
      {"Log", 1, unary<nn::LogOp>},
      {"Max", 1, variadic<nn::MaxOp>},
      {"Mean", 1, mean},
      {"Min", 1, variadic<nn::MinOp>},
      {"Mod", 10, mod},
      {"Mul", 1, binaryLegacy<nn::MulOp>},
      {"Mul", 7, binary<nn::MulOp>},
      {"Neg", 1, unary<nn::NegOp>},
      {"Not", 1, unary<nn::NotOp>},
      {"Or", 1, binaryLegacy<nn::OrOp>},
      {"Or", 7, binary<nn::OrOp>},
      {"Pow", 1, powLegacy},
      {"Pow", 7, pow},
      {"Reciprocal", 1, unary<nn::ReciprocalOp>},
      {"Round", 11, unary<nn::RoundOp>},
      {"Sign", 9, unary<nn::SignOp>},
      {"Sin", 7, unary<nn::SinOp>},
      {"Sinh", 9, unary<nn::SinhOp>},
      {"Sqrt", 1, unary<nn::SqrtOp>},
      {"Sub", 1, binaryLegacy<nn::SubOp>},
      {"Sub", 7, binary<nn::SubOp>},
      {"Sum", 1, variadic<nn::AddOp>},
      {"Tan", 7, unary<nn::TanOp>},
      {"Where", 9, where},
      {"Xor", 1, binaryLegacy<nn::XorOp>},
      {"Xor", 7, binary<nn::XorOp>},
  };
  return rows;
}
