// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cuts @main into kernels and a program that dispatches them.
#include "lib/Conversion/NNToExec/Kernels.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/SetVector.h"
#include <limits>

namespace accel {
#define GEN_PASS_DEF_CONVERTNNTOEXEC
#include "lib/Conversion/NNToExec/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {

/// The symbols that a function's nn.bind_dims name, in order of appearance.
llvm::SetVector<StringAttr> symbolNames(Block &block) {
  llvm::SetVector<StringAttr> names;
  for (BindDimsOp bind : block.getOps<BindDimsOp>())
    for (StringAttr name : bind.getSymbols().getAsRange<StringAttr>())
      names.insert(name);
  return names;
}

/// Tells the analysis what nn.bind_dims say.
void bindShapes(Block &block, const llvm::SetVector<StringAttr> &names, ShapeAnalysis &shapes) {
  for (BindDimsOp bind : block.getOps<BindDimsOp>()) {
    SmallVector<AffineExpr> symbols;
    for (StringAttr name : bind.getSymbols().getAsRange<StringAttr>())
      symbols.push_back(getAffineSymbolExpr(std::distance(names.begin(), llvm::find(names, name)),
                                            bind.getContext()));
    Shape shape;
    for (AffineExpr dim : bind.getShape().getResults())
      shape.push_back(dim.replaceSymbols(symbols));
    if (isa<BlockArgument>(bind.getInput()))
      shapes.set(bind.getInput(), shape);
    shapes.set(bind.getResult(), std::move(shape));
  }
}

Location coveredLocation(const KernelGroup &group) {
  llvm::SetVector<Location> locations;
  for (Operation *op : group.ops)
    locations.insert(op->getLoc());
  return FusedLoc::get(group.ops.front()->getContext(), locations.getArrayRef());
}

/// The program that is made of one function.
class ProgramMaker {
public:
  ProgramMaker(func::FuncOp main, unsigned symbols)
      : main(main), source(main.getBody().front()), shapes(main.getContext(), symbols),
        numSymbols(symbols), builder(main), kernels(builder, shapes) {}

  LogicalResult run(const llvm::SetVector<StringAttr> &names) {
    bindShapes(source, names, shapes);
    if (failed(checkShapes()) || failed(declare(names)))
      return failure();
    llvm::SmallPtrSet<Operation *, 32> live = liveOps(source);
    SmallVector<KernelGroup> groups = formKernelGroups(source, live, shapes);
    DenseMap<Operation *, const KernelGroup *> byLast;
    for (const KernelGroup &group : groups)
      byLast[group.ops.back()] = &group;
    for (Operation &op : source) {
      if (auto bind = dyn_cast<BindDimsOp>(op))
        mapping.map(bind.getResult(), value(bind.getInput()));
      else if (isa<ViewOpInterface>(op) && live.contains(&op))
        view(op);
      else if (auto group = byLast.find(&op); group != byLast.end())
        dispatch(*group->second);
    }
    SmallVector<Value> outputs;
    for (Value output : source.getTerminator()->getOperands())
      outputs.push_back(value(output));
    exec::YieldOp::create(inside, main.getLoc(), outputs);
    return success();
  }

private:
  /// Every size must follow from the program's symbols.
  LogicalResult checkShapes() {
    auto check = [&](Value tensor, Location location) -> LogicalResult {
      for (auto [i, dim] : llvm::enumerate(shapes.get(tensor))) {
        bool known = true;
        dim.walk([&](AffineExpr part) {
          if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
            known &= symbol.getPosition() < numSymbols;
        });
        if (!known)
          return emitError(location)
                 << "expected sizes that follow from the dims of the model's inputs, but dim " << i
                 << " of " << tensor.getType()
                 << " is only known when the model runs; give the inputs constant shapes";
      }
      return success();
    };
    for (BlockArgument argument : source.getArguments())
      if (failed(check(argument, main.getLoc())))
        return failure();
    for (Operation &op : source)
      if (isa<ShapeOpInterface>(op))
        for (Value result : op.getResults())
          if (failed(check(result, op.getLoc())))
            return failure();
    return success();
  }

  /// 0, but 1 for symbols that a size is divided by.
  SmallVector<int64_t> smallestSizes(unsigned count) {
    SmallVector<int64_t> minima(count, 0);
    for (Operation &op : source)
      for (Value result : op.getResults())
        if (isa<RankedTensorType>(result.getType()))
          for (Dim dim : shapes.get(result))
            dim.walk([&](AffineExpr part) {
              auto binary = dyn_cast<AffineBinaryOpExpr>(part);
              if (binary && part.getKind() != AffineExprKind::Add &&
                  part.getKind() != AffineExprKind::Mul)
                binary.getRHS().walk([&](AffineExpr divisor) {
                  if (auto symbol = dyn_cast<AffineSymbolExpr>(divisor))
                    minima[symbol.getPosition()] = 1;
                });
            });
    return minima;
  }

  /// Creates the program without its body's ops.
  LogicalResult declare(const llvm::SetVector<StringAttr> &names) {
    SmallVector<Attribute> symbols(names.begin(), names.end());
    SmallVector<int64_t> minima = smallestSizes(names.size()),
                         maxima(names.size(), std::numeric_limits<int64_t>::max());
    if (auto ranges = main->getAttrOfType<DictionaryAttr>("nn.dim_ranges"))
      for (auto [i, name] : llvm::enumerate(names))
        if (auto range = ranges.getAs<DenseI64ArrayAttr>(name); range && range.size() == 2) {
          minima[i] = range[0];
          maxima[i] = range[1];
        }
    SmallVector<Attribute> inputNames, inputTypes, inputShapes, outputNames, outputTypes,
        outputShapes;
    auto add = [&](Value tensor, StringAttr name, const Twine &other, auto &names, auto &types,
                   auto &maps) {
      names.push_back(name ? name : builder.getStringAttr(other));
      types.push_back(TypeAttr::get(tensor.getType()));
      maps.push_back(
          AffineMapAttr::get(AffineMap::get(0, numSymbols, shapes.get(tensor), main.getContext())));
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
    builder.setInsertionPoint(program); // kernels come before the program
    Block &block = program.getBody().emplaceBlock();
    for (size_t i = 0; i < names.size(); ++i)
      sizes.push_back(block.addArgument(builder.getIndexType(), main.getLoc()));
    for (BlockArgument argument : source.getArguments())
      mapping.map(argument, block.addArgument(argument.getType(), argument.getLoc()));
    inside = OpBuilder::atBlockBegin(&block);
    return success();
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
    if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
      return sizes[symbol.getPosition()];
    Value &known = computed[dim];
    if (!known)
      known = affine::AffineApplyOp::create(inside, location, AffineMap::get(0, numSymbols, dim),
                                            sizes);
    return known;
  }

  void view(Operation &op) {
    SmallVector<Value> dims;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    const Shape shape = shapes.get(op.getResult(0));
    for (auto [i, dim] : llvm::enumerate(shape))
      if (type.isDynamicDim(i))
        dims.push_back(constantDim(dim)
                           ? arith::ConstantIndexOp::create(inside, op.getLoc(), *constantDim(dim))
                           : size(dim, op.getLoc()));
    mapping.map(op.getResult(0),
                exec::ViewOp::create(inside, op.getLoc(), type, value(op.getOperand(0)), dims));
  }

  void dispatch(const KernelGroup &group) {
    KernelUse use = kernels.make(group);
    if (!group.boundary.empty() && !use.kernel->hasAttr(exec::KernelOp::kBoundaryAttr))
      use.kernel->setAttr(exec::KernelOp::kBoundaryAttr, builder.getStringAttr(group.boundary));
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
  ShapeAnalysis shapes;
  unsigned numSymbols;
  OpBuilder builder, inside{main.getContext()};
  KernelMaker kernels;
  IRMapping mapping;
  SmallVector<Value> sizes; ///< the program's symbols
  DenseMap<Dim, Value> computed;
};

class ConvertNNToExec : public accel::impl::ConvertNNToExecBase<ConvertNNToExec> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!module.getOps<exec::ProgramOp>().empty())
      return; // cut already: --tile starts from any stage
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      module.emitError("expected a function @main of one block");
      return signalPassFailure();
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    llvm::SetVector<StringAttr> names = symbolNames(main.getBody().front());
    ProgramMaker maker(main, names.size());
    if (failed(maker.run(names)))
      return signalPassFailure();
    main.erase();
  }
};
} // namespace
