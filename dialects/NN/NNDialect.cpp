// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registers the nn dialect and prints and parses what declarative formats cannot.
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel::nn;

#include "dialects/NN/NNDialect.cpp.inc"
#include "dialects/NN/NNEnums.cpp.inc"
#include "dialects/NN/NNInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/NN/NNTypes.cpp.inc"

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/NN/NNOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/NN/NNAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/NN/NNTypes.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                          Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements && elements.getType() == type
             ? ConstantOp::create(builder, location, type, elements)
             : nullptr;
}

/// `[%n, 4, -1]`: operands for the dynamic entries, integers for the rest.
static ParseResult parseMixedSizes(OpAsmParser &parser,
                                   SmallVectorImpl<OpAsmParser::UnresolvedOperand> &sizes,
                                   DenseI64ArrayAttr &shape) {
  SmallVector<int64_t> entries;
  auto one = [&]() -> ParseResult {
    OpAsmParser::UnresolvedOperand operand;
    OptionalParseResult parsed = parser.parseOptionalOperand(operand);
    if (parsed.has_value()) {
      sizes.push_back(operand);
      entries.push_back(ShapedType::kDynamic);
      return *parsed;
    }
    return parser.parseInteger(entries.emplace_back());
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, one))
    return failure();
  shape = parser.getBuilder().getDenseI64ArrayAttr(entries);
  return success();
}

static void printMixedSizes(OpAsmPrinter &printer, Operation *, OperandRange sizes,
                            DenseI64ArrayAttr shape) {
  printer << '[';
  auto operand = sizes.begin();
  llvm::interleaveComma(shape.asArrayRef(), printer, [&](int64_t entry) {
    if (ShapedType::isDynamic(entry))
      printer << *operand++;
    else
      printer << entry;
  });
  printer << ']';
}

#define GET_OP_CLASSES
#include "dialects/NN/NNOps.cpp.inc"
