// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cuts @main into kernels and a program that dispatches them.
#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecNames.h"
#include "dialects/NN/NNProgramShapes.h"
#include "dialects/NN/NNStates.h"
#include "lib/Conversion/NNToExec/Kernels.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Conversion/NNToExec/Stages.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace accel {
#define GEN_PASS_DEF_CONVERTNNTOEXEC
#include "lib/Conversion/NNToExec/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {

Location coveredLocation(const KernelGroup &group) {
  llvm::SetVector<Location> locations;
  for (Operation *op : group.ops)
    locations.insert(op->getLoc());
  return FusedLoc::get(group.ops.front()->getContext(), locations.getArrayRef());
}

/// The program that is made of one function.
class ProgramMaker {
public:
  ProgramMaker(func::FuncOp main, ProgramShapes &shapes, KnownKernels &known,
               const StageCosts &costs)
      : main(main), source(main.getBody().front()), shapes(shapes), costs(costs),
        numSymbols(shapes.countSymbols()), builder(main), kernels(builder, shapes, known) {}

  void run() {
    declare().setSegment(main->hasAttr(kSegmentAttr));
    llvm::SmallPtrSet<Operation *, 32> live = liveOps(source);
    SmallVector<KernelGroup> groups = formKernelGroups(source, live, shapes);
    joinStages(groups, live, shapes, costs);
    DenseMap<Operation *, const KernelGroup *> byLast;
    for (const KernelGroup &group : groups)
      byLast[group.ops.back()] = &group;
    for (Operation &op : source) {
      if (auto bind = dyn_cast<BindDimsOp>(op))
        mapping.map(bind.getResult(), value(bind.getInput()));
      else if (isa<ViewOpInterface>(op) && live.contains(&op))
        view(op);
      else if (auto group = byLast.find(&op); group != byLast.end())
        compute(*group->second);
    }
    SmallVector<Value> outputs;
    for (Value output : source.getTerminator()->getOperands())
      outputs.push_back(value(output));
    exec::YieldOp::create(inside, main.getLoc(), outputs);
  }

  /// Of what `nn-outline` left.
  void runScript() {
    declare().setScript(true);
    for (Operation &op : source.without_terminator()) {
      if (auto bind = dyn_cast<BindDimsOp>(op)) {
        Value input = value(bind.getInput());
        mapping.map(bind.getResult(), input);
        if (auto loop = input.getDefiningOp<LoopOp>()) {
          SmallVector<Attribute> known = llvm::to_vector(loop.getResultShapes()->getValue());
          known[cast<OpResult>(input).getResultNumber()] =
              AffineMapAttr::get(shapeOf(bind.getResult()));
          loop.setResultShapesAttr(builder.getArrayAttr(known));
        }
      }
      if (isa<BindDimsOp, ConstantOp>(op))
        continue;
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (operand.getParentBlock() == &source)
            (void)value(operand);
      });
      Operation *copy = inside.clone(op, mapping);
      if (auto loop = dyn_cast<LoopOp>(copy)) {
        SmallVector<AffineMap> known;
        for (Value result : op.getResults())
          known.push_back(shapeOf(result));
        loop.setResultShapesAttr(builder.getAffineMapArrayAttr(known));
      }
      // The copy itself may be replaced.
      SmallVector<Value> results = toScript(copy);
      mapping.map(op.getResults(), results);
    }
    SmallVector<Value> outputs;
    for (Value output : source.getTerminator()->getOperands())
      outputs.push_back(value(output));
    exec::YieldOp::create(inside, main.getLoc(), outputs);
  }

private:
  /// Calls and constants of nn in an op, and the op itself, as those of exec; the op's results
  /// then.
  static SmallVector<Value> toScript(Operation *op) {
    SmallVector<Value> results(op->getResults());
    op->walk([&](Operation *inner) {
      OpBuilder at(inner);
      if (auto call = dyn_cast<func::CallOp>(inner)) {
        auto run = exec::RunOp::create(at, call.getLoc(), call.getResultTypes(), call.getCallee(),
                                       call.getOperands());
        call.replaceAllUsesWith(run);
        if (inner == op)
          results.assign(run.result_begin(), run.result_end());
        call.erase();
      } else if (auto constant = dyn_cast<ConstantOp>(inner)) {
        constant.replaceAllUsesWith(
            exec::ConstantOp::create(at, constant.getLoc(), constant.getType(), constant.getValue())
                .getResult());
        constant.erase();
      } else if (auto bind = dyn_cast<BindDimsOp>(inner)) {
        bind.replaceAllUsesWith(bind.getInput());
        bind.erase();
      }
    });
    return results;
  }

  /// The symbols that a size is divided by cannot be 0.
  SmallVector<int64_t> smallestSizes() {
    SmallVector<int64_t> minima;
    for (unsigned symbol = 0; symbol < shapes.names().size(); ++symbol)
      minima.push_back(shapes.boundsOf(symbol).low);
    auto isNamed = [&](AffineSymbolExpr symbol) {
      return symbol && symbol.getPosition() < minima.size();
    };
    for (Operation &op : source)
      for (Value result : op.getResults())
        if (isa<RankedTensorType>(result.getType()))
          for (Dim dim : shapes.get(result))
            dim.walk([&](AffineExpr part) {
              auto binary = dyn_cast<AffineBinaryOpExpr>(part);
              if (binary && part.getKind() != AffineExprKind::Add &&
                  part.getKind() != AffineExprKind::Mul)
                binary.getRHS().walk([&](AffineExpr divisor) {
                  auto symbol = dyn_cast<AffineSymbolExpr>(divisor);
                  if (isNamed(symbol))
                    minima[symbol.getPosition()] =
                        std::max<int64_t>(minima[symbol.getPosition()], 1);
                });
            });
    return minima;
  }

  /// A dim over the program's symbols, or the symbol past those if only the run knows it.
  Dim dimOf(Dim dim) {
    dim = shapes.inProgram(dim);
    bool isKnown = true;
    dim.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      isKnown &= !symbol || symbol.getPosition() < numSymbols;
    });
    return isKnown ? dim : getAffineSymbolExpr(numSymbols, dim.getContext());
  }

  /// A tensor's dims over the program's symbols, and one past those that stands for unknown ones.
  AffineMap shapeOf(Value tensor) {
    SmallVector<Dim> dims;
    for (Dim dim : shapes.get(tensor))
      dims.push_back(dimOf(dim));
    bool hasUnknown = llvm::is_contained(dims, getAffineSymbolExpr(numSymbols, main.getContext()));
    return AffineMap::get(0, numSymbols + hasUnknown, dims, main.getContext());
  }

  /// Creates the program without its body's ops.
  exec::ProgramOp declare() {
    ArrayRef<StringAttr> names = shapes.names();
    SmallVector<Attribute> symbols(names.begin(), names.end());
    SmallVector<int64_t> minima = smallestSizes(), maxima;
    for (unsigned symbol = 0; symbol < names.size(); ++symbol)
      maxima.push_back(shapes.boundsOf(symbol).high);
    SmallVector<Attribute> inputNames, inputTypes, inputShapes, outputNames, outputTypes,
        outputShapes;
    auto add = [&](Value tensor, StringAttr name, const Twine &other, auto &names, auto &types,
                   auto &maps) {
      names.push_back(name ? name : builder.getStringAttr(other));
      types.push_back(TypeAttr::get(tensor.getType()));
      maps.push_back(AffineMapAttr::get(shapeOf(tensor)));
    };
    for (BlockArgument argument : source.getArguments())
      add(argument, main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.name"),
          "input_" + Twine(argument.getArgNumber()), inputNames, inputTypes, inputShapes);
    for (auto [i, output] : llvm::enumerate(source.getTerminator()->getOperands()))
      add(output, main.getResultAttrOfType<StringAttr>(i, "nn.name"), "output_" + Twine(i),
          outputNames, outputTypes, outputShapes);
    auto array = [&](ArrayRef<Attribute> attributes) { return builder.getArrayAttr(attributes); };
    auto program =
        exec::ProgramOp::create(builder, main.getLoc(), main.getSymName(), array(symbols), minima,
                                maxima, array(inputNames), array(inputTypes), array(inputShapes),
                                array(outputNames), array(outputTypes), array(outputShapes));
    addDerived(program);
    if (auto axes = main->getAttrOfType<DenseI64ArrayAttr>(kStateAxesAttr)) {
      program.setStateAxesAttr(axes);
      program.setStateAppendsAttr(main->getAttrOfType<DenseBoolArrayAttr>(kStateAppendsAttr));
    }
    builder.setInsertionPoint(program); // kernels come before the program
    Block &block = program.getBody().emplaceBlock();
    for (unsigned i = 0; i < numSymbols; ++i)
      sizes.push_back(block.addArgument(builder.getIndexType(), main.getLoc()));
    for (BlockArgument argument : source.getArguments())
      mapping.map(argument, block.addArgument(argument.getType(), argument.getLoc()));
    inside = OpBuilder::atBlockBegin(&block);
    return program;
  }

  /// Symbols that are defined, and what a run checks.
  void addDerived(exec::ProgramOp program) {
    SmallVector<AffineMap> derived, requirements;
    for (const LeastDim &least : shapes.usedDefinitions())
      derived.push_back(AffineMap::get(0, least.symbol, {least.a, least.b}, main.getContext()));
    SmallVector<Attribute> texts;
    for (const Requirement &requirement : shapes.requirements()) {
      SmallVector<Dim> conditions;
      for (Dim condition : requirement.conditions)
        conditions.push_back(shapes.inProgram(condition));
      auto map = AffineMap::get(0, numSymbols, conditions, main.getContext());
      if (llvm::is_contained(requirements, map))
        continue; // it would always fail first
      requirements.push_back(map);
      SmallVector<StringRef> nodes = exec::nodeNames(requirement.location);
      texts.push_back(builder.getStringAttr(
          (nodes.empty() ? "" : "node '" + llvm::join(nodes, "', '") + "': ") +
          shapes.text(requirement)));
    }
    if (!derived.empty())
      program.setDerivedAttr(builder.getAffineMapArrayAttr(derived));
    if (requirements.empty())
      return;
    program.setRequirementsAttr(builder.getAffineMapArrayAttr(requirements));
    program.setRequirementTextsAttr(builder.getArrayAttr(texts));
  }

  /// The program's value for a value of @main; constants appear where they are used first.
  Value value(Value from) {
    if (Value known = mapping.lookupOrNull(from))
      return known;
    auto constant = from.getDefiningOp<ConstantOp>();
    assert(constant && "a value is defined before it is used");
    Value made = exec::ConstantOp::create(inside, constant.getLoc(), constant.getType(),
                                          constant.getValue());
    mapping.map(from, made);
    return made;
  }

  Value size(Dim dim, Location location) {
    dim = shapes.inProgram(dim);
    if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
      return sizes[symbol.getPosition()];
    Value &known = computed[dim];
    if (!known)
      known = affine::AffineApplyOp::create(inside, location, AffineMap::get(0, numSymbols, dim),
                                            sizes);
    return known;
  }

  /// The sizes of a tensor's dynamic dims.
  SmallVector<Value> dynamicDims(Value tensor, Location location) {
    SmallVector<Value> dims;
    auto type = cast<RankedTensorType>(tensor.getType());
    const Shape shape = shapes.get(tensor);
    for (auto [i, dim] : llvm::enumerate(shape))
      if (type.isDynamicDim(i))
        dims.push_back(constantDim(dim)
                           ? arith::ConstantIndexOp::create(inside, location, *constantDim(dim))
                           : size(dim, location));
    return dims;
  }

  void view(Operation &op) {
    SmallVector<Value> dims = dynamicDims(op.getResult(0), op.getLoc());
    mapping.map(op.getResult(0),
                exec::ViewOp::create(inside, op.getLoc(), op.getResult(0).getType(),
                                     value(op.getOperand(0)), dims));
  }

  /// True if a concatenation puts the rows that are a state's output behind the state itself.
  bool appendsToState(ConcatOp concat) {
    auto axes = main->getAttrOfType<DenseI64ArrayAttr>(kStateAxesAttr);
    Value state = concat.getInputs()[0];
    while (auto bind = state.getDefiningOp<BindDimsOp>())
      state = bind.getInput();
    auto argument = dyn_cast<BlockArgument>(state);
    if (!concat->hasAttr(kAppendAttr) || !axes || !argument || argument.getOwner() != &source ||
        concat.getInputs().size() != 2)
      return false;
    int64_t number =
        int64_t(argument.getArgNumber()) + int64_t(axes.size()) - int64_t(source.getNumArguments());
    OperandRange outputs = source.getTerminator()->getOperands();
    return number >= 0 && main->getAttrOfType<DenseBoolArrayAttr>(kStateAppendsAttr)[number] &&
           value(outputs[outputs.size() - axes.size() + number]) == value(concat.getInputs()[1]);
  }

  void compute(const KernelGroup &group) {
    auto concat = group.ops.size() == 1 ? dyn_cast<ConcatOp>(group.ops[0]) : nullptr;
    if (concat && concat->hasAttr(kAppendAttr) && appendsToState(concat)) {
      mapping.map(concat.getResult(),
                  exec::AppendOp::create(inside, concat.getLoc(), concat.getType(),
                                         value(concat.getInputs()[0]), value(concat.getInputs()[1]),
                                         dynamicDims(concat.getResult(), concat.getLoc())));
      return;
    }
    std::string why = concat ? whyKernel(concat) : "";
    if (concat && why.empty()) {
      SmallVector<Value> inputs;
      for (Value input : concat.getInputs())
        inputs.push_back(value(input));
      mapping.map(concat.getResult(),
                  exec::ConcatOp::create(inside, concat.getLoc(), concat.getType(), inputs));
      return;
    }
    dispatch(group, why.empty() ? group.boundary
                                : group.boundary + "; its operands are copied because " + why);
  }

  /// Why a concatenation is a kernel that copies, rather than a matter of where its operands lie;
  /// empty if it is not.
  std::string whyKernel(ConcatOp op) {
    Type element = cast<RankedTensorType>(op.getType()).getElementType();
    if (llvm::any_of(ArrayRef(shapes.get(op.getResult())).take_front(op.getAxis()),
                     [](Dim dim) { return constantDim(dim) != 1; }))
      return "they do not lie one behind the other in the result";
    AffineExpr offset = inside.getAffineConstantExpr(0);
    for (Value input : op.getInputs()) {
      if (!offset.isMultipleOf(exec::SlotOp::kAlignment)) {
        auto known = dyn_cast<AffineConstantExpr>(offset);
        return (known ? "one would begin at byte " + std::to_string(known.getValue()) + ", which is"
                      : "one would begin at a byte that may be") +
               " no multiple of " + std::to_string(exec::SlotOp::kAlignment);
      }
      SmallVector<AffineExpr> dims;
      for (Dim dim : shapes.get(input))
        dims.push_back(shapes.inProgram(dim));
      offset = offset + exec::tensorBytes(dims, element);
    }
    // What has to be copied anyway is copied by several threads.
    if (llvm::none_of(op.getInputs(), [](Value input) {
          while (input.getDefiningOp() && isa<ViewOpInterface>(input.getDefiningOp()))
            input = input.getDefiningOp()->getOperand(0);
          return input.getDefiningOp() && isKernelOp(input.getDefiningOp());
        }))
      return "they are inputs and constants";
    return "";
  }

  void dispatch(const KernelGroup &group, StringRef boundary) {
    KernelUse use = kernels.make(group);
    if (!boundary.empty() && !use.kernel->hasAttr(exec::KernelOp::kBoundaryAttr))
      use.kernel->setAttr(exec::KernelOp::kBoundaryAttr, builder.getStringAttr(boundary));
    Location location = coveredLocation(group);
    SmallVector<Value> dims, inputs;
    for (Dim dim : use.dims)
      dims.push_back(size(dim, location));
    for (Value input : use.inputs)
      inputs.push_back(value(input));
    auto dispatch = exec::DispatchOp::create(inside, location, group.result().getType(),
                                             use.kernel.getSymName(), dims, inputs);
    if (std::optional<double> flops = flopsOf(group, shapes))
      dispatch->setAttr("flops", builder.getF64FloatAttr(*flops));
    if (std::optional<double> bytes = bytesOf(use, group.result(), shapes))
      dispatch->setAttr("bytes", builder.getF64FloatAttr(*bytes));
    mapping.map(group.result(), dispatch.getResult(0));
  }

  func::FuncOp main;
  Block &source;
  ProgramShapes &shapes;
  StageCosts costs;
  unsigned numSymbols;
  OpBuilder builder, inside{main.getContext()};
  KernelMaker kernels;
  IRMapping mapping;
  SmallVector<Value> sizes; ///< the program's symbols, defined ones too
  DenseMap<Dim, Value> computed;
};

class ConvertNNToExec : public accel::impl::ConvertNNToExecBase<ConvertNNToExec> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!module.getOps<exec::ProgramOp>().empty())
      return; // cut already: --tile starts from any stage
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      module.emitError("expected a function @main of one block");
      return signalPassFailure();
    }
    KnownKernels known;
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      if (function != main && !function->hasAttr(kSegmentAttr))
        continue;
      if (failed(convert(function, known)))
        return signalPassFailure();
      function.erase();
    }
  }

  LogicalResult convert(func::FuncOp function, KnownKernels &known) {
    bool isScript = function->hasAttr(kScriptAttr);
    StageCosts costs{int64_t(l2Bytes), int64_t(flopsPerCycle)};
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    std::unique_ptr<ProgramShapes> shapes = ProgramShapes::infer(function);
    if (isScript) {
      ProgramMaker(function, *shapes, known, costs).runScript();
      return success();
    }
    if (failed(shapes->check()))
      return failure();
    shapes->numberDefinitions();
    ProgramMaker(function, *shapes, known, costs).run();
    return success();
  }
};
} // namespace
