// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradient of ai.onnx.preview.training: the graph between `xs` and `y` is imported once more, for
// the node's operands, and differentiated op by op from `y` on.
#include "lib/Import/ONNX/Ops/Gradient.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value Gradients::sumTo(Value gradient, Value value) {
  Shape from = node.dims(gradient), to = node.dims(value);
  size_t more = from.size() - to.size();
  SmallVector<int64_t> axes;
  for (size_t i = 0; i < from.size(); ++i) {
    if (i >= more && from[i] == to[i - more])
      continue;
    if (i >= more && nn::constantDim(to[i - more]) != 1) {
      (void)node.unsupported("the gradient of a broadcast that only a run knows of");
      return {};
    }
    axes.push_back(int64_t(i));
  }
  if (axes.empty())
    return gradient;
  return node.reshape(node.reduce(nn::ReduceKind::sum, gradient, axes, true), to);
}

void Gradients::add(Value value, Value gradient) {
  if (!gradient || node.hasFailed() || !Node::isFloat(value))
    return;
  gradient = sumTo(gradient, value);
  // The op may have broadcast what comes back to it.
  if (gradient && node.dims(gradient) != node.dims(value))
    gradient = node.broadcast(gradient, node.dims(value));
  Value &sum = gradients[value];
  sum = sum ? node.add(sum, gradient) : gradient;
}

/// The ops between, in an order in which operands come before their users.
static LogicalResult collect(Node &node, Value y, const llvm::SetVector<Operation *> &sources,
                             llvm::SetVector<Operation *> &path) {
  // Each op's operands that are left to look at, and whether one of them follows from a source.
  struct Visit {
    Operation *op;
    SmallVector<Value> operands; ///< What its regions take from around them counts, too.
    size_t next = 0;
    bool follows = false;
  };
  llvm::DenseMap<Operation *, bool> known;
  SmallVector<Visit> stack;
  auto enter = [&](Value value) -> std::optional<bool> {
    Operation *op = value.getDefiningOp();
    if (!op || isa<nn::ConstantOp>(op))
      return false;
    if (sources.contains(op))
      return true;
    if (auto found = known.find(op); found != known.end())
      return found->second;
    llvm::SetVector<Value> operands(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), operands);
    stack.push_back({op, operands.takeVector()});
    return std::nullopt;
  };
  (void)enter(y);
  while (!stack.empty()) {
    Visit &top = stack.back();
    if (top.next == top.operands.size()) {
      if (known[top.op] = top.follows; top.follows)
        path.insert(top.op);
      stack.pop_back();
      continue;
    }
    Value operand = top.operands[top.next];
    // An op that is entered is asked for again when it is done.
    if (std::optional<bool> follows = enter(operand)) {
      Visit &same = stack.back();
      same.follows |= *follows;
      ++same.next;
    }
  }
  for (Operation *op : path)
    if (op->getNumRegions() || op->getNumResults() != 1)
      return node.unsupported("the gradient of " + op->getName().getStringRef());
  return success();
}

static LogicalResult gradient(Node &node) {
  const onnx::AttributeProto *xs = node.attribute("xs"), *zs = node.attribute("zs");
  std::string y = node.text("y", "");
  if (!xs || y.empty())
    return node.error("expected attributes xs, names of tensors, and y, the name of one");
  SmallVector<StringRef> names(xs->strings().begin(), xs->strings().end());
  size_t count = names.size();
  if (zs)
    names.append(zs->strings().begin(), zs->strings().end());
  if (node.operandCount() != names.size())
    return node.error("expected a value for each of the " + Twine(names.size()) +
                      " tensors of xs and zs, found " + Twine(node.operandCount()));
  llvm::StringSet<> distinct;
  for (StringRef name : names)
    if (!distinct.insert(name).second)
      return node.error("expected different tensors in xs and zs, found '" + name + "' twice");
    else if (!node.importer().isNamed(name, node.scope()))
      return node.error("expected names of tensors of the graph in xs and zs, found '" + name +
                        "'");
  // Values that nothing is known of: what follows from them is not evaluated yet.
  GraphImporter &graph = node.importer();
  SmallVector<Value> operands, opaque;
  llvm::SetVector<Operation *> sources, path;
  for (size_t i = 0; i < names.size(); ++i) {
    Value operand = node.operand(i);
    if (!operand)
      return failure();
    auto source =
        UnrealizedConversionCastOp::create(node.builder(), node.loc(), operand.getType(), operand);
    graph.shapes.set(source.getResult(0), node.dims(operand));
    operands.push_back(operand);
    opaque.push_back(source.getResult(0));
    if (i < count && Node::isFloat(operand))
      sources.insert(source);
  }
  Value result = graph.importAgain(node, y, names, opaque);
  if (!result)
    return node.error("its y, '" + y + "', does not follow from other nodes of the graph");
  if (!Node::isFloat(result))
    return node.error("expected y of floats, found " + dtypeText(Node::element(result)));
  Gradients gradients(node);
  if (failed(collect(node, result, sources, path)))
    return failure();
  gradients.add(result, node.broadcast(node.scalarLike(result, 1), node.dims(result)));
  for (Operation *op : llvm::reverse(path)) {
    Value ofResult = gradients.of(op->getResult(0));
    if (ofResult && failed(backpropagate(node, op, ofResult, gradients)))
      return failure();
  }
  SmallVector<Value> results(count);
  for (size_t i = 0; i < count; ++i) {
    results[i] = gradients.of(opaque[i]);
    if (node.wants(i) && !results[i])
      results[i] = node.broadcast(node.scalarLike(operands[i], 0), node.dims(operands[i]));
  }
  if (node.hasFailed())
    return failure();
  for (size_t i = 0; i < count; ++i)
    if (node.wants(i) && failed(node.result(i, results[i])))
      return failure();
  for (auto [value, operand] : llvm::zip_equal(opaque, operands))
    value.replaceAllUsesWith(operand);
  return success();
}

ArrayRef<OpRow> accel::onnx_import::gradientOps() {
  static const OpRow rows[] = {
      {"Gradient", 1, gradient},
  };
  return rows;
}
