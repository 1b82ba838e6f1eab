// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scratch memory, work items and the C signature of a bufferized kernel.
#include "lib/Target/CPU/KernelABI.h"
#include "dialects/Exec/ExecOps.h"
#include "dialects/NN/NNShape.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace accel;

static constexpr int64_t kAlignment = 64;

/// True if the memory may be reached after the block it is allocated in.
static bool escapes(Value memory, Block *block) {
  return llvm::any_of(memory.getUsers(), [&](Operation *user) {
    if (user->hasTrait<OpTrait::IsTerminator>())
      return user->getBlock() == block || !isa<scf::YieldOp>(user) ||
             escapes(user->getParentOp()->getResult(0), block);
    return isa<ViewLikeOpInterface>(user) && escapes(user->getResult(0), block);
  });
}

LogicalResult cpu::freeAllocations(func::FuncOp function) {
  SmallVector<memref::AllocOp> allocs;
  function.walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
  for (memref::AllocOp alloc : allocs) {
    if (escapes(alloc, alloc->getBlock()))
      return alloc.emitError(
          "memory of a size that only the run knows leaves the loop it is made in");
    OpBuilder builder(alloc->getBlock()->getTerminator());
    memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
  }
  return success();
}

int64_t cpu::allocateScratch(func::FuncOp function) {
  OpBuilder builder(function.getContext());
  auto bytesType = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  unsigned at = function.getNumArguments();
  if (failed(function.insertArgument(at, bytesType, {}, function.getLoc())))
    return 0;
  Value scratch = function.getArgument(at);
  int64_t total = 0;
  SmallVector<memref::AllocOp> allocs;
  function.walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
  for (memref::AllocOp alloc : allocs) {
    MemRefType type = alloc.getType();
    if (!type.hasStaticShape() || !type.getLayout().isIdentity())
      continue;
    int64_t elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    builder.setInsertionPoint(alloc);
    Value offset = arith::ConstantIndexOp::create(builder, alloc.getLoc(), total);
    Value view =
        memref::ViewOp::create(builder, alloc.getLoc(), type, scratch, offset, ValueRange());
    total += llvm::alignTo(type.getNumElements() * elementBytes, kAlignment);
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
  return total;
}

/// True for ops that every part of a kernel may repeat: they write nothing and allocate nothing.
static bool onlyReads(Operation *op) {
  if (isMemoryEffectFree(op))
    return true;
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effects || op->getNumRegions())
    return false;
  SmallVector<MemoryEffects::EffectInstance> found;
  effects.getEffects(found);
  return llvm::all_of(
      found, [](const auto &effect) { return isa<MemoryEffects::Read>(effect.getEffect()); });
}

/// The only forall at the function's top level, if what stands before it only reads memory (a bias
/// that all items use, say) and nothing follows it.
static scf::ForallOp gridLoop(func::FuncOp function) {
  scf::ForallOp found;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (auto forall = dyn_cast<scf::ForallOp>(op)) {
      if (found)
        return nullptr;
      found = forall;
    } else if (found ? !isMemoryEffectFree(&op) : !onlyReads(&op)) {
      return nullptr;
    }
  }
  return found && found.isNormalized() ? found : nullptr;
}

/// Upper bounds as values of index type.
static SmallVector<Value> bounds(OpBuilder &builder, scf::ForallOp forall) {
  return llvm::map_to_vector(forall.getMixedUpperBound(), [&](OpFoldResult bound) {
    return getValueOrCreateConstantIndexOp(builder, forall.getLoc(), bound);
  });
}

/// Emits the descriptor of a row-major memref at an address.
static Value descriptor(OpBuilder &builder, Location at, Value address, MemRefType type,
                        ArrayRef<Value> sizes) {
  MLIRContext *context = builder.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto i64 = builder.getI64Type();
  SmallVector<Type> fields = {pointer, pointer, i64};
  int64_t rank = type.getRank();
  if (rank)
    llvm::append_values(fields, LLVM::LLVMArrayType::get(i64, rank),
                        LLVM::LLVMArrayType::get(i64, rank));
  Value result =
      LLVM::PoisonOp::create(builder, at, LLVM::LLVMStructType::getLiteral(context, fields));
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    result = LLVM::InsertValueOp::create(builder, at, result, value, position);
  };
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(builder, at, i64, builder.getI64IntegerAttr(value));
  };
  insert(address, {0});
  insert(address, {1});
  insert(constant(0), {2});
  Value stride = constant(1);
  for (int64_t i = rank - 1; i >= 0; --i) {
    Value size = type.isDynamicDim(i) ? sizes[i] : constant(type.getDimSize(i));
    insert(size, {3, i});
    insert(stride, {4, i});
    if (i)
      stride = LLVM::MulOp::create(builder, at, stride, size);
  }
  return UnrealizedConversionCastOp::create(builder, at, type, result).getResult(0);
}

LogicalResult cpu::makeKernelABI(func::FuncOp function, StringRef symbol) {
  MLIRContext *context = function.getContext();
  Location at = function.getLoc();
  OpBuilder builder(function);
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto i64 = builder.getI64Type();

  // The dims and tensors of the old signature, from the arrays of the new one.
  auto kernel = func::FuncOp::create(
      builder, at, symbol, FunctionType::get(context, {pointer, pointer, i64, i64, pointer}, {}));
  Block *entry = kernel.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Value buffers = entry->getArgument(0), dims = entry->getArgument(1);
  auto element = [&](Value array, int64_t index, Type type) -> Value {
    Value address = LLVM::GEPOp::create(builder, at, pointer, type, array,
                                        ArrayRef<LLVM::GEPArg>{int32_t(index)});
    return LLVM::LoadOp::create(builder, at, type, address);
  };
  IRMapping mapping;
  SmallVector<Value> symbols;
  int64_t nextBuffer = 0;
  for (BlockArgument argument : function.getArguments()) {
    if (argument.getType().isIndex()) {
      Value dim = element(dims, symbols.size(), i64);
      symbols.push_back(arith::IndexCastOp::create(builder, at, builder.getIndexType(), dim));
      mapping.map(argument, symbols.back());
      continue;
    }
    auto type = cast<MemRefType>(argument.getType());
    if (argument.getArgNumber() + 1 == function.getNumArguments()) {
      // Scratch: its size is never asked for.
      Value none = LLVM::ConstantOp::create(builder, at, i64, builder.getI64IntegerAttr(0));
      mapping.map(argument, descriptor(builder, at, entry->getArgument(4), type, none));
      continue;
    }
    auto shape = function.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(),
                                                          exec::KernelOp::kShapeAttr);
    SmallVector<Value> sizes(type.getRank());
    for (int64_t i = 0; i < type.getRank(); ++i) {
      if (!type.isDynamicDim(i))
        continue;
      if (!shape)
        return function.emitError("expected exec.shape on the kernel's tensor ")
               << argument.getArgNumber();
      Value size = getValueOrCreateConstantIndexOp(
          builder, at, nn::materializeDim(builder, at, shape.getValue().getResult(i), symbols));
      sizes[i] = arith::IndexCastOp::create(builder, at, i64, size);
    }
    mapping.map(argument,
                descriptor(builder, at, element(buffers, nextBuffer++, pointer), type, sizes));
  }

  scf::ForallOp forall = gridLoop(function);
  OpBuilder gridBuilder(function);
  auto grid = func::FuncOp::create(gridBuilder, at, (symbol + "_grid").str(),
                                   FunctionType::get(context, pointer, i64));
  gridBuilder.setInsertionPointToStart(grid.addEntryBlock());
  if (!forall) {
    // One item: foralls run as loops.
    IRRewriter rewriter(context);
    SmallVector<scf::ForallOp> all;
    function.walk([&](scf::ForallOp op) { all.push_back(op); });
    for (scf::ForallOp op : all) {
      rewriter.setInsertionPoint(op);
      if (failed(scf::forallToForLoop(rewriter, op)))
        return op.emitError("cannot run the work items of kernel ") << symbol << " in a loop";
    }
    for (Operation &op : function.getBody().front().without_terminator())
      builder.clone(op, mapping);
    func::ReturnOp::create(builder, at);
    func::ReturnOp::create(
        gridBuilder, at,
        arith::ConstantOp::create(gridBuilder, at, gridBuilder.getI64IntegerAttr(1)).getResult());
    function.erase();
    return success();
  }

  // for item in begin..end: its indices, then the forall's body.
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (&op == forall)
      break;
    builder.clone(op, mapping);
  }
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(forall);
    SmallVector<Value> counts = bounds(builder, forall);
    for (Value count : counts)
      if (Operation *op = count.getDefiningOp(); op && !mapping.contains(count)) {
        builder.setInsertionPointToEnd(entry);
        builder.clone(*op, mapping);
      }
    builder.setInsertionPointToEnd(entry);
    SmallVector<Value> limits =
        llvm::map_to_vector(counts, [&](Value v) { return mapping.lookupOrDefault(v); });
    auto index = [&](Value v) {
      return arith::IndexCastOp::create(builder, at, builder.getIndexType(), v);
    };
    auto loop =
        scf::ForOp::create(builder, at, index(entry->getArgument(2)), index(entry->getArgument(3)),
                           arith::ConstantIndexOp::create(builder, at, 1));
    builder.setInsertionPointToStart(loop.getBody());
    Value rest = loop.getInductionVar();
    SmallVector<Value> ivs(limits.size());
    for (int64_t i = int64_t(limits.size()) - 1; i > 0; --i) {
      ivs[i] = arith::RemUIOp::create(builder, at, rest, limits[i]);
      rest = arith::DivUIOp::create(builder, at, rest, limits[i]);
    }
    ivs[0] = rest;
    for (auto [iv, value] : llvm::zip_equal(forall.getInductionVars(), ivs))
      mapping.map(iv, value);
    for (Operation &op : forall.getBody()->without_terminator())
      builder.clone(op, mapping);
  }
  func::ReturnOp::create(builder, at);

  // The grid: the product of the bounds, of dims alone.
  IRMapping gridMapping;
  SmallVector<Value> gridSymbols;
  Value gridDims = grid.getArgument(0);
  for (BlockArgument argument : function.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    Value address = LLVM::GEPOp::create(gridBuilder, at, pointer, i64, gridDims,
                                        ArrayRef<LLVM::GEPArg>{int32_t(gridSymbols.size())});
    Value dim = LLVM::LoadOp::create(gridBuilder, at, i64, address);
    gridSymbols.push_back(
        arith::IndexCastOp::create(gridBuilder, at, gridBuilder.getIndexType(), dim));
    gridMapping.map(argument, gridSymbols.back());
  }
  // A size that was asked of a tensor is its exec.shape.
  std::function<LogicalResult(Value)> need = [&](Value value) -> LogicalResult {
    if (gridMapping.contains(value))
      return success();
    Operation *op = value.getDefiningOp();
    if (!op)
      return function.emitError("the number of work items of kernel ")
             << symbol << " depends on a tensor";
    if (auto dim = dyn_cast<memref::DimOp>(op)) {
      auto source = dyn_cast<BlockArgument>(dim.getSource());
      std::optional<int64_t> which = dim.getConstantIndex();
      auto shape = source ? function.getArgAttrOfType<AffineMapAttr>(source.getArgNumber(),
                                                                     exec::KernelOp::kShapeAttr)
                          : AffineMapAttr();
      if (!shape || !which)
        return op->emitError("the number of work items depends on a tensor without exec.shape");
      gridMapping.map(value,
                      getValueOrCreateConstantIndexOp(
                          gridBuilder, at,
                          nn::materializeDim(gridBuilder, at, shape.getValue().getResult(*which),
                                             gridSymbols)));
      return success();
    }
    for (Value operand : op->getOperands())
      if (failed(need(operand)))
        return failure();
    gridBuilder.clone(*op, gridMapping);
    return success();
  };
  Value items = arith::ConstantIndexOp::create(gridBuilder, at, 1);
  for (OpFoldResult bound : forall.getMixedUpperBound()) {
    Value count;
    if (auto value = dyn_cast<Value>(bound)) {
      if (failed(need(value)))
        return failure();
      count = gridMapping.lookup(value);
    } else {
      count = getValueOrCreateConstantIndexOp(gridBuilder, at, bound);
    }
    items = arith::MulIOp::create(gridBuilder, at, items, count);
  }
  func::ReturnOp::create(gridBuilder, at,
                         arith::IndexCastOp::create(gridBuilder, at, i64, items).getResult());
  function.erase();
  return success();
}
