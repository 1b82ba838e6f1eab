// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns linalg ops on tiles into vector ops: small tiles live in registers, sums in loop-carried
// vectors.
//
// Each op is computed at *points*: an index for every iteration dim, and a width along one of them,
// the vector dim v. v is the result's last dim where operands allow (they are contiguous along it,
// or do not depend on it, so that one scalar is broadcast); else a reduction dim, whose partial
// results are combined at the end; else there is none and the op is computed by scalars.
//
// Two modes. A tile of at most kRegisterVectors vectors is computed at all its points at once,
// and its consumers take the vectors (no memory between). A larger or dynamic one is computed by
// loops over points, which write a tensor.
#pragma once
#include "lib/Transforms/Linalg/Steps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallSet.h"
#include <map>

namespace accel::linalg_ext {

using namespace mlir; // names of MLIR only, in a header of one pass

/// The most vectors a tile may have to stay in registers (those that do not fit are spilled by
/// LLVM, which is right but slow, so that planTiles keeps below).
inline constexpr int64_t kRegisterVectors = 32;
/// Vectors computed in one iteration of a loop over points, to hide latencies.
inline constexpr int64_t kUnroll = 4;

using Index = OpFoldResult;

struct Point {
  SmallVector<Index> index; ///< one an iteration dim; along the vector dim, the first element's
  int64_t width = 0;        ///< elements along the vector dim; 0: a scalar
  Value mask;               ///< which of them exist, null for all
};

/// The value of a tensor that is not in memory.
struct Registers {
  enum Kind { Splat, Scalars, Vectors } kind;
  SmallVector<int64_t> shape;
  int64_t lanes = 0;         ///< width of all but the last vector of a row
  SmallVector<Value> values; ///< Splat: one; Scalars: an element each; Vectors: row-major chunks
  int64_t chunks() const { return shape.empty() ? 1 : llvm::divideCeil(shape.back(), lanes); }
};

class Vectorizer {
public:
  Vectorizer(func::FuncOp function, unsigned vectorBits)
      : function(function), vectorBits(vectorBits), builder(function.getContext()) {}
  void run();

private:
  // --- what an op looks like ---
  struct Plan {
    int vectorDim = -1;      ///< iteration dim, -1: scalars
    bool horizontal = false; ///< the vector dim is a reduction: partial results are combined
    bool gathers = false;    ///< some operand is read element by element along the vector dim
    int64_t lanes = 1;
    SmallVector<unsigned> parallel, reduction; ///< iteration dims, parallel in the result's order
    SmallVector<OpFoldResult> extents;         ///< of iteration dims
  };
  std::optional<Plan> analyze(linalg::GenericOp op);
  bool bodyVectorizes(linalg::GenericOp op, int vectorDim);
  enum class Access { Uniform, Contiguous, Gather };
  Access access(AffineMap map, unsigned dim);

  // --- reads at computed positions (tensor.extract) ---
  /// True of an op that is not elementwise and yet can be computed for several elements.
  bool vectorizesAcross(linalg::GenericOp op, Operation *inner, unsigned dim);
  Value computeAcross(linalg::GenericOp op, Operation *inner, const Point &point, unsigned dim,
                      const IRMapping &values, IRMapping &first);
  /// The scalar that `value` is in the first of the elements that are computed at once.
  Value firstLane(linalg::GenericOp op, Value value, const Point &point, const IRMapping &values,
                  IRMapping &first);

  // --- points ---
  Value read(linalg::GenericOp op, OpOperand *operand, Value from, const Point &point,
             int vectorDim);
  Value load(Value from, ArrayRef<Index> position, Access kind, const Point &point);
  Value readRegisters(const Registers &registers, ArrayRef<Index> position, const Point &point,
                      bool alongVector);
  Value computeBody(linalg::GenericOp op, const Point &point, int vectorDim, Value accumulator,
                    Value initFrom);
  Value widen(Value value, int64_t width);
  Index evaluate(AffineExpr expr, ArrayRef<Index> index);

  /// An operand's vector at a point of a tile whose points are all known, where the operand lies
  /// across: one of a square that is transposed in registers. Null where that is not so.
  Value readAcross(linalg::GenericOp op, OpOperand *operand, Value from, const Plan &plan,
                   const Point &point);

  // --- padding (VectorizePadding.cpp) ---
  /// A slice of a tensor.pad, whose elements are read from the source, or are outside.
  struct Padded {
    Value source, outside;
    SmallVector<Index> shift;  ///< position in the slice + shift = position in the source
    SmallVector<bool> checked; ///< dims that have padding
    SmallVector<Index> sizes;  ///< of the source in these
  };
  enum class Inside { Always, Never, Unknown };
  enum class WindowLoop { Whole, Unrolled, Clipped };
  std::optional<Padded> paddedOperand(Value from);
  Inside isInside(const Padded &padded, unsigned dim, Index position);
  SmallVector<Index> sourcePosition(linalg::GenericOp op, OpOperand *operand, const Padded &padded,
                                    const Point &point);
  Value readPadded(linalg::GenericOp op, OpOperand *operand, const Padded &padded,
                   const Point &point, int vectorDim);
  bool addsNothing(linalg::GenericOp op, const Point &point);
  WindowLoop windowLoop(linalg::GenericOp op, const Plan &plan, unsigned dim,
                        ArrayRef<Point> points);
  bool sharesReads(linalg::GenericOp op, const Plan &plan, unsigned dim);
  std::pair<Index, Index> clippedRange(linalg::GenericOp op, const Plan &plan, unsigned dim,
                                       const Point &point);

  SmallVector<Value> reduceAt(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points,
                              Value initFrom);
  SmallVector<Value>
  reduceInBlocks(Index extent, int64_t block, ValueRange carried,
                 llvm::function_ref<SmallVector<Value>(Index position, ValueRange sums)> step);
  Value reduceHorizontally(linalg::GenericOp op, const Plan &plan, Point point, Value initFrom);

  // --- modes ---
  bool tryRegisters(linalg::GenericOp op, const Plan &plan);
  void emitLoops(linalg::GenericOp op, const Plan &plan);
  Value loopOver(const Plan &plan, unsigned next, Point point, Value destination,
                 linalg::GenericOp op);
  Value emitPoints(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points,
                   Value destination);
  Value write(Value vector, Value destination, ArrayRef<Index> position, const Point &point);
  Value materialize(Operation *op, const Registers &registers, Value destination);
  Value fillLoops(linalg::FillOp fill, Value destination);
  Value destinationOf(Value init);
  Value placeOf(Operation *op);
  Value forLoop(Index from, Index to, int64_t step, Value carried,
                llvm::function_ref<Value(Value iv, Value carried)> body);

  Value asValue(Index index) { return getValueOrCreateConstantIndexOp(builder, location, index); }
  int64_t lanesOf(Type element) {
    unsigned bits = element.isIndex() ? 64 : std::max(8u, element.getIntOrFloatBitWidth());
    return std::max<int64_t>(1, vectorBits / bits);
  }

  func::FuncOp function;
  unsigned vectorBits;
  OpBuilder builder;
  Location location = UnknownLoc::get(builder.getContext());
  llvm::DenseMap<Value, Registers> registers;
  Steps steps;                ///< of the op at hand
  const Plan *tile = nullptr; ///< of the elementwise op whose points are computed all at once
  /// Transposed squares of the tile at hand, by operand and first point.
  std::map<std::pair<OpOperand *, SmallVector<int64_t>>, SmallVector<Value>> squares;
  /// Operands' dims that a loop around the insertion point keeps inside.
  llvm::SmallSet<std::pair<OpOperand *, unsigned>, 4> clipped;
  llvm::SmallPtrSet<Operation *, 16> handled; ///< linalg ops that registers hold or loops replaced
};

} // namespace accel::linalg_ext
