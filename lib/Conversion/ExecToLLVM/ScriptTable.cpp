// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A script as the words of the runtime's tables (accel_script). Each value has a register of its
// own, which is freed behind its last use.
#include "lib/Conversion/ExecToLLVM/ScriptTable.h"
#include "accel-rt/Support.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel;
using namespace accel::exec;

namespace {

class ScriptBuilder {
public:
  explicit ScriptBuilder(ProgramOp program) : program(program) {}

  ScriptTable build() {
    Block &block = program.getBody().front();
    for (auto [i, argument] :
         llvm::enumerate(block.getArguments().drop_front(program.getNumSymbols())))
      if (!argument.use_empty())
        emit({ACCEL_OP_INPUT, at(argument), int32_t(i)});
    ops(block);
    for (auto [i, output] : llvm::enumerate(block.getTerminator()->getOperands()))
      if (nn::MapsOp maps = nn::MapsOp::of(output)) {
        emit({ACCEL_OP_MAPS, int32_t(i), at(maps.getInput()), int32_t(table.calls.size())});
        table.calls.push_back({maps.getLoc(),
                               "",
                               maps.getInts().value_or(ArrayRef<int64_t>()),
                               {},
                               maps.getStringsAttr()});
      } else {
        emit({ACCEL_OP_OUTPUT, int32_t(i), at(output)});
      }
    return std::move(table);
  }

private:
  void emit(ArrayRef<int32_t> words) { table.words.append(words.begin(), words.end()); }
  int32_t at(Value value) {
    if (!value)
      return -1;
    auto [known, isNew] = registers.try_emplace(value, table.registers);
    table.registers += isNew;
    return known->second;
  }
  void share(int32_t to, int32_t from) {
    if (to != from)
      emit({ACCEL_OP_SHARE, to, from});
  }
  int32_t typeNumber(int64_t offset, Value value, AffineMap dims = {}) {
    table.types.push_back({offset, cast<RankedTensorType>(value.getType()), dims});
    return table.types.size() - 1;
  }

  /// The words of a block's ops without its terminator.
  void ops(Block &block);
  void op(Operation &op);
  void ifOp(nn::IfOp op);
  void loop(nn::LoopOp op);
  /// Those of the values that a block's ops make.
  void free(ValueRange values, Block &block) {
    llvm::SmallSetVector<Value, 8> own;
    for (Value value : values)
      if (value.getDefiningOp() && value.getParentBlock() == &block)
        own.insert(value);
    for (Value value : own)
      emit({ACCEL_OP_FREE, at(value)});
  }
  /// Words of code whose count stands before it, at the place that is returned.
  void closeAt(size_t place, size_t begin) { table.words[place] = table.words.size() - begin; }

  ProgramOp program;
  ScriptTable table;
  DenseMap<Value, int32_t> registers;
};

void ScriptBuilder::ops(Block &block) {
  // The values whose last use an op of this block is, or a region of it.
  DenseMap<Operation *, SmallVector<Value>> last;
  auto note = [&](Value value) {
    Operation *latest = value.getDefiningOp();
    for (Operation *user : value.getUsers()) {
      if (isa<nn::MapsOp>(user))
        return; // read where outputs are given
      Operation *ancestor = block.findAncestorOpInBlock(*user);
      if (!latest || latest->isBeforeInBlock(ancestor))
        latest = ancestor;
    }
    if (latest && !latest->hasTrait<OpTrait::IsTerminator>())
      last[latest].push_back(value);
  };
  for (Operation &op : block)
    for (Value result : op.getResults())
      note(result);
  for (Operation &inner : block.without_terminator()) {
    op(inner);
    for (Value value : last.lookup(&inner))
      emit({ACCEL_OP_FREE, at(value)});
  }
}

void ScriptBuilder::op(Operation &op) {
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](ConstantOp constant) {
        emit({ACCEL_OP_CONSTANT, at(constant.getResult()),
              typeNumber(constant.getOffset().value_or(0), constant.getResult())});
      })
      .Case([&](RunOp run) {
        auto segment =
            SymbolTable::lookupNearestSymbolFrom<ProgramOp>(program, run.getSegmentAttr());
        emit({ACCEL_OP_RUN, int32_t(table.segments.size())});
        table.segments.push_back(segment);
        for (Value input : run.getInputs())
          emit(at(input));
        for (Value result : run.getResults())
          emit(at(result));
      })
      .Case([&](nn::CallOp call) {
        SmallVector<int32_t> inputs;
        for (auto [i, input] : llvm::enumerate(call.getInputs())) {
          size_t position = call.getPositions() ? (*call.getPositions())[i] : i;
          inputs.resize(std::max(inputs.size(), position + 1), -1);
          inputs[position] = at(input);
        }
        emit({ACCEL_OP_CALL, int32_t(table.calls.size()), int32_t(inputs.size())});
        table.calls.push_back(
            {call.getLoc(), call.getCallee(), call.getInts().value_or(ArrayRef<int64_t>()),
             call.getFloats().value_or(ArrayRef<double>()), call.getStringsAttr()});
        emit(inputs);
        emit(int32_t(call.getNumResults()));
        for (Value result : call.getResults())
          emit(result.use_empty() ? -1 : at(result));
      })
      .Case([](nn::MapsOp) {}) // a matter of how an output is given
      .Case([&](nn::IfOp branch) { ifOp(branch); })
      .Case([&](nn::LoopOp inner) { loop(inner); })
      .DefaultUnreachable("a script holds nothing else");
}

void ScriptBuilder::ifOp(nn::IfOp op) {
  emit({ACCEL_OP_IF, at(op.getCondition()), 0, 0});
  size_t place = table.words.size() - 2;
  for (Region *region : op.getRegions()) {
    size_t begin = table.words.size();
    Block &block = region->front();
    ops(block);
    for (auto [value, result] :
         llvm::zip_equal(block.getTerminator()->getOperands(), op.getResults()))
      share(at(result), at(value));
    free(block.getTerminator()->getOperands(), block);
    closeAt(place++, begin);
  }
}

void ScriptBuilder::loop(nn::LoopOp op) {
  Block &block = op.getBody().front();
  // What is carried lies where the results will.
  for (auto [argument, result, initial] :
       llvm::zip(op.getCarriedArguments(), op.getResults(), op.getCarried())) {
    int32_t place = at(result);
    share(place, at(initial));
    registers[argument] = place;
  }
  size_t head = table.words.size() + 1;
  emit({ACCEL_OP_LOOP, at(op.getTrips()), at(op.getCondition()), at(op.getIteration()),
        at(op.getYieldedCondition()), int32_t(op.getYieldedScans().size())});
  std::optional<ArrayAttr> known = op.getResultShapes();
  for (auto [i, scan] : llvm::enumerate(op.getYieldedScans())) {
    OpResult result = op->getResult(op.getCarried().size() + i);
    AffineMap dims;
    if (known)
      dims = cast<AffineMapAttr>((*known)[result.getResultNumber()]).getValue();
    emit({at(scan), at(result), typeNumber(-1, result, dims)});
  }
  emit(0);
  size_t begin = table.words.size();
  ops(block);
  // At once: an argument may be yielded as another one.
  SmallVector<std::pair<int32_t, int32_t>> moves;
  for (auto [argument, value] : llvm::zip_equal(op.getCarriedArguments(), op.getYieldedCarried()))
    if (at(argument) != at(value))
      moves.push_back({at(argument), at(value)});
  // The condition and the rows of scans are read behind the moves: a carried value has changed by
  // then.
  SmallVector<int32_t> kept;
  auto keep = [&](size_t word) {
    int32_t from = table.words[word];
    if (llvm::none_of(moves, [&](auto move) { return move.first == from; }))
      return;
    int32_t temporary = table.registers++;
    share(temporary, from);
    table.words[word] = temporary;
    kept.push_back(temporary);
  };
  keep(head + 3);
  for (size_t i = 0; i < op.getYieldedScans().size(); ++i)
    keep(head + 5 + 3 * i);
  bool swaps = llvm::any_of(moves, [&](auto move) {
    return llvm::any_of(moves, [&](auto other) { return other.first == move.second; });
  });
  if (swaps)
    for (auto &[to, from] : moves) {
      int32_t temporary = table.registers++;
      share(temporary, from);
      from = temporary;
    }
  for (auto [to, from] : moves) {
    share(to, from);
    if (swaps)
      emit({ACCEL_OP_FREE, from});
  }
  closeAt(begin - 1, begin);
  emit({ACCEL_OP_FREE, at(op.getIteration())});
  free(op.getYielded(), block);
  for (int32_t temporary : kept)
    emit({ACCEL_OP_FREE, temporary});
}

} // namespace

ScriptTable accel::exec::buildScriptTable(ProgramOp program) {
  return ScriptBuilder(program).build();
}
