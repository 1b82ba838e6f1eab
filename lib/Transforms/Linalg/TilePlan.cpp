// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chooses tile sizes from the target's table of registers and widths.
#include "lib/Transforms/Linalg/TilePlan.h"
#include "dialects/NN/NNOps.h"
#include "lib/Transforms/Linalg/Steps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

/// Vectors of the larger side of a square that is transposed in registers.
static constexpr int64_t kMaxAcross = 32;

/// Rows of which only the run knows the length are not cut into shorter parts than this.
static constexpr int64_t kMinRow = 256;

/// Blocks of a panel are so small that this many would fill the second cache, beside what else is
/// there.
static constexpr int64_t kBlocksInL2 = 16;

/// Blocks of a sum's depth are multiples of this: whole lines of the left operand.
static constexpr int64_t kDepthUnit = 16;

/// Tiles of an item that share blocks of a panel; more would leave fewer items for threads.
static constexpr int64_t kDepthTiles = 8;

/// Convolutions of at most so many vectors of results to a block of filters have few positions.
static constexpr int64_t kFewVectors = 128;

/// Filters that fill the first cache so many times: each block of them costs that sums are kept.
static constexpr int64_t kFirstCaches = 4;

/// From so many tiles on it is worth while to keep filters for them in the first cache.
static constexpr int64_t kSharingTiles = 3;

/// A window of at most so many elements counts as small.
static constexpr int64_t kMaxWindow = 64;

namespace {
/// What the root's tile holds: the op with the most work a result element, and what it needs whole.
struct Anchor {
  Operation *op = nullptr; ///< a contraction with a vectorizable last dim, or null
  /// A reduction over a small window with a vectorizable last dim (a depthwise convolution, a
  /// pooling), or null: results side by side share what they read.
  Operation *window = nullptr;
  int64_t work = 1;        ///< scalar operations an element of the result
  int64_t ops = 0;         ///< linalg ops in the tile
  SmallVector<bool> whole; ///< result dims that a producer reduces over
};
} // namespace

static linalg::GenericOp asGeneric(Operation *op) {
  return dyn_cast_or_null<linalg::GenericOp>(op);
}

/// Elements that a reduction reads for each result element; dynamic extents count as 64.
static int64_t reductionExtent(linalg::GenericOp op) {
  int64_t extent = 1;
  for (auto [size, iterator] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction)
      extent *= ShapedType::isDynamic(size) ? 64 : size;
  return extent;
}

/// True if, of two operands, one is vectors along the last dim of the result and the other scalars.
/// Operands are inputs, and tensors that the body reads.
static bool reusesRegisters(linalg::GenericOp op) {
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto last = result.getNumResults() ? dyn_cast<AffineDimExpr>(result.getResults().back())
                                     : AffineDimExpr(nullptr);
  if (!last)
    return false;
  unsigned vectors = 0, scalars = 0, others = 0;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (op.getMatchingBlockArgument(input).use_empty())
      continue; // only says how far dims go
    if (!map.isFunctionOfDim(last.getPosition()))
      ++scalars;
    else
      ++(map.getResults().back() == last ? vectors : others);
  }
  Steps steps;
  auto step = [&](Value index) { return steps.along(op, index, last.getPosition()); };
  auto still = [&](Value index) { return step(index) == 0; };
  for (tensor::ExtractOp read : op.getBody()->getOps<tensor::ExtractOp>()) {
    auto indices = read.getIndices();
    if (llvm::all_of(indices, still))
      ++scalars;
    else
      ++(llvm::all_of(indices.drop_back(), still) && step(indices.back()) == 1 ? vectors : others);
  }
  return vectors == 1 && scalars == 1 && others == 0;
}

/// True of reductions over a small window, read in vectors along the last dim of the result.
static bool isWindow(linalg::GenericOp op) {
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto last = result.getNumResults() ? dyn_cast<AffineDimExpr>(result.getResults().back())
                                     : AffineDimExpr(nullptr);
  if (!last || op.hasIndexSemantics() || reductionExtent(op) > kMaxWindow)
    return false;
  bool slides = false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (op.getMatchingBlockArgument(input).use_empty())
      continue; // only says how far dims go
    if (!map.getNumResults() || map.getResults().back() != last)
      return false;
    slides |= !map.isProjectedPermutation();
  }
  return slides;
}

/// Follows producers of `op`, whose result dim i is root dim `dims[i]` (-1: none), and collects the
/// most expensive one and the root dims that reductions on the way need whole.
static void visit(Operation *op, ArrayRef<int> dims, Anchor &anchor, unsigned depth = 0) {
  if (auto packed = dyn_cast<nn::PackedMatmulOp>(op)) {
    int64_t work = cast<RankedTensorType>(packed.getRhs().getType()).getDimSize(1);
    anchor.work += work;
    anchor.op = packed;
    return;
  }
  auto generic = asGeneric(op);
  if (!generic || depth > 64)
    return;
  AffineMap result = generic.getMatchingIndexingMap(generic.getDpsInitOperand(0));
  SmallVector<int> iteration(generic.getNumLoops(), -1); // root dim of each iteration dim
  for (auto [i, expr] : llvm::enumerate(result.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && i < dims.size())
      iteration[dim.getPosition()] = dims[i];
  int64_t extent = reductionExtent(generic);
  anchor.work += extent;
  ++anchor.ops;
  // A reduction with operands to reuse in registers.
  if (generic.getNumReductionLoops() > 0 && reusesRegisters(generic) &&
      (!anchor.op || reductionExtent(generic) > 1))
    anchor.op = generic;
  if (generic.getNumReductionLoops() > 0 && isWindow(generic))
    anchor.window = generic;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    Operation *producer = input->get().getDefiningOp();
    if (!producer)
      continue;
    AffineMap map = generic.getMatchingIndexingMap(input);
    SmallVector<int> next(map.getNumResults(), -1);
    for (auto [i, expr] : llvm::enumerate(map.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (dim)
        next[i] = iteration[dim.getPosition()];
    }
    // Root dims that the producer's reduction runs over, though they are dims of its operand.
    if (auto reduction = asGeneric(producer); reduction && reduction.getNumReductionLoops() > 0) {
      // A result without a root dim that the root has: its operand is read whole along it.
      for (OpOperand *source : reduction.getDpsInputOperands()) {
        AffineMap read = reduction.getMatchingIndexingMap(source);
        if (read.isIdentity() && read.getNumResults() == anchor.whole.size())
          for (unsigned d = 0; d < anchor.whole.size(); ++d)
            if (reduction.getIteratorTypesArray()[d] == utils::IteratorType::reduction)
              anchor.whole[d] = true;
      }
    }
    visit(producer, next, anchor, depth + 1);
  }
}

/// Bytes of an operand that is a matrix or filters: those of one item of the dims before them.
static int64_t bytesOf(Value operand, unsigned dims) {
  auto type = cast<RankedTensorType>(operand.getType());
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape().take_back(dims))
    bytes *= ShapedType::isDynamic(size) ? 64 : size;
  return bytes;
}

/// Makes a dim the fastest in the order of items.
static void moveLast(TilePlan &plan, unsigned dim) {
  llvm::erase(plan.order, dim);
  plan.order.push_back(dim);
}

/// True of an operand whose tiles are those of the op, dims of one element aside.
static bool isReadInPlace(linalg::GenericOp op, OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto type = cast<RankedTensorType>(operand->get().getType());
  for (auto [i, expr] : llvm::enumerate(map.getResults()))
    if (expr != getAffineDimExpr(i, op.getContext()) &&
        !(type.getDimSize(i) == 1 && expr == getAffineConstantExpr(0, op.getContext())))
      return false;
  return map.getNumResults() == map.getNumDims();
}

/// True if tiles of the root need the same tiles of a contraction: sums of some steps can then be
/// kept in place of it.
static bool sharesTiles(Value product, linalg::GenericOp root) {
  SmallVector<Value> values{product};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!values.empty()) {
    for (OpOperand &use : values.pop_back_val().getUses()) {
      linalg::GenericOp reader = asGeneric(use.getOwner());
      if (!reader || reader.getNumParallelLoops() != reader.getNumLoops() ||
          !isReadInPlace(reader, &use) || !isReadInPlace(reader, reader.getDpsInitOperand(0)))
        return false;
      if (reader != root && seen.insert(reader).second)
        values.push_back(reader.getResult(0));
    }
  }
  return true;
}

/// Rows of the left operand stay in the second cache while panels of the right one pass by, which
/// does not fit there.
static void orderProduct(nn::PackedMatmulOp product, linalg::GenericOp root,
                         ArrayRef<int64_t> shape, const cpu::Target &target, TilePlan &plan) {
  int64_t room = target.l2Bytes / 2;
  if (bytesOf(product.getRhs(), 3) <= room)
    return;
  unsigned row = shape.size() - 2;
  int64_t tile = plan.tile[row], &item = plan.item[row],
          size = ShapedType::isDynamic(shape[row]) ? INT64_MAX : shape[row];
  // Equal shares of all rows, where their number is known.
  auto evenly = [&](int64_t most) {
    return size == INT64_MAX
               ? most
               : int64_t(llvm::alignTo(llvm::divideCeil(size, llvm::divideCeil(size, most)), tile));
  };
  int64_t depth = cast<RankedTensorType>(product.getRhs().getType()).getDimSize(1),
          panel = bytesOf(product.getRhs(), 2), rowBytes = bytesOf(product.getLhs(), 1),
          fit = room / rowBytes / tile * tile;
  bool allStay = fit >= size || item == 0;
  if (allStay) {
    // Panels pass by, each once.
    moveLast(plan, row);
  } else if (fit > item) {
    // Blocks of rows stay: panels pass by for each.
    item = evenly(fit);
  }
  // Long panels, the one in use and the next one, leave no room for the rows. Then a block of the
  // sum's depth at a time is computed for several tiles, which share that block of the panel.
  if (item == 0 || std::min(fit, size) <= tile ||
      std::min(fit, size) * rowBytes + 2 * panel <= int64_t(target.l2Bytes) / 4 * 3 ||
      !llvm::hasSingleElement(root->getBlock()->getOps<nn::PackedMatmulOp>()) ||
      !sharesTiles(product.getResult(), root))
    return;
  int64_t blocks = llvm::divideCeil(panel, int64_t(target.l2Bytes) / kBlocksInL2);
  plan.cut = product;
  plan.depth = llvm::alignTo(llvm::divideCeil(depth, blocks), kDepthUnit);
  if (allStay)
    item = evenly(kDepthTiles * tile);
  if (item >= size)
    item = 0;
}

/// Cuts the sums of a convolution of few positions into blocks whose filters stay in the first
/// cache. There are so few tiles to a panel of filters that the next panel takes what the second
/// cache and the buffers of the first one can do: the panel at hand must not need them for each
/// tile.
///
/// How many positions there are may be known in the run only: items then have as many tiles as
/// share blocks well, or what there is.
static void cutChannels(linalg::GenericOp op, linalg::GenericOp root, Value filters,
                        const cpu::Target &target, int64_t lanes, TilePlan &plan) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (op == root || !sharesTiles(op.getResult(0), root))
    return;
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0)), filter;
  for (OpOperand *input : op.getDpsInputOperands())
    if (input->get() == filters)
      filter = op.getMatchingIndexingMap(input);
  // Positions share filters; other dims of the result, but the last one, choose them.
  int64_t positions = 1, tiles = 1, panels = 1;
  SmallVector<unsigned> shared;
  bool isKnown = true;
  for (unsigned i = 0; i + 1 < result.getNumResults(); ++i) {
    unsigned dim = cast<AffineDimExpr>(result.getResult(i)).getPosition();
    if (filter.isFunctionOfDim(dim)) {
      if (ShapedType::isDynamic(ranges[dim]))
        return;
      panels *= ranges[dim];
      continue;
    }
    shared.push_back(i);
    if (ShapedType::isDynamic(ranges[dim])) {
      isKnown = false;
      continue;
    }
    positions *= ranges[dim];
    tiles *= llvm::divideCeil(ranges[dim], std::max<int64_t>(1, plan.tile[i]));
  }
  auto isDim = [&](unsigned dim) {
    return !ShapedType::isDynamic(ranges[dim]) &&
           llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *input) {
             return llvm::is_contained(op.getMatchingIndexingMap(input).getResults(),
                                       getAffineDimExpr(dim, op.getContext()));
           });
  };
  for (auto [dim, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind != utils::IteratorType::reduction || ranges[dim] == 1)
      continue;
    if (!isDim(dim))
      return;
    int64_t panel = bytesOf(filters, cast<RankedTensorType>(filters.getType()).getRank()) / panels,
            room = int64_t(target.l1Bytes) / 4 * 3, most = room / (panel / ranges[dim]);
    bool isFew = tiles >= kSharingTiles &&
                 positions * llvm::divideCeil(plan.tile.back(), lanes) <= kFewVectors;
    if (panel < kFirstCaches * int64_t(target.l1Bytes) || most == 0 || (isKnown && !isFew))
      return;
    while (ranges[dim] % most)
      --most;
    plan.cut = op;
    plan.depth = most;
    plan.depthDim = dim;
    // Of positions in one dim all tiles; else one tile of a row, and rows.
    int64_t left = kDepthTiles;
    for (unsigned i : llvm::reverse(shared)) {
      int64_t size = ranges[cast<AffineDimExpr>(result.getResult(i)).getPosition()],
              tile = std::max<int64_t>(1, plan.tile[i]),
              of = !ShapedType::isDynamic(size)    ? llvm::divideCeil(size, tile)
                   : i == 0 || (i > 2 && tile > 1) ? 1
                                                   : left;
      plan.item[i] = ShapedType::isDynamic(size) ? of * tile : 0;
      left = std::max<int64_t>(1, left / of);
    }
    return;
  }
}

/// Chooses which operand of a contraction stays in the second cache while items pass over the other
/// one: items that follow each other share the larger one's part.
static void orderItems(Operation *op, linalg::GenericOp root, ArrayRef<int64_t> shape,
                       const cpu::Target &target, int64_t lanes, TilePlan &plan) {
  unsigned rank = shape.size();
  int64_t room = target.l2Bytes / 2;
  if (auto packed = dyn_cast<nn::PackedMatmulOp>(op))
    return orderProduct(packed, root, shape, target, plan);
  auto generic = cast<linalg::GenericOp>(op);
  if (rank < 3 || plan.item[rank - 1] != 0 || generic.getNumDpsInputs() != 2)
    return;
  // A convolution of blocks: filters are passed over for each block of them, unless all of them
  // stay.
  Value filters, input;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(operand);
    bool isFilter =
        map.getNumResults() &&
        map.getResults().back() ==
            generic.getMatchingIndexingMap(generic.getDpsInitOperand(0)).getResults().back();
    (isFilter ? filters : input) = operand->get();
  }
  if (filters && input)
    cutChannels(generic, root, filters, target, lanes, plan);
  if (filters && input && plan.item[1] &&
      bytesOf(filters, cast<RankedTensorType>(filters.getType()).getRank()) <= room &&
      bytesOf(input, cast<RankedTensorType>(input.getType()).getRank() - 1) > room)
    moveLast(plan, 1);
}

/// The dim of an elementwise root's result along which an operand is contiguous that lies across
/// the result's last dim, and how far it is contiguous: a transpose, or channels into blocks.
static std::optional<std::pair<unsigned, int64_t>> dimAcross(linalg::GenericOp root) {
  unsigned rank = root.getNumLoops();
  if (rank < 2 || root.getNumParallelLoops() != rank || root.hasIndexSemantics() ||
      !root.getMatchingIndexingMap(root.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  for (OpOperand *input : root.getDpsInputOperands()) {
    AffineMap map = root.getMatchingIndexingMap(input);
    if (!map.getNumResults() || !map.isFunctionOfDim(rank - 1) ||
        map.getResults().back().isFunctionOfDim(rank - 1))
      continue;
    AffineExpr last = map.getResults().back();
    int64_t length = INT64_MAX;
    if (last.getKind() == AffineExprKind::Mod) {
      auto binary = cast<AffineBinaryOpExpr>(last);
      auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (!factor)
        continue;
      last = binary.getLHS();
      length = factor.getValue();
    }
    if (auto dim = dyn_cast<AffineDimExpr>(last))
      return std::pair(dim.getPosition(), length);
  }
  return std::nullopt;
}

/// The dim of the result along which a register tile has rows: the last but one, or where that has
/// one element (a picture of one column) the nearest before it whose elements share filters, too.
static unsigned rowDim(Operation *op, ArrayRef<int64_t> shape) {
  unsigned row = shape.size() - 2;
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  if (!generic)
    return row;
  AffineMap result = generic.getMatchingIndexingMap(generic.getDpsInitOperand(0));
  if (result.getNumResults() != shape.size())
    return row;
  for (unsigned i = row; i > 0; --i) {
    auto dim = dyn_cast<AffineDimExpr>(result.getResult(i));
    bool shared = dim && llvm::all_of(generic.getDpsInputOperands(), [&](OpOperand *operand) {
                    AffineMap map = generic.getMatchingIndexingMap(operand);
                    bool isFilter = map.getNumResults() &&
                                    map.getResults().back() == result.getResults().back();
                    return !isFilter || !map.isFunctionOfDim(dim.getPosition());
                  });
    if (!shared)
      break;
    if (shape[i] != 1)
      return i;
  }
  return row;
}

std::optional<TilePlan> linalg_ext::planTiles(Operation *op, const cpu::Target &target) {
  auto root = asGeneric(op);
  if (!root)
    return std::nullopt;
  auto type = cast<RankedTensorType>(root.getResult(0).getType());
  unsigned rank = type.getRank();
  // Nothing to cut, or nothing to compute.
  if (rank == 0 || llvm::is_contained(type.getShape(), 0))
    return std::nullopt;
  Anchor anchor;
  anchor.whole.assign(rank, false);
  SmallVector<int> dims = llvm::to_vector(llvm::seq<int>(0, rank));
  visit(root, dims, anchor);

  TilePlan plan{SmallVector<int64_t>(rank, 0), SmallVector<int64_t>(rank, 0),
                llvm::to_vector(llvm::seq<unsigned>(0, rank))};
  plan.staticEdges = !root->getBlock()->getOps<tensor::PadOp>().empty();
  ArrayRef<int64_t> shape = type.getShape();
  // Accumulators may be wider than what their sums become.
  unsigned bits = std::max(8u, type.getElementTypeBitWidth());
  for (Operation *sums : {anchor.op, anchor.window})
    if (sums)
      bits = std::max(bits, getElementTypeOrSelf(sums->getResult(0)).getIntOrFloatBitWidth());
  int64_t lanes = target.lanes(bits);
  int64_t registers = target.vectorRegisters;
  auto likely = [](int64_t size) { return ShapedType::isDynamic(size) ? int64_t(64) : size; };

  int64_t columns = 0; // width of the register tile
  if (auto packed = dyn_cast_or_null<nn::PackedMatmulOp>(anchor.op))
    columns = cast<RankedTensorType>(packed.getRhs().getType()).getDimSize(2);
  else if ((anchor.op || anchor.window) && !anchor.whole[rank - 1])
    columns = std::min<int64_t>(likely(shape[rank - 1]), 4 * lanes);
  if (columns) {
    // Register tile: rows x columns of accumulators, one row of the streamed operand, one
    // broadcast.
    int64_t vectors = llvm::divideCeil(columns, lanes);
    int64_t rows = std::clamp<int64_t>((registers - vectors - 1) / vectors, 1, 14);
    if (vectors == 3)
      rows = std::min<int64_t>(rows, registers >= 32 ? 8 : 4);
    // A window's operands need registers as well.
    if (!anchor.op)
      rows = std::clamp<int64_t>(registers / 2 / vectors, 1, 8);
    plan.tile[rank - 1] = columns;
    unsigned row = rank >= 2 ? rowDim(anchor.op, shape) : 0;
    if (rank >= 2) {
      int64_t size = shape[row];
      // Spread a static extent evenly, so that the last tile is not a thin one.
      if (!ShapedType::isDynamic(size) && size > 0)
        rows = llvm::divideCeil(size, llvm::divideCeil(size, rows));
      std::fill(plan.tile.begin(), plan.tile.end() - 1, 1);
      plan.tile[row] = rows;
    }
    // Items: whole register tiles, as many of them as make handing over worth while.
    plan.item[rank - 1] = columns;
    int64_t work = columns * anchor.work;
    for (int i = int(rank) - 2; i >= 0; --i) {
      int64_t extent = plan.tile[i] * int64_t(llvm::divideCeil(kItemWork, work * plan.tile[i]));
      bool isDynamic = ShapedType::isDynamic(shape[i]), isRow = i == int(row);
      // Rows of pictures are cut where they are long: each cut leaves smaller tiles. There are
      // other rows for other threads.
      if (isDynamic && isRow && (plan.staticEdges || rank >= 5))
        extent = std::max(extent, int64_t(llvm::alignTo(kMinRow, plan.tile[i])));
      bool whole = !isDynamic && (extent >= shape[i] || (plan.staticEdges && isRow));
      plan.item[i] = whole ? 0 : extent;
      work *= std::max<int64_t>(1, whole ? shape[i] : std::min(extent, likely(shape[i])));
    }
    if (!ShapedType::isDynamic(shape[rank - 1]) && shape[rank - 1] <= columns)
      plan.item[rank - 1] = 0;
    if (anchor.op)
      orderItems(anchor.op, root, shape, target, lanes, plan);
    return plan;
  }
  if (std::optional<std::pair<unsigned, int64_t>> across = dimAcross(root);
      across && !llvm::is_contained(anchor.whole, true) && across->first + 1 != rank) {
    // Squares, which are transposed in registers.
    llvm::fill(plan.tile, 1);
    plan.tile[across->first] = std::min({lanes, across->second, kMaxAcross});
    plan.tile[rank - 1] = plan.tile[across->first] <= kMaxAcross / 2 ? 2 * lanes : lanes;
    int64_t work = 4 * anchor.work;
    for (int i = int(rank) - 1; i >= 0; --i) {
      int64_t unit = plan.tile[i],
              extent = unit * int64_t(llvm::divideCeil(kItemWork, work * unit));
      bool whole = !ShapedType::isDynamic(shape[i]) && extent >= shape[i];
      plan.item[i] = whole ? 0 : extent;
      work *= std::max<int64_t>(1, whole ? shape[i] : extent);
    }
    return plan;
  }
  // Rows: cut outer dims until an item is worth its launch, keep what reductions need whole.
  // A reduction over a root's dim is shared by that dim's elements.
  bool rows = llvm::is_contained(anchor.whole, true);
  int64_t work = rows ? 4 * anchor.ops : anchor.work;
  for (int i = int(rank) - 1; i >= 0; --i) {
    int64_t size = shape[i];
    if (anchor.whole[i]) {
      work *= likely(size);
      continue;
    }
    int64_t count = std::max<int64_t>(1, kItemWork / std::max<int64_t>(1, work));
    // Vectors run along the last dim: its items are whole vectors.
    if (i == int(rank) - 1)
      count = llvm::alignTo(std::max<int64_t>(count, 4 * lanes), 4 * lanes);
    if (!ShapedType::isDynamic(size) && count >= size) {
      work *= std::max<int64_t>(1, size);
      continue;
    }
    plan.item[i] = count;
    work *= count;
  }
  // Where a reduction over a dim is fused, few rows at a time keep its values in registers, more
  // than one so that their latencies overlap.
  if (rows) {
    int64_t row = 1;
    unsigned i = rank;
    while (i > 0 && !anchor.whole[i - 1])
      row *= likely(shape[--i]);
    while (i > 0 && anchor.whole[i - 1])
      row *= likely(shape[--i]);
    // Longer rows are read again from the first cache, where several lie, too.
    int64_t fit = registers / 2 / llvm::divideCeil(row, lanes);
    if (fit == 0)
      fit = int64_t(target.l1Bytes) / 4 / (row * int64_t(sizeof(float)));
    int64_t count = std::clamp<int64_t>(fit, 1, 4);
    for (; i > 0; --i, count = 1) {
      plan.tile[i - 1] = count;
      if (plan.item[i - 1] && plan.item[i - 1] < count)
        plan.item[i - 1] = count;
    }
  }
  return plan;
}
