// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow: decided while importing where the condition is known, else left to the run.
#include "include/accel-rt/Ops.h"
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

namespace {
/// What the versions of Scan have in common.
struct Scan {
  const onnx::GraphProto *graph;
  SmallVector<Value> carried, scanned;
  SmallVector<int64_t> axes, isReverse; ///< of each of `scanned`
  int64_t numStacked;
};
} // namespace

/// The operands from number `first` on.
static std::optional<Scan> readScan(Node &node, size_t first) {
  const onnx::GraphProto *graph = graphOf(node, "body");
  int64_t numScanned = node.integer("num_scan_inputs", 0);
  if (node.hasFailed())
    return std::nullopt;
  int64_t numOperands = int64_t(node.operandCount()) - int64_t(first);
  int64_t numCarried = numOperands - numScanned;
  int64_t numStacked = node.proto().output_size() - numCarried;
  if (numScanned < 1 || numCarried < 0 || numStacked < 0) {
    (void)node.error("expected num_scan_inputs of 1.." + Twine(numOperands) + ", found " +
                     Twine(numScanned));
    return std::nullopt;
  }
  Scan scan{graph, {}, {}, {}, {}, numStacked};
  for (int64_t i = 0; i < numOperands; ++i)
    (i < numCarried ? scan.carried : scan.scanned).push_back(node.operand(first + i));
  return scan;
}

/// One number: the size of a dim.
static Value sizeOf(Node &node, Value value, int64_t axis) {
  return node.reshape(node.create<nn::ShapeOfOp>(value, axis, axis + 1), {});
}

/// The one size that values have along axes of theirs; null after an error. A run fails where sizes
/// differ that are not known before.
static Value commonSize(Node &node, ArrayRef<Value> values, ArrayRef<int64_t> axes,
                        StringRef what) {
  std::optional<int64_t> known;
  for (auto [axis, value] : llvm::zip_equal(axes, values))
    if (std::optional<int64_t> size = nn::constantDim(node.dims(value)[axis])) {
      if (known && *known != *size) {
        (void)node.error("expected " + what + ", found " + Twine(*known) + " and " + Twine(*size));
        return {};
      }
      known = size;
    }
  Value size = sizeOf(node, values[0], axes[0]);
  llvm::SmallDenseSet<Dim> checked{node.dims(values[0])[axes[0]]};
  for (auto [axis, value] : llvm::zip_equal(axes, values))
    if (Dim dim = node.dims(value)[axis]; !dim || checked.insert(dim).second) {
      Value isEqual = node.compare(nn::CompareKind::eq, size, sizeOf(node, value, axis));
      // No iteration begins before the sizes are compared.
      size = node.select(node.require(isEqual, ("expected " + what).str()), size,
                         node.scalarLike(size, 0));
    }
  return size;
}

/// What is carried at the end of a loop over slices, and what its iterations leave.
static SmallVector<Value> scanSlices(Node &node, const Scan &scan, Value count) {
  Value last = node.sub(count, node.scalarLike(count, 1));
  if (node.hasFailed())
    return {};
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    Value at = arguments.front();
    SmallVector<Value> inputs(arguments.drop_front());
    for (auto [value, axis, reverse] : llvm::zip_equal(scan.scanned, scan.axes, scan.isReverse))
      inputs.push_back(
          node.create<nn::GatherOp>(value, reverse ? node.sub(last, at) : at, uint64_t(axis)));
    SmallVector<Value> values;
    if (node.hasFailed() ||
        failed(importBody(node, *scan.graph, inputs, node.proto().output_size(), values)))
      return failure();
    llvm::append_range(yield.carried, ArrayRef(values).take_front(scan.carried.size()));
    llvm::append_range(yield.scans, ArrayRef(values).drop_front(scan.carried.size()));
    return success();
  };
  return node.importer().loop(node, count, {}, scan.carried, body);
}

/// Scan-9: a loop over slices of its inputs.
static LogicalResult scan(Node &node) {
  std::optional<Scan> scan = readScan(node, 0);
  if (!scan)
    return failure();
  size_t numScanned = scan->scanned.size(), numStacked = scan->numStacked;
  scan->axes = perScan(node, "scan_input_axes", numScanned);
  scan->isReverse = perScan(node, "scan_input_directions", numScanned);
  SmallVector<int64_t> stackAxes = perScan(node, "scan_output_axes", numStacked),
                       stackReverse = perScan(node, "scan_output_directions", numStacked);
  if (node.hasFailed())
    return failure();
  for (auto [axis, value] : llvm::zip_equal(scan->axes, scan->scanned))
    axis = node.axis(axis, Node::rank(value));
  if (node.hasFailed())
    return failure();
  Value count = commonSize(node, scan->scanned, scan->axes, "scanned inputs of one length");
  if (!count)
    return failure();
  SmallVector<Value> results = scanSlices(node, *scan, count);
  if (results.empty())
    return failure();
  for (size_t i = 0; i < numStacked; ++i) {
    Value &stack = results[scan->carried.size() + i];
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

/// Scan-8: a loop over a batch, for each of which another one goes over a sequence of its own
/// length. What the iterations of a short one leave is filled up with zeros.
static LogicalResult scan8(Node &node) {
  std::optional<Scan> all = readScan(node, 1);
  Value lengths = node.optional(0);
  if (!all || node.hasFailed())
    return failure();
  all->isReverse = perScan(node, "directions", all->scanned.size());
  all->axes.assign(all->scanned.size(), 0);
  SmallVector<int64_t> sequenceAxes(all->scanned.size(), 1);
  for (Value value : all->scanned)
    if (Node::rank(value) < 2)
      return node.error("expected scanned inputs of rank 2 or more: a batch of sequences, found "
                        "rank " +
                        Twine(Node::rank(value)));
  for (Value value : all->carried)
    if (Node::rank(value) < 1)
      return node.error("expected initial values of rank 1 or more: a batch, found a scalar");
  if (node.hasFailed())
    return failure();
  if (lengths && (!Node::element(lengths).isInteger(64) || Node::rank(lengths) != 1))
    return node.error("expected sequence_lens to be i64 of rank 1, found " +
                      dtypeText(Node::element(lengths)) + " of rank " + Twine(Node::rank(lengths)));
  Dim longestDim = node.dims(all->scanned[0])[1];
  SmallVector<Value> batches(all->scanned);
  llvm::append_range(batches, all->carried);
  if (lengths)
    batches.push_back(lengths);
  Value batch = commonSize(node, batches, SmallVector<int64_t>(batches.size(), 0),
                           "inputs of one batch, the size of their dim 0");
  Value longest = commonSize(node, all->scanned, sequenceAxes, "scanned inputs of one length");
  if (node.hasFailed())
    return failure();
  Value zero = node.scalarLike(longest, 0);
  if (lengths) {
    Value isLength = node.create<nn::AndOp>(node.compare(nn::CompareKind::ge, lengths, zero),
                                            node.compare(nn::CompareKind::le, lengths, longest));
    isLength = node.require(
        isLength, "expected sequence_lens from 0 to the size of the scanned inputs' dim 1, "
                  "found another at place %lld");
    lengths = node.select(isLength, lengths, zero);
  }
  if (node.hasFailed())
    return failure();
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    Value at = arguments.front();
    auto sampleOf = [&](Value value) {
      return Value(node.create<nn::GatherOp>(value, at, uint64_t(0)));
    };
    Scan one = *all;
    for (SmallVector<Value> *values : {&one.carried, &one.scanned})
      for (Value &value : *values)
        value = sampleOf(value);
    Value count = lengths ? sampleOf(lengths) : longest;
    if (node.hasFailed())
      return failure();
    SmallVector<Value> results = scanSlices(node, one, count);
    if (results.empty())
      return failure();
    for (Value &stack : MutableArrayRef(results).drop_front(one.carried.size())) {
      if (!lengths)
        continue;
      Shape shape = node.dims(stack);
      shape[0] = longestDim;
      Value missing = node.reshape(node.sub(longest, count), node.constantShape({1}));
      Value pads =
          node.create<nn::ConcatOp>(ArrayRef<Value>{node.integerVector({0}), missing}, uint64_t(0));
      stack = node.call("pad", {stack, pads, {}, node.integerVector({0})}, {ACCEL_PAD_CONSTANT},
                        Node::element(stack), shape);
    }
    llvm::append_range(yield.scans, results);
    return success();
  };
  return give(node, node.importer().loop(node, batch, {}, {}, body));
}

ArrayRef<OpRow> accel::onnx_import::controlOps() {
  static const OpRow rows[] = {
      {"If", 1, ifOp}, {"Loop", 1, loop}, {"Scan", 8, scan8}, {"Scan", 9, scan}};
  return rows;
}
