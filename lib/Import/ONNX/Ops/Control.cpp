// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow: decided while importing where the condition is known, else left to the run.
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// The graph of an attribute; null after an error.
static const onnx::GraphProto *graphOf(Node &node, StringRef name) {
  const onnx::AttributeProto *attribute = node.attribute(name);
  if (attribute && attribute->has_g())
    return &attribute->g();
  (void)node.error("expected a graph in the attribute " + name);
  return nullptr;
}

static LogicalResult give(Node &node, ArrayRef<Value> values) {
  for (auto [i, value] : llvm::enumerate(values))
    if (failed(node.result(i, value)))
      return failure();
  return success(!node.hasFailed());
}

/// Imports a graph that must give `count` values.
static LogicalResult importBody(Node &node, const onnx::GraphProto &graph,
                                ArrayRef<Value> arguments, int64_t count,
                                SmallVectorImpl<Value> &values) {
  if (graph.output_size() != count)
    return node.error("expected a graph of " + Twine(count) + " outputs, found " +
                      Twine(graph.output_size()));
  values = node.importer().importGraph(node, graph, arguments);
  return success(!values.empty() || (count == 0 && !node.hasFailed()));
}

/// One element of an integer type of that many bits, as a tensor without dims; null after an error.
static Value single(Node &node, Value value, unsigned bits, StringRef what) {
  if (!value || node.hasFailed())
    return {};
  bool isOne =
      llvm::all_of(node.dims(value), [](Dim dim) { return nn::constantDim(dim).value_or(1) == 1; });
  if (Node::element(value).isInteger(bits) && isOne)
    return node.reshape(value, {});
  (void)node.error("expected " + what + " to be one " + (bits == 1 ? "bool" : "i64") + ", found " +
                   (isOne ? "" : "several elements of ") + dtypeText(Node::element(value)));
  return {};
}

static LogicalResult ifOp(Node &node) {
  const onnx::GraphProto *branches[] = {graphOf(node, "then_branch"), graphOf(node, "else_branch")};
  Value condition = single(node, node.operand(0), 1, "the condition");
  if (node.hasFailed())
    return failure();
  int64_t count = node.proto().output_size();
  auto body = [&](bool taken) {
    return [&, taken](ValueRange, SmallVectorImpl<Value> &values) {
      return importBody(node, *branches[taken ? 0 : 1], {}, count, values);
    };
  };
  if (std::optional<SmallVector<int64_t>> known = node.constants(condition);
      known && known->size() == 1) {
    SmallVector<Value> values;
    if (failed(body(known->front())({}, values)))
      return failure();
    return give(node, values);
  }
  return give(node, node.importer().branch(node, condition, body(true), body(false)));
}

/// The argument as the graph declares it: exporters give single numbers the shape [1], too.
static Value asDeclared(Node &node, Value value, const onnx::ValueInfoProto &declared) {
  const onnx::TypeProto::Tensor &type = declared.type().tensor_type();
  return type.has_shape() && type.shape().dim_size() == 1
             ? node.reshape(value, node.constantShape({1}))
             : value;
}

static LogicalResult loop(Node &node) {
  const onnx::GraphProto *graph = graphOf(node, "body");
  Value trips = single(node, node.optional(0), 64, "the trip count"),
        condition = single(node, node.optional(1), 1, "the condition");
  SmallVector<Value> initial;
  for (size_t i = 2; i < node.operandCount(); ++i)
    initial.push_back(node.operand(i));
  if (node.hasFailed())
    return failure();
  if (size_t(node.proto().output_size()) < initial.size())
    return node.error("expected an output for each of " + Twine(initial.size()) +
                      " values that it carries, found " + Twine(node.proto().output_size()));
  if (std::optional<SmallVector<int64_t>> known =
          condition ? node.constants(condition) : std::nullopt;
      known && known->size() == 1 && known->front())
    condition = {};
  if (size_t(graph->input_size()) != initial.size() + 2)
    return node.error("expected a body of " + Twine(initial.size() + 2) + " inputs, found " +
                      Twine(graph->input_size()));
  llvm::SmallDenseSet<size_t> opened;
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    // An iteration begins only where the condition holds.
    SmallVector<Value> inputs{
        asDeclared(node, arguments.front(), graph->input(0)),
        asDeclared(node, node.scalar(node.builder().getI1Type(), 1), graph->input(1))};
    llvm::append_range(inputs, arguments.drop_front());
    SmallVector<Value> values;
    if (failed(importBody(node, *graph, inputs, node.proto().output_size() + 1, values)))
      return failure();
    ArrayRef<Value> rest = values;
    yield.condition = single(node, rest.front(), 1, "the body's condition");
    if (node.hasFailed())
      return failure();
    for (size_t i = 0; i < initial.size(); ++i) {
      Value value = rest[1 + i];
      // What begins as an optional value may go on as what is in it.
      if (isBox(initial[i], nn::BoxKind::optional) && !isBox(value, nn::BoxKind::optional)) {
        opened.insert(i);
        value = boxed(node, nn::BoxKind::optional, {value});
      }
      yield.carried.push_back(value);
    }
    llvm::append_range(yield.scans, rest.drop_front(1 + initial.size()));
    return success();
  };
  SmallVector<Value> results = node.importer().loop(node, trips, condition, initial, body);
  for (size_t i : opened)
    if (!results.empty())
      results[i] = elementAt(node, results[i], {});
  return give(node, results);
}

/// What a Scan says of each of its scanned inputs or outputs.
static SmallVector<int64_t> perScan(Node &node, StringRef name, size_t count) {
  std::optional<SmallVector<int64_t>> given = node.integers(name);
  if (given && given->size() != count)
    (void)node.error("expected attribute '" + name + "' to have " + Twine(count) +
                     " entries, found " + Twine(given->size()));
  return given && !node.hasFailed() ? *given : SmallVector<int64_t>(count, 0);
}

/// Scan-9: a loop over slices of its inputs.
static LogicalResult scan(Node &node) {
  const onnx::GraphProto *graph = graphOf(node, "body");
  int64_t numScanned = node.integer("num_scan_inputs", 0);
  if (node.hasFailed())
    return failure();
  int64_t numCarried = int64_t(node.operandCount()) - numScanned;
  int64_t numStacked = node.proto().output_size() - numCarried;
  if (numScanned < 1 || numCarried < 0 || numStacked < 0)
    return node.error("expected num_scan_inputs of 1.." + Twine(node.operandCount()) + ", found " +
                      Twine(numScanned));
  SmallVector<Value> carried, scanned;
  for (int64_t i = 0; i < numCarried; ++i)
    carried.push_back(node.operand(i));
  for (int64_t i = 0; i < numScanned; ++i)
    scanned.push_back(node.operand(numCarried + i));
  SmallVector<int64_t> axes = perScan(node, "scan_input_axes", numScanned),
                       isReverse = perScan(node, "scan_input_directions", numScanned),
                       stackAxes = perScan(node, "scan_output_axes", numStacked),
                       stackReverse = perScan(node, "scan_output_directions", numStacked);
  if (node.hasFailed())
    return failure();
  for (auto [axis, value] : llvm::zip_equal(axes, scanned))
    axis = node.axis(axis, Node::rank(value));
  if (node.hasFailed())
    return failure();
  std::optional<int64_t> steps;
  for (auto [axis, value] : llvm::zip_equal(axes, scanned))
    if (std::optional<int64_t> size = nn::constantDim(node.dims(value)[axis])) {
      if (steps && *steps != *size)
        return node.error("expected scanned inputs of one length, found " + Twine(*steps) +
                          " and " + Twine(*size));
      steps = size;
    }
  Value count = node.reshape(node.create<nn::ShapeOfOp>(scanned[0], axes[0], axes[0] + 1), {});
  Value last = node.sub(count, node.scalarLike(count, 1));
  if (node.hasFailed())
    return failure();
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    Value at = arguments.front();
    SmallVector<Value> inputs(arguments.drop_front());
    for (auto [value, axis, reverse] : llvm::zip_equal(scanned, axes, isReverse))
      inputs.push_back(
          node.create<nn::GatherOp>(value, reverse ? node.sub(last, at) : at, uint64_t(axis)));
    SmallVector<Value> values;
    if (node.hasFailed() ||
        failed(importBody(node, *graph, inputs, node.proto().output_size(), values)))
      return failure();
    llvm::append_range(yield.carried, ArrayRef(values).take_front(numCarried));
    llvm::append_range(yield.scans, ArrayRef(values).drop_front(numCarried));
    return success();
  };
  SmallVector<Value> results = node.importer().loop(node, count, {}, carried, body);
  if (results.empty())
    return failure();
  for (int64_t i = 0; i < numStacked; ++i) {
    Value &stack = results[numCarried + i];
    if (stackReverse[i])
      stack = reversed(node, stack, 0);
    int64_t rank = Node::rank(stack), axis = node.axis(stackAxes[i], rank);
    SmallVector<int64_t> order;
    for (int64_t dim = 1; dim < rank; ++dim)
      order.push_back(dim);
    order.insert(order.begin() + axis, 0);
    if (axis)
      stack = node.transpose(stack, order);
  }
  return give(node, results);
}

static LogicalResult scan8(Node &node) {
  return node.unsupported("Scan of opset 8, whose batches have lengths of their own");
}

ArrayRef<OpRow> accel::onnx_import::controlOps() {
  static const OpRow rows[] = {
      {"If", 1, ifOp}, {"Loop", 1, loop}, {"Scan", 8, scan8}, {"Scan", 9, scan}};
  return rows;
}
