// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The launches of a program as the numbers of the runtime's tables (accel_launches).
#include "lib/Conversion/ExecToLLVM/LaunchTable.h"
#include "accel-rt/Support.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel::exec;

namespace {

class TableBuilder {
public:
  explicit TableBuilder(ProgramOp program) : program(program) {}

  LaunchTable build() {
    Block &block = program.getBody().front();
    table.isStatic = llvm::all_of(block, isStatic);
    for (SlotOp slot : block.getOps<SlotOp>())
      add(slot);
    for (Operation &op : block) {
      if (auto launch = dyn_cast<LaunchOp>(op)) {
        add(table.sites.size(), launch.getOperands(), launch.getDims());
        note(launch.getInputs(), launch.getOutputs());
        table.sites.push_back(launch);
      } else if (auto copy = dyn_cast<CopyOp>(op)) {
        add(-1, copy.getOperands(), copy.getSize());
        note(copy.getSource(), copy.getDestination());
      }
    }
    gatherSources(block);
    for (SlotOp slot : slots)
      llvm::append_values(table.slots, valueIndex(slot.getSize()), int32_t(slot.getFirst()),
                          int32_t(slot.getLast()));
    if (table.isStatic)
      for (AffineExpr value : table.values)
        table.constants.push_back(cast<AffineConstantExpr>(value).getValue());
    return std::move(table);
  }

private:
  static bool isStatic(Operation &op) {
    return llvm::TypeSwitch<Operation *, bool>(&op)
        .Case([](SlotOp slot) { return slot.getOffset().has_value(); })
        .Case([](OutputOp output) { return !output.getBegin() || output.getBegin()->isConstant(); })
        .Case([](LaunchOp launch) {
          return launch.getDims().isEmpty() || launch.getDims().isConstant();
        })
        .Case([](CopyOp copy) { return copy.getSize().isConstant(); })
        .Default(true);
  }

  void add(SlotOp slot) {
    ++table.numSlots;
    allSlots.push_back(slot);
    if (!table.isStatic) {
      if (slot.getWithin())
        table.parts.push_back({slot.getNumber(), int64_t(*slot.getWithin()), beginOf(slot)});
      else
        slots.push_back(slot);
      return;
    }
    int64_t end = *slot.getOffset() + slot.getSize().getSingleConstantResult();
    table.arenaBytes = std::max<int64_t>(table.arenaBytes, llvm::alignTo(end, SlotOp::kAlignment));
    table.constants.push_back(*slot.getOffset());
  }

  AffineExpr beginOf(SlotOp slot) {
    if (std::optional<AffineMap> begin = slot.getBegin())
      return begin->getResult(0);
    int64_t before = *slot.getOffset() - *allSlots[*slot.getWithin()].getOffset();
    return getAffineConstantExpr(before, slot.getContext());
  }

  /// Index of the first of these consecutive values.
  int32_t valueIndex(AffineMap map) {
    if (map.getNumResults() == 0)
      return 0; // of no values
    auto [entry, isNew] = lists.try_emplace(map, table.numSlots + table.values.size());
    if (isNew)
      llvm::append_range(table.values, map.getResults());
    return entry->second;
  }

  int64_t operandWord(Value buffer) {
    auto word = [](int64_t index, accel_space space) {
      return index << ACCEL_SPACE_BITS | int64_t(space);
    };
    return llvm::TypeSwitch<Operation *, int64_t>(buffer.getDefiningOp())
        .Case([&](InputOp input) { return word(input.getIndex(), ACCEL_SPACE_INPUT); })
        .Case([&](OutputOp output) {
          std::optional<AffineMap> begin = output.getBegin();
          if (!begin)
            return word(output.getIndex(), ACCEL_SPACE_OUTPUT);
          AffineExpr index = getAffineConstantExpr(output.getIndex(), output.getContext());
          auto both = AffineMap::get(0, begin->getNumSymbols(), {index, begin->getResult(0)},
                                     output.getContext());
          return word(valueIndex(both), ACCEL_SPACE_OUTPUT_PART);
        })
        .Case([&](WeightOp weight) { return word(weight.getOffset(), ACCEL_SPACE_WEIGHTS); })
        .Case([&](SlotOp slot) { return word(slot.getNumber(), ACCEL_SPACE_ARENA); });
  }

  void add(int32_t site, ValueRange operands, AffineMap values) {
    llvm::append_values(table.launches, site, int32_t(operands.size()),
                        int32_t(table.operands.size()), valueIndex(values));
    for (Value operand : operands)
      table.operands.push_back(operandWord(operand));
    table.maxOperands = std::max<int32_t>(table.maxOperands, operands.size());
    ++table.count;
  }

  /// A launch reads and writes these. What lies within another slot is a part of what is read
  /// there.
  void note(ValueRange reads, ValueRange writes) {
    SmallVector<int32_t> &from = sources.emplace_back();
    for (Value read : reads)
      llvm::append_range(from, writers[read]);
    llvm::sort(from);
    from.erase(llvm::unique(from), from.end());
    for (Value write : writes) {
      int32_t number = sources.size() - 1;
      writers[write].push_back(number);
      // Of an output any other part may be the one that this one lies in.
      if (auto part = write.getDefiningOp<OutputOp>(); part && part.getBegin())
        for (OutputOp output : program.getBody().front().getOps<OutputOp>())
          if (output.getIndex() == part.getIndex() && output != part)
            writers[output].push_back(number);
      for (auto slot = write.getDefiningOp<SlotOp>(); slot && slot.getWithin();) {
        slot = allSlots[*slot.getWithin()];
        writers[slot].push_back(number);
      }
    }
  }

  void gatherSources(Block &block) {
    size_t outputs = program.getOutputNames().size();
    sources.resize(table.count + outputs);
    for (OutputOp output : block.getOps<OutputOp>())
      if (!output.getBegin())
        llvm::append_range(sources[table.count + output.getIndex()], writers[output]);
    int32_t at = sources.size() + 1;
    for (const SmallVector<int32_t> &row : sources) {
      table.sources.push_back(at);
      at += row.size();
    }
    table.sources.push_back(at);
    for (const SmallVector<int32_t> &row : sources)
      llvm::append_range(table.sources, row);
  }

  ProgramOp program;
  LaunchTable table;
  SmallVector<SlotOp> allSlots; ///< by their numbers
  std::vector<SmallVector<int32_t>> sources;
  DenseMap<Value, SmallVector<int32_t>> writers;
  SmallVector<SlotOp> slots; ///< for plan
  DenseMap<AffineMap, int32_t> lists;
};

} // namespace

LaunchTable accel::exec::buildLaunchTable(ProgramOp program) {
  return TableBuilder(program).build();
}
