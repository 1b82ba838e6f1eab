// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers and small methods of exec ops. The numbers are those of the ops' descriptions.
#include "dialects/Exec/ExecOps.h"
#include "lib/Support/DimText.h"

using namespace mlir;
using namespace accel::exec;

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name) {
  state.getOrAddProperties<Properties>().sym_name = builder.getStringAttr(name);
  state.addRegion()->emplaceBlock();
}

func::FuncOp KernelOp::getFunction() { return lookupSymbol<func::FuncOp>(getSymName()); }

LogicalResult KernelOp::verify() {
  if (getStage())
    return success();
  if (!lookupSymbol(getSymName()))
    return emitOpError("C1: expected a function named like the kernel");
  func::FuncOp function = getFunction();
  if (!function)
    return success();
  unsigned dims = 0;
  auto check = [&](Type type, DictionaryAttr attributes, const Twine &what) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return success();
    auto map = attributes ? attributes.getAs<AffineMapAttr>(kShapeAttr) : AffineMapAttr();
    if (!map || map.getValue().getNumDims() != 0 || map.getValue().getNumSymbols() != dims ||
        map.getValue().getNumResults() != tensor.getRank())
      return emitOpError("C2: expected an exec.shape of ")
             << dims << " symbols and " << tensor.getRank() << " results on " << what;
    return success();
  };
  bool seenTensor = false;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    if (type.isIndex() && seenTensor)
      return emitOpError("C2: expected index arguments before tensors");
    seenTensor |= !type.isIndex();
    dims += type.isIndex();
    if (failed(check(type, function.getArgAttrDict(i), "argument " + Twine(i))))
      return failure();
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    if (failed(check(type, function.getResultAttrDict(i), "result " + Twine(i))))
      return failure();
  return success();
}

ProgramOp ProgramOp::of(ModuleOp module) {
  for (ProgramOp program : module.getOps<ProgramOp>())
    if (!program.getSegment())
      return program;
  return {};
}

bool ProgramOp::isBufferForm() {
  Block &block = getBody().front();
  return block.getNumArguments() == getNumSymbols() && block.back().getNumOperands() == 0;
}

AffineMap ProgramOp::definitionOf(unsigned symbol) {
  if (symbol < getNumNamedSymbols() || symbol >= getNumSymbols())
    return {};
  return cast<AffineMapAttr>((*getDerived())[symbol - getNumNamedSymbols()]).getValue();
}

std::string ProgramOp::dimText(AffineExpr dim) {
  auto nameOf = [&](unsigned symbol) -> std::string {
    if (symbol < getNumNamedSymbols())
      return cast<StringAttr>(getSymbols()[symbol]).str();
    AffineMap least = definitionOf(symbol);
    if (!least)
      return "?";
    std::string text = "min(";
    for (auto [i, part] : llvm::enumerate(least.getResults()))
      text += (i ? ", " : "") + dimText(part);
    return text + ")";
  };
  return accel::dimText(dim, nameOf);
}

/// C8 and C9.
static LogicalResult verifyDerived(ProgramOp program) {
  unsigned symbols = program.getNumNamedSymbols();
  if (auto derived = program.getDerived())
    for (AffineMap map : derived->getAsValueRange<AffineMapAttr>())
      if (map.getNumDims() != 0 || map.getNumSymbols() != symbols++ || map.getNumResults() == 0)
        return program.emitOpError("C8: expected derived symbol ")
               << symbols - 1 << " to be the least of results over " << symbols - 1
               << " symbols, got " << AffineMapAttr::get(map);
  size_t maps = program.getRequirements() ? program.getRequirements()->size() : 0,
         texts = program.getRequirementTexts() ? program.getRequirementTexts()->size() : 0;
  if (maps != texts)
    return program.emitOpError("C9: expected a text for each of ")
           << maps << " requirements, got " << texts;
  if (maps)
    for (AffineMap map : program.getRequirements()->getAsValueRange<AffineMapAttr>())
      if (map.getNumDims() != 0 || map.getNumSymbols() != symbols)
        return program.emitOpError("C9: expected requirements over ")
               << symbols << " symbols, got " << AffineMapAttr::get(map);
  return success();
}

/// C10.
static LogicalResult verifyStates(ProgramOp program) {
  size_t axes = program.getNumStates(),
         appends = program.getStateAppends() ? program.getStateAppends()->size() : 0;
  if (axes != appends || axes > program.getInputTypes().size() ||
      axes > program.getOutputTypes().size())
    return program.emitOpError("C10: expected ")
           << axes << " states to have as many inputs, outputs and state_appends, got "
           << program.getInputTypes().size() << ", " << program.getOutputTypes().size() << " and "
           << appends;
  return success();
}

std::optional<unsigned> AppendOp::getNumber() {
  auto program = (*this)->getParentOfType<ProgramOp>();
  auto argument = dyn_cast<BlockArgument>(getState());
  auto yield = program ? dyn_cast<YieldOp>(program.getBody().front().getTerminator()) : YieldOp();
  if (!argument || !yield || argument.getOwner() != yield->getBlock())
    return std::nullopt;
  size_t states = program.getNumStates(), inputs = program.getInputTypes().size(),
         outputs = yield.getValues().size();
  int64_t number =
      int64_t(argument.getArgNumber()) - int64_t(program.getNumSymbols() + inputs - states);
  if (number < 0 || states > outputs || !program.appendsToState(number) ||
      yield.getValues()[outputs - states + number] != getRows())
    return std::nullopt;
  return number;
}

LogicalResult AppendOp::verify() {
  if (!getNumber())
    return emitOpError("C1: expected the input and the output of a state that is appended to");
  int64_t dynamic = cast<RankedTensorType>(getType()).getNumDynamicDims();
  if (int64_t(getDims().size()) != dynamic)
    return emitOpError("C2: expected ") << dynamic << " dims, got " << getDims().size();
  return success();
}

LogicalResult ProgramOp::verify() {
  if (getInputNames().size() != getInputTypes().size() ||
      getInputNames().size() != getInputShapes().size() ||
      getOutputNames().size() != getOutputTypes().size() ||
      getOutputNames().size() != getOutputShapes().size() ||
      getMinima().size() != getSymbols().size() || getMaxima().size() != getSymbols().size())
    return emitOpError("C1: expected as many names as types and shapes");
  if (failed(verifyStates(*this)))
    return failure();
  Block &block = getBody().front();
  bool buffers = isBufferForm();
  if (block.getNumArguments() != getNumSymbols() + (buffers ? 0 : getInputTypes().size()))
    return emitOpError(
        "C2: expected one block argument a symbol and, in the value form, one an input");
  for (BlockArgument argument : block.getArguments()) {
    unsigned i = argument.getArgNumber();
    Type expected = i < getNumSymbols()
                        ? Type(IndexType::get(getContext()))
                        : cast<TypeAttr>(getInputTypes()[i - getNumSymbols()]).getValue();
    if (argument.getType() != expected)
      return emitOpError("C2: expected block argument ")
             << i << " of type " << expected << ", got " << argument.getType();
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || (!buffers && yield.getValues().size() != getOutputTypes().size()))
    return emitOpError("C3: expected an exec.yield of the outputs");
  return verifyDerived(*this);
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("C1: no exec.kernel named ") << getKernel();
  func::FuncOp function = kernel.getFunction();
  if (!function || kernel.getStage())
    return success();
  FunctionType type = function.getFunctionType();
  if (type.getNumInputs() != getNumOperands() || type.getNumResults() != getNumResults() ||
      !llvm::equal(type.getInputs(), getOperandTypes()) ||
      !llvm::equal(type.getResults(), getResultTypes()))
    return emitOpError("C1: expected operands and results of the kernel's types ") << type;
  return success();
}

LogicalResult RunOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto program = symbols.lookupNearestSymbolFrom<ProgramOp>(*this, getSegmentAttr());
  if (!program || !program.getSegment() || program.getInputTypes().size() != getInputs().size() ||
      program.getOutputTypes().size() != getNumResults())
    return emitOpError("C1: expected a segment of ")
           << getInputs().size() << " inputs and " << getNumResults() << " outputs named "
           << getSegment();
  return success();
}

LogicalResult ConcatOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  int64_t elements = 0;
  bool agrees = !getInputs().empty(), isStatic = type.hasStaticShape();
  for (Value input : getInputs()) {
    auto part = cast<RankedTensorType>(input.getType());
    agrees &= part.getElementType() == type.getElementType();
    isStatic &= part.hasStaticShape();
    elements += isStatic ? part.getNumElements() : 0;
  }
  if (!agrees || (isStatic && elements != type.getNumElements()))
    return emitOpError("C1: expected operands that together have the elements of ") << type;
  return success();
}

LogicalResult ViewOp::verify() {
  auto from = cast<RankedTensorType>(getInput().getType());
  RankedTensorType to = getType();
  if (getDims().size() != size_t(to.getNumDynamicDims()))
    return emitOpError("C1: expected ")
           << to.getNumDynamicDims() << " dims, got " << getDims().size();
  if (from.getElementType() != to.getElementType() ||
      (from.hasStaticShape() && to.hasStaticShape() &&
       from.getNumElements() != to.getNumElements()))
    return emitOpError("C2: expected as many elements of the same type, got ")
           << from << " and " << to;
  return success();
}
