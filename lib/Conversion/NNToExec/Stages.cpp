// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The costs of two stages in one kernel: memory traffic saved against rows computed twice.
#include "lib/Conversion/NNToExec/Stages.h"
#include "lib/Conversion/NNToExec/Kernels.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// Bytes a cycle that a core moves from and to the cache behind the second one; lines that are
/// written are fetched first.
static constexpr double kBytesPerCycle = 16;
static constexpr double kFetchedFirst = 1.5;

/// How much of the time of arithmetic hides traffic: of what is written, and of what is read.
static constexpr double kHidesWrites = 0.125, kHidesReads = 0.25;

/// Filters that are all used for each row come from the second cache where they are more than this.
static constexpr double kNearFilters = 32 << 10, kFilterBytesPerCycle = 64;

/// Of the peak of products, what convolutions and what small windows reach.
static constexpr double kConvReaches = 0.75, kWindowReaches = 0.5;

/// Work items of a launch, as many as the rows that they compute twice allow: of what is gained, at
/// most this share is spent on them, and twice that where else the kernels would stay apart.
static constexpr int64_t kItems[] = {64, 32, 16, 8};
static constexpr double kSpent = 0.25;

/// Of the time of products, what must be gained.
static constexpr double kLeastGain = 0.01;

/// The height or width of an input that only the run knows: pictures to classify have 224, those to
/// find something in 320 or 640.
static constexpr int64_t kLikelySide = 320;

/// How many times what stays in the second cache a picture of such a size must be: smaller ones are
/// likely, too, and then lose more together than these gain.
static constexpr double kSurelyLeaves = 1.5;

/// Pictures in blocks: batch, block of channels, row, column, channel.
static constexpr unsigned kRank = 5, kBlock = 1, kRow = 2, kColumn = 3, kChannel = 4;

namespace {
/// How the second stage walks the rows of the first one.
struct Window {
  int64_t stride = 1, extent = 1;
  int64_t beside = 0;         ///< columns of padding
  bool padsFit = true;        ///< no window lies in padding alone
  bool channelsWhole = false; ///< it sums channels
  /// Rows that neighbouring windows share.
  int64_t shared() const { return std::max<int64_t>(extent - stride, 0); }
};

struct Candidate {
  KernelGroup *first, *second;
  int64_t rows; ///< of the result, for a work item
  double gain;  ///< cycles
};

/// A tensor of pictures.
struct Picture {
  SmallVector<int64_t> sizes; ///< those that are likely, where only the run knows
  bool rowsKnown = true, isKnown = true;
};
} // namespace

/// Rows for each of so many items, at most `fit`. Items of equal size are half the code: the next
/// divisor up to twice the rows, or down to half of them, is taken.
///
/// Where only the run knows how many there are, a power of two is: networks halve pictures.
static int64_t rowsPerItem(int64_t count, bool isKnown, int64_t items, int64_t fit) {
  int64_t rows = std::clamp<int64_t>(llvm::divideCeil(count, items), 1, fit);
  if (!isKnown)
    return int64_t(llvm::PowerOf2Ceil(rows)) <= fit ? int64_t(llvm::PowerOf2Ceil(rows))
                                                    : int64_t(llvm::bit_floor(uint64_t(rows)));
  for (int64_t more = rows; more <= std::min(fit, 2 * rows - 1); ++more)
    if (count % more == 0)
      return more;
  for (int64_t less = rows; 2 * less >= rows; --less)
    if (count % less == 0)
      return less;
  return rows;
}

static std::optional<Window> windowOf(Operation *op, ShapeAnalysis &shapes) {
  Window window;
  auto set = [&](auto op, int64_t size, int64_t columns) {
    window.stride = op.getStrides()[0];
    window.extent = (size - 1) * op.getDilations()[0] + 1;
    if (ArrayRef<int64_t> pads = op.getPads(); !pads.empty()) {
      window.beside = pads[1] + pads[3];
      window.padsFit = std::max(pads[0], pads[2]) <= window.extent &&
                       std::max(pads[1], pads[3]) <= (columns - 1) * op.getDilations()[1] + 1;
    }
  };
  if (auto pool = dyn_cast<PoolOp>(op)) {
    if (pool.getKernel().size() != 2)
      return std::nullopt;
    set(pool, pool.getKernel()[0], pool.getKernel()[1]);
    return window;
  }
  if (auto conv = dyn_cast<BlockedDepthwiseConvOp>(op)) {
    ArrayRef<Dim> weight = shapes.get(conv.getWeight());
    std::optional<int64_t> rows = constantDim(weight[1]);
    std::optional<int64_t> columns =
        conv.getStrides().size() == 2 ? constantDim(weight[2]) : std::nullopt;
    if (!rows || !columns)
      return std::nullopt;
    set(conv, *rows, *columns);
    return window;
  }
  if (auto conv = dyn_cast<BlockedConvOp>(op); conv && conv.getStrides().size() == 2) {
    set(conv, 1, 1);
    window.channelsWhole = true;
    return window;
  }
  return std::nullopt;
}

/// Windows of depthwise convolutions and poolings up to this size are computed in register tiles.
static constexpr int64_t kMaxWindow = 64;

/// True of ops with register tiles: of blocked convolutions, and of small windows.
static bool hasTiles(Operation *op, ShapeAnalysis &shapes) {
  int64_t positions = 1;
  if (auto conv = dyn_cast<BlockedDepthwiseConvOp>(op))
    for (Dim size : ArrayRef<Dim>(shapes.get(conv.getWeight())).drop_front().drop_back())
      positions *= constantDim(size).value_or(kMaxWindow + 1);
  else if (auto pool = dyn_cast<PoolOp>(op))
    for (int64_t size : pool.getKernel())
      positions *= size;
  return positions <= kMaxWindow;
}

/// True of ops that read few rows of their operand for each row of the result.
static bool canBeSecond(Operation *op, ShapeAnalysis &shapes) {
  if (auto conv = dyn_cast<BlockedConvOp>(op)) {
    ArrayRef<Dim> weight = shapes.get(conv.getWeight());
    auto isOne = [](Dim size) { return constantDim(size) == 1; };
    return conv.getGroup() == 1 && llvm::all_of(weight.drop_front(2).drop_back(2), isOne);
  }
  return isa<PoolOp, BlockedDepthwiseConvOp>(op);
}

/// The size of a dim, or the one that is likely.
static int64_t likelySize(Dim dim, ShapeAnalysis &shapes) {
  DenseMap<AffineExpr, AffineExpr> sizes;
  dim.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol || sizes.contains(symbol))
      return;
    int64_t size;
    if (const LeastDim *least = shapes.definitionOf(symbol.getPosition())) {
      size = std::min(likelySize(least->a, shapes), likelySize(least->b, shapes));
    } else {
      Bounds bounds = shapes.boundsOf(symbol.getPosition());
      size = std::max(bounds.low, std::min(kLikelySide, bounds.high));
    }
    sizes[symbol] = getAffineConstantExpr(size, dim.getContext());
  });
  AffineExpr known = simplifyAffineExpr(dim.replace(sizes), 0, 0);
  auto size = dyn_cast<AffineConstantExpr>(known);
  return size ? size.getValue() : kLikelySide;
}

static std::optional<Picture> pictureOf(Value value, ShapeAnalysis &shapes) {
  const Shape shape = shapes.get(value);
  if (shape.size() != kRank || !nn::detail::elementTypeOf(value).isF32())
    return std::nullopt;
  Picture picture{{constantDim(shape[0]).value_or(1)}};
  for (unsigned i = kBlock; i < kRank; ++i) {
    std::optional<int64_t> size = constantDim(shape[i]);
    bool mayBeUnknown = i == kRow || i == kColumn;
    if (!size && mayBeUnknown)
      size = std::max<int64_t>(1, likelySize(shape[i], shapes));
    if (!size || *size < 1)
      return std::nullopt;
    picture.sizes.push_back(*size);
  }
  picture.rowsKnown = constantDim(shape[kRow]).has_value();
  picture.isKnown = picture.rowsKnown && constantDim(shape[kColumn]);
  return picture;
}

static double filterBytes(Operation *op, ShapeAnalysis &shapes) {
  double bytes = sizeof(float);
  for (Dim size : shapes.get(op->getOperand(1)))
    bytes *= double(constantDim(size).value_or(1));
  return bytes;
}

/// What two stages gain and how they are cut, or why they stay apart, in words for a user.
static std::variant<Candidate, std::string> judge(KernelGroup &first, KernelGroup &second,
                                                  ShapeAnalysis &shapes, const StageCosts &costs) {
  std::optional<Window> window = windowOf(second.root, shapes);
  if (!window)
    return "its windows are not over rows of a picture";
  // Items hold the rows and columns that their windows read; whole windows of padding are none.
  if (!window->padsFit)
    return "its padding is larger than its window";
  if (!hasTiles(first.root, shapes) || !hasTiles(second.root, shapes))
    return "a window of more than " + std::to_string(kMaxWindow) + " positions has no tiles";
  std::optional<Picture> firstPicture = pictureOf(first.result(), shapes),
                         secondPicture = pictureOf(second.root->getResult(0), shapes);
  if (!firstPicture || !secondPicture)
    return "its picture has channels that only the run knows, or is not of f32";
  ArrayRef<int64_t> made = firstPicture->sizes, read = secondPicture->sizes;
  double bytes =
      double(sizeof(float)) * made[0] * made[kBlock] * made[kRow] * made[kColumn] * made[kChannel];
  double kept = double(costs.l2Bytes) / 2;
  if (bytes <= kept * (firstPicture->isKnown ? 1 : kSurelyLeaves))
    return "the " + std::to_string(int64_t(bytes) >> 10) +
           " kB between them stay in the second cache";
  int64_t blocks = window->channelsWhole ? 1 : made[kBlock];
  int64_t row = int64_t(sizeof(float)) * (made[kColumn] + window->beside) * made[kChannel] *
                (made[kBlock] / blocks);
  int64_t fit = (costs.l2Bytes / 4 / row - window->extent) / window->stride + 1;
  if (costs.l2Bytes / 4 < row * window->extent)
    return "the rows of a window do not fit the second cache";
  auto cycles = [&](Operation *op, ArrayRef<int64_t> result) {
    double flops = flopsAnElement(op, shapes);
    for (int64_t size : result)
      flops *= double(size);
    return flops /
           ((isa<BlockedConvOp>(op) ? kConvReaches : kWindowReaches) * double(costs.flopsPerCycle));
  };
  double firstTime = cycles(first.root, made), secondTime = cycles(second.root, read),
         leaves = (bytes - kept) / bytes, traffic = bytes / kBytesPerCycle;
  double gain = leaves * (std::max(0.0, kFetchedFirst * traffic - kHidesWrites * firstTime) +
                          std::max(0.0, traffic - kHidesReads * secondTime));
  if (window->channelsWhole)
    gain -= double(made[0] * read[kRow]) / kFilterBytesPerCycle *
            std::max(0.0, filterBytes(first.root, shapes) + filterBytes(second.root, shapes) -
                              kNearFilters);
  if (gain <= kLeastGain * (firstTime + secondTime))
    return "less than a hundredth of their time would be saved";
  int64_t pictures = read[0] * blocks, count = read[kRow];
  int64_t most = std::min(fit, count / int64_t(llvm::divideCeil(std::end(kItems)[-1], pictures)));
  if (most < 1)
    return "there would be " + std::to_string(pictures * count) + " work items only";
  for (int64_t items : kItems) {
    int64_t rows =
        rowsPerItem(count, secondPicture->rowsKnown, llvm::divideCeil(items, pictures), most);
    int64_t twice = window->shared() * int64_t(llvm::divideCeil(count, rows) - 1);
    double loss = firstTime * double(twice) / double(made[kRow]);
    if (loss <= kSpent * gain * (items == std::end(kItems)[-1] ? 2 : 1))
      return Candidate{&first, &second, rows, gain - loss};
  }
  return "more time would go into rows that are computed twice than into memory";
}

void accel::joinStages(SmallVectorImpl<KernelGroup> &groups,
                       const llvm::SmallPtrSetImpl<Operation *> &live, ShapeAnalysis &shapes,
                       const StageCosts &costs) {
  if (!costs.l2Bytes)
    return;
  DenseMap<Operation *, KernelGroup *> byRoot;
  for (KernelGroup &group : groups)
    if (group.root && !group.ops.empty())
      byRoot[group.root] = &group;
  SmallVector<Candidate> candidates;
  for (KernelGroup &first : groups) {
    if (first.ops.empty() || !isa_and_nonnull<BlockedConvOp, BlockedDepthwiseConvOp>(first.root))
      continue;
    Operation *reader = nullptr;
    bool isOnly = true;
    for (OpOperand &use : first.result().getUses())
      if (live.contains(use.getOwner())) {
        isOnly &= !reader && use.getOperandNumber() == 0;
        reader = use.getOwner();
      }
    auto second = isOnly && reader ? byRoot.find(reader) : byRoot.end();
    if (second == byRoot.end() || !canBeSecond(reader, shapes))
      continue;
    auto judgement = judge(first, *second->second, shapes, costs);
    if (auto *candidate = std::get_if<Candidate>(&judgement))
      candidates.push_back(*candidate);
    else
      first.boundary = "its result is read by " + reader->getName().stripDialect().str() + ": " +
                       std::get<std::string>(judgement);
  }
  // Groups lie in an array, so that of equal gains the first in the block comes first.
  llvm::sort(candidates, [](const Candidate &a, const Candidate &b) {
    return a.gain != b.gain ? a.gain > b.gain : a.first < b.first;
  });
  for (const Candidate &candidate : candidates) {
    KernelGroup &first = *candidate.first, &second = *candidate.second;
    if (first.second || second.second || first.ops.empty() || second.ops.empty()) {
      if (!first.ops.empty())
        first.boundary = "its result is read by " + second.root->getName().stripDialect().str() +
                         ": one of the two is a stage of another kernel already";
      continue;
    }
    second.second = second.root;
    second.rows = candidate.rows;
    second.root = first.root;
    second.ops.insert(second.ops.begin(), first.ops.begin(), first.ops.end());
    llvm::sort(second.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    first.ops.clear();
  }
  llvm::erase_if(groups, [](const KernelGroup &group) { return group.ops.empty(); });
}
