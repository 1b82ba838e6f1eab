// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gives every tensor of a program its bytes: value form to buffer form.
#include "accel-rt/Support.h"
#include "dialects/Exec/ExecDims.h"
#include "lib/Transforms/Exec/ArenaSearch.h"
#include "lib/Transforms/Exec/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"

namespace accel::exec {
#define GEN_PASS_DEF_EXECPLANMEMORY
#include "lib/Transforms/Exec/Passes.h.inc"
} // namespace accel::exec

using namespace mlir;
using namespace accel::exec;

namespace {

/// An intermediate that needs bytes of the arena. Steps number launches and copies from 0.
struct Slot {
  Value value;
  AffineExpr size;
  int64_t first, last;
};

/// An output that no dispatch can write.
struct OutputCopy {
  unsigned output;
  Value source;
  Location location;
};

class Planner {
public:
  explicit Planner(ProgramOp program) : program(program), context(program.getContext()) {}
  LogicalResult plan();

private:
  LogicalResult collect();
  void assignOutputs();
  LogicalResult assignSlots();
  void assignWeights();
  LogicalResult placeSlots();
  LogicalResult rewrite();

  void createPlaces(OpBuilder &builder);
  FailureOr<AffineMap> dimsOf(DispatchOp dispatch);
  FailureOr<AffineExpr> bytesOf(Value root);
  AffineMap mapOf(ArrayRef<AffineExpr> results) {
    return AffineMap::get(0, program.getNumSymbols(), results, context);
  }

  ProgramOp program;
  MLIRContext *context;
  SmallVector<DispatchOp> dispatches;
  llvm::MapVector<Value, unsigned> outputOf; ///< results that are written to outputs
  SmallVector<OutputCopy> copies;
  SmallVector<Slot> slots;
  SmallVector<std::pair<Value, int64_t>> weights; ///< constants with their offsets
  int64_t weightBytes = 0, arenaBytes = -1, liveBytes = -1;
  SmallVector<int64_t> offsets; ///< of slots; empty if a run's plan decides
  DenseMap<Value, Value> buffers;
};

/// What a value's bytes were made as.
Value rootOf(Value value) {
  while (auto view = value.getDefiningOp<ViewOp>())
    value = view.getInput();
  return value;
}

int64_t alignUp(int64_t bytes) { return llvm::alignTo(bytes, SlotOp::kAlignment); }

LogicalResult Planner::collect() {
  Block &block = program.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  for (Operation &op : block) {
    bool isSize = op.getNumRegions() == 0 && isPure(&op) &&
                  llvm::all_of(op.getResultTypes(), [](Type type) { return type.isIndex(); });
    if (auto dispatch = dyn_cast<DispatchOp>(op))
      dispatches.push_back(dispatch);
    else if (!isa<ViewOp, ConstantOp, YieldOp>(op) && !isSize)
      return op.emitOpError("cannot be planned: expected a dispatch, view, constant or size");
  }
  return success();
}

void Planner::assignOutputs() {
  auto yield = cast<YieldOp>(program.getBody().front().getTerminator());
  for (auto [i, value] : llvm::enumerate(yield.getValues())) {
    Value root = rootOf(value);
    if (!root.getDefiningOp<DispatchOp>() || !outputOf.insert({root, i}).second)
      copies.push_back({unsigned(i), root, value.getLoc()});
  }
}

FailureOr<AffineMap> Planner::dimsOf(DispatchOp dispatch) {
  SmallVector<AffineExpr> dims;
  for (auto [i, operand] : llvm::enumerate(dispatch.getDims())) {
    dims.push_back(dimOf(operand));
    if (!dims.back())
      return dispatch.emitOpError("cannot plan dim ")
             << i << ": expected an affine expression of the program's symbols";
  }
  return mapOf(dims);
}

FailureOr<AffineExpr> Planner::bytesOf(Value root) {
  auto type = cast<RankedTensorType>(root.getType());
  Type element = type.getElementType();
  if (type.hasStaticShape()) {
    SmallVector<AffineExpr> dims;
    for (int64_t dim : type.getShape())
      dims.push_back(getAffineConstantExpr(dim, context));
    return tensorBytes(dims, element);
  }
  if (auto argument = dyn_cast<BlockArgument>(root)) {
    unsigned input = argument.getArgNumber() - program.getNumSymbols();
    auto map = cast<AffineMapAttr>(program.getInputShapes()[input]).getValue();
    return tensorBytes(map.getResults(), element);
  }
  auto dispatch = root.getDefiningOp<DispatchOp>();
  assert(dispatch && "constants are static");
  auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(dispatch, dispatch.getKernelAttr());
  func::FuncOp function = kernel.getFunction();
  unsigned result = cast<OpResult>(root).getResultNumber();
  auto shape = function ? function.getResultAttrOfType<AffineMapAttr>(result, KernelOp::kShapeAttr)
                        : AffineMapAttr();
  // A lowered kernel has arguments behind its inputs for where its results go.
  unsigned destination = dispatch.getNumOperands() + result;
  if (!shape && function && destination < function.getNumArguments())
    shape = function.getArgAttrOfType<AffineMapAttr>(destination, KernelOp::kShapeAttr);
  if (!shape)
    return dispatch.emitOpError("cannot size result ")
           << result << ": expected a kernel in tensor form";
  FailureOr<AffineMap> dims = dimsOf(dispatch);
  if (failed(dims))
    return failure();
  return tensorBytes(composeDims(shape.getValue(), dims->getResults()), element);
}

LogicalResult Planner::assignSlots() {
  DenseMap<Value, unsigned> slotOf;
  for (auto [step, dispatch] : llvm::enumerate(dispatches)) {
    for (Value input : dispatch.getInputs())
      if (auto slot = slotOf.find(rootOf(input)); slot != slotOf.end())
        slots[slot->second].last = step;
    for (Value result : dispatch.getResults()) {
      if (outputOf.contains(result))
        continue;
      FailureOr<AffineExpr> size = bytesOf(result);
      if (failed(size))
        return failure();
      slotOf[result] = slots.size();
      slots.push_back({result, *size, int64_t(step), int64_t(step)});
    }
  }
  return success();
}

void Planner::assignWeights() {
  DenseMap<Attribute, int64_t> known;
  llvm::SmallDenseSet<Value> seen;
  auto use = [&](Value value) {
    auto constant = value.getDefiningOp<ConstantOp>();
    if (!constant || !seen.insert(value).second)
      return;
    auto [place, isNew] = known.try_emplace(constant.getValue(), weightBytes);
    weights.push_back({value, place->second});
    if (!isNew)
      return;
    auto type = constant.getType();
    int64_t bytes = type.getNumElements() * elementBytes(type.getElementType());
    // An offset stands for one constant, so that even one without elements takes a place.
    weightBytes = alignUp(weightBytes + std::max<int64_t>(bytes, 1));
  };
  for (DispatchOp dispatch : dispatches)
    for (Value input : dispatch.getInputs())
      use(rootOf(input));
  for (const OutputCopy &copy : copies)
    use(copy.source);
}

/// The largest sum of sizes that live at once.
int64_t largestLiveSet(ArrayRef<Slot> slots, ArrayRef<int64_t> sizes, size_t steps) {
  SmallVector<int64_t> change(steps + 1);
  for (auto [slot, size] : llvm::zip_equal(slots, sizes)) {
    change[slot.first] += alignUp(size);
    change[slot.last + 1] -= alignUp(size);
  }
  int64_t live = 0, largest = 0;
  for (int64_t delta : change)
    largest = std::max(largest, live += delta);
  return largest;
}

LogicalResult Planner::placeSlots() {
  SmallVector<int64_t> sizes, work(slots.size());
  SmallVector<accel_slot> descriptions;
  for (auto [i, slot] : llvm::enumerate(slots)) {
    auto size = dyn_cast<AffineConstantExpr>(slot.size);
    if (!size)
      return success();
    sizes.push_back(size.getValue());
    descriptions.push_back({int32_t(i), int32_t(slot.first), int32_t(slot.last)});
  }
  offsets.resize(slots.size());
  arenaBytes = accel_rt_plan_arena(descriptions.data(), slots.size(), sizes.data(), offsets.data(),
                                   work.data());
  if (arenaBytes < 0)
    return program.emitOpError("cannot be planned: its intermediates have more than 2^63 bytes");
  liveBytes = largestLiveSet(slots, sizes, dispatches.size());
  improvePlan(descriptions, sizes, liveBytes, arenaBytes, offsets);
  return success();
}

void Planner::createPlaces(OpBuilder &builder) {
  auto type = BufferType::get(context);
  unsigned symbols = program.getNumSymbols();
  llvm::SmallDenseSet<Value> used;
  for (DispatchOp dispatch : dispatches)
    for (Value input : dispatch.getInputs())
      used.insert(rootOf(input));
  for (const OutputCopy &copy : copies)
    used.insert(copy.source);

  for (BlockArgument argument : program.getBody().front().getArguments().drop_front(symbols))
    if (used.contains(argument))
      buffers[argument] =
          InputOp::create(builder, argument.getLoc(), type, argument.getArgNumber() - symbols);
  for (auto [value, output] : outputOf)
    buffers[value] = OutputOp::create(builder, value.getLoc(), type, output);

  DenseMap<int64_t, Value> weightAt;
  for (auto [value, offset] : weights) {
    Value &weight = weightAt[offset];
    if (!weight)
      weight = WeightOp::create(builder, value.getLoc(), type, offset,
                                value.getDefiningOp<ConstantOp>().getValue());
    buffers[value] = weight;
  }
  for (auto [i, slot] : llvm::enumerate(slots)) {
    auto op = SlotOp::create(builder, slot.value.getLoc(), type, i, mapOf(slot.size), slot.first,
                             slot.last, /*offset=*/IntegerAttr());
    if (!offsets.empty())
      op.setOffset(offsets[i]);
    buffers[slot.value] = op;
  }
}

LogicalResult Planner::rewrite() {
  Block &values = program.getBody().front();
  auto *block = new Block();
  program.getBody().push_back(block);
  for (unsigned i = 0; i < program.getNumSymbols(); ++i)
    block->addArgument(values.getArgument(i).getType(), values.getArgument(i).getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(block);
  createPlaces(builder);

  for (DispatchOp dispatch : dispatches) {
    FailureOr<AffineMap> dims = dimsOf(dispatch);
    if (failed(dims))
      return failure();
    SmallVector<Value> inputs, outputs;
    for (Value input : dispatch.getInputs())
      inputs.push_back(buffers.at(rootOf(input)));
    for (Value result : dispatch.getResults())
      outputs.push_back(buffers.at(result));
    LaunchOp::create(builder, dispatch.getLoc(), dispatch.getKernelAttr(),
                     AffineMapAttr::get(*dims), inputs, outputs, dispatch.getFlopsAttr(),
                     dispatch.getBytesAttr());
  }
  for (const OutputCopy &copy : copies) {
    FailureOr<AffineExpr> size = bytesOf(copy.source);
    if (failed(size))
      return failure();
    Value output = OutputOp::create(builder, copy.location, BufferType::get(context), copy.output);
    CopyOp::create(builder, copy.location, output, buffers.at(copy.source), mapOf(*size));
  }
  YieldOp::create(builder, program.getLoc(), ValueRange());

  values.dropAllReferences();
  values.erase();
  program.setWeightBytes(weightBytes);
  if (arenaBytes >= 0) {
    program.setArenaBytes(arenaBytes);
    program.setLiveBytes(liveBytes);
  }
  return success();
}

LogicalResult Planner::plan() {
  if (program.isBufferForm())
    return success();
  if (failed(collect()))
    return failure();
  assignOutputs();
  if (failed(assignSlots()))
    return failure();
  assignWeights();
  if (failed(placeSlots()))
    return failure();
  return rewrite();
}

struct ExecPlanMemoryPass : accel::exec::impl::ExecPlanMemoryBase<ExecPlanMemoryPass> {
  void runOnOperation() override {
    llvm::DenseSet<StringAttr> launched;
    for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
      if (failed(Planner(program).plan()))
        return signalPassFailure();
      program.walk([&](LaunchOp launch) { launched.insert(launch.getKernelAttr().getAttr()); });
    }
    for (KernelOp kernel : llvm::make_early_inc_range(getOperation().getOps<KernelOp>()))
      if (!launched.contains(kernel.getSymNameAttr()))
        kernel.erase();
  }
};

} // namespace
