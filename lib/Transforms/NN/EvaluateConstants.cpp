// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates ops on constants that need no compiled code.
#include "lib/Transforms/NN/Evaluate.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace accel {
#define GEN_PASS_DEF_NNEVALUATECONSTANTS
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {
class NNEvaluateConstants : public accel::impl::NNEvaluateConstantsBase<NNEvaluateConstants> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    uses.clear();
    function.walk([&](Operation *op) {
      if (isa<ShapeOpInterface>(op) && !isa<ConstantOp>(op))
        evaluate(op);
    });
  }

  void evaluate(Operation *op) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (op->getNumOperands() == 0 || !type.hasStaticShape())
      return;
    SmallVector<ConstantData> inputs;
    for (Value operand : op->getOperands()) {
      if (operand.getType().isIndex() && matchPattern(operand, m_Constant()))
        continue;
      std::optional<ConstantData> data = ConstantData::get(operand);
      if (!data)
        return;
      inputs.push_back(std::move(*data));
    }
    ElementsAttr value = isMovement(op) ? evaluateMovement(op, inputs) : evaluateExact(op, inputs);
    if (!value)
      return;
    OpBuilder builder(op);
    auto constant = ConstantOp::create(builder, op->getLoc(), type, value);
    if (std::optional<StringRef> key = keyOf(constant);
        key && (uses.contains(*key) || !sharesBytes(op, *key)))
      ++uses[*key];
    op->replaceAllUsesWith(ValueRange{constant.getResult()});
    SmallVector<Value> operands(op->getOperands());
    op->erase();
    for (Value operand : llvm::SetVector<Value>(operands.begin(), operands.end()))
      release(operand);
  }

  static std::optional<StringRef> keyOf(ConstantOp constant) {
    auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
    return resource ? std::optional(resource.getRawHandle().getKey()) : std::nullopt;
  }

  /// True if the bytes are still those of the operand.
  static bool sharesBytes(Operation *op, StringRef key) {
    auto input = op->getOperand(0).getDefiningOp<ConstantOp>();
    return isa<ReshapeOp>(op) && input && keyOf(input) == key;
  }

  /// Erases a constant that nothing uses, with its bytes if they were made here.
  void release(Value value) {
    auto constant = value.getDefiningOp<ConstantOp>();
    if (!constant || !constant->use_empty())
      return;
    if (std::optional<StringRef> key = keyOf(constant))
      if (auto known = uses.find(*key); known != uses.end() && --known->second == 0) {
        auto resource = cast<DenseResourceElementsAttr>(constant.getValue());
        resource.getRawHandle().getResource()->setBlob(AsmResourceBlob());
        uses.erase(known);
      }
    constant->erase();
  }

  llvm::StringMap<unsigned> uses; ///< number of constants with bytes that were made here
};
} // namespace
