// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-lower-math, and the table of the functions that it expands.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Math/Functions.h"
#include "lib/Target/CPU/Target.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace accel {
#define GEN_PASS_DEF_LOWERMATHPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

namespace {
/// How an op of f32 is written; `operands` has one or two terms.
struct Row {
  StringRef name;
  cpu::Term (*formula)(ArrayRef<cpu::Term> operands);
};
} // namespace

template <cpu::Term (*function)(cpu::Term)> static cpu::Term one(ArrayRef<cpu::Term> operands) {
  return function(operands[0]);
}
template <cpu::Term (*function)(cpu::Term, cpu::Term)>
static cpu::Term two(ArrayRef<cpu::Term> operands) {
  return function(operands[0], operands[1]);
}

static ArrayRef<Row> table() {
  static const Row rows[] = {
      {math::AcosOp::getOperationName(), one<cpu::acos>},
      {math::AcoshOp::getOperationName(), one<cpu::acosh>},
      {math::AsinOp::getOperationName(), one<cpu::asin>},
      {math::AsinhOp::getOperationName(), one<cpu::asinh>},
      {math::AtanOp::getOperationName(), one<cpu::atan>},
      {math::AtanhOp::getOperationName(), one<cpu::atanh>},
      {math::CosOp::getOperationName(), one<cpu::cos>},
      {math::CoshOp::getOperationName(), one<cpu::cosh>},
      {math::ErfOp::getOperationName(), one<cpu::erf>},
      {math::ExpOp::getOperationName(), one<cpu::exp>},
      {math::Exp2Op::getOperationName(), one<cpu::exp2>},
      {math::ExpM1Op::getOperationName(), one<cpu::expm1>},
      {math::LogOp::getOperationName(), one<cpu::log>},
      {math::Log10Op::getOperationName(), one<cpu::log10>},
      {math::Log1pOp::getOperationName(), one<cpu::log1p>},
      {math::Log2Op::getOperationName(), one<cpu::log2>},
      {math::PowFOp::getOperationName(), two<cpu::pow>},
      {math::SinOp::getOperationName(), one<cpu::sin>},
      {math::SinhOp::getOperationName(), one<cpu::sinh>},
      {math::TanOp::getOperationName(), one<cpu::tan>},
      {math::TanhOp::getOperationName(), one<cpu::tanh>},
  };
  return rows;
}

/// Replaces an op by its formula. Formulas see scalars and vectors of one dim.
static void expand(Operation *op, const Row &row, cpu::MathUnit unit) {
  OpBuilder builder(op);
  cpu::Formula formula{builder, op->getLoc(), unit};
  auto vector = dyn_cast<VectorType>(op->getResult(0).getType());
  bool reshapes = vector && vector.getRank() != 1;
  SmallVector<cpu::Term> operands;
  for (Value operand : op->getOperands()) {
    if (reshapes) {
      auto flat = VectorType::get({vector.getNumElements()}, vector.getElementType());
      operand = vector::ShapeCastOp::create(builder, op->getLoc(), flat, operand);
    }
    operands.push_back({formula, operand});
  }
  Value result = row.formula(operands).value;
  if (reshapes)
    result = vector::ShapeCastOp::create(builder, op->getLoc(), vector, result);
  op->getResult(0).replaceAllUsesWith(result);
  op->erase();
}

namespace accel {
namespace {
struct LowerMathPass : impl::LowerMathPassBase<LowerMathPass> {
  using Base::Base;

  void runOnOperation() override {
    std::optional<cpu::Target> target = cpu::Target::parseFor(getOperation(), cpu);
    if (!target)
      return signalPassFailure();
    OpPassManager extend(func::FuncOp::getOperationName());
    math::MathExtendToSupportedTypesOptions options;
    options.extraTypeStrs = {"f32", "f64"};
    options.targetTypeStr = "f32";
    extend.addPass(math::createMathExtendToSupportedTypes(options));
    if (failed(runPipeline(extend, getOperation())))
      return signalPassFailure();
    // Before formulas are there, which must stay as they are.
    if (!exact)
      contract();
    llvm::StringMap<const Row *> rows;
    for (const Row &row : table())
      rows[row.name] = &row;
    SmallVector<std::pair<Operation *, const Row *>> ops;
    getOperation().walk([&](Operation *op) {
      if (auto row = rows.find(op->getName().getStringRef());
          row != rows.end() && getElementTypeOrSelf(op->getResult(0).getType()).isF32())
        ops.push_back({op, row->second});
    });
    for (auto [op, row] : ops)
      expand(op, *row, {target->fma && !exact, target->scalef});
  }

private:
  void contract() {
    auto contract = arith::FastMathFlags::contract;
    getOperation().walk([&](arith::ArithFastMathInterface op) {
      arith::FastMathFlagsAttr flags = op.getFastMathFlagsAttr();
      op->setAttr(op.getFastMathAttrName(),
                  arith::FastMathFlagsAttr::get(&getContext(),
                                                flags ? flags.getValue() | contract : contract));
    });
  }
};
} // namespace
} // namespace accel
