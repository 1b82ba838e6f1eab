// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches and loops: regions, and what is known of the shapes that come out of them.
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

void GraphImporter::noteSizes(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return;
  for (auto [axis, dim] : llvm::enumerate(shapes.get(value))) {
    auto symbol = dyn_cast<AffineSymbolExpr>(dim);
    if (symbol && symbol.getPosition() >= symbolValues.size() &&
        !shapes.definitionOf(symbol.getPosition()))
      sizeOwners.try_emplace(dim, value, axis);
  }
}

/// The value with what is known of its dims, as far as they follow from the model's inputs.
Value GraphImporter::withDims(Value value, ArrayRef<Dim> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  Shape shape(dims);
  for (auto [axis, dim] : llvm::enumerate(shape))
    if (!type.isDynamicDim(axis))
      dim = getAffineConstantExpr(type.getDimSize(axis), &context);
  shapes.set(value, shape);
  auto isNamed = [&](Dim dim) {
    bool named = true;
    dim.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      named &= !symbol || symbol.getPosition() < symbolValues.size();
    });
    return named;
  };
  SmallVector<Attribute> names;
  llvm::DenseMap<AffineExpr, AffineExpr> numbers;
  for (Dim dim : llvm::make_filter_range(shape, isNamed))
    dim.walk([&](AffineExpr part) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(part);
          symbol && numbers.try_emplace(part, getAffineSymbolExpr(names.size(), &context)).second)
        names.push_back(builder.getStringAttr(symbolNames[symbol.getPosition()]));
    });
  if (names.empty())
    return value;
  // The symbol past the names stands for what has none.
  SmallVector<AffineExpr> local;
  bool hasUnnamed = false;
  for (Dim dim : shape) {
    hasUnnamed |= !isNamed(dim);
    local.push_back(isNamed(dim) ? dim.replace(numbers)
                                 : getAffineSymbolExpr(names.size(), &context));
  }
  Value bound =
      nn::BindDimsOp::create(builder, value.getLoc(), value, builder.getArrayAttr(names),
                             AffineMap::get(0, names.size() + hasUnnamed, local, &context));
  shapes.set(bound, shape);
  return bound;
}

/// True if a dim says something outside of the region that it comes from.
bool GraphImporter::isVisible(Dim dim) const {
  bool visible = true;
  dim.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol || symbol.getPosition() < symbolValues.size() || sizeOwners.contains(part))
      return;
    const nn::LeastDim *least = shapes.definitionOf(symbol.getPosition());
    visible &= least && isVisible(least->a) && isVisible(least->b);
  });
  return visible;
}

/// A region that lives as long as the importer: what is known of its values is kept by address.
Region &GraphImporter::newRegion() { return *regions.emplace_back(std::make_unique<Region>()); }

void GraphImporter::dropRegions() {
  for (const std::unique_ptr<Region> &region : regions)
    region->dropAllReferences();
}

LogicalResult GraphImporter::fillRegion(Region &region, Node &node, TypeRange arguments,
                                        llvm::function_ref<void(ValueRange)> describe,
                                        RegionBody body) {
  Block *around = block;
  // What is made in the region can be seen in it only.
  llvm::DenseMap<Dim, Value> outerIndices = indexValues;
  auto outerOwners = sizeOwners;
  block = &region.emplaceBlock();
  for (Type type : arguments)
    block->addArgument(type, node.loc());
  builder.setInsertionPointToEnd(block);
  describe(block->getArguments());
  for (BlockArgument argument : block->getArguments())
    noteSizes(argument);
  SmallVector<Value> values;
  LogicalResult result = body(block->getArguments(), values);
  if (succeeded(result)) {
    builder.setInsertionPointToEnd(block);
    nn::YieldOp::create(builder, node.loc(), values);
  }
  block = around;
  builder.setInsertionPointToEnd(block);
  indexValues = std::move(outerIndices);
  sizeOwners = std::move(outerOwners);
  return result;
}

/// What two shapes have in common; dims that differ are not known.
static RankedTensorType meet(RankedTensorType a, RankedTensorType b) {
  SmallVector<int64_t> shape;
  for (auto [x, y] : llvm::zip_equal(a.getShape(), b.getShape()))
    shape.push_back(x == y ? x : ShapedType::kDynamic);
  return RankedTensorType::get(shape, meetElements(a.getElementType(), b.getElementType()));
}

/// Nothing, or how two types differ in what a run cannot change.
static std::string difference(RankedTensorType a, RankedTensorType b) {
  if (!meetElements(a.getElementType(), b.getElementType()))
    return dtypeText(a.getElementType()) + " and " + dtypeText(b.getElementType());
  if (a.getRank() != b.getRank())
    return "ranks " + std::to_string(a.getRank()) + " and " + std::to_string(b.getRank());
  return "";
}

std::optional<GraphImporter::Branch> GraphImporter::fillBranch(Node &node, RegionBody body) {
  Branch branch{&newRegion(), {}};
  auto fill = [&](ValueRange arguments, SmallVectorImpl<Value> &yielded) {
    LogicalResult result = body(arguments, yielded);
    branch.values.assign(yielded.begin(), yielded.end());
    return result;
  };
  if (failed(fillRegion(*branch.region, node, {}, [](ValueRange) {}, fill)))
    return std::nullopt;
  return branch;
}

SmallVector<Value> GraphImporter::makeIf(Node &node, Value condition, const Branch &onTrue,
                                         const Branch &onFalse) {
  SmallVector<Type> types;
  SmallVector<Shape> known;
  for (auto [i, a, b] : llvm::enumerate(onTrue.values, onFalse.values)) {
    if (std::string differ = difference(Node::type(a), Node::type(b)); !differ.empty()) {
      (void)node.error(
          (frame->results ? "output " + Twine(i) + " of its graph" : "output " + Twine(i)) +
              ", for which the branches give " + differ + ", which is not supported yet",
          "Fix the sizes that decide it with --shape or --dim, or rewrite this part of the model "
          "before exporting it.");
      return {};
    }
    auto type = meet(Node::type(a), Node::type(b));
    Shape shape, first = shapes.get(a), second = shapes.get(b);
    for (auto [x, y] : llvm::zip_equal(first, second))
      shape.push_back(x == y ? x : shapes.fresh());
    types.push_back(type);
    known.push_back(shape);
  }
  OperationState state(node.loc(), nn::IfOp::getOperationName(), condition, types);
  for (const Branch *branch : {&onTrue, &onFalse})
    state.addRegion()->takeBody(*branch->region);
  Operation *op = builder.create(state);
  SmallVector<Value> results;
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), known))
    results.push_back(withDims(result, shape));
  return results;
}

SmallVector<Value> GraphImporter::branch(Node &node, Value condition, RegionBody thenBody,
                                         RegionBody elseBody) {
  size_t before = problems.problems.size();
  std::optional<Branch> onTrue = fillBranch(node, thenBody);
  std::optional<Branch> onFalse = onTrue ? fillBranch(node, elseBody) : std::nullopt;
  if (!onFalse)
    return {};
  for (auto [a, b] : llvm::zip_equal(onTrue->values, onFalse->values))
    if (Node::rank(a) != Node::rank(b)) {
      problems.problems.resize(before); // warnings, which come again
      branchRest(node, condition, thenBody, elseBody);
      return {};
    }
  return makeIf(node, condition, *onTrue, *onFalse);
}

std::optional<GraphImporter::Branch> GraphImporter::failingBranch(Node &node, const Branch &other,
                                                                  StringRef reason) {
  return fillBranch(node, [&](ValueRange, SmallVectorImpl<Value> &yielded) -> LogicalResult {
    auto call = nn::CallOp::create(builder, node.loc(), ValueRange(other.values).getTypes(), "fail",
                                   ValueRange(), DenseI64ArrayAttr(), DenseI64ArrayAttr(),
                                   DenseF64ArrayAttr(), builder.getStrArrayAttr(reason));
    for (auto [value, like] : llvm::zip_equal(call.getResults(), other.values)) {
      shapes.set(value, shapes.get(like));
      yielded.push_back(value);
    }
    return success();
  });
}

/// Each doubles what comes after it.
static constexpr unsigned kMostRankBranches = 8;

/// The rest of the node's graph goes into each branch: what nodes are depends on ranks. A branch in
/// which it cannot be imported is one that no run may take.
void GraphImporter::branchRest(Node &node, Value condition, RegionBody thenBody,
                               RegionBody elseBody) {
  if (rankBranches == kMostRankBranches) {
    (void)node.unsupported("a branch of several ranks behind " + Twine(rankBranches) +
                           " others, after each of which the rest of the graph is imported twice");
    return;
  }
  llvm::SaveAndRestore deeper(rankBranches, rankBranches + 1);
  importIndependent(node);
  Frame &around = *frame;
  SmallVector<int> rest = std::move(around.rest);
  around.results.emplace(around.outputs.size());
  std::optional<Branch> branches[2];
  std::vector<ImportDiagnostic> reasons[2];
  RegionBody bodies[2] = {thenBody, elseBody};
  for (int i = 0; i < 2; ++i) {
    size_t before = problems.problems.size();
    auto withRest = [&](ValueRange, SmallVectorImpl<Value> &yielded) -> LogicalResult {
      SmallVector<Value> given;
      if (failed(bodies[i]({}, given)))
        return failure();
      Scope scope(around.scope.caller, block);
      scope.parent = &around.scope;
      scope.graph = around.scope.graph;
      scope.opsets = around.scope.opsets;
      for (auto [name, value] : llvm::zip_equal(node.proto().output(), given)) {
        scope.values[name] = {value};
        noteSizes(value);
      }
      Frame own{around.nodes, rest, scope, around.outputs, {}};
      yielded = importFrame(own);
      return failure(stopped || llvm::is_contained(yielded, Value()));
    };
    branches[i] = fillBranch(node, withRest);
    // Results of nodes that failed may have been declared, so that there are values all the same.
    auto begin = problems.problems.begin() + before;
    auto isError = [](const ImportDiagnostic &problem) {
      return problem.severity == Severity::Error;
    };
    if (!branches[i] || std::any_of(begin, problems.problems.end(), isError)) {
      branches[i].reset();
      reasons[i].assign(begin, problems.problems.end());
      problems.problems.erase(begin, problems.problems.end());
    }
  }
  for (int i = 0; i < 2; ++i)
    if (!branches[i] && branches[1 - i] && !stopped) {
      std::string reason = "with a condition that is " + std::string(i ? "false" : "true");
      for (const ImportDiagnostic &problem : reasons[i])
        if (problem.severity == Severity::Error) {
          reason += ", node '" + problem.node + "' cannot run: " + problem.reason;
          break;
        }
      report(Severity::Warning, node, reason, "Such a run fails with this message.");
      branches[i] = failingBranch(node, *branches[1 - i], reason);
    }
  if (branches[0] && branches[1]) {
    SmallVector<Value> results = makeIf(node, condition, *branches[0], *branches[1]);
    if (!results.empty())
      around.results = results;
    return;
  }
  llvm::append_range(problems.problems, reasons[0]);
  for (const ImportDiagnostic &problem : reasons[1])
    if (llvm::none_of(reasons[0], [&](const ImportDiagnostic &other) {
          return other.node == problem.node && other.reason == problem.reason;
        }))
      problems.problems.push_back(problem);
}

SmallVector<Value>
GraphImporter::loop(Node &node, Value trips, Value condition, ArrayRef<Value> initial,
                    llvm::function_ref<LogicalResult(ValueRange, LoopYield &)> body) {
  auto i64 = RankedTensorType::get({}, builder.getI64Type());
  // First all is taken to keep its shape; what does not is imported anew, with dims that change.
  SmallVector<Shape> carried;
  SmallVector<RankedTensorType> types;
  for (Value value : initial) {
    carried.push_back(shapes.get(value));
    types.push_back(Node::type(value));
  }
  llvm::SmallDenseSet<Dim> changing;
  LoopYield yield;
  Region *region = nullptr;
  bool needsCondition = false;
  for (bool isStable = false; !isStable;) {
    isStable = true;
    region = &newRegion();
    size_t before = problems.problems.size();
    SmallVector<Type> arguments{i64};
    llvm::append_range(arguments, types);
    auto describe = [&](ValueRange values) {
      for (auto [value, shape] : llvm::zip_equal(values.drop_front(), carried))
        shapes.set(value, shape);
    };
    auto fill = [&](ValueRange values, SmallVectorImpl<Value> &yielded) -> LogicalResult {
      SmallVector<Value> known{values.front()};
      for (auto [value, shape] : llvm::zip_equal(values.drop_front(), carried))
        known.push_back(withDims(value, shape));
      yield = LoopYield();
      if (failed(body(known, yield)))
        return failure();
      std::optional<SmallVector<int64_t>> go =
          yield.condition ? node.constants(yield.condition) : SmallVector<int64_t>{1};
      needsCondition = condition || !go || go->size() != 1 || go->front() == 0;
      if (needsCondition && !yield.condition)
        yield.condition = node.scalar(builder.getI1Type(), 1);
      if (needsCondition)
        yielded.push_back(yield.condition);
      llvm::append_range(yielded, yield.carried);
      llvm::append_range(yielded, yield.scans);
      return success();
    };
    if (failed(fillRegion(*region, node, arguments, describe, fill)))
      return {};
    for (auto [i, value] : llvm::enumerate(yield.carried)) {
      RankedTensorType type = Node::type(value);
      if (std::string differ = difference(types[i], type); !differ.empty()) {
        (void)node.unsupported("a loop that carries, as its value " + Twine(i) + ", " + differ);
        return {};
      }
      // Of sequences, what they may hold is found in the same way.
      Type element = meetElements(types[i].getElementType(), type.getElementType());
      isStable &= element == types[i].getElementType();
      types[i] = RankedTensorType::get(types[i].getShape(), element);
      Shape after = shapes.get(value);
      for (auto [axis, dim] : llvm::enumerate(after)) {
        if (dim == carried[i][axis] || changing.contains(carried[i][axis]))
          continue;
        isStable = false;
        carried[i][axis] = shapes.fresh();
        changing.insert(carried[i][axis]);
        SmallVector<int64_t> shape(types[i].getShape());
        shape[axis] = ShapedType::kDynamic;
        types[i] = RankedTensorType::get(shape, types[i].getElementType());
      }
    }
    if (isStable)
      break;
    for (const ImportDiagnostic &problem : ArrayRef(problems.problems).drop_front(before))
      if (problem.severity == Severity::Error) {
        (void)node.failQuietly();
        return {};
      }
    problems.problems.resize(before); // warnings, which the next attempt repeats
  }

  SmallVector<Type> results(types.begin(), types.end());
  // Without a condition, the trips are as many as they say.
  std::optional<SmallVector<Dim>> count;
  if (trips && !needsCondition)
    count = node.evaluate(trips);
  Dim rows =
      count && count->size() == 1 ? shapes.max(count->front(), shapes.constant(0)) : shapes.fresh();
  SmallVector<Shape> known = carried;
  for (Value scan : yield.scans) {
    Shape shape{rows};
    Shape row = shapes.get(scan);
    SmallVector<int64_t> sizes{nn::constantDim(rows).value_or(ShapedType::kDynamic)};
    llvm::append_range(shape, row);
    llvm::append_range(sizes, Node::type(scan).getShape());
    if (std::string problem; !checkShape(sizes, problem)) {
      (void)node.error("what its iterations leave would be " + problem);
      return {};
    }
    results.push_back(RankedTensorType::get(sizes, Node::element(scan)));
    known.push_back(shape);
  }
  if (needsCondition && !condition)
    condition = node.scalar(builder.getI1Type(), 1);
  OperationState state(node.loc(), nn::LoopOp::getOperationName());
  if (trips)
    state.addOperands(trips);
  if (needsCondition)
    state.addOperands(condition);
  state.addOperands(initial);
  state.addTypes(results);
  state.getOrAddProperties<nn::LoopOp::Properties>().operandSegmentSizes = {
      trips ? 1 : 0, needsCondition ? 1 : 0, int32_t(initial.size())};
  state.addRegion()->takeBody(*region);
  Operation *op = builder.create(state);
  SmallVector<Value> values;
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), known)) {
    // A size that changes is one size in the body, another one at the end; so are those of rows.
    Shape own = shape;
    for (Dim &dim : own)
      if (!isVisible(dim))
        dim = shapes.fresh();
    values.push_back(withDims(result, own));
  }
  return values;
}
