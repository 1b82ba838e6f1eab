// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of the buffer form. The numbers are those of the ops' descriptions.
#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecOps.h"

using namespace mlir;
using namespace accel::exec;

static ProgramOp programOf(Operation *op) { return cast<ProgramOp>(op->getParentOp()); }

static bool isBytes(AffineMap size, Operation *op) {
  return size.getNumDims() == 0 && size.getNumSymbols() == programOf(op).getNumSymbols() &&
         size.getNumResults() == 1;
}

static bool isWritable(Value buffer) {
  return isa_and_present<OutputOp, SlotOp>(buffer.getDefiningOp());
}

static bool isOffset(int64_t offset) { return offset >= 0 && offset % SlotOp::kAlignment == 0; }

LogicalResult InputOp::verify() {
  int64_t count = programOf(*this).getInputTypes().size();
  if (getIndex() < 0 || getIndex() >= count)
    return emitOpError("C1: expected an index less than ")
           << count << ", the number of inputs, got " << getIndex();
  return success();
}

LogicalResult OutputOp::verify() {
  int64_t count = programOf(*this).getOutputTypes().size();
  if (getIndex() < 0 || getIndex() >= count)
    return emitOpError("C1: expected an index less than ")
           << count << ", the number of outputs, got " << getIndex();
  if (getBegin() && !isBytes(*getBegin(), *this))
    return emitOpError("C2: expected a byte of ")
           << programOf(*this).getNumSymbols() << " symbols, got " << getBeginAttr();
  return success();
}

LogicalResult WeightOp::verify() {
  if (!isOffset(getOffset()))
    return emitOpError("C1: expected a multiple of 64, got ") << getOffset();
  return success();
}

LogicalResult SlotOp::verify() {
  if (!isBytes(getSize(), *this))
    return emitOpError("C1: expected a size of ")
           << programOf(*this).getNumSymbols() << " symbols and 1 result, got " << getSizeAttr();
  if (getFirst() < 0 || getFirst() > getLast())
    return emitOpError("C2: expected 0 <= first <= last, got [")
           << getFirst() << ", " << getLast() << "]";
  if (getOffset() && (!isOffset(*getOffset()) || !getSize().isSingleConstant()))
    return emitOpError("C3: expected an offset that is a multiple of 64 and a constant size");
  if (getWithin() && getOffset().has_value() == getBegin().has_value())
    return emitOpError("C4: expected an offset of a slot within another, or from where it is");
  if (getBegin() && (!getWithin() || !isBytes(*getBegin(), *this)))
    return emitOpError("C4: expected a slot within another, from a byte of ")
           << programOf(*this).getNumSymbols() << " symbols, got " << getBeginAttr();
  return success();
}

LogicalResult LaunchOp::verify() {
  for (Value output : getOutputs())
    if (!isWritable(output))
      return emitOpError("C4: expected to write to outputs and slots only");
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("C1: no exec.kernel named ") << getKernel();
  if (getDims().getNumDims() != 0 || getDims().getNumSymbols() != programOf(*this).getNumSymbols())
    return emitOpError("C2: expected dims of ")
           << programOf(*this).getNumSymbols() << " symbols, got " << getDimsAttr();
  func::FuncOp function = kernel.getFunction();
  if (!function || kernel.getStage())
    return success();
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  FunctionType type = function.getFunctionType();
  if (!llvm::all_of(type.getResults(), isTensor))
    return success();
  size_t inputs = llvm::count_if(type.getInputs(), isTensor);
  size_t dims = llvm::count_if(type.getInputs(), [](Type type) { return type.isIndex(); });
  if (inputs + dims != type.getNumInputs())
    return success();
  if (getDims().getNumResults() != dims)
    return emitOpError("C2: expected ")
           << dims << " dims for the kernel, got " << getDims().getNumResults();
  if (getInputs().size() != inputs || getOutputs().size() != type.getNumResults())
    return emitOpError("C3: expected ")
           << inputs << " inputs and " << type.getNumResults() << " outputs for the kernel, got "
           << getInputs().size() << " and " << getOutputs().size();
  return success();
}

LogicalResult CopyOp::verify() {
  if (!isBytes(getSize(), *this))
    return emitOpError("C1: expected a size of ")
           << programOf(*this).getNumSymbols() << " symbols and 1 result, got " << getSizeAttr();
  if (!isWritable(getDestination()))
    return emitOpError("C2: expected to write to an output or a slot");
  return success();
}

static int64_t endOf(SlotOp slot) {
  return *slot.getOffset() + slot.getSize().getSingleConstantResult();
}

/// True if `inner` lies within `outer`, directly or not.
static bool isWithin(SlotOp inner, SlotOp outer, ArrayRef<SlotOp> slots) {
  while (inner.getWithin() && inner != outer)
    inner = slots[*inner.getWithin()];
  return inner == outer;
}

static LogicalResult verifyStaticOffsets(MutableArrayRef<SlotOp> slots) {
  for (SlotOp slot : slots) {
    if (!slot.getWithin())
      continue;
    // A number before its own, so that there are no circles.
    int64_t number = *slot.getWithin();
    bool isKnown = slot.getOffset().has_value();
    if (number < 0 || number >= slot.getNumber() || (isKnown && !slots[number].getOffset()))
      return slot.emitOpError("C6: expected to be within a slot before it that has an offset");
    SlotOp outer = slots[number];
    if ((isKnown && (*slot.getOffset() < *outer.getOffset() || endOf(slot) > endOf(outer))) ||
        slot.getFirst() < outer.getFirst() || slot.getLast() > outer.getLast())
      return slot.emitOpError("C6: expected to lie and live within slot ") << number;
  }
  for (auto [i, slot] : llvm::enumerate(slots))
    for (SlotOp other : slots.take_front(i)) {
      if (!slot.getOffset() || !other.getOffset() || slot.getFirst() > other.getLast() ||
          other.getFirst() > slot.getLast() || isWithin(slot, other, slots))
        continue;
      if (*slot.getOffset() < endOf(other) && *other.getOffset() < endOf(slot))
        return slot.emitOpError("C6: expected bytes of its own, got some of slot ")
               << other.getNumber() << ", which lives at the same time";
    }
  return success();
}

static LogicalResult verifyWeights(Block &block) {
  SmallVector<WeightOp> weights(block.getOps<WeightOp>());
  llvm::sort(weights, [](WeightOp a, WeightOp b) { return a.getOffset() < b.getOffset(); });
  for (size_t i = 1; i < weights.size(); ++i) {
    WeightOp before = weights[i - 1], weight = weights[i];
    auto type = cast<ShapedType>(before.getValue().getType());
    int64_t end = before.getOffset() + type.getNumElements() * elementBytes(type.getElementType());
    bool isSame =
        weight.getOffset() == before.getOffset() && weight.getValue() == before.getValue();
    if (weight.getOffset() < end && !isSame)
      return weight.emitOpError("C7: expected bytes of its own, got some of the weight at ")
             << before.getOffset();
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  if (!isBufferForm())
    return success();
  SmallVector<SlotOp> slots;
  int64_t step = 0;
  for (Operation &op : getBody().front()) {
    if (auto slot = dyn_cast<SlotOp>(op)) {
      if (slot.getNumber() != int64_t(slots.size()))
        return slot.emitOpError("C4: expected number ")
               << slots.size() << ", got " << slot.getNumber();
      if (!slots.empty() && slots.back().getWithin() && !slot.getWithin())
        return slot.emitOpError("C4: expected slots within others behind all that are not");
      slots.push_back(slot);
    }
    if (!isa<LaunchOp, CopyOp>(op))
      continue;
    for (Value operand : op.getOperands())
      if (auto slot = operand.getDefiningOp<SlotOp>();
          slot && (step < slot.getFirst() || step > slot.getLast()))
        return op.emitOpError("C5: expected slot ")
               << slot.getNumber() << " to live at launch " << step << ", got [" << slot.getFirst()
               << ", " << slot.getLast() << "]";
    ++step;
  }
  if (failed(verifyWeights(getBody().front())))
    return failure();
  return verifyStaticOffsets(slots);
}
