// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decides which ops of a block share a kernel: groups grow from their roots along elementwise ops,
// and along reductions of the same rows (a normalization is one kernel).
#include "lib/Conversion/NNToExec/Fusion.h"
#include "dialects/NN/NNAttention.h"
#include "dialects/NN/NNStates.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// More ops than this in one kernel gain nothing and cost compile time.
static constexpr size_t kMaxOps = 64;

/// A row that several ops of a kernel read again has at most so many elements (they stay in the
/// caches); fewer rows than this would leave threads without work.
static constexpr int64_t kMaxRow = 1 << 14, kMinRows = 8;

bool accel::isKernelOp(Operation *op) {
  return isa<ShapeOpInterface>(op) && !isa<ConstantOp, BindDimsOp>(op) && !isa<ViewOpInterface>(op);
}

llvm::SmallPtrSet<Operation *, 32> accel::liveOps(Block &block) {
  llvm::SmallPtrSet<Operation *, 32> live{block.getTerminator()};
  for (Operation &op : llvm::reverse(block))
    if (isa<ShapeOpInterface>(op) &&
        llvm::any_of(op.getUsers(), [&](Operation *user) { return live.contains(user); }))
      live.insert(&op);
  return live;
}

namespace {
class GroupBuilder {
public:
  GroupBuilder(Block &block, const llvm::SmallPtrSetImpl<Operation *> &live, ShapeAnalysis &shapes)
      : live(live), shapes(shapes) {
    for (Operation &op : block)
      if (live.contains(&op) && isKernelOp(&op)) {
        order[&op] = ops.size();
        ops.push_back(&op);
      }
  }

  SmallVector<KernelGroup> run() {
    // The ops that pay most for an epilogue choose first: of two products that meet in an addition,
    // one gets it. Elementwise ops take what is left.
    for (Operation *op : ops)
      if (isa<ConvOp, BlockedConvOp, BlockedDepthwiseConvOp, MatmulOp, PackedMatmulOp>(op))
        start(op, op);
    for (Operation *op : ops)
      if (!isa<ElementwiseOpInterface>(op) && !groupOf.count(op))
        start(op, op);
    for (Operation *op : ops)
      if (!groupOf.count(op))
        start(op, nullptr);
    for (size_t i = groups.size(); i-- > 0;)
      joinConsumer(i);
    return finish();
  }

private:
  using OpSet = SmallPtrSet<Operation *, 8>;

  void start(Operation *op, Operation *root) {
    groupOf[op] = groups.size();
    KernelGroup &group = groups.emplace_back();
    group.ops.push_back(op);
    group.root = root;
    while (grow(groups.size() - 1))
      ;
  }

  /// What the ops of a group compute over: tensors of one shape and, where rows of it are reduced
  /// in the group, tensors of one element a row.
  struct Space {
    Shape shape, rows;
    size_t reduced = 0; ///< trailing dims of `shape` that a row has; 0: no rows
  };

  /// The space of a group that starts with an op.
  Space spaceOf(Operation *root) {
    size_t reduced = root ? reducedRow(root) : 0;
    if (!reduced)
      return {};
    Space space{shapes.get(root->getOperand(0)), {}, reduced};
    space.rows = space.shape;
    for (size_t i = space.shape.size() - reduced; i < space.shape.size(); ++i)
      space.rows[i] = shapes.constant(1);
    return space;
  }

  /// Dims of a row, if the op reduces rows of whole trailing dims that are near while it is
  /// computed and the op leaves enough of them to share; else 0.
  size_t reducedRow(Operation *op) {
    SmallVector<int64_t> axes;
    if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKeepdims())
      axes.assign(reduce.getAxes().begin(), reduce.getAxes().end());
    else if (auto softmax = dyn_cast<SoftmaxOp>(op))
      axes = {int64_t(softmax.getAxis())};
    else if (auto softmax = dyn_cast<LogSoftmaxOp>(op))
      axes = {int64_t(softmax.getAxis())};
    if (axes.empty())
      return 0;
    const Shape &shape = shapes.get(op->getOperand(0));
    size_t lead = shape.size() - axes.size();
    int64_t elements = 1, rows = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      std::optional<int64_t> size = constantDim(shape[i]);
      if (i >= lead && (!size || axes[i - lead] != int64_t(i)))
        return 0;
      // Never beyond the limit, so that no size overflows.
      int64_t &count = i < lead ? rows : elements;
      count = std::min(count * std::min(size.value_or(kMinRows), kMaxRow + 1), kMaxRow + 1);
    }
    return elements <= kMaxRow && rows >= kMinRows ? axes.size() : 0;
  }

  /// An op of no group yet that computes over `shape`, or in the space of rows.
  bool isFree(Operation *op, const Shape &shape, const Space &space) {
    if (!order.count(op) || groupOf.count(op))
      return false;
    if (isa<ElementwiseOpInterface>(op)) {
      const Shape &own = shapes.get(op->getResult(0));
      return own == shape || (space.reduced && (own == space.shape || own == space.rows));
    }
    return space.reduced && reducedRow(op) == space.reduced &&
           shapes.get(op->getOperand(0)) == space.shape;
  }

  /// Why a reader of a group's result is not in it, in words for a user.
  std::string whyApart(Operation *user) {
    if (user->hasTrait<OpTrait::IsTerminator>())
      return "its result is an output";
    std::string reader = "its result is read by " + user->getName().stripDialect().str();
    if (!order.count(user))
      return reader + ", which computes nothing";
    if (groupOf.count(user))
      return reader + ", which is in another kernel already";
    if (isa<ElementwiseOpInterface>(user))
      return reader + " over another shape";
    if (auto apart = user->getAttrOfType<StringAttr>(kApartAttr))
      return reader + ": " + apart.str();
    if (isa<ReductionOpInterface>(user))
      return reader + ", which reduces other rows, or too long or too few";
    return reader + ", which is not computed element by element";
  }

  /// Adds the fewest consumers after which again one result only is used outside.
  bool grow(size_t index) {
    KernelGroup &group = groups[index];
    if (isa_and_nonnull<AttentionOp>(group.root)) {
      group.boundary = "attention is a kernel by itself";
      return false;
    }
    if (group.root && group.root->hasAttr(kAppendAttr)) {
      group.boundary = "its result is a state";
      return false;
    }
    const Shape shape = shapes.get(group.result());
    const Space space = spaceOf(group.root);
    OpSet added;
    SmallVector<Operation *> open{group.ops.back()};
    do {
      // The earliest value with users outside: all of them must come in.
      Operation *next =
          *llvm::min_element(open, [&](auto *a, auto *b) { return order[a] < order[b]; });
      llvm::erase(open, next);
      for (Operation *user : next->getUsers()) {
        if (!live.contains(user))
          continue;
        if (added.contains(user))
          continue;
        if (!isFree(user, shape, space) || added.size() + group.ops.size() >= kMaxOps) {
          group.boundary = whyApart(user);
          return false;
        }
        added.insert(user);
        open.push_back(user);
      }
    } while (open.size() > 1);
    SmallVector<Operation *> sorted(added.begin(), added.end());
    llvm::sort(sorted, [&](auto *a, auto *b) { return order[a] < order[b]; });
    for (Operation *op : sorted) {
      group.ops.push_back(op);
      groupOf[op] = index;
    }
    return true;
  }

  /// Moves a group of elementwise ops into the one group that reads its result: as a side input of
  /// the same iteration space, or as producers of a reduction's operand.
  void joinConsumer(size_t index) {
    KernelGroup &group = groups[index];
    if (group.root)
      return;
    const Shape &shape = shapes.get(group.result());
    size_t target = SIZE_MAX;
    for (OpOperand &use : group.result().getUses()) {
      Operation *user = use.getOwner();
      if (!live.contains(user))
        continue;
      auto known = groupOf.find(user);
      if (known == groupOf.end() || (target != SIZE_MAX && target != known->second))
        return;
      target = known->second;
      bool sameSpace = isa<ElementwiseOpInterface>(user) && shapes.get(user->getResult(0)) == shape;
      bool reduced = isa<ReductionOpInterface>(user) && use.getOperandNumber() == 0;
      if (!sameSpace && !reduced)
        return;
    }
    KernelGroup &into = groups[target];
    if (group.ops.size() + into.ops.size() > kMaxOps)
      return;
    for (Operation *op : group.ops)
      groupOf[op] = target;
    into.ops.append(group.ops);
    llvm::sort(into.ops, [&](auto *a, auto *b) { return order[a] < order[b]; });
    group.ops.clear();
  }

  SmallVector<KernelGroup> finish() {
    llvm::erase_if(groups, [](const KernelGroup &group) { return group.ops.empty(); });
    llvm::sort(groups, [&](const KernelGroup &a, const KernelGroup &b) {
      return order[a.ops.back()] < order[b.ops.back()];
    });
    return std::move(groups);
  }

  const llvm::SmallPtrSetImpl<Operation *> &live;
  ShapeAnalysis &shapes;
  SmallVector<Operation *> ops;
  DenseMap<Operation *, size_t> order, groupOf;
  SmallVector<KernelGroup> groups;
};
} // namespace

SmallVector<KernelGroup> accel::formKernelGroups(Block &block,
                                                 const llvm::SmallPtrSetImpl<Operation *> &live,
                                                 ShapeAnalysis &shapes) {
  return GroupBuilder(block, live, shapes).run();
}
