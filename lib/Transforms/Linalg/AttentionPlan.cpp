// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chooses the sizes that attention is cut to.
#include "lib/Transforms/Linalg/AttentionPlan.h"
#include "dialects/NN/NNAttention.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

/// Rows of an item: packing costs about as much as seven of them. More where that leaves enough
/// items.
static constexpr int64_t kItemRows = 128, kMoreRows = 256, kEnoughItems = 16;
/// Keys of a block where they do not fit one, and where their number is not known: what is left of
/// it then runs in loops of unknown length, so that it should be little.
static constexpr int64_t kBlockKeys = 256, kDynamicKeys = 64;
static constexpr int64_t kDynamicRows = 8;

/// In how many equal parts, of whole units, a size is cut so that none is above `most`.
static int64_t evenly(int64_t size, int64_t most, int64_t unit) {
  return llvm::alignTo(llvm::divideCeil(size, llvm::divideCeil(size, most)), unit);
}

AttentionPlan linalg_ext::planAttention(nn::AttentionOp op, const cpu::Target &target) {
  nn::AttentionDims dims(op.getSizes().size());
  int64_t rows = op.getSizes()[dims.row()], keys = op.getSizes()[dims.key()],
          depth = op.getSizes()[dims.depth()], columns = op.getSizes()[dims.column()];
  int64_t lanes = target.lanes(32), registers = target.vectorRegisters;
  AttentionPlan plan;
  // Columns of values first: few of them want many rows.
  int64_t vectors = llvm::divideCeil(columns, lanes), wide = registers >= 32 ? 5 : 3;
  int64_t columnVectors = llvm::divideCeil(vectors, llvm::divideCeil(vectors, wide));
  plan.tileColumns = std::min(columns, columnVectors * lanes);
  plan.tileRows = std::clamp<int64_t>((registers - columnVectors - 1) / columnVectors, 1, 14);
  if (rows >= 0)
    plan.tileRows = evenly(rows, plan.tileRows, 1);
  else // what is left of a tile is done row by row, and sizes are mostly multiples of eight
    plan.tileRows = std::min(plan.tileRows, kDynamicRows);
  int64_t items = 1;
  for (int64_t size : op.getSizes().take_front(dims.batch))
    items *= size < 0 ? 1 : size;
  if (rows >= 0) {
    bool enough = items * llvm::divideCeil(rows, kMoreRows) >= kEnoughItems;
    plan.rows = std::min(rows, evenly(rows, enough ? kMoreRows : kItemRows, plan.tileRows));
  } else {
    plan.rows = kItemRows / plan.tileRows * plan.tileRows;
  }
  plan.pack = rows < 0 || rows > kFewRows;
  int64_t keyVectors = std::clamp<int64_t>((registers - 1) / (plan.tileRows + 1), 1, 8);
  plan.tileKeys = keyVectors * lanes;
  // Keys and values of a block stay in the second cache.
  int64_t keyBytes = (depth + columns) * int64_t(sizeof(float));
  plan.oneBlock = keys >= 0 && keys <= int64_t(target.l2Bytes) / 2 / std::max<int64_t>(keyBytes, 1);
  plan.keys = plan.oneBlock ? keys : keys >= 0 ? kBlockKeys : kDynamicKeys;
  if (plan.oneBlock)
    plan.tileKeys = std::min<int64_t>(plan.tileKeys, llvm::alignTo(keys, lanes));
  plan.softmaxRows = std::clamp<int64_t>(registers / 2 / llvm::divideCeil(plan.keys, lanes), 1,
                                         std::min<int64_t>(4, plan.tileRows));
  return plan;
}

AttentionPlan linalg_ext::planFewRows(nn::AttentionOp op, AttentionPlan plan) {
  int64_t keys = op.getSizes()[nn::AttentionDims(op.getSizes().size()).key()];
  plan.tileRows = plan.softmaxRows = 1;
  plan.pack = false;
  plan.oneBlock = keys <= kFewKeys;
  if (plan.oneBlock)
    plan.keys = keys < 0 ? kFewKeys : keys;
  return plan;
}
