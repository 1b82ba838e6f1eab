// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the attention ops of all domains share: heads, masks, and the composition that
// nn-fuse-attention recognises.
#pragma once
#include "lib/Import/ONNX/Ops/Common.h"

namespace accel::onnx_import {

/// softmax(capped(query key^T scale) + bias) value. Tensors are batch x heads x rows x width.
struct AttentionParts {
  mlir::Value query, key, value; ///< of any float types
  mlir::Value bias;              ///< rank 4, broadcast to the scores; null for none
  /// Rows of which the bias leaves no key are zeros instead of NaN. False also where no row can be.
  bool mayHaveEmptyRows = false;
  std::optional<double> scale; ///< 1 / sqrt(width of a query's head) where there is none
  double softcap = 0;          ///< 0: none
  /// What softmax computes in; the rest computes in `type`.
  mlir::Type type, softmaxType;
  /// What is done to scores, and to what softmax makes of them.
  llvm::function_ref<mlir::Value(mlir::Value)> onScores = nullptr, onWeights = nullptr;
  /// One more key for each head (rank 1), which takes part in softmax and has no value; or null.
  mlir::Value sink;
  bool mergesHeads = false; ///< The result is batch x rows x (heads width).
};

/// Which scores are a result, too.
enum class ScoresKind { Raw, Capped, Biased, Weights };

struct AttentionResult {
  mlir::Value output; ///< of type `AttentionParts::type`
  mlir::Value scores; ///< batch x heads x rows x keys; null unless asked for
};

/// Heads of keys and values may be fewer than those of queries, which they divide.
AttentionResult attend(Node &node, const AttentionParts &parts,
                       std::optional<ScoresKind> scores = std::nullopt);

/// com.microsoft's Attention behind its projection: `all` is batch x rows x (queries, keys,
/// values). Sets the node's results, the first one as `element`; operands but `all` may be null.
llvm::LogicalResult attendProjected(Node &node, mlir::Value all, mlir::Value mask, mlir::Value past,
                                    mlir::Value added, mlir::Type element);

/// An error, and false, unless operands that are there are floats.
bool expectFloats(Node &node, llvm::ArrayRef<mlir::Value> operands);

/// f64 for f64, else f32.
mlir::Type attentionType(Node &node, mlir::Value like);

/// batch x rows x (heads width) as batch x heads x rows x width.
mlir::Value splitHeads(Node &node, mlir::Value x, int64_t heads);

/// Which keys a row may see, as a tensor of rank 4 that broadcasts to the scores.
class KeyMask {
public:
  /// `rows` and `keys`: their numbers.
  KeyMask(Node &node, Dim rows, Dim keys) : node(node), rows(rows), keys(keys) {}
  /// Row i is at position i + offset, which is 0 if null: an integer of rank 0, or of
  /// batch x 1 x 1 x 1.
  void setOffset(mlir::Value offset);
  /// Keys at the row's position and before it.
  void addCausal() { addWindow(std::nullopt, 0); }
  /// Keys from `left` before the row's position to `right` behind it, if there are such bounds.
  void addWindow(std::optional<int64_t> left, std::optional<int64_t> right);
  /// Keys before an end, an integer of rank 1: one a batch.
  void addEnds(mlir::Value ends);
  /// Keys where a tensor of i1 holds, of rank 4 at most.
  void add(mlir::Value allowed);
  /// The bias of all that was said, added to `bias`, which may be null; null if nothing was said.
  mlir::Value bias(mlir::Type type, mlir::Value bias = {});

private:
  mlir::Value position(int64_t axis);

  Node &node;
  Dim rows, keys;
  mlir::Value offset, allowed;
};

/// How `rotate` reads its operand.
struct Rotation {
  int64_t headsAxis = 1;    ///< 1: batch x heads x rows x width; 2: batch x rows x heads x width
  int64_t width = 0;        ///< Elements from here on stay as they are; 0: none.
  bool interleaved = false; ///< Pairs are neighbours; else one half's elements with the other's.
};

/// Takes the rows at `positions` (integers) of both caches. A run with a position that is no row
/// fails; false after an error.
bool takeAngles(Node &node, mlir::Value positions, mlir::Value &cosines, mlir::Value &sines);

/// Turns pairs of elements by angles, given as batch x rows x pairs.
mlir::Value rotate(Node &node, mlir::Value x, mlir::Value cosines, mlir::Value sines,
                   const Rotation &rotation);

/// The size of a dim as an integer of rank 0.
mlir::Value sizeOfDim(Node &node, mlir::Value value, int64_t axis, mlir::Type element);

/// A tensor with dims of 1 before its own, up to a rank of 4; null after an error.
mlir::Value toRankFour(Node &node, mlir::Value x, llvm::StringRef what);

} // namespace accel::onnx_import
