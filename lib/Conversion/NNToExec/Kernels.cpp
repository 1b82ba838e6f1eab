// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes exec.kernels of groups of nn ops, each distinct one once.
#include "lib/Conversion/NNToExec/Kernels.h"
#include "dialects/Exec/ExecDims.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// A constant that is cheaper as a literal of the body than as an argument.
static bool isBodyConstant(Value value, const KernelGroup &group) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isSplat() &&
         llvm::all_of(value.getUsers(), [&](Operation *user) {
           return !llvm::is_contained(group.ops, user) || isa<ElementwiseOpInterface>(user);
         });
}

/// `conv`, `softmax`, ...: what a reader of a profile looks for.
static std::string stemOf(const KernelGroup &group) {
  if (!group.root && group.ops.size() > 1)
    return "elementwise";
  auto nameOf = [](Operation *op) {
    StringRef name = op->getName().stripDialect();
    if (!name.consume_front("blocked_"))
      name.consume_front("packed_");
    return name.str();
  };
  std::string name = nameOf(group.root ? group.root : group.ops.back());
  return group.second ? name + "_" + nameOf(group.second) : name;
}

static Shape toShape(AffineMap map) {
  return Shape(map.getResults().begin(), map.getResults().end());
}

namespace {
/// The index arguments of a kernel: the fewest expressions that its dims can be written over.
class KernelDims {
public:
  void note(Dim dim) {
    if (!constantDim(dim))
      wanted.insert(dim);
  }
  void note(ArrayRef<Dim> shape) {
    for (Dim dim : shape)
      note(dim);
  }
  /// To be called once all dims are noted.
  void number() {
    for (Dim dim : wanted)
      if (isa<AffineSymbolExpr>(dim))
        add(dim);
    // Dims over symbols that are arguments anyway need none of their own.
    SmallVector<Dim> own;
    for (Dim dim : wanted)
      if (!isCovered(dim))
        own.push_back(dim);
    for (Dim dim : own)
      add(dim);
  }
  Dim rewrite(Dim dim) {
    if (constantDim(dim))
      return dim;
    if (auto at = position.find(dim); at != position.end())
      return getAffineSymbolExpr(at->second, dim.getContext());
    DenseMap<AffineExpr, AffineExpr> symbols;
    for (auto [symbol, at] : position)
      if (isa<AffineSymbolExpr>(symbol))
        symbols[symbol] = getAffineSymbolExpr(at, dim.getContext());
    return DimTable(dim.getContext()).simplify(dim.replace(symbols));
  }
  AffineMap rewrite(ArrayRef<Dim> shape, MLIRContext *context) {
    SmallVector<AffineExpr> dims;
    for (Dim dim : shape)
      dims.push_back(rewrite(dim));
    return AffineMap::get(0, arguments.size(), dims, context);
  }
  SmallVector<Dim> arguments;

private:
  void add(Dim dim) {
    position[dim] = arguments.size();
    arguments.push_back(dim);
  }
  bool isCovered(Dim dim) {
    bool covered = true;
    dim.walk(
        [&](AffineExpr part) { covered &= !isa<AffineSymbolExpr>(part) || position.count(part); });
    return covered;
  }
  llvm::SetVector<Dim> wanted;
  llvm::MapVector<Dim, unsigned> position;
};
} // namespace

KernelUse KernelMaker::make(const KernelGroup &group) {
  MLIRContext *context = builder.getContext();
  KernelUse use;
  KernelDims dims;
  llvm::SetVector<Value> inputs;
  SmallVector<ConstantOp> literals;
  llvm::SetVector<Value> indices;
  for (Operation *op : group.ops)
    for (Value operand : op->getOperands()) {
      if (operand.getType().isIndex())
        indices.insert(operand);
      else if (llvm::is_contained(group.ops, operand.getDefiningOp()))
        continue;
      else if (isBodyConstant(operand, group))
        literals.push_back(operand.getDefiningOp<ConstantOp>());
      else
        inputs.insert(operand);
    }
  for (Value input : inputs)
    dims.note(shapes.get(input));
  for (Operation *op : group.ops)
    dims.note(shapes.get(op->getResult(0)));
  for (Value index : indices)
    dims.note(shapes.valueOf(index));
  dims.number();
  use.dims = dims.arguments;
  use.inputs.assign(inputs.begin(), inputs.end());

  // The function, built beside the module until it is known to be new.
  SmallVector<Type> argumentTypes(dims.arguments.size(), builder.getIndexType());
  SmallVector<DictionaryAttr> attributes(dims.arguments.size(), builder.getDictionaryAttr({}));
  auto shapeOf = [&](Value value) {
    return builder.getDictionaryAttr(builder.getNamedAttr(
        exec::KernelOp::kShapeAttr, AffineMapAttr::get(dims.rewrite(shapes.get(value), context))));
  };
  for (Value input : inputs) {
    argumentTypes.push_back(input.getType());
    attributes.push_back(shapeOf(input));
  }
  auto type = builder.getFunctionType(argumentTypes, group.result().getType());
  Location location = group.ops.back()->getLoc();
  auto function = func::FuncOp::create(location, "kernel", type);
  if (group.second)
    function->setAttr(exec::KernelOp::kItemRowsAttr, builder.getI64IntegerAttr(group.rows));
  function.setAllArgAttrs(attributes);
  function.setResultAttrs(0, shapeOf(group.result()));
  Block *body = function.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockBegin(body);
  IRMapping mapping;
  ArrayRef<BlockArgument> arguments = body->getArguments();
  ValueRange indexArguments = arguments.take_front(dims.arguments.size());
  for (auto [input, argument] :
       llvm::zip_equal(inputs, arguments.drop_front(dims.arguments.size())))
    mapping.map(input, argument);
  for (Value index : indices)
    mapping.map(index, exec::buildDim(inside, location, dims.rewrite(shapes.valueOf(index)),
                                      indexArguments));
  for (ConstantOp literal : literals)
    if (!mapping.contains(literal.getResult()))
      inside.clone(*literal, mapping);
  // What the program knows of sizes may say more than what follows from the kernel's dims.
  ShapeAnalysis inferred(context, dims.arguments.size());
  for (Value argument : indexArguments)
    inferred.setIndex(argument,
                      getAffineSymbolExpr(cast<BlockArgument>(argument).getArgNumber(), context));
  for (Value input : inputs)
    inferred.set(mapping.lookup(input), toShape(dims.rewrite(shapes.get(input), context)));
  for (Operation *op : group.ops) {
    Operation *copy = inside.clone(*op, mapping);
    AffineMap shape = dims.rewrite(shapes.get(op->getResult(0)), context);
    if (inferred.get(copy->getResult(0)) != toShape(shape)) {
      copy->setAttr(exec::KernelOp::kShapeAttr, AffineMapAttr::get(shape));
      inferred.set(copy->getResult(0), toShape(shape));
    }
  }
  func::ReturnOp::create(inside, location, mapping.lookup(group.result()));

  std::string text;
  llvm::raw_string_ostream os(text);
  function->print(os, OpPrintingFlags().printGenericOpForm());
  auto [entry, isNew] = known.try_emplace(stemOf(group) + text);
  if (isNew) {
    std::string name = stemOf(group) + "_" + std::to_string(known.size() - 1);
    entry->second = exec::KernelOp::create(builder, location, name);
    function.setSymName(name);
    entry->second.getBody().front().push_back(function);
  } else {
    function->erase();
  }
  use.kernel = entry->second;
  return use;
}
