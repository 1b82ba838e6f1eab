// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cuts a function at branches, loops and calls: what lies between becomes segments, functions of
// their own, which the rest of the compiler sees as it sees a whole model.
#include "dialects/NN/NNProgramShapes.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

namespace accel {
#define GEN_PASS_DEF_NNOUTLINE
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {

bool isScriptOp(Operation *op) { return isa<IfOp, LoopOp, CallOp, MapsOp>(op); }

/// Arithmetic on sizes: each segment that needs it gets a copy.
bool isSizeOp(Operation *op) {
  return op->getNumRegions() == 0 && op->getNumResults() != 0 && isPure(op) &&
         llvm::all_of(op->getResultTypes(), [](Type type) { return type.isIndex(); });
}

/// Only registers hold sequences.
bool isBoxed(Type type) { return isa<BoxType>(getElementTypeOrSelf(type)); }

/// What kernels compute.
bool isTensorOp(Operation *op) {
  return !isScriptOp(op) && !isSizeOp(op) && !isa<ConstantOp, BindDimsOp>(op) &&
         !op->hasTrait<OpTrait::IsTerminator>();
}

/// The name of the ONNX node or input that a value comes from, for messages.
StringRef valueName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName();
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return valueName(call.getCaller());
  if (auto fused = dyn_cast<FusedLoc>(location); fused && !fused.getLocations().empty())
    return valueName(fused.getLocations().front());
  return "a value";
}
StringRef valueName(Value value) { return valueName(value.getLoc()); }

/// True if more than these ops and arithmetic on sizes for them reads a value.
bool isUsedBeyond(Value value, const llvm::SmallPtrSetImpl<Operation *> &own) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    return !own.contains(user) &&
           (!isSizeOp(user) ||
            llvm::any_of(user->getResults(), [&](Value size) { return isUsedBeyond(size, own); }));
  });
}

class Outliner {
public:
  Outliner(func::FuncOp main, ProgramShapes &shapes)
      : main(main), shapes(shapes), builder(main.getContext()) {
    for (StringAttr name : shapes.names())
      taken.insert(name.getValue());
  }

  /// What an iteration does not change moves before its loop, and before the one around that.
  void hoist() {
    main.walk([&](LoopOp loop) { hoistInvariants(loop); });
  }
  void outline(Block &block);
  /// Drops sizes and constants of which segments have copies by now.
  void cleanUp(Block &block);

private:
  bool isConstant(Operation *op);
  bool isComputed(Operation *op);
  void hoistInvariants(LoopOp loop);
  unsigned levelOf(Value value, Block &block);
  func::CallOp makeSegment(ArrayRef<Operation *> ops, Operation *before);
  Value bindDims(OpBuilder &inside, Value argument, Value original,
                 llvm::MapVector<Dim, StringAttr> &names);
  StringAttr nameOf(Dim dim, llvm::MapVector<Dim, StringAttr> &names);

  func::FuncOp main;
  ProgramShapes &shapes;
  OpBuilder builder;
  llvm::StringSet<> taken; ///< names of the user's dims
  DenseMap<Operation *, unsigned> levels;
  DenseMap<Operation *, bool> constants;
  unsigned count = 0;
};

/// True of constants and of what is computed from nothing else: each segment that needs it gets a
/// copy, so that it is evaluated while compiling.
bool Outliner::isConstant(Operation *op) {
  if (!op || isa<BindDimsOp>(op) || isScriptOp(op) || isSizeOp(op) || op->getNumRegions())
    return false;
  if (isa<ConstantOp>(op))
    return true;
  if (op->getNumOperands() == 0 || op->hasTrait<OpTrait::IsTerminator>() || !isPure(op))
    return false;
  if (auto known = constants.find(op); known != constants.end())
    return known->second;
  bool result = llvm::all_of(op->getOperands(),
                             [&](Value operand) { return isConstant(operand.getDefiningOp()); });
  return constants[op] = result;
}

/// True of what a segment of its block has to compute.
bool Outliner::isComputed(Operation *op) {
  if (!isTensorOp(op))
    return false;
  return !isConstant(op) || llvm::any_of(op->getUsers(), [](Operation *user) {
    return isScriptOp(user) || user->hasTrait<OpTrait::IsTerminator>();
  });
}

/// What does not depend on the iteration is computed before the loop.
void Outliner::hoistInvariants(LoopOp loop) {
  Region &body = loop.getBody();
  for (Operation &op : llvm::make_early_inc_range(body.front().without_terminator())) {
    bool isInvariant = op.getNumRegions() == 0 && isPure(&op) && !isa<CallOp>(op) &&
                       llvm::all_of(op.getOperands(), [&](Value operand) {
                         return !body.isAncestor(operand.getParentRegion());
                       });
    if (isInvariant)
      op.moveBefore(loop);
  }
}

/// The number of script ops that must have run before a value is known.
unsigned Outliner::levelOf(Value value, Block &block) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &block)
    return 0;
  return levels.lookup(op) + (isScriptOp(op) ? 1 : 0);
}

StringAttr Outliner::nameOf(Dim dim, llvm::MapVector<Dim, StringAttr> &names) {
  auto [known, isNew] = names.try_emplace(dim);
  if (!isNew)
    return known->second;
  auto symbol = dyn_cast<AffineSymbolExpr>(dim);
  if (symbol && symbol.getPosition() < shapes.names().size())
    return known->second = shapes.names()[symbol.getPosition()];
  std::string name = "size" + std::to_string(names.size());
  while (taken.contains(name))
    name += "'";
  return known->second = builder.getStringAttr(name);
}

/// Gives the argument's dims their names: equal sizes have equal names.
Value Outliner::bindDims(OpBuilder &inside, Value argument, Value original,
                         llvm::MapVector<Dim, StringAttr> &names) {
  auto type = cast<RankedTensorType>(argument.getType());
  if (type.hasStaticShape())
    return argument;
  Shape shape = shapes.get(original);
  SmallVector<Attribute> symbols;
  SmallVector<AffineExpr> dims;
  for (Dim dim : shape) {
    if (constantDim(dim)) {
      dims.push_back(dim);
      continue;
    }
    StringAttr name = nameOf(dim, names);
    auto *at = llvm::find(symbols, Attribute(name));
    dims.push_back(getAffineSymbolExpr(at - symbols.begin(), dim.getContext()));
    if (at == symbols.end())
      symbols.push_back(name);
  }
  return BindDimsOp::create(inside, original.getLoc(), argument, builder.getArrayAttr(symbols),
                            AffineMap::get(0, symbols.size(), dims, builder.getContext()));
}

/// A function of these ops, which are in order, and its call.
func::CallOp Outliner::makeSegment(ArrayRef<Operation *> ops, Operation *before) {
  llvm::SmallPtrSet<Operation *, 16> own(ops.begin(), ops.end());
  // Operands from outside, through constants and arithmetic on sizes, which are copied.
  llvm::SetVector<Value> inputs;
  llvm::SetVector<Operation *> copied;
  auto visit = [&](auto &self, Value value) -> void {
    Operation *op = value.getDefiningOp();
    if (own.contains(op) || copied.contains(op))
      return;
    if (!op || !(isSizeOp(op) || isConstant(op))) {
      inputs.insert(value);
      return;
    }
    for (Value operand : op->getOperands())
      self(self, operand);
    copied.insert(op);
  };
  for (Operation *op : ops)
    for (Value operand : op->getOperands())
      visit(visit, operand);
  SmallVector<Value> outputs;
  for (Operation *op : ops)
    for (Value result : op->getResults())
      if (isUsedBeyond(result, own))
        outputs.push_back(result);

  std::string name = "segment_" + std::to_string(count++);
  auto type = builder.getFunctionType(ValueRange(inputs.getArrayRef()).getTypes(),
                                      ValueRange(outputs).getTypes());
  builder.setInsertionPoint(main);
  auto segment = func::FuncOp::create(builder, main.getLoc(), name, type);
  segment.setPrivate();
  segment->setAttr(kSegmentAttr, builder.getUnitAttr());
  if (Attribute ranges = main->getAttr("nn.dim_ranges"))
    segment->setAttr("nn.dim_ranges", ranges);
  Block *block = segment.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockEnd(block);
  IRMapping mapping;
  llvm::MapVector<Dim, StringAttr> names;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    segment.setArgAttr(i, "nn.name", builder.getStringAttr(valueName(input)));
    mapping.map(input, bindDims(inside, block->getArgument(i), input, names));
  }
  for (auto [i, output] : llvm::enumerate(outputs))
    segment.setResultAttr(i, "nn.name", builder.getStringAttr(valueName(output)));
  // Sizes of the segment's own results come after these.
  auto copy = [&](auto &self, Operation *op) -> void {
    for (Value operand : op->getOperands())
      if (Operation *definition = operand.getDefiningOp(); copied.contains(definition))
        self(self, definition);
    if (!copied.contains(op) || !mapping.contains(op->getResult(0)))
      inside.clone(*op, mapping);
  };
  for (Operation *op : ops)
    copy(copy, op);
  SmallVector<Value> results;
  for (Value output : outputs)
    results.push_back(mapping.lookup(output));
  func::ReturnOp::create(inside, main.getLoc(), results);

  builder.setInsertionPoint(before);
  auto call = func::CallOp::create(builder, ops.front()->getLoc(), segment, inputs.getArrayRef());
  for (auto [output, result] : llvm::zip_equal(outputs, call.getResults())) {
    shapes.set(result, shapes.get(output));
    result.setLoc(output.getLoc());
    // A constant that nobody here computes stays one: later segments copy it with what it reads.
    output.replaceUsesWithIf(result, [&](OpOperand &use) {
      return !own.contains(use.getOwner()) && !isConstant(use.getOwner());
    });
  }
  return call;
}

void Outliner::outline(Block &block) {
  unsigned highest = 0;
  for (Operation &op : block) {
    unsigned level = 0;
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        level = std::max(level, levelOf(operand, block));
    });
    levels[&op] = level;
    highest = std::max(highest, level);
  }
  SmallVector<SmallVector<Operation *>> binds(highest + 1), tensorOps(highest + 1),
      scriptOps(highest + 1);
  for (Operation &op : block)
    if (isa<BindDimsOp>(op))
      binds[levels.lookup(&op)].push_back(&op);
    else if (isComputed(&op))
      tensorOps[levels.lookup(&op)].push_back(&op);
    else if (isScriptOp(&op))
      scriptOps[levels.lookup(&op)].push_back(&op);
  Operation *terminator = block.getTerminator();
  for (auto [bound, computed, run] : llvm::zip_equal(binds, tensorOps, scriptOps)) {
    for (Operation *op : bound)
      op->moveBefore(terminator);
    if (!computed.empty())
      makeSegment(computed, terminator);
    for (Operation *op : run)
      op->moveBefore(terminator);
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isTensorOp(&op) && !isa<func::CallOp>(op) && !isConstant(&op)) {
      shapes.forget(&op);
      op.erase();
    } else if (isSizeOp(&op) && op.use_empty()) {
      op.erase();
    }
  constants.clear(); // ops that are erased leave their places to new ones
  for (ArrayRef<Operation *> run : scriptOps)
    for (Operation *op : run)
      for (Region &region : op->getRegions())
        outline(region.front());
}

void Outliner::cleanUp(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    for (Region &region : op.getRegions())
      cleanUp(region.front());
    if (op.use_empty() && (isSizeOp(&op) || isConstant(&op)))
      op.erase();
  }
}

struct NNOutlinePass : accel::impl::NNOutlineBase<NNOutlinePass> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock() ||
        !(llvm::any_of(main.getBody().front(), [](Operation &op) { return isScriptOp(&op); }) ||
          llvm::any_of(main.getArgumentTypes(), isBoxed)))
      return;
    std::unique_ptr<ProgramShapes> shapes = ProgramShapes::infer(main);
    Outliner outliner(main, *shapes);
    outliner.hoist();
    outliner.outline(main.getBody().front());
    outliner.cleanUp(main.getBody().front());
    main->setAttr(kScriptAttr, UnitAttr::get(&getContext()));
  }
};

} // namespace
