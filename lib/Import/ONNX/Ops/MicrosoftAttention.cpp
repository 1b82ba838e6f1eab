// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of ONNX Runtime's optimizer: Attention and MultiHeadAttention of com.microsoft.
#include "lib/Import/ONNX/Ops/Attention.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// What both ops have: masks in several forms, an own bias, rows that see no later keys.
static Value maskAndBias(Node &node, Value mask, Value added, Value query, Value key, Dim past,
                         Value pastSize, Type type) {
  if (node.hasFailed())
    return {};
  Dim rows = node.dims(query)[2], keys = node.dims(key)[2], batch = node.dims(query)[0],
      one = node.constantDim(1);
  if (added && Node::rank(added) != 4) {
    (void)node.error("expected an attention_bias of rank 4, found rank " +
                     Twine(Node::rank(added)));
    return {};
  }
  // Scores that a mask takes out get a number: a row without keys weighs all of them.
  double filter = node.number("mask_filter_value", -10000);
  Value bias = node.cast(added, type);
  if (mask) {
    KeyMask allowed(node, rows, keys);
    Shape shape = node.dims(mask);
    Type i32 = node.builder().getI32Type();
    if (!Node::element(mask).isInteger(32)) {
      (void)node.error("expected a mask of i32, found " + dtypeText(Node::element(mask)));
      return {};
    }
    Value some;
    auto isSize = [&](Dim dim, Dim size) {
      std::optional<int64_t> a = nn::constantDim(node.dimTable().simplify(dim - size));
      return a == 0;
    };
    if (shape.size() == 1) {
      // One end for each sample, or ends and then beginnings.
      bool hasStarts = isSize(shape[0], batch * 2) && !isSize(shape[0], batch);
      // The ends come first, before where sequences begin in a packed batch.
      if (isSize(shape[0], batch * 3 + 2)) {
        mask = sliceDim(node, mask, 0, node.constantDim(0), batch);
        shape = node.dims(mask);
      }
      if (!hasStarts && nn::constantDim(shape[0]) && nn::constantDim(batch) && shape[0] != batch) {
        (void)node.unsupported("a mask of " + nn::dimText(shape[0]) +
                               " elements of rank 1 for a batch of " + nn::dimText(batch));
        return {};
      }
      Value key = node.iota(3, {one, one, one, keys}, i32);
      Value ends = hasStarts ? sliceDim(node, mask, 0, node.constantDim(0), batch) : mask;
      if (node.hasFailed())
        return {};
      some = node.compare(nn::CompareKind::lt, key,
                          node.reshape(ends, {node.dims(ends)[0], one, one, one}));
      if (hasStarts)
        some = node.create<nn::AndOp>(
            some, node.compare(
                      nn::CompareKind::ge, key,
                      node.reshape(sliceDim(node, mask, 0, batch, batch), {batch, one, one, one})));
    } else if (shape.size() == 2 || shape.size() == 3) {
      Shape split = shape.size() == 2 ? Shape{shape[0], one, one, shape[1]}
                                      : Shape{shape[0], one, shape[1], shape[2]};
      some = node.compare(nn::CompareKind::gt, node.reshape(mask, split), node.scalarLike(mask, 0));
    } else {
      (void)node.unsupported("a mask of rank " + Twine(shape.size()));
      return {};
    }
    Value masked = node.select(some, node.scalar(type, 0), node.scalar(type, filter));
    bias = bias ? node.add(bias, masked) : masked;
  }
  bool isLast =
      nn::constantDim(rows) == 1 && node.dimTable().simplify(keys - past) == node.constantDim(1);
  KeyMask allowed(node, rows, keys);
  if (node.integer("unidirectional", 0) && !isLast) {
    if (pastSize)
      allowed.setOffset(pastSize);
    allowed.addCausal();
  }
  return allowed.bias(type, bias);
}

/// What sizes in attributes are at most.
static constexpr int64_t kMostWidth = int64_t(1) << 40;

/// Part i of a dim that holds parts of these sizes.
static Value partOf(Node &node, Value x, int64_t axis, ArrayRef<Dim> sizes, unsigned i) {
  if (!x || node.hasFailed())
    return {};
  Dim offset = node.constantDim(0);
  for (Dim size : sizes.take_front(i))
    offset = offset + size;
  return sliceDim(node, x, axis, node.dimTable().simplify(offset), sizes[i]);
}

/// Number i of dim 0, which it loses.
static Value numberOf(Node &node, Value x, int64_t axis, int64_t i) {
  Value one = sliceDim(node, x, axis, i, 1);
  if (!one)
    return {};
  Shape shape = node.dims(one);
  shape.erase(shape.begin() + axis);
  return node.reshape(one, shape);
}

LogicalResult accel::onnx_import::attendProjected(Node &node, Value all, Value mask, Value past,
                                                  Value added, Type element) {
  int64_t heads = node.integer("num_heads", 0);
  std::optional<SmallVector<int64_t>> sizes = node.integers("qkv_hidden_sizes");
  node.ignore({"rotary_embedding_dim"});
  if (node.integer("do_rotary", 0))
    return node.unsupported("do_rotary");
  if (node.integer("past_present_share_buffer", 0))
    return node.unsupported("a buffer that past and present share");
  if (!all || node.hasFailed())
    return failure();
  if (heads < 1)
    return node.error("expected num_heads of 1 or more, found " + Twine(heads));
  if (past && Node::rank(past) != 5)
    return node.error("expected a past of rank 5, found rank " + Twine(Node::rank(past)));
  Shape shape = node.dims(all);
  SmallVector<Dim> widths(3, node.dimTable().simplify(shape[2].floorDiv(3)));
  if (sizes) {
    if (sizes->size() != 3)
      return node.error("expected three qkv_hidden_sizes, found " + Twine(sizes->size()));
    for (int64_t size : *sizes)
      if (size < 1 || size > kMostWidth || size % heads)
        return node.error("expected qkv_hidden_sizes that num_heads (" + Twine(heads) +
                          ") divides, found " + Twine(size));
    if ((*sizes)[0] != (*sizes)[1])
      return node.error("expected queries and keys of one size in qkv_hidden_sizes, found " +
                        Twine((*sizes)[0]) + " and " + Twine((*sizes)[1]));
    widths = SmallVector<Dim>(node.constantShape(*sizes));
  }
  Dim whole = node.dimTable().simplify(widths[0] + widths[1] + widths[2]);
  if (nn::constantDim(whole) && nn::constantDim(shape[2]) && whole != shape[2])
    return node.error("expected weights of " +
                      (sizes ? nn::dimText(whole) + " columns, as qkv_hidden_sizes adds up to"
                             : "as many columns for queries as for keys and for values") +
                      ", found " + nn::dimText(shape[2]) + " columns");
  shape[2] = whole;
  all = node.reshape(all, shape); // checked by the run where sizes are not known before
  Value parts[3];
  for (unsigned i = 0; i < 3; ++i)
    parts[i] = splitHeads(node, partOf(node, all, 2, widths, i), heads);
  Dim pastRows = node.constantDim(0);
  Value pastSize;
  if (past && !node.hasFailed()) {
    pastRows = node.dims(past)[3];
    pastSize = sizeOfDim(node, past, 3, node.builder().getI32Type());
    for (unsigned i = 1; i < 3; ++i)
      parts[i] = node.create<nn::ConcatOp>(
          ArrayRef<Value>{numberOf(node, past, 0, i - 1), parts[i]}, uint64_t(2));
  }
  if (node.hasFailed())
    return failure();
  AttentionParts attention;
  attention.query = parts[0], attention.key = parts[1], attention.value = parts[2];
  attention.type = attentionType(node, all);
  attention.mergesHeads = true;
  if (node.number("scale", 0) != 0)
    attention.scale = node.number("scale", 0);
  attention.bias =
      maskAndBias(node, mask, added, parts[0], parts[1], pastRows, pastSize, attention.type);
  AttentionResult result = attend(node, attention);
  if (node.wants(1)) {
    SmallVector<Value> both;
    for (Value part : {parts[1], parts[2]}) {
      if (node.hasFailed())
        return failure();
      Shape shape = node.dims(part);
      shape.insert(shape.begin(), node.constantDim(1));
      both.push_back(node.reshape(part, shape));
    }
    (void)node.result(1, node.create<nn::ConcatOp>(both, uint64_t(0)));
  }
  return node.result(node.cast(result.output, element));
}

static LogicalResult attentionOp(Node &node) {
  Value x = node.operand(0), weights = node.operand(1), bias = node.optional(2),
        mask = node.optional(3), past = node.optional(4), added = node.optional(5);
  if (!expectFloats(node, {x, weights, bias, past, added}))
    return failure();
  if (node.has(6))
    return node.unsupported("a buffer that past and present share");
  if (Node::rank(x) != 3 || Node::rank(weights) != 2)
    return node.error("expected an input of rank 3 and weights of rank 2, found rank " +
                      Twine(Node::rank(x)) + " and " + Twine(Node::rank(weights)));
  Value all = node.create<nn::MatmulOp>(x, weights);
  if (bias)
    all = node.add(all, bias);
  return attendProjected(node, all, mask, past, added, Node::element(x));
}

static LogicalResult multiHeadAttention(Node &node) {
  Value query = node.operand(0), key = node.optional(1), value = node.optional(2),
        bias = node.optional(3), mask = node.optional(4), added = node.optional(5),
        pastKey = node.optional(6), pastValue = node.optional(7);
  int64_t heads = node.integer("num_heads", 0);
  if (!expectFloats(node, {query, key, value, bias, added, pastKey, pastValue}))
    return failure();
  if (node.has(8) || node.has(9))
    return node.unsupported("a buffer that past and present share, or an indirection of beams");
  if (heads < 1)
    return node.error("expected num_heads of 1 or more, found " + Twine(heads));
  if (!pastKey != !pastValue)
    return node.error("expected past_key and past_value together");
  for (Value past : {pastKey, pastValue})
    if (past && Node::rank(past) != 4)
      return node.error("expected past keys and values of rank 4, found rank " +
                        Twine(Node::rank(past)));
  Type element = Node::element(query);
  auto unpack = [&](Value packed, int64_t i) -> Value {
    Value part = numberOf(node, packed, 3, i);
    if (!part)
      return {};
    Shape shape = node.dims(part);
    return node.reshape(part, {shape[0], shape[1], shape[2] * shape[3]});
  };
  if (Node::rank(query) == 5 && !key && !value) {
    Value packed = query;
    query = unpack(packed, 0), key = unpack(packed, 1), value = unpack(packed, 2);
  } else if (key && Node::rank(key) == 5 && !value) {
    Value packed = key;
    key = unpack(packed, 0), value = unpack(packed, 1);
  }
  if (node.hasFailed())
    return failure();
  if (!key || !value)
    return node.error("expected keys and values, or one input of rank 5 that holds them");
  if (bias && Node::rank(bias) != 1)
    return node.error("expected a bias of rank 1, found rank " + Twine(Node::rank(bias)));
  bool isCache = Node::rank(key) == 4; // keys and values that were computed before
  if (Node::rank(query) != 3 || Node::rank(key) != Node::rank(value) ||
      (!isCache && Node::rank(key) != 3))
    return node.error("expected queries of rank 3, keys and values of rank 3 or 4, found rank " +
                      Twine(Node::rank(query)) + ", " + Twine(Node::rank(key)) + " and " +
                      Twine(Node::rank(value)));
  if (isCache && pastKey)
    return node.error("expected keys and values of rank 3 with a past, found rank 4");
  SmallVector<Dim> widths{
      node.dims(query)[2], isCache ? node.dims(key)[1] * node.dims(key)[3] : node.dims(key)[2],
      isCache ? node.dims(value)[1] * node.dims(value)[3] : node.dims(value)[2]};
  auto biased = [&](Value x, unsigned i) {
    return bias ? node.add(x, partOf(node, bias, 0, widths, i)) : x;
  };
  query = splitHeads(node, biased(query, 0), heads);
  if (!isCache) {
    key = splitHeads(node, biased(key, 1), heads);
    value = splitHeads(node, biased(value, 2), heads);
  }
  Dim pastRows = node.constantDim(0);
  Value pastSize;
  if (pastKey && !node.hasFailed()) {
    pastRows = node.dims(pastKey)[2];
    pastSize = sizeOfDim(node, pastKey, 2, node.builder().getI32Type());
    key = node.create<nn::ConcatOp>(ArrayRef<Value>{pastKey, key}, uint64_t(2));
    value = node.create<nn::ConcatOp>(ArrayRef<Value>{pastValue, value}, uint64_t(2));
  }
  if (node.hasFailed())
    return failure();
  AttentionParts attention;
  attention.query = query, attention.key = key, attention.value = value;
  attention.type = attentionType(node, query);
  attention.mergesHeads = true;
  if (node.number("scale", 0) != 0)
    attention.scale = node.number("scale", 0);
  attention.bias = maskAndBias(node, mask, added, query, key, pastRows, pastSize, attention.type);
  std::optional<ScoresKind> kind;
  if (node.wants(3))
    kind = ScoresKind::Biased;
  AttentionResult result = attend(node, attention, kind);
  if (node.hasFailed() || (node.wants(1) && failed(node.result(1, key))) ||
      (node.wants(2) && failed(node.result(2, value))) ||
      (kind && failed(node.result(3, node.cast(result.scores, element)))))
    return failure();
  return node.result(node.cast(result.output, element));
}

ArrayRef<OpRow> accel::onnx_import::microsoftAttentionOps() {
  static const OpRow rows[] = {
      {"Attention", 1, attentionOp},
      {"MultiHeadAttention", 1, multiHeadAttention},
  };
  return rows;
}
