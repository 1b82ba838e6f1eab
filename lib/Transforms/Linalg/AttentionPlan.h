// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How attention is cut: items of rows, blocks of keys, register tiles.
#pragma once
#include "dialects/NN/NNOps.h"
#include "lib/Target/CPU/Target.h"

namespace accel::linalg_ext {

/// All sizes are fixed numbers, that follow from the shape and the target alone.
struct AttentionPlan {
  int64_t rows = 1;      ///< of a work item
  int64_t keys = 1;      ///< of a block: its keys and values stay near while rows pass
  bool oneBlock = false; ///< all keys are one block: a row's maximum is known before its weights
  int64_t tileRows = 1;  ///< of a register tile
  int64_t tileKeys = 16; ///< scores of a row in a register tile
  int64_t tileColumns = 16;
  int64_t softmaxRows = 1; ///< rows whose weights are in registers at once
  bool pack = true;        ///< keys and values are copied, in the order in which they are read
};

AttentionPlan planAttention(nn::AttentionOp op, const cpu::Target &target);

/// What is not worth packing for: so many rows, as long as the scores of a row of keys stay near.
inline constexpr int64_t kFewRows = 2, kFewKeys = 4096;
/// The plan of an item that has no more than these, where `plan` must do for more.
AttentionPlan planFewRows(nn::AttentionOp op, AttentionPlan plan);

} // namespace accel::linalg_ext
