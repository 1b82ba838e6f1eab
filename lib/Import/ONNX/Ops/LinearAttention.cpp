// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops with a state of a fixed size that goes from row to row: LinearAttention and
// CausalConvWithState.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Attention.h"
#include <cmath>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
class LinearAttention {
public:
  explicit LinearAttention(Node &node) : node(node) {}
  LogicalResult import();

private:
  Value byRow(Value x, Dim heads, ArrayRef<Dim> rest);
  Value spread(Value x, ArrayRef<Dim> rest);
  /// The state after a row, and what the queries read from it.
  std::pair<Value, Value> step(llvm::function_ref<Value(Value)> row, Value state);

  Node &node;
  Dim batch, rows;
  Value query, key, value, decay, beta;
};
} // namespace

/// batch x rows x (heads ...) as rows x batch x heads x ..., in f32.
Value LinearAttention::byRow(Value x, Dim heads, ArrayRef<Dim> rest) {
  if (!x || node.hasFailed())
    return {};
  // Dims of their own names are those of the queries: the state must keep its shape.
  Shape split{batch, rows, heads};
  llvm::append_range(split, rest);
  x = node.reshape(node.cast(x, node.builder().getF32Type()), split);
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, split.size()));
  std::swap(order[0], order[1]);
  return node.transpose(x, order);
}

/// Dims from 2 on that may be 1 as those that they are broadcast to.
Value LinearAttention::spread(Value x, ArrayRef<Dim> rest) {
  if (!x || node.hasFailed())
    return {};
  Shape shape = node.dims(x);
  bool isKnown = true;
  for (auto [from, to] : llvm::zip_equal(ArrayRef<Dim>(shape).drop_front(2), rest))
    isKnown &= from == to || nn::constantDim(from) == 1;
  if (isKnown)
    return x;
  shape.truncate(2);
  llvm::append_range(shape, rest);
  return node.reshape(node.broadcast(x, shape), shape);
}

std::pair<Value, Value> LinearAttention::step(llvm::function_ref<Value(Value)> row, Value state) {
  if (decay)
    state = node.mul(state, row(decay));
  Value written = row(value), at = row(key);
  if (beta) {
    // What the state has for the key is replaced in part.
    Value kept = node.create<nn::MatmulOp>(at, state);
    written = node.mul(row(beta), node.sub(written, kept));
  }
  state = node.add(state, node.mul(node.transpose(at, {0, 1, 3, 2}), written));
  return {state, node.create<nn::MatmulOp>(row(query), state)};
}

LogicalResult LinearAttention::import() {
  query = node.operand(0), key = node.operand(1), value = node.operand(2);
  Value past = node.optional(3);
  decay = node.optional(4), beta = node.optional(5);
  std::string rule = node.text("update_rule", "gated_delta");
  int64_t heads = node.integer("q_num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
  double scale = node.number("scale", 0);
  node.ignore({"chunk_size"}); // says how to compute, not what
  if (node.hasFailed())
    return failure();
  bool hasDecay = rule == "gated" || rule == "gated_delta",
       hasBeta = rule == "delta" || rule == "gated_delta";
  if (!hasDecay && !hasBeta && rule != "linear")
    return node.error("expected update_rule linear, gated, delta or gated_delta, found '" + rule +
                      "'");
  if (hasDecay != bool(decay) || hasBeta != bool(beta))
    return node.error("expected decay with the rules gated and gated_delta, beta with delta and "
                      "gated_delta, and neither with another: found the rule " +
                      rule + (decay ? " with" : " without") + " decay and" +
                      (beta ? " with" : " without") + " beta");
  if (heads < 1 || keyHeads < 1 || heads % keyHeads)
    return node.error("expected kv_num_heads to divide q_num_heads, found " + Twine(keyHeads) +
                      " and " + Twine(heads));
  for (Value operand : {query, key, value, decay, beta}) {
    if (operand && Node::rank(operand) != 3)
      return node.error("expected operands of rank 3, found rank " + Twine(Node::rank(operand)));
    if (operand && !Node::isFloat(operand))
      return node.error("expected operands of floats, found " + dtypeText(Node::element(operand)));
  }
  for (auto [operand, count] :
       {std::pair(query, heads), std::pair(key, keyHeads), std::pair(value, keyHeads)})
    if (Dim width = node.dims(operand)[2]; nn::constantDim(width).value_or(count) % count)
      return node.error("expected a number of heads that divides " + nn::dimText(width) +
                        ", found " + Twine(count));
  if (past && Node::rank(past) != 4)
    return node.error("expected past_state of rank 4, found rank " + Twine(Node::rank(past)));

  Type element = Node::element(query), stateElement = past ? Node::element(past) : element;
  Type f32 = node.builder().getF32Type();
  Shape queryShape = node.dims(query);
  Dim groups = node.constantDim(keyHeads), each = node.constantDim(heads / keyHeads),
      one = node.constantDim(1), depth = node.dims(key)[2].floorDiv(keyHeads),
      width = node.dims(value)[2].floorDiv(keyHeads);
  batch = queryShape[0], rows = queryShape[1];
  Value depthOf = sizeOfDim(node, key, 2, f32);
  query = byRow(query, groups, {each, queryShape[2].floorDiv(heads)});
  key = byRow(key, groups, {one, depth});
  value = byRow(value, groups, {one, width});
  if (decay) {
    Dim found = node.dims(decay)[2];
    std::optional<int64_t> size = nn::constantDim(found), wanted = nn::constantDim(depth);
    if (size && *size != keyHeads && wanted && *size != keyHeads * *wanted)
      return node.error("expected a decay of " + Twine(keyHeads) + " or " +
                        Twine(keyHeads * *wanted) + " elements a row, found " + Twine(*size));
    decay = byRow(decay, groups, {found.floorDiv(keyHeads), one});
    decay = node.create<nn::ExpOp>(spread(decay, {groups, depth, one}));
  }
  if (beta) {
    Dim found = node.dims(beta)[2];
    if (int64_t size = nn::constantDim(found).value_or(1); size != 1 && size != keyHeads)
      return node.error("expected a beta of 1 or " + Twine(keyHeads) + " elements a row, found " +
                        Twine(size));
    beta = spread(byRow(beta, found, {one, one}), {groups, one, one});
  }
  Shape stateShape{batch, groups, depth, width};
  Value state = past ? node.reshape(node.cast(past, f32), stateShape)
                     : node.broadcast(node.scalar(f32, 0), stateShape);
  if (node.hasFailed())
    return failure();

  Value outputs; // rows x batch x groups x each x width
  if (nn::constantDim(rows) == 1) {
    auto only = [&](Value all) -> Value {
      return all ? node.reshape(all, ArrayRef(node.dims(all)).drop_front()) : all;
    };
    Value output;
    std::tie(state, output) = step(only, state);
    if (node.hasFailed())
      return failure();
    Shape shape = node.dims(output);
    shape.insert(shape.begin(), one);
    outputs = node.reshape(output, shape);
  } else {
    Value count = sizeOfDim(node, query, 0, node.builder().getI64Type());
    auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
      auto row = [&](Value all) -> Value {
        return node.create<nn::GatherOp>(all, arguments.front(), uint64_t(0));
      };
      auto [after, output] = step(row, arguments[1]);
      yield.carried.push_back(after);
      yield.scans.push_back(output);
      return failure(node.hasFailed());
    };
    SmallVector<Value> results = node.importer().loop(node, count, {}, {state}, body);
    if (results.empty())
      return failure();
    state = results[0], outputs = results[1];
  }
  Value factor =
      scale != 0 ? node.scalar(f32, scale)
                 : node.create<nn::RsqrtOp>(node.div(depthOf, node.scalar(f32, double(keyHeads))));
  outputs = node.transpose(node.mul(outputs, factor), {1, 0, 2, 3, 4});
  if (node.hasFailed() || failed(node.result(1, node.cast(state, stateElement))))
    return failure();
  Shape shape = node.dims(outputs);
  outputs = node.reshape(outputs, {shape[0], shape[1], shape.back() * heads});
  return node.result(node.cast(outputs, element));
}

static LogicalResult linearAttention(Node &node) { return LinearAttention(node).import(); }

/// A sum of products for each channel and position, where sizes are not known that nn.conv needs.
static Value depthwiseByGather(Node &node, Value padded, Value weight, Dim length) {
  Type i64 = node.builder().getI64Type();
  Dim taps = node.dims(weight)[2], one = node.constantDim(1);
  Value at = node.add(node.iota(0, {length, one}, i64), node.iota(1, {one, taps}, i64));
  Value windows = node.create<nn::GatherOp>(padded, at, uint64_t(2));
  if (node.hasFailed())
    return {};
  Value filter = node.reshape(weight, {node.dims(weight)[0], one, taps});
  return node.reduce(nn::ReduceKind::sum, node.mul(windows, filter), {3}, false);
}

static LogicalResult causalConvWithState(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2),
        past = node.optional(3);
  std::string activation = node.text("activation", "none");
  if (node.hasFailed())
    return failure();
  if (activation != "none" && activation != "silu" && activation != "swish")
    return node.error("expected activation none, silu or swish, found '" + activation + "'");
  for (Value operand : {x, weight, past})
    if (operand && Node::rank(operand) != 3)
      return node.error("expected an input, a weight and a state of rank 3, found rank " +
                        Twine(Node::rank(operand)));
  if (bias && Node::rank(bias) != 1)
    return node.error("expected a bias of rank 1, found rank " + Twine(Node::rank(bias)));
  Shape shape = node.dims(x), filter = node.dims(weight);
  std::optional<int64_t> channels = nn::constantDim(shape[1]), filters = nn::constantDim(filter[0]),
                         taps = nn::constantDim(filter[2]);
  if (nn::constantDim(filter[1]).value_or(1) != 1 || (channels && filters && channels != filters) ||
      taps == 0)
    return node.error("expected a weight of " + nn::dimText(shape[1]) + " x 1 x k, found one of " +
                      nn::dimText(filter[0]) + " x " + nn::dimText(filter[1]) + " x " +
                      nn::dimText(filter[2]));
  Dim zero = node.constantDim(0), before = node.dimTable().simplify(filter[2] - 1);
  Value padded =
      past ? node.create<nn::ConcatOp>(ArrayRef<Value>{past, x}, uint64_t(2))
           : padWith(node, x, {zero, zero, before}, {zero, zero, zero}, elementAttr(node, x, 0));
  if (node.hasFailed())
    return failure();
  Value y;
  if (channels && filters && taps) {
    const SmallVector<int64_t> ones{1}, none{0, 0};
    y = node.create<nn::ConvOp>(padded, weight, nullptr, ones, ones, none, uint64_t(*channels));
  } else {
    y = node.cast(depthwiseByGather(node, node.cast(padded, node.builder().getF32Type()),
                                    node.cast(weight, node.builder().getF32Type()), shape[2]),
                  Node::element(x));
  }
  if (bias)
    y = node.add(y, alongChannels(node, bias, y));
  if (activation != "none")
    y = node.cast(swish(node, node.cast(y, node.builder().getF32Type()), 1), Node::element(x));
  // What the next call needs of this one.
  Value present = sliceDim(node, padded, 2, node.dims(padded)[2] - before, before);
  return success(succeeded(node.result(0, y)) && succeeded(node.result(1, present)));
}

ArrayRef<OpRow> accel::onnx_import::linearAttentionOps() {
  static const OpRow rows[] = {
      {"CausalConvWithState", 27, causalConvWithState},
      {"LinearAttention", 27, linearAttention},
  };
  return rows;
}
