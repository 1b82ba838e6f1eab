// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of nn-layout: which values exist in another physical layout too.
#pragma once
#include "dialects/NN/NNOps.h"
#include "dialects/NN/NNProgramShapes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"

namespace accel::nn {

/// A tensor N x C x S... in blocks of channels: N x ceil(C/block) x S... x block. Channels past C
/// hold finite numbers that nothing may depend on.
struct BlockedTensor {
  mlir::Value value;
  int64_t block = 0;
  int64_t channels = 0;
  bool isExact() const { return channels % block == 0; }
};

class LayoutRewriter {
public:
  LayoutRewriter(mlir::func::FuncOp function, unsigned lanes, unsigned registers)
      : builder(function.getContext()), shapes(ProgramShapes::infer(function)), lanes(lanes),
        registers(registers) {}

  /// Rewrites the ops of a block in order; dead ops stay behind.
  void run(mlir::Block &block);

private:
  void rewrite(mlir::Operation *op);
  // One function for each kind of op; true if it replaced the op.
  bool rewriteConv(ConvOp op);
  bool rewriteConvTranspose(ConvTransposeOp op);
  bool rewriteDepthToSpace(DepthToSpaceOp op);
  bool rewriteResize(ResizeOp op);
  bool rewriteBroadcast(BroadcastOp op);
  bool rewriteSlice(SliceOp op);
  bool rewritePool(PoolOp op);
  bool rewriteReduce(ReduceOp op);
  bool rewritePad(PadOp op);
  bool rewriteConcat(ConcatOp op);
  bool rewriteConcatWithZeros(ConcatOp op);
  bool rewriteBlockedElementwise(mlir::Operation *op);
  bool rewriteMatmul(MatmulOp op);
  bool rewriteMergedElementwise(mlir::Operation *op);
  bool rewriteMergedReduce(ReduceOp op);
  bool rewriteMergedSoftmax(mlir::Operation *op);

  int64_t blockFor(int64_t channels) const;
  std::optional<BlockedTensor> reblock(mlir::Location location, BlockedTensor tensor,
                                       int64_t block);
  BlockedTensor padChannels(mlir::Location location, BlockedTensor tensor, int64_t channels);
  /// The block of a convolution's results: those of depth-to-space do not share one.
  int64_t resultBlock(ConvOp op, int64_t channels) const;
  /// Permutes the filters of a convolution before a depth-to-space of mode CRD to those of DCR.
  void orderForDepthToSpace(ConvOp op);
  /// A resize of another form of its input: all axes at once, or one after the other.
  mlir::Value resizeAxes(ResizeOp op, mlir::Value input, bool jointly);
  int64_t panelFor(int64_t rows, int64_t columns) const;

  /// The blocked form of a convolution's input; `direct` allows blocks of one channel, a view.
  BlockedTensor blockedInput(mlir::Value input, bool direct);
  /// The same in blocks that whole blocks of `block` channels are made of.
  BlockedTensor blockedInputWithin(mlir::Value input, int64_t block);
  /// How many groups of a grouped convolution are computed as one, so that each fills whole
  /// registers; 1 without groups, 0 where that would be too many.
  int64_t mergedGroups(ConvOp op) const;
  /// The form of an elementwise op's operand that broadcasts against blocked tensors; null if there
  /// is none.
  mlir::Value blockedOperand(mlir::Value operand, mlir::RankedTensorType result,
                             const BlockedTensor &like);
  /// The form of an elementwise op's operand that broadcasts against a matrix of merged rows.
  mlir::Value mergedOperand(mlir::Value operand, mlir::Value like);
  mlir::Value packChannels(mlir::Value input, int64_t channelDim, int64_t block);
  /// A reshape of [d...] to [d..., 1].
  mlir::Value appendUnitDim(mlir::Value input);
  /// A copy of an elementwise op on other operands.
  mlir::Value cloneOn(mlir::Operation *op, mlir::ValueRange operands,
                      llvm::ArrayRef<int64_t> shape);

  /// Puts the plain form of a blocked result in the op's place and remembers both.
  void replaceWithBlocked(mlir::Operation *op, BlockedTensor result);
  void replaceWithMerged(mlir::Operation *op, mlir::Value matrix);

  /// Puts a value of the same elements in an op's place.
  void replace(mlir::Operation *op, mlir::Value value);

  mlir::OpBuilder builder;
  std::unique_ptr<ProgramShapes> shapes;
  unsigned lanes, registers;
  llvm::DenseMap<mlir::Value, BlockedTensor> blocked; ///< by the plain value
  llvm::DenseMap<mlir::Value, mlir::Value> merged;    ///< [d..., n] as [product of d, n]
};

} // namespace accel::nn
