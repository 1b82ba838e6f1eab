// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with packed weights, and merged rows.
#include "lib/Transforms/NN/Constants.h"
#include "lib/Transforms/NN/Layout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace accel::nn;

static RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Columns of a panel. Few rows want wide panels, because these rows alone must keep the FMAs busy,
/// but all rows in registers at once: weights are read only once. Else three registers (tiles of 8
/// rows) or four (4 rows) run at the same speed: the one that wastes fewer columns is right. No
/// panel is wider than the matrix.
int64_t LayoutRewriter::panelFor(int64_t rows, int64_t columns) const {
  int64_t whole = llvm::alignTo(columns, lanes);
  auto widest = [&](int64_t limit) {
    int64_t panels = llvm::divideCeil(whole, limit);
    return int64_t(llvm::alignTo(llvm::divideCeil(columns, panels), lanes));
  };
  if (!ShapedType::isDynamic(rows) && rows <= 4)
    return widest((rows <= 1 ? registers / 2 : (registers - 1) / (rows + 1)) * lanes);
  int64_t three = std::min<int64_t>(whole, 3 * lanes), four = std::min<int64_t>(whole, 4 * lanes);
  bool useThree = (ShapedType::isDynamic(rows) || rows >= 8) &&
                  llvm::alignTo(columns, three) <= llvm::alignTo(columns, four);
  return useThree ? three : four;
}

bool LayoutRewriter::rewriteMatmul(MatmulOp op) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  auto type = tensorOf(op), left = tensorOf(lhs), right = tensorOf(rhs);
  if (!type.getElementType().isF32() || right.getRank() != 2 || !right.hasStaticShape() ||
      right.getNumElements() == 0 || !isConstantExpression(rhs))
    return false;
  Location location = op.getLoc();
  int64_t columns = right.getDimSize(1), depth = right.getDimSize(0);

  // A flattened blocked tensor is read as it lies; the rows of the weights move instead.
  Value flat = lhs;
  if (auto reshape = lhs.getDefiningOp<ReshapeOp>(); reshape && !blocked.contains(lhs))
    flat = reshape.getInput();
  if (auto known = blocked.find(flat); known != blocked.end() && flat.getDefiningOp<UnpackOp>() &&
                                       left.getRank() == 2 && left.getDimSize(1) == depth) {
    const BlockedTensor &source = known->second;
    ArrayRef<int64_t> plain = tensorOf(flat).getShape();
    int64_t spatial = 1;
    for (int64_t size : plain.drop_front(2))
      spatial *= ShapedType::isDynamic(size) ? 0 : size;
    if (source.channels * spatial == depth) {
      Value rows = ReshapeOp::create(builder, location, rhs, ValueRange(),
                                     ArrayRef<int64_t>{source.channels, spatial, columns});
      rows = packChannels(rows, 0, source.block); // Cb x S x n x c
      rows = TransposeOp::create(builder, location, rows, ArrayRef<int64_t>{0, 1, 3, 2});
      depth = llvm::alignTo(source.channels, source.block) * spatial;
      rhs = ReshapeOp::create(builder, location, rows, ValueRange(),
                              ArrayRef<int64_t>{depth, columns});
      lhs = ReshapeOp::create(
          builder, location, source.value, ValueRange(),
          ArrayRef<int64_t>{left.isDynamicDim(0) ? -1 : left.getDimSize(0), depth});
      left = tensorOf(lhs);
    }
  }

  Value matrix = lhs;
  if (left.getRank() > 2) {
    if (auto known = merged.find(lhs); known != merged.end()) {
      matrix = known->second;
    } else {
      int64_t rows = 1;
      for (int64_t size : left.getShape().drop_back())
        rows = ShapedType::isDynamic(size) || rows < 0 ? -1 : rows * size;
      matrix = merged[lhs] =
          ReshapeOp::create(builder, location, lhs, ValueRange(), ArrayRef<int64_t>{rows, depth});
    }
  }

  int64_t panel = panelFor(tensorOf(matrix).getDimSize(0), columns);
  Value packed;
  if (auto transpose =
          rhs.getDefiningOp<TransposeOp>()) // n x k: the transpose itself is not needed
    packed = PackOp::create(builder, location, transpose.getInput(), ArrayRef<int64_t>{0},
                            ArrayRef<int64_t>{panel}, ArrayRef<int64_t>{0, 1});
  else
    packed = PackOp::create(builder, location, rhs, ArrayRef<int64_t>{1}, ArrayRef<int64_t>{panel},
                            ArrayRef<int64_t>{1, 0});
  Value result = PackedMatmulOp::create(builder, location, matrix, packed, columns);
  if (type.getRank() > 2) {
    replaceWithMerged(op, result);
  } else {
    replace(op, result);
  }
  return true;
}

void LayoutRewriter::replaceWithMerged(Operation *op, Value matrix) {
  Value old = op->getResult(0);
  // Its own sizes, were they needed, come from the left operand's or the full operand's dims.
  Value like = op->getOperand(0);
  auto type = tensorOf(old);
  for (Value operand : op->getOperands())
    if (merged.contains(operand) && tensorOf(operand).getShape() == type.getShape())
      like = operand;
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> dynamic;
  if (type.getNumDynamicDims() == 1)
    llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
  else
    for (auto [i, size] : llvm::enumerate(type.getShape()))
      if (ShapedType::isDynamic(size))
        dynamic.push_back(tensor::DimOp::create(builder, op->getLoc(), like, i));
  Value plain = ReshapeOp::create(builder, op->getLoc(), type, matrix, dynamic, shape);
  merged[plain] = matrix;
  replace(op, plain);
}

bool LayoutRewriter::rewriteMergedElementwise(Operation *op) {
  Value result = op->getResult(0), like;
  for (Value operand : op->getOperands())
    if (merged.contains(operand) && tensorOf(operand).getShape() == tensorOf(result).getShape())
      like = operand;
  if (!like)
    return false;
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value form = mergedOperand(operand, like);
    if (!form)
      return false;
    operands.push_back(form);
  }
  replaceWithMerged(op, cloneOn(op, operands, tensorOf(merged[like]).getShape()));
  return true;
}

bool LayoutRewriter::rewriteMergedReduce(ReduceOp op) {
  auto known = merged.find(op.getInput());
  int64_t last = tensorOf(op.getInput()).getRank() - 1;
  if (known == merged.end() || !op.getKeepdims() || op.getAxes() != ArrayRef<int64_t>{last})
    return false;
  replaceWithMerged(op, ReduceOp::create(builder, op.getLoc(), op.getKind(), known->second,
                                         ArrayRef<int64_t>{1},
                                         /*keepdims=*/true));
  return true;
}

bool LayoutRewriter::rewriteMergedSoftmax(Operation *op) {
  auto known = merged.find(op->getOperand(0));
  int64_t axis =
      isa<SoftmaxOp>(op) ? cast<SoftmaxOp>(op).getAxis() : cast<LogSoftmaxOp>(op).getAxis();
  if (known == merged.end() || axis != tensorOf(op->getResult(0)).getRank() - 1)
    return false;
  Value matrix = cloneOn(op, known->second, tensorOf(known->second).getShape());
  isa<SoftmaxOp>(op) ? matrix.getDefiningOp<SoftmaxOp>().setAxis(1)
                     : matrix.getDefiningOp<LogSoftmaxOp>().setAxis(1);
  replaceWithMerged(op, matrix);
  return true;
}

Value LayoutRewriter::mergedOperand(Value operand, Value like) {
  auto type = tensorOf(operand), full = tensorOf(like);
  if (type.hasStaticShape() && operand != like) {
    // One value, or one for each column.
    bool one = type.getNumElements() == 1;
    bool columns = type.getRank() > 0 && type.getNumElements() == full.getShape().back() &&
                   type.getShape().back() == full.getShape().back();
    if (one || columns)
      return type.getRank() <= 1
                 ? operand
                 : ReshapeOp::create(builder, operand.getLoc(), operand, ValueRange(),
                                     ArrayRef<int64_t>{type.getNumElements()});
  }
  // All rows of the matrix, with all columns or one value for them.
  auto known = merged.find(operand);
  bool column = known != merged.end() && type.getShape().back() == 1;
  if (type.getRank() != full.getRank() ||
      type.getShape().drop_back() != full.getShape().drop_back() ||
      (!column && type.getShape().back() != full.getShape().back()))
    return nullptr;
  if (!type.hasStaticShape() && operand != like) {
    Shape one = shapes->get(operand), other = shapes->get(like);
    if (ArrayRef<Dim>(one).drop_back() != ArrayRef<Dim>(other).drop_back())
      return nullptr;
  }
  if (known != merged.end())
    return known->second;
  SmallVector<int64_t> shape{tensorOf(merged[like]).getDimSize(0), full.getShape().back()};
  // A reshape finds out one dim.
  if (ShapedType::isDynamic(shape[0]) && ShapedType::isDynamic(shape[1]))
    return nullptr;
  llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
  return ReshapeOp::create(builder, operand.getLoc(), operand, ValueRange(), shape);
}
