// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates ops on constants that need no compiled code.
#include "lib/Transforms/NN/Deferred.h"
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

/// Weights are packed by a few ops. A chain in which each op reads the one before it twice would be
/// computed 2^n times.
static constexpr unsigned kMaxDeferredOps = 64;

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
    ExactFn exact = planExact(op);
    if (!exact && !isMovement(op))
      return;
    SmallVector<ElementsAttr> values;
    for (Value operand : op->getOperands()) {
      if (operand.getType().isIndex() && matchPattern(operand, m_Constant()))
        continue;
      auto constant = operand.getDefiningOp<ConstantOp>();
      if (!constant)
        return;
      values.push_back(constant.getValue());
    }
    ElementsAttr value = isa<ReshapeOp>(op) ? reshaped(type, values[0]) : ElementsAttr();
    if (!value && values.size() == op->getNumOperands())
      value = deferred(op, exact, values);
    if (!value)
      value = evaluated(op, exact, values);
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

  /// The same bytes as another type.
  static ElementsAttr reshaped(RankedTensorType type, ElementsAttr value) {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
      return DenseResourceElementsAttr::get(type, resource.getRawHandle());
    auto dense = dyn_cast<DenseElementsAttr>(value);
    return dense ? dense.reshape(type) : ElementsAttr();
  }

  /// Ops that a constant is made by, one that is an operand twice counted twice, as it is computed.
  static unsigned countOps(ElementsAttr value) {
    auto deferred = dyn_cast<DeferredAttr>(value);
    unsigned count = deferred ? 1 : 0;
    if (deferred)
      for (ElementsAttr operand : deferred.getOperands().getAsRange<ElementsAttr>())
        count += countOps(operand);
    return count;
  }

  /// A large result as what it is made of; null if there is less to do.
  ElementsAttr deferred(Operation *op, ExactFn exact, ArrayRef<ElementsAttr> values) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (type.getNumElements() * elementBytes(type.getElementType()) < kDeferredBytes)
      return nullptr;
    unsigned ops = 1;
    for (ElementsAttr value : values)
      ops += countOps(value);
    SmallVector<ConstantData> data;
    if (ops > kMaxDeferredOps || !read(values, /*make=*/false, data))
      return nullptr;
    SmallVector<ElementsView> views(data.begin(), data.end());
    if (llvm::all_of(views, [](const ElementsView &view) { return view.isSplat; }) ||
        (!exact && !planMovement(op, views)))
      return nullptr;
    // The bytes of its operands are read when all is done.
    for (ElementsAttr value : values)
      if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
        if (auto known = uses.find(resource.getRawHandle().getKey()); known != uses.end())
          ++known->second;
    return defer(op, values);
  }

  static ElementsAttr evaluated(Operation *op, ExactFn exact, ArrayRef<ElementsAttr> values) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    SmallVector<ConstantData> data;
    if (!read(values, /*make=*/true, data))
      return nullptr;
    SmallVector<ElementsView> views(data.begin(), data.end());
    int64_t count = type.getNumElements();
    if (exact && count > 0 &&
        llvm::all_of(views, [](const ElementsView &view) { return view.isSplat; })) {
      SmallVector<char> element(elementBytes(type.getElementType()));
      exact(element.data(), 0, 1, type.getShape(), views);
      return NewConstant::splat(type, element);
    }
    if (ElementsAttr splat = exact ? ElementsAttr() : splatMovement(op, views))
      return splat;
    std::optional<Movement> movement = exact ? std::nullopt : planMovement(op, views);
    if (!exact && !movement)
      return nullptr;
    NewConstant result(type);
    if (count == 0)
      return std::move(result).finish();
    if (exact)
      exact(result.data(), 0, count, type.getShape(), views);
    else
      movement->make(result.data(), 0, count, views);
    return std::move(result).finish();
  }

  /// The elements of constants; those of deferred ones only if they are to be made.
  static bool read(ArrayRef<ElementsAttr> values, bool make, SmallVectorImpl<ConstantData> &into) {
    for (ElementsAttr value : values) {
      std::optional<ConstantData> data =
          make ? ConstantData::get(value) : ConstantData::getIfHere(value);
      if (!data)
        return false;
      into.push_back(std::move(*data));
    }
    return true;
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
