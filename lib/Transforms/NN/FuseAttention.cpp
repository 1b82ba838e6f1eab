// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recognises attention: two products with a softmax between them become nn.attention.
#include "dialects/NN/NNAttention.h"
#include "dialects/NN/NNProgramShapes.h"
#include "lib/Transforms/NN/Origin.h"
#include "lib/Transforms/NN/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace accel {
#define GEN_PASS_DEF_NNFUSEATTENTION
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// A number so low that adding any score to it, or putting it in a score's place, gives the same.
static constexpr double kLow = -1e30;

namespace {

/// Scores, the product of queries and keys, and what is done to it.
struct Scores {
  MatmulOp product;
  double scale = 1;
  Value added;     ///< a mask that is added, or null
  Value condition; ///< where it holds (does not, if `inverted`) scores become `low`
  bool inverted = false;
  double low = 0;
};

class Fuser {
public:
  Fuser(func::FuncOp function)
      : builder(function.getContext()), shapes(ProgramShapes::infer(function)) {}

  /// Replaces the product that reads a softmax; else why not.
  std::optional<std::string> fuse(SoftmaxOp softmax, MatmulOp output, bool emptyRowsZero);

private:
  std::optional<std::string> findScores(Value from, Scores &scores);
  std::optional<Origin> origin(Value operand, unsigned number, ArrayRef<AffineExpr> inner);
  Value mask(const Scores &scores);

  OpBuilder builder;
  std::unique_ptr<ProgramShapes> shapes;
  llvm::SetVector<Location> locations;
  Shape extents;              ///< of the dims of attention
  SmallVector<int64_t> sizes; ///< the same, -1 where they are not known
};

} // namespace

/// Whether a value is a product, or computed from one by ops that Scores describes.
static bool leadsToProduct(Value value, unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<MatmulOp>(op))
    return true;
  if (!isa_and_nonnull<AddOp, MulOp, DivOp, SelectOp>(op) || depth > 4)
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return operand.getType() == value.getType() && leadsToProduct(operand, depth + 1);
  });
}

std::optional<std::string> Fuser::findScores(Value from, Scores &scores) {
  while (true) {
    Operation *op = from.getDefiningOp();
    if (!op)
      return "its operand is an input";
    if (!from.hasOneUse())
      return "scores are read elsewhere, too";
    locations.insert(op->getLoc());
    if (auto product = dyn_cast<MatmulOp>(op)) {
      scores.product = product;
      return std::nullopt;
    }
    bool masked = scores.added || scores.condition;
    if (std::optional<Scaling> scaling = matchScaling(op)) {
      from = scaling->input;
      scores.scale *= scaling->factor;
      continue;
    }
    if (masked)
      return "scores are masked twice";
    if (scores.scale != 1)
      return "scores are scaled behind the mask";
    if (auto add = dyn_cast<AddOp>(op)) {
      bool first = add.getLhs().getType() == add.getType() && leadsToProduct(add.getLhs());
      if (!first && (add.getRhs().getType() != add.getType() || !leadsToProduct(add.getRhs())))
        return "scores are not a product of queries and keys";
      scores.added = first ? add.getRhs() : add.getLhs();
      from = first ? add.getLhs() : add.getRhs();
      continue;
    }
    auto select = dyn_cast<SelectOp>(op);
    if (!select)
      return "scores come from " + op->getName().stripDialect().str();
    std::optional<double> otherwise = splatOf(select.getRhs()), then = splatOf(select.getLhs());
    if (!otherwise == !then)
      return "scores are not a product of queries and keys";
    scores.low = otherwise ? *otherwise : *then;
    if (!(scores.low <= kLow))
      return "what is put in a masked score's place is not low enough to be added";
    scores.condition = select.getCondition();
    scores.inverted = otherwise.has_value();
    from = otherwise ? select.getLhs() : select.getRhs();
    if (from.getType() != select.getType())
      return "the mask has more elements than the scores";
  }
}

/// Where an operand of a product comes from, as far back as attention can read it.
std::optional<Origin> Fuser::origin(Value operand, unsigned number, ArrayRef<AffineExpr> inner) {
  MLIRContext *context = builder.getContext();
  AttentionDims dims(sizes.size());
  const Shape shape = shapes->get(operand);
  Origin at{operand, {}, 1};
  int64_t lead = int64_t(shape.size()) - int64_t(dims.batch + inner.size());
  for (auto [i, dim] : llvm::enumerate(shape)) {
    int64_t d = int64_t(i) - lead;
    if (d < 0)
      return std::nullopt;
    AffineExpr expr =
        d < int64_t(dims.batch) ? getAffineDimExpr(d, context) : inner[d - dims.batch];
    if (constantDim(dim) == 1)
      expr = getAffineConstantExpr(0, context);
    else if (!sameDim(dim, extents[cast<AffineDimExpr>(expr).getPosition()]))
      return std::nullopt;
    at.position.push_back(expr);
  }
  auto readable = [&](const Origin &origin) {
    return llvm::all_of(origin.position, [&](AffineExpr expr) {
      std::optional<LinearPosition> position = linearPosition(expr, sizes.size());
      return position && isAttentionPosition(*position, dims, number);
    });
  };
  if (!readable(at))
    return std::nullopt;
  std::optional<Origin> best = at, next = at;
  SmallVector<Location> passed;
  while ((next = stepBack(*next, sizes, *shapes))) {
    if (number == 3 && next->scale != 1)
      break; // the mask is not scaled
    if (readable(*next))
      best = next;
  }
  return best;
}

/// What is added to scores, made before `builder`'s place.
Value Fuser::mask(const Scores &scores) {
  if (!scores.condition)
    return scores.added;
  Location at = scores.condition.getLoc();
  auto number = [&](float value) -> Value {
    auto type = RankedTensorType::get({}, builder.getF32Type());
    return ConstantOp::create(builder, at, type, DenseElementsAttr::get(type, value));
  };
  Value zero = number(0), low = number(static_cast<float>(scores.low));
  return scores.inverted ? SelectOp::create(builder, at, scores.condition, zero, low).getResult()
                         : SelectOp::create(builder, at, scores.condition, low, zero).getResult();
}

std::optional<std::string> Fuser::fuse(SoftmaxOp softmax, MatmulOp output, bool emptyRowsZero) {
  MLIRContext *context = builder.getContext();
  locations.clear();
  auto type = cast<RankedTensorType>(softmax.getType());
  if (!type.getElementType().isF32())
    return "its elements are not f32";
  unsigned rank = type.getRank();
  if (softmax.getAxis() + 1 != rank)
    return "it does not go along the last dim";
  if (cast<RankedTensorType>(output.getType()).getRank() != rank)
    return "the product that reads it has more dims";
  Scores scores;
  if (std::optional<std::string> why = findScores(softmax.getInput(), scores))
    return why;
  const Shape shape = shapes->get(softmax.getResult()), result = shapes->get(output.getResult()),
              left = shapes->get(scores.product.getLhs());
  for (unsigned i = 0; i + 1 < rank; ++i)
    if (!sameDim(shape[i], result[i]))
      return "the product that reads it has more of them";
  if (!constantDim(left.back()) || !constantDim(result.back()))
    return "the depth of heads is not known";
  // Maps would say nothing of the depth, which loops over it need.
  if (constantDim(left.back()) == 1)
    return "heads have one element";
  extents = shape;
  extents.push_back(left.back());
  extents.push_back(result.back());
  sizes = staticShape(extents);
  for (int64_t &size : sizes) {
    if (size == 0)
      return "there is nothing to compute";
    size = ShapedType::isDynamic(size) ? -1 : size;
  }
  AttentionDims dims(sizes.size());
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  builder.setInsertionPoint(output);
  SmallVector<Origin> origins;
  auto add = [&](Value operand, unsigned first, unsigned second) {
    std::optional<Origin> found = origin(operand, origins.size(), {dim(first), dim(second)});
    if (found)
      origins.push_back(*found);
    return found.has_value();
  };
  bool readable = add(scores.product.getLhs(), dims.row(), dims.depth()) &&
                  add(scores.product.getRhs(), dims.depth(), dims.key()) &&
                  add(output.getRhs(), dims.key(), dims.column());
  if (!readable)
    return "its operands are broadcast by sizes of a run";
  Value addend = mask(scores);
  if (addend && !add(addend, dims.row(), dims.key()))
    return "the mask is broadcast by sizes of a run";
  // The size of a dim that is not known is read off an operand.
  for (auto [d, size] : llvm::enumerate(sizes)) {
    bool known = size >= 0;
    for (const Origin &origin : origins)
      for (AffineExpr expr : origin.position)
        known |= expr == dim(d);
    if (!known)
      return "a size of a run is that of no tensor";
  }
  double scale = scores.scale * origins[0].scale * origins[1].scale;
  if (origins[2].scale != 1)
    return "values are scaled";
  // Where the result is transposed alone, it is written so.
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Operation *last = output;
  if (output->hasOneUse())
    if (auto transpose = dyn_cast<TransposeOp>(*output->user_begin())) {
      order.assign(transpose.getPermutation().begin(), transpose.getPermutation().end());
      last = transpose;
      locations.insert(transpose.getLoc());
    }
  locations.insert(softmax.getLoc());
  locations.insert(output.getLoc());
  SmallVector<AffineMap> maps;
  for (const Origin &origin : origins)
    maps.push_back(AffineMap::get(dims.count(), 0, origin.position, context));
  SmallVector<Location> covered = locations.takeVector();
  auto attention = AttentionOp::create(
      builder, FusedLoc::get(context, covered), last->getResult(0).getType(), origins[0].tensor,
      origins[1].tensor, origins[2].tensor, addend ? origins[3].tensor : Value(), sizes,
      builder.getAffineMapArrayAttr(maps), order, APFloat(static_cast<float>(scale)),
      emptyRowsZero);
  last->getResult(0).replaceAllUsesWith(attention.getResult());
  return std::nullopt;
}

/// The product that reads a softmax, also where rows of NaN become zero first.
static MatmulOp readerOf(SoftmaxOp softmax, bool &emptyRowsZero) {
  Value weights = softmax.getResult();
  for (Operation *user : weights.getUsers())
    if (auto select = dyn_cast<SelectOp>(user)) {
      auto isNaN = select.getCondition().getDefiningOp<IsNaNOp>();
      if (!isNaN || isNaN.getInput() != weights || select.getRhs() != weights ||
          splatOf(select.getLhs()) != 0.0 || !isNaN->hasOneUse() ||
          llvm::range_size(weights.getUses()) != 2)
        return nullptr;
      emptyRowsZero = true;
      weights = select.getResult();
      break;
    }
  if (!weights.hasOneUse() || weights.getUses().begin()->getOperandNumber() != 0)
    return nullptr;
  return dyn_cast<MatmulOp>(*weights.user_begin());
}

namespace {
class NNFuseAttention : public accel::impl::NNFuseAttentionBase<NNFuseAttention> {
  void runOnOperation() override {
    SmallVector<std::pair<SoftmaxOp, MatmulOp>> found;
    SmallVector<bool> zero;
    getOperation().walk([&](SoftmaxOp softmax) {
      bool emptyRowsZero = false;
      if (MatmulOp reader = readerOf(softmax, emptyRowsZero)) {
        found.push_back({softmax, reader});
        zero.push_back(emptyRowsZero);
      }
    });
    if (found.empty())
      return;
    Fuser fuser(getOperation());
    for (auto [pair, emptyRowsZero] : llvm::zip_equal(found, zero)) {
      if (std::optional<std::string> why = fuser.fuse(pair.first, pair.second, emptyRowsZero)) {
        pair.first->setAttr(kApartAttr,
                            StringAttr::get(&getContext(), "no attention, because " + *why));
      }
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(getOperation().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};
} // namespace
