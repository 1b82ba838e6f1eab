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

/// An operand of a concatenation in the bytes of its result.
struct Part {
  ConcatOp concat;
  unsigned operand;
  AffineExpr offset, size; ///< in the result's bytes
  Value value;             ///< what is written there in place; null: the operand is copied
  int64_t first = -1, last = -1;
};

/// A launch, or the copy of an operand of a concatenation or of rows to the end of a state.
struct Step {
  DispatchOp dispatch;
  unsigned part = 0; ///< of those that are copied
  AppendOp append = {};
};

/// An output that no dispatch can write.
struct OutputCopy {
  unsigned output;
  Value source;
  Location location;
};

/// Where the constants of a module's programs lie.
struct Weights {
  DenseMap<Attribute, int64_t> offsets;
  int64_t bytes = 0;

  int64_t place(ConstantOp constant);
};

class Planner {
public:
  Planner(ProgramOp program, Weights &weights)
      : program(program), context(program.getContext()), allWeights(weights) {}
  LogicalResult plan();

private:
  LogicalResult collect();
  void shareLeadingOperands();
  void assignOutputs();
  LogicalResult assignParts();
  std::string whyCopied(Value root);
  unsigned outputOfState(AppendOp append);
  bool isInPlace(AppendOp append);
  Value slotRootOf(Value value);
  LogicalResult assignSlots();
  void assignWeights();
  LogicalResult placeSlots();
  LogicalResult rewrite();

  void createPlaces(OpBuilder &builder);
  FailureOr<AffineMap> dimsOf(DispatchOp dispatch);
  FailureOr<AffineExpr> bytesOf(Value value);
  AffineMap mapOf(ArrayRef<AffineExpr> results) {
    return AffineMap::get(0, program.getNumSymbols(), results, context);
  }

  ProgramOp program;
  MLIRContext *context;
  Weights &allWeights;
  SmallVector<DispatchOp> dispatches;
  SmallVector<ConcatOp> concats;
  SmallVector<AppendOp> appends;
  SmallVector<Part> parts;          ///< in the order of their concatenations
  DenseMap<Value, unsigned> partOf; ///< parts that are written in place, by value
  SmallVector<Step> steps;
  llvm::MapVector<Value, unsigned> outputOf; ///< results that are written to outputs
  SmallVector<OutputCopy> copies;
  SmallVector<Slot> slots;
  SmallVector<std::pair<Value, int64_t>> weights; ///< constants with their offsets
  int64_t arenaBytes = -1, liveBytes = -1;
  SmallVector<int64_t> offsets; ///< of slots; empty if a run's plan decides
  DenseMap<Value, Value> buffers;
  SmallVector<Value> partBuffers;
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
    else if (auto concat = dyn_cast<ConcatOp>(op))
      concats.push_back(concat);
    else if (auto append = dyn_cast<AppendOp>(op))
      appends.push_back(append);
    else if (!isa<ViewOp, ConstantOp, YieldOp>(op) && !isSize)
      return op.emitOpError("cannot be planned: expected a dispatch, concatenation, append, view, "
                            "constant or size");
  }
  return success();
}

/// Where all operands of an earlier concatenation are the first ones of a later, as in a dense
/// block, the earlier one's result is: only so can both be in place.
void Planner::shareLeadingOperands() {
  for (auto [i, concat] : llvm::enumerate(concats)) {
    ConcatOp best;
    for (ConcatOp earlier : ArrayRef(concats).take_front(i)) {
      size_t count = earlier.getInputs().size();
      if (count > 1 && count < concat.getInputs().size() &&
          (!best || count > best.getInputs().size()) &&
          llvm::equal(earlier.getInputs(), concat.getInputs().take_front(count)))
        best = earlier;
    }
    if (!best)
      continue;
    SmallVector<Value> operands{best.getResult()};
    llvm::append_range(operands, concat.getInputs().drop_front(best.getInputs().size()));
    concat.getInputsMutable().assign(operands);
  }
}

/// Why an operand cannot be written where the result of a concatenation has it; empty if it can.
std::string Planner::whyCopied(Value root) {
  if (isa<BlockArgument>(root))
    return "is an input";
  if (root.getDefiningOp<ConstantOp>())
    return "is a constant";
  if (root.getDefiningOp<AppendOp>())
    return "is a state";
  if (outputOf.contains(root))
    return "is an output";
  if (partOf.contains(root))
    return "lies in another concatenation, or in this one before";
  return "";
}

LogicalResult Planner::assignParts() {
  for (ConcatOp concat : concats) {
    AffineExpr offset = getAffineConstantExpr(0, context);
    std::string copied;
    for (auto [i, operand] : llvm::enumerate(concat.getInputs())) {
      if (!offset.isMultipleOf(SlotOp::kAlignment)) {
        std::string byte;
        llvm::raw_string_ostream(byte) << offset;
        return concat.emitOpError("cannot be planned: an operand would begin at byte ")
               << byte << ", expected a multiple of " << SlotOp::kAlignment;
      }
      Value root = rootOf(operand);
      // By the operand's own sizes, which say more than those behind views.
      FailureOr<AffineExpr> size = bytesOf(operand);
      if (failed(size))
        return failure();
      std::string why = whyCopied(root);
      if (why.empty())
        partOf[root] = parts.size();
      else
        copied += (copied.empty() ? ": operand " : "; operand ") + std::to_string(i) + " " + why;
      parts.push_back({concat, unsigned(i), offset, *size, why.empty() ? root : Value()});
      offset = offset + *size;
    }
    if (copied.empty())
      mlir::emitRemark(concat.getLoc(), "concatenation in place");
    else
      mlir::emitRemark(concat.getLoc(), "concatenation with copies") << copied;
  }
  return success();
}

/// The value whose slot holds a value's bytes.
Value Planner::slotRootOf(Value value) {
  value = rootOf(value);
  while (true) {
    auto part = partOf.find(value);
    if (part == partOf.end())
      return value;
    value = parts[part->second].concat.getResult();
  }
}

unsigned Planner::outputOfState(AppendOp append) {
  return program.getOutputTypes().size() - program.getNumStates() + *append.getNumber();
}

/// True if what makes the rows writes them behind the state.
bool Planner::isInPlace(AppendOp append) {
  auto place = outputOf.find(rootOf(append.getRows()));
  return place != outputOf.end() && place->second == outputOfState(append);
}

void Planner::assignOutputs() {
  auto yield = cast<YieldOp>(program.getBody().front().getTerminator());
  // Rows of a state are read where the state is, so they are there before they are read.
  llvm::SmallDenseSet<unsigned> appended;
  for (AppendOp append : appends)
    appended.insert(outputOfState(append));
  for (auto [i, value] : llvm::enumerate(yield.getValues())) {
    Value root = rootOf(value);
    bool isMade = isa_and_present<DispatchOp, ConcatOp>(root.getDefiningOp());
    if (isMade && outputOf.insert({root, i}).second)
      continue;
    if (!appended.contains(i))
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

FailureOr<AffineExpr> Planner::bytesOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Type element = type.getElementType();
  if (type.hasStaticShape()) {
    SmallVector<AffineExpr> dims;
    for (int64_t dim : type.getShape())
      dims.push_back(getAffineConstantExpr(dim, context));
    return tensorBytes(dims, element);
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned input = argument.getArgNumber() - program.getNumSymbols();
    auto map = cast<AffineMapAttr>(program.getInputShapes()[input]).getValue();
    return tensorBytes(map.getResults(), element);
  }
  if (auto concat = value.getDefiningOp<ConcatOp>()) {
    AffineExpr sum = getAffineConstantExpr(0, context);
    for (Value input : concat.getInputs()) {
      FailureOr<AffineExpr> size = bytesOf(input);
      if (failed(size))
        return failure();
      sum = sum + *size;
    }
    return sum;
  }
  // Ops that give the sizes of their dynamic dims.
  auto sized = [&](Operation *op, ValueRange given) -> FailureOr<AffineExpr> {
    SmallVector<AffineExpr> dims;
    unsigned dynamic = 0;
    for (int64_t dim : type.getShape())
      dims.push_back(ShapedType::isDynamic(dim) ? dimOf(given[dynamic++])
                                                : getAffineConstantExpr(dim, context));
    if (llvm::is_contained(dims, AffineExpr()))
      return op->emitOpError("cannot size: expected affine expressions of the program's symbols");
    return tensorBytes(dims, element);
  };
  if (auto view = value.getDefiningOp<ViewOp>())
    return sized(view, view.getDims());
  if (auto append = value.getDefiningOp<AppendOp>())
    return sized(append, append.getDims());
  auto dispatch = value.getDefiningOp<DispatchOp>();
  assert(dispatch && "constants are static");
  auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(dispatch, dispatch.getKernelAttr());
  func::FuncOp function = kernel.getFunction();
  unsigned result = cast<OpResult>(value).getResultNumber();
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
  int64_t step = 0;
  // Bytes are used by a step: those of the value, and of all that they lie within.
  auto use = [&](Value value) {
    value = rootOf(value);
    for (auto part = partOf.find(value); part != partOf.end(); part = partOf.find(value)) {
      Part &within = parts[part->second];
      within.first = within.first < 0 ? step : within.first;
      within.last = step;
      value = within.concat.getResult();
    }
    if (auto slot = slotOf.find(value); slot != slotOf.end())
      slots[slot->second].last = step;
  };
  auto define = [&](Value value) -> LogicalResult {
    Value root = slotRootOf(value);
    if (!outputOf.contains(root) && !slotOf.contains(root)) {
      FailureOr<AffineExpr> size = bytesOf(root);
      if (failed(size))
        return failure();
      slotOf[root] = slots.size();
      slots.push_back({root, *size, step, step});
    }
    use(value);
    return success();
  };
  unsigned nextPart = 0;
  for (Operation &op : program.getBody().front()) {
    if (auto dispatch = dyn_cast<DispatchOp>(op)) {
      for (Value input : dispatch.getInputs())
        use(input);
      for (Value result : dispatch.getResults())
        if (failed(define(result)))
          return failure();
      steps.push_back({dispatch});
      ++step;
    } else if (auto concat = dyn_cast<ConcatOp>(op)) {
      for (Value input : concat.getInputs()) {
        Part &part = parts[nextPart];
        if (!part.value) {
          use(input);
          if (failed(define(concat.getResult())))
            return failure();
          part.first = part.last = step;
          steps.push_back({DispatchOp(), nextPart});
          ++step;
        }
        ++nextPart;
      }
    } else if (auto append = dyn_cast<AppendOp>(op); append && !isInPlace(append)) {
      use(append.getRows());
      steps.push_back({DispatchOp(), 0, append});
      ++step;
    }
  }
  for (const OutputCopy &copy : copies) {
    use(copy.source);
    ++step;
  }
  return success();
}

int64_t Weights::place(ConstantOp constant) {
  auto [place, isNew] = offsets.try_emplace(constant.getValue(), bytes);
  if (isNew) {
    auto type = cast<RankedTensorType>(constant.getType());
    int64_t size = type.getNumElements() * elementBytes(type.getElementType());
    // An offset stands for one constant, so that even one without elements takes a place.
    bytes = alignUp(bytes + std::max<int64_t>(size, 1));
  }
  return place->second;
}

void Planner::assignWeights() {
  llvm::SmallDenseSet<Value> seen;
  auto use = [&](Value value) {
    auto constant = value.getDefiningOp<ConstantOp>();
    if (constant && seen.insert(value).second)
      weights.push_back({value, allWeights.place(constant)});
  };
  for (DispatchOp dispatch : dispatches)
    for (Value input : dispatch.getInputs())
      use(rootOf(input));
  for (ConcatOp concat : concats)
    for (Value input : concat.getInputs())
      use(rootOf(input));
  for (AppendOp append : appends)
    use(rootOf(append.getRows()));
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
  liveBytes = largestLiveSet(slots, sizes, steps.size() + copies.size());
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
  for (ConcatOp concat : concats)
    for (Value input : concat.getInputs())
      used.insert(rootOf(input));
  for (AppendOp append : appends)
    used.insert(rootOf(append.getRows()));
  for (const OutputCopy &copy : copies)
    used.insert(copy.source);

  for (BlockArgument argument : program.getBody().front().getArguments().drop_front(symbols))
    if (used.contains(argument))
      buffers[argument] =
          InputOp::create(builder, argument.getLoc(), type, argument.getArgNumber() - symbols);
  for (auto [value, output] : outputOf)
    buffers[value] = OutputOp::create(builder, value.getLoc(), type, output, AffineMapAttr());

  for (AppendOp append : appends) {
    unsigned input = cast<BlockArgument>(append.getState()).getArgNumber() - symbols;
    buffers[append] = InputOp::create(builder, append.getLoc(), type, input);
  }

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
                             slot.last, /*offset=*/IntegerAttr(), /*within=*/IntegerAttr(),
                             AffineMapAttr());
    if (!offsets.empty())
      op.setOffset(offsets[i]);
    buffers[slot.value] = op;
  }
  // Parts of results, whose own places come first. All of an output has an op of its own, so that
  // what reads it knows all its parts.
  partBuffers.resize(parts.size());
  int64_t number = slots.size();
  for (size_t i = parts.size(); i-- > 0;) {
    Part &part = parts[i];
    Value operand = part.concat.getInputs()[part.operand], &buffer = partBuffers[i];
    Operation *place = buffers.at(part.concat.getResult()).getDefiningOp();
    if (auto output = dyn_cast<OutputOp>(place)) {
      AffineExpr before =
          output.getBegin() ? output.getBegin()->getResult(0) : getAffineConstantExpr(0, context);
      buffer = OutputOp::create(builder, operand.getLoc(), type, output.getIndex(),
                                AffineMapAttr::get(mapOf(before + part.offset)));
      if (part.value)
        buffers[part.value] = buffer;
      continue;
    }
    auto whole = cast<SlotOp>(place);
    auto op = SlotOp::create(builder, operand.getLoc(), type, number++, mapOf(part.size),
                             part.first, part.last, /*offset=*/IntegerAttr(),
                             /*within=*/IntegerAttr(), AffineMapAttr());
    auto offset = dyn_cast<AffineConstantExpr>(part.offset);
    if (whole.getOffset() && offset && isa<AffineConstantExpr>(part.size))
      op.setOffset(*whole.getOffset() + offset.getValue());
    else
      op.setBegin(mapOf(part.offset));
    op.setWithin(whole.getNumber());
    buffer = op;
    if (part.value)
      buffers[part.value] = op;
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

  for (const Step &step : steps) {
    DispatchOp dispatch = step.dispatch;
    if (AppendOp append = step.append) {
      Value root = rootOf(append.getRows());
      FailureOr<AffineExpr> size = bytesOf(root);
      if (failed(size))
        return failure();
      Value output = OutputOp::create(builder, append.getLoc(), BufferType::get(context),
                                      outputOfState(append), AffineMapAttr());
      CopyOp::create(builder, append.getLoc(), output, buffers.at(root), mapOf(*size));
      continue;
    }
    if (!dispatch) {
      Part &part = parts[step.part];
      Value operand = part.concat.getInputs()[part.operand];
      CopyOp::create(builder, part.concat.getLoc(), partBuffers[step.part],
                     buffers.at(rootOf(operand)), mapOf(part.size));
      continue;
    }
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
    Value output = OutputOp::create(builder, copy.location, BufferType::get(context), copy.output,
                                    AffineMapAttr());
    CopyOp::create(builder, copy.location, output, buffers.at(copy.source), mapOf(*size));
  }
  YieldOp::create(builder, program.getLoc(), ValueRange());

  values.dropAllReferences();
  values.erase();
  program.setWeightBytes(allWeights.bytes);
  if (arenaBytes >= 0) {
    program.setArenaBytes(arenaBytes);
    program.setLiveBytes(liveBytes);
  }
  return success();
}

/// A script keeps its form: it learns where its constants lie, and what the largest segment needs.
void planScript(ModuleOp module, ProgramOp script, Weights &weights) {
  script.walk([&](ConstantOp constant) { constant.setOffset(weights.place(constant)); });
  script.setWeightBytes(weights.bytes);
  int64_t arenaBytes = 0, liveBytes = 0;
  for (ProgramOp segment : module.getOps<ProgramOp>()) {
    if (!segment.getSegment())
      continue;
    if (!segment.getArenaBytes())
      return;
    arenaBytes = std::max(arenaBytes, *segment.getArenaBytes());
    liveBytes = std::max(liveBytes, segment.getLiveBytes().value_or(0));
  }
  script.setArenaBytes(arenaBytes);
  script.setLiveBytes(liveBytes);
}

LogicalResult Planner::plan() {
  if (failed(collect()))
    return failure();
  shareLeadingOperands();
  assignOutputs();
  if (failed(assignParts()) || failed(assignSlots()))
    return failure();
  assignWeights();
  if (failed(placeSlots()))
    return failure();
  return rewrite();
}

struct ExecPlanMemoryPass : accel::exec::impl::ExecPlanMemoryBase<ExecPlanMemoryPass> {
  void runOnOperation() override {
    llvm::DenseSet<StringAttr> launched;
    Weights weights;
    for (ProgramOp program : getOperation().getOps<ProgramOp>()) {
      if (program.getScript())
        continue;
      if (!program.isBufferForm() && failed(Planner(program, weights).plan()))
        return signalPassFailure();
      program.walk([&](LaunchOp launch) { launched.insert(launch.getKernelAttr().getAttr()); });
    }
    if (ProgramOp program = ProgramOp::of(getOperation()); program && program.getScript())
      planScript(getOperation(), program, weights);
    for (KernelOp kernel : llvm::make_early_inc_range(getOperation().getOps<KernelOp>()))
      if (!launched.contains(kernel.getSymNameAttr()))
        kernel.erase();
  }
};

} // namespace
