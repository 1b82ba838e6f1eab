// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass nn-states: states behind all other arguments and results, and those that a run appends
// to with the dim that grows outermost, so that nothing in them ever moves.
#include "dialects/NN/NNStates.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/BitVector.h"

namespace accel {
#define GEN_PASS_DEF_NNSTATES
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {

/// An argument of @main and the result that becomes its next value.
struct State {
  unsigned argument, result;
  int64_t axis = -1;
  bool appends = false;
};

/// `order` moves dim `axis` to the front; the inverse moves it back.
SmallVector<int64_t> toFront(int64_t axis, int64_t rank) {
  SmallVector<int64_t> order{axis};
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      order.push_back(i);
  return order;
}
SmallVector<int64_t> fromFront(int64_t axis, int64_t rank) {
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < rank; ++i)
    order.push_back(i == axis ? 0 : i < axis ? i + 1 : i);
  return order;
}

template <typename T> SmallVector<T> permuted(ArrayRef<T> list, ArrayRef<int64_t> order) {
  SmallVector<T> result;
  for (int64_t from : order)
    result.push_back(list[from]);
  return result;
}

/// What dims are named on.
Value boundOf(Value value) {
  while (auto bind = value.getDefiningOp<BindDimsOp>())
    value = bind.getInput();
  return value;
}

class Rewriter {
public:
  explicit Rewriter(func::FuncOp main)
      : main(main), block(main.getBody().front()), builder(main.getContext()) {}

  void run(MutableArrayRef<State> states) {
    chooseAxes(states);
    for (State &state : states)
      if (ConcatOp concat = appendOf(state))
        append(state, concat);
    moveToEnd(states);
  }

private:
  Operation *terminator() { return block.getTerminator(); }

  /// The one dim in which a state's next value differs.
  void chooseAxes(MutableArrayRef<State> states) {
    std::unique_ptr<ProgramShapes> shapes = ProgramShapes::infer(main);
    llvm::BitVector isState(block.getNumArguments());
    for (const State &state : states)
      isState.set(state.argument);
    for (State &state : states)
      for (unsigned dim : growingDims(main, *shapes, state.argument, state.result, isState))
        state.axis = dim;
  }

  /// The concatenation of a state's value and rows behind it that makes its next value. A script
  /// hands whole tensors from segment to segment.
  ConcatOp appendOf(const State &state) {
    if (state.axis < 0 ||
        llvm::any_of(block, [](Operation &op) { return isa<IfOp, LoopOp, CallOp>(op); }))
      return nullptr;
    auto concat = boundOf(terminator()->getOperand(state.result)).getDefiningOp<ConcatOp>();
    Value argument = block.getArgument(state.argument);
    if (!concat || int64_t(concat.getAxis()) != state.axis || concat->hasAttr(kAppendAttr) ||
        concat.getInputs().size() < 2 || boundOf(concat.getInputs()[0]) != argument)
      return nullptr;
    return concat;
  }

  void append(State &state, ConcatOp concat) {
    state.appends = true;
    BlockArgument argument = block.getArgument(state.argument);
    auto type = cast<RankedTensorType>(argument.getType());
    int64_t rank = type.getRank();
    SmallVector<int64_t> forth = toFront(state.axis, rank), back = fromFront(state.axis, rank);
    auto moved = [&](Value value, ArrayRef<int64_t> order) -> Value {
      return state.axis ? TransposeOp::create(builder, concat.getLoc(), value, order) : value;
    };
    auto replace = [&](Value logical, Value physical) {
      sizesFrom(logical, physical, back);
      if (!logical.use_empty())
        logical.replaceAllUsesWith(moved(physical, back));
    };

    // The rows first: they do not depend on how the state lies.
    builder.setInsertionPoint(concat);
    auto added = concat.getInputs().drop_front();
    Value rows = added.size() == 1
                     ? added.front()
                     : ConcatOp::create(builder, concat.getLoc(), added, uint64_t(concat.getAxis()))
                           .getResult();
    rows = moved(rows, forth);

    // A second argument in place of the first, so that the first one's uses can be replaced.
    BlockArgument physical = block.insertArgument(
        state.argument,
        RankedTensorType::get(permuted(type.getShape(), forth), type.getElementType()),
        argument.getLoc());
    argument = block.getArgument(state.argument + 1);
    Value named = physical;
    builder.setInsertionPointToStart(&block);
    SmallVector<BindDimsOp> binds;
    for (Operation *user : argument.getUsers())
      if (auto bind = dyn_cast<BindDimsOp>(user))
        binds.push_back(bind);
    if (!binds.empty()) {
      AffineMap shape = binds[0].getShape();
      named = BindDimsOp::create(builder, binds[0].getLoc(), physical, binds[0].getSymbols(),
                                 AffineMap::get(0, shape.getNumSymbols(),
                                                permuted(shape.getResults(), forth),
                                                builder.getContext()));
    }
    for (BindDimsOp bind : binds) {
      bind.getResult().replaceAllUsesWith(argument);
      bind.erase();
    }
    // The concatenation is made of what it is to be made of.
    concat->setOperand(0, named);
    replace(argument, named);
    block.eraseArgument(state.argument + 1);

    builder.setInsertionPoint(concat);
    auto whole = ConcatOp::create(builder, concat.getLoc(), ValueRange{named, rows}, uint64_t(0));
    whole->setAttr(kAppendAttr, builder.getUnitAttr());
    terminator()->setOperand(state.result, rows);
    replace(concat, whole);
    concat.erase();
  }

  /// Sizes of a tensor are read off the one that it is a transpose of: no kernel makes it for them.
  void sizesFrom(Value logical, Value physical, ArrayRef<int64_t> order) {
    for (Operation *user : llvm::make_early_inc_range(logical.getUsers())) {
      auto shapeOf = dyn_cast<ShapeOfOp>(user);
      if (!shapeOf || shapeOf.getStart() == shapeOf.getEnd())
        continue;
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(shapeOf);
      SmallVector<Value> sizes;
      for (uint64_t i = shapeOf.getStart(); i < shapeOf.getEnd(); ++i)
        sizes.push_back(ShapeOfOp::create(builder, shapeOf.getLoc(), physical, uint64_t(order[i]),
                                          uint64_t(order[i] + 1)));
      Value all = sizes.size() == 1
                      ? sizes[0]
                      : ConcatOp::create(builder, shapeOf.getLoc(), sizes, uint64_t(0)).getResult();
      shapeOf.replaceAllUsesWith(all);
      shapeOf.erase();
    }
    for (Operation *user : llvm::make_early_inc_range(logical.getUsers()))
      if (auto dim = dyn_cast<tensor::DimOp>(user))
        if (std::optional<int64_t> index = dim.getConstantIndex()) {
          OpBuilder::InsertionGuard guard(builder);
          builder.setInsertionPoint(dim);
          Value size = tensor::DimOp::create(builder, dim.getLoc(), physical, order[*index]);
          dim.replaceAllUsesWith(size);
          dim.erase();
        }
  }

  void moveToEnd(ArrayRef<State> states) {
    SmallVector<unsigned> arguments, results;
    llvm::BitVector isInput(block.getNumArguments()), isOutput(terminator()->getNumOperands());
    for (const State &state : states) {
      isInput.set(state.argument);
      isOutput.set(state.result);
    }
    for (unsigned i = 0; i < isInput.size(); ++i)
      if (!isInput[i])
        arguments.push_back(i);
    for (unsigned i = 0; i < isOutput.size(); ++i)
      if (!isOutput[i])
        results.push_back(i);
    SmallVector<int64_t> axes;
    SmallVector<bool> appends;
    for (const State &state : states) {
      arguments.push_back(state.argument);
      results.push_back(state.result);
      axes.push_back(state.axis);
      appends.push_back(state.appends);
    }
    SmallVector<Type> types;
    SmallVector<Attribute> argumentAttrs, resultAttrs;
    SmallVector<Value> outputs;
    for (unsigned from : arguments) {
      main.removeArgAttr(from, kStateAttr);
      argumentAttrs.push_back(main.getArgAttrDict(from) ? main.getArgAttrDict(from)
                                                        : builder.getDictionaryAttr({}));
      BlockArgument old = block.getArgument(from);
      BlockArgument made = block.addArgument(old.getType(), old.getLoc());
      old.replaceAllUsesWith(made);
      types.push_back(made.getType());
    }
    block.eraseArguments(0, arguments.size());
    for (unsigned from : results) {
      outputs.push_back(terminator()->getOperand(from));
      resultAttrs.push_back(main.getResultAttrDict(from) ? main.getResultAttrDict(from)
                                                         : builder.getDictionaryAttr({}));
    }
    terminator()->setOperands(outputs);
    main.setType(builder.getFunctionType(types, TypeRange(ValueRange(outputs))));
    main.setArgAttrsAttr(builder.getArrayAttr(argumentAttrs));
    main.setResAttrsAttr(builder.getArrayAttr(resultAttrs));
    main->setAttr(kStateAxesAttr, builder.getDenseI64ArrayAttr(axes));
    main->setAttr(kStateAppendsAttr, builder.getDenseBoolArrayAttr(appends));
  }

  func::FuncOp main;
  Block &block;
  OpBuilder builder;
};

struct NNStates : accel::impl::NNStatesBase<NNStates> {
  void runOnOperation() override {
    func::FuncOp main = getOperation();
    SmallVector<State> states;
    for (unsigned i = 0; i < main.getNumArguments(); ++i)
      if (auto result = main.getArgAttrOfType<IntegerAttr>(i, kStateAttr))
        states.push_back({i, unsigned(result.getInt())});
    if (!states.empty())
      Rewriter(main).run(states);
  }
};

} // namespace
