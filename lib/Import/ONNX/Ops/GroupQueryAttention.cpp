// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GroupQueryAttention of com.microsoft: heads that share keys, a cache whose end is data, and
// rotary embeddings inside.
#include "lib/Import/ONNX/Ops/Attention.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

namespace {
class GroupQueryAttention {
public:
  explicit GroupQueryAttention(Node &node) : node(node) {}
  LogicalResult import();

private:
  LogicalResult readOperands();
  LogicalResult unpack();
  void turn();
  Value append(Value past, Value rows);
  Value present(Value x, int64_t axis);
  Value keyBias(Type type);

  Node &node;
  int64_t heads = 0, keyHeads = 0;
  Value query, key, value, pastKey, pastValue, lasts, total, cosines, sines, positionIds, added;
  Value before;   ///< How many keys are in the cache of each sample: batch, i32.
  Value isPrompt; ///< Whether nothing is in it: all rows are new. One i1.
};
} // namespace

LogicalResult GroupQueryAttention::readOperands() {
  query = node.operand(0), key = node.optional(1), value = node.optional(2);
  pastKey = node.optional(3), pastValue = node.optional(4);
  lasts = node.operand(5), total = node.operand(6);
  cosines = node.optional(7), sines = node.optional(8), positionIds = node.optional(9);
  added = node.optional(10);
  heads = node.integer("num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
  node.ignore({"kv_cache_bit_width", "qk_norm_epsilon"});
  if (node.hasFailed())
    return failure();
  for (size_t i : {12, 13})
    if (node.has(i))
      return node.unsupported("a quantized cache");
  for (size_t i : {14, 15})
    if (node.has(i))
      return node.unsupported("a normalization of queries and keys");
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    if (node.text(name, "NONE") != "NONE")
      return node.unsupported("a quantized cache");
  if (node.integer("sliding_window_cache", 0))
    return node.unsupported("a cache of the size of a window");
  if (!expectFloats(node, {query, key, value, pastKey, pastValue, cosines, sines, added}))
    return failure();
  if (heads < 1 || keyHeads < 1 || heads % keyHeads)
    return node.error("expected kv_num_heads to divide num_heads, found " + Twine(keyHeads) +
                      " and " + Twine(heads));
  if (!pastKey != !pastValue || !key != !value)
    return node.error("expected keys and values together");
  if (pastKey && (Node::rank(pastKey) != 4 || Node::rank(pastValue) != 4))
    return node.error("expected past keys and values of rank 4, found rank " +
                      Twine(Node::rank(pastKey)) + " and " + Twine(Node::rank(pastValue)));
  for (Value operand : {query, key, value})
    if (operand && Node::rank(operand) != 3)
      return node.error("expected queries, keys and values of rank 3, found rank " +
                        Twine(Node::rank(operand)));
  for (Value operand : {lasts, total})
    if (!Node::element(operand).isInteger(32))
      return node.error("expected seqlens_k and total_sequence_length of i32, found " +
                        dtypeText(Node::element(operand)));
  if (Node::rank(lasts) < 1 || Node::rank(lasts) > 2)
    return node.error("expected seqlens_k of rank 1, found rank " + Twine(Node::rank(lasts)));
  for (Dim dim : node.dims(total))
    if (nn::constantDim(dim).value_or(1) != 1)
      return node.error("expected one total_sequence_length, found " + nn::dimText(dim));
  lasts = node.reshape(lasts, {node.dims(query)[0]});
  total = node.reshape(total, {});
  return success(!node.hasFailed());
}

/// Queries, keys and values with a dim for the heads: batch x heads x rows x width.
LogicalResult GroupQueryAttention::unpack() {
  if (!key) {
    int64_t parts = heads + 2 * keyHeads;
    Shape shape = node.dims(query);
    if (nn::constantDim(shape[2]).value_or(parts) % parts)
      return node.error("expected " + Twine(parts) + " heads to divide " + nn::dimText(shape[2]));
    Value all = splitHeads(node, query, parts);
    query = sliceDim(node, all, 1, 0, heads);
    key = sliceDim(node, all, 1, heads, keyHeads);
    value = sliceDim(node, all, 1, heads + keyHeads, keyHeads);
    return success(!node.hasFailed());
  }
  query = splitHeads(node, query, heads);
  key = splitHeads(node, key, keyHeads);
  value = splitHeads(node, value, keyHeads);
  return success(!node.hasFailed());
}

/// Queries and keys by their positions.
void GroupQueryAttention::turn() {
  if (!cosines || !sines) {
    (void)node.error("expected cos_cache and sin_cache with do_rotary");
    return;
  }
  if (Node::rank(cosines) != 2 || Node::rank(sines) != 2) {
    (void)node.error("expected cos_cache and sin_cache of rank 2, found rank " +
                     Twine(Node::rank(cosines)) + " and " + Twine(Node::rank(sines)));
    return;
  }
  Dim batch = node.dims(query)[0], rows = node.dims(query)[2], one = node.constantDim(1);
  Type i32 = node.builder().getI32Type();
  Value row = node.iota(1, {one, rows}, i32), positions;
  if (positionIds) {
    if (Node::rank(positionIds) != 2) {
      (void)node.error("expected position_ids of rank 2, found rank " +
                       Twine(Node::rank(positionIds)));
      return;
    }
    Value given = node.cast(positionIds, i32);
    // Of a prompt, only the first is looked at.
    Value first = sliceDim(node, sliceDim(node, given, 0, 0, 1), 1, 0, 1);
    positions = node.select(isPrompt, node.add(first, row), given);
  } else {
    positions = node.add(node.reshape(before, {batch, one}), row);
  }
  if (!takeAngles(node, positions, cosines, sines))
    return;
  Rotation rotation;
  rotation.interleaved = node.integer("rotary_interleaved", 0);
  if (std::optional<int64_t> angles = nn::constantDim(node.dims(cosines).back()))
    rotation.width = 2 * *angles;
  query = rotate(node, query, cosines, sines, rotation);
  key = rotate(node, key, cosines, sines, rotation);
}

/// The cache with new rows behind what each sample has. Its size is data, unless the total is
/// known from dims.
Value GroupQueryAttention::append(Value past, Value rows) {
  if (!rows || node.hasFailed())
    return {};
  Shape shape = node.dims(rows);
  std::optional<SmallVector<Dim>> known = node.evaluate(total);
  Dim size = known && known->size() == 1 ? known->front() : Dim();
  if (size && past)
    size = node.dimTable().max(size, node.dims(past)[2]);
  if (past && Node::element(past) != Node::element(rows)) {
    (void)node.unsupported("a cache of " + dtypeText(Node::element(past)) + " for keys of " +
                           dtypeText(Node::element(rows)));
    return {};
  }
  shape[2] = size;
  return node.call("append_rows", {past, rows, lasts, total}, {}, Node::element(rows), shape);
}

/// The part of a dim that is as long as the total, of a cache that may have room for more.
Value GroupQueryAttention::present(Value x, int64_t axis) {
  if (!x || node.hasFailed())
    return {};
  std::optional<SmallVector<Dim>> known = node.evaluate(total);
  if (known && known->size() == 1)
    return sliceDim(node, x, axis, node.constantDim(0), known->front());
  return x;
}

Value GroupQueryAttention::keyBias(Type type) {
  if (!key || node.hasFailed())
    return {};
  Dim one = node.constantDim(1), rows = node.dims(query)[2], keys = node.dims(key)[2];
  bool isCausal = node.integer("causal", 1);
  int64_t window = node.integer("local_window_size", -1);
  if (window < -1 || (window >= 0 && !isCausal)) {
    (void)node.error("expected a local_window_size of -1, or of 0 or more with causal = 1, found " +
                     Twine(window));
    return {};
  }
  KeyMask allowed(node, rows, keys);
  Shape column{node.dims(query)[0], one, one, one};
  allowed.setOffset(node.reshape(before, column));
  // A window counts the row itself.
  if (isCausal)
    allowed.addWindow(window >= 0 ? std::optional(window - 1) : std::nullopt, 0);
  else
    allowed.addEnds(node.add(lasts, node.scalarLike(lasts, 1)));
  Value bias = node.cast(added, type);
  if (bias && !node.hasFailed()) {
    if (Node::rank(bias) != 4) {
      (void)node.error("expected an attention_bias of rank 4, found rank " +
                       Twine(Node::rank(bias)));
      return {};
    }
    // A cache may have room for more keys than there are.
    Dim missing = node.dimTable().simplify(keys - node.dims(bias)[3]);
    Dim zero = node.constantDim(0);
    bias = padWith(node, bias, {zero, zero, zero, zero}, {zero, zero, zero, missing},
                   FloatAttr::get(type, 0));
  }
  return allowed.bias(type, bias);
}

LogicalResult GroupQueryAttention::import() {
  if (failed(readOperands()))
    return failure();
  Type element = Node::element(query), i32 = node.builder().getI32Type();
  if (failed(unpack()))
    return failure();
  // As ONNX Runtime has it: it is a prompt if all keys are new.
  Value rows = sizeOfDim(node, query, 2, i32);
  isPrompt = node.compare(CompareKind::eq, total, rows);
  Value ends = node.add(lasts, node.scalarLike(lasts, 1));
  before = node.select(isPrompt, node.scalar(i32, 0), node.sub(ends, rows));
  if (node.integer("do_rotary", 0))
    turn();
  else
    node.ignore({"rotary_interleaved"});
  Value keyCache = append(pastKey, key), valueCache = append(pastValue, value);
  key = present(keyCache, 2);
  value = present(valueCache, 2);
  // Both caches have as many rows, whose number only the run may know: said, so that attention
  // reads them where they lie.
  if (key && value && !node.hasFailed()) {
    Shape shape = node.dims(value);
    shape[2] = node.dims(key)[2];
    value = node.reshape(value, shape);
  }
  AttentionParts parts;
  parts.type = attentionType(node, query);
  parts.bias = keyBias(parts.type);
  parts.mayHaveEmptyRows = node.integer("local_window_size", -1) == 0;
  parts.query = query, parts.key = key, parts.value = value;
  parts.mergesHeads = true;
  parts.softcap = node.number("softcap", 0);
  if (node.number("scale", 0) != 0)
    parts.scale = node.number("scale", 0);
  if (node.has(11))
    parts.sink = node.operand(11);
  else if (node.integer("smooth_softmax", 0) > 0)
    parts.sink = node.broadcast(node.scalar(parts.type, 0), {node.constantDim(heads)});
  std::optional<ScoresKind> kind;
  int64_t shown = node.integer("qk_output", 0);
  if (shown < 0 || shown > 2)
    return node.error("expected qk_output in 0..2, found " + Twine(shown));
  if (node.wants(3) && shown)
    kind = shown == 1 ? ScoresKind::Biased : ScoresKind::Weights;
  AttentionResult result = attend(node, parts, kind);
  if (node.hasFailed() || (node.wants(1) && failed(node.result(1, keyCache))) ||
      (node.wants(2) && failed(node.result(2, valueCache))))
    return failure();
  if (kind) {
    Value scores = result.scores, zero = node.scalar(parts.type, 0);
    Value none = node.scalar(parts.type, -std::numeric_limits<double>::infinity());
    if (kind == ScoresKind::Biased) // what a mask takes out is shown as 0
      scores = node.select(node.compare(CompareKind::eq, parts.bias, none), zero, scores);
    if (!node.evaluate(total) && !node.hasFailed()) {
      Shape shape = node.dims(scores);
      shape[3] = Dim();
      scores = node.call("slice",
                         {scores, node.integerVector({0}),
                          node.reshape(total, {node.constantDim(1)}), node.integerVector({3})},
                         {}, parts.type, shape);
    }
    if (failed(node.result(3, node.cast(scores, element))))
      return failure();
  }
  return node.result(node.cast(result.output, element));
}

static LogicalResult groupQueryAttention(Node &node) { return GroupQueryAttention(node).import(); }

ArrayRef<OpRow> accel::onnx_import::groupQueryOps() {
  static const OpRow rows[] = {
      {"GroupQueryAttention", 1, groupQueryAttention},
  };
  return rows;
}
