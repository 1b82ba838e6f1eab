// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention of the ONNX standard, and FlexAttention, as compositions.
#include "lib/Import/ONNX/Ops/Attention.h"
#include "lib/Import/ONNX/GraphImporter.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// The type of `softmax_precision`. Half precision stands for what halves are computed in, unless
/// wider operands are to be rounded to it.
static Type softmaxPrecision(Node &node, Type operands) {
  bool isDouble = operands.isF64(), isHalf = operands.isF16() || operands.isBF16();
  Type own = isDouble ? Type(node.builder().getF64Type()) : Type(node.builder().getF32Type());
  if (!node.attribute("softmax_precision"))
    return own;
  int64_t number = node.integer("softmax_precision", 1);
  Type type = elementType(node.context(), number);
  if (!type || !(type.isF16() || type.isBF16() || type.isF32() || type.isF64())) {
    (void)node.error("expected softmax_precision 1 (f32), 10 (f16), 11 (f64) or 16 (bf16), found " +
                     Twine(number));
    return own;
  }
  return isHalf && (type.isF16() || type.isBF16()) ? own : type;
}

/// The mask as a bias of rank 4, or as what is allowed; its last dim may be shorter than the keys.
static Value readMask(Node &node, Value mask, Dim keys, Type type, KeyMask &allowed) {
  if (!mask || node.hasFailed())
    return {};
  if (Node::rank(mask) == 0)
    mask = node.reshape(mask, {node.constantDim(1)});
  bool isBool = Node::element(mask).isInteger(1);
  Dim missing = node.dimTable().simplify(keys - node.dims(mask).back());
  if (nn::constantDim(missing).value_or(0) < 0) {
    (void)node.error("expected a mask for " + nn::dimText(keys) + " keys at most, found one for " +
                     nn::dimText(node.dims(mask).back()));
    return {};
  }
  if (!isBool)
    mask = node.cast(mask, type);
  SmallVector<Dim> low(Node::rank(mask), node.constantDim(0)), high = low;
  high.back() = missing;
  Attribute outside = isBool ? Attribute(node.builder().getBoolAttr(false))
                             : FloatAttr::get(type, -std::numeric_limits<double>::infinity());
  mask = toRankFour(node, padWith(node, mask, low, high, outside), "a mask");
  if (!isBool)
    return mask;
  allowed.add(mask);
  return {};
}

static LogicalResult attentionOp(Node &node) {
  Value query = node.operand(0), key = node.operand(1), value = node.operand(2),
        mask = node.optional(3), pastKey = node.optional(4), pastValue = node.optional(5),
        lengths = node.opset() >= 24 ? node.optional(6) : Value();
  if (!expectFloats(node, {query, key, value, pastKey, pastValue}))
    return failure();
  int64_t rank = Node::rank(query);
  if ((rank != 3 && rank != 4) || Node::rank(key) != rank || Node::rank(value) != rank)
    return node.error("expected queries, keys and values of rank 3 or 4, found " + Twine(rank) +
                      ", " + Twine(Node::rank(key)) + " and " + Twine(Node::rank(value)));
  if (!pastKey != !pastValue)
    return node.error("expected past_key and past_value together");
  if (pastKey && lengths)
    return node.error("expected nonpad_kv_seqlen without past_key and past_value");
  for (Value past : {pastKey, pastValue})
    if (past && Node::rank(past) != 4)
      return node.error("expected past keys and values of rank 4, found rank " +
                        Twine(Node::rank(past)));
  if (lengths && Node::rank(lengths) != 1)
    return node.error("expected nonpad_kv_seqlen of rank 1, found rank " +
                      Twine(Node::rank(lengths)));
  int64_t heads = node.integer("q_num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
  if (rank == 3 && (heads < 1 || keyHeads < 1))
    return node.error("expected q_num_heads and kv_num_heads for operands of rank 3");
  if (rank == 4 && node.opset() >= 25 && (heads || keyHeads))
    return node.error("expected no q_num_heads and kv_num_heads for operands of rank 4");
  AttentionParts parts;
  parts.type = attentionType(node, query);
  parts.softmaxType = softmaxPrecision(node, Node::element(query));
  if (node.attribute("scale"))
    parts.scale = node.number("scale", 1);
  parts.softcap = node.number("softcap", 0);
  if (parts.softcap < 0) // as the standard's own evaluator reads it
    parts.softcap = 0;
  parts.mergesHeads = rank == 3;
  Type type = Node::element(query);
  if (rank == 3) {
    query = splitHeads(node, query, heads);
    key = splitHeads(node, key, keyHeads);
    value = splitHeads(node, value, keyHeads);
  }
  if (pastKey) {
    key = node.create<nn::ConcatOp>(ArrayRef<Value>{pastKey, key}, uint64_t(2));
    value = node.create<nn::ConcatOp>(ArrayRef<Value>{pastValue, value}, uint64_t(2));
  }
  if (node.hasFailed())
    return failure();
  parts.query = query, parts.key = key, parts.value = value;

  // What a row may see: everything, but for what follows.
  Dim rows = node.dims(query)[2], keys = node.dims(key)[2];
  Type i32 = node.builder().getI32Type();
  KeyMask allowed(node, rows, keys);
  if (pastKey)
    allowed.setOffset(sizeOfDim(node, pastKey, 2, i32));
  if (lengths) {
    Value ends = node.reshape(node.cast(lengths, i32), {node.dims(lengths)[0], node.constantDim(1),
                                                        node.constantDim(1), node.constantDim(1)});
    allowed.setOffset(node.sub(ends, sizeOfDim(node, query, 2, i32)));
    allowed.addEnds(lengths);
  }
  Value bias = readMask(node, mask, keys, parts.type, allowed);
  bool isCausal = node.integer("is_causal", 0);
  int64_t left = -1, right = -1;
  if (node.opset() >= 25) {
    left = node.integer("left_window_size", -1);
    right = node.integer("right_window_size", -1);
    if (left < -1 || right < -1)
      return node.error("expected window sizes of -1 or more, found " + Twine(left) + " and " +
                        Twine(right));
  }
  parts.mayHaveEmptyRows = mask || lengths || left >= 0;
  if (isCausal)
    right = right < 0 ? 0 : std::min<int64_t>(right, 0);
  // The last row sees all keys: where there is one row behind a cache, nothing is to be masked.
  Dim past = pastKey ? node.dims(pastKey)[2] : node.constantDim(0);
  bool isLast = !lengths && nn::constantDim(rows) == 1 &&
                node.dimTable().simplify(keys - past) == node.constantDim(1);
  if (left >= 0 || (right >= 0 && !isLast))
    allowed.addWindow(left >= 0 ? std::optional(left) : std::nullopt,
                      right >= 0 && !isLast ? std::optional(right) : std::nullopt);
  parts.bias = allowed.bias(parts.type, bias);

  std::optional<ScoresKind> kind;
  int64_t mode = node.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    return node.error("expected qk_matmul_output_mode in 0..3, found " + Twine(mode));
  if (node.wants(3))
    kind = ScoresKind(mode);
  AttentionResult result = attend(node, parts, kind);
  if (node.hasFailed())
    return failure();
  if ((node.wants(1) && failed(node.result(1, key))) ||
      (node.wants(2) && failed(node.result(2, value))) ||
      (kind && failed(node.result(3, node.cast(result.scores, type)))))
    return failure();
  return node.result(node.cast(result.output, type));
}

static LogicalResult flexAttention(Node &node) {
  Value query = node.operand(0), key = node.operand(1), value = node.operand(2);
  if (!expectFloats(node, {query, key, value}))
    return failure();
  for (Value operand : {query, key, value})
    if (Node::rank(operand) != 4)
      return node.error("expected queries, keys and values of rank 4, found rank " +
                        Twine(Node::rank(operand)));
  AttentionParts parts;
  parts.query = query, parts.key = key, parts.value = value;
  parts.type = attentionType(node, query);
  parts.softmaxType = softmaxPrecision(node, parts.type);
  if (node.attribute("scale"))
    parts.scale = node.number("scale", 1);
  auto apply = [&](StringRef name) {
    return [&node, name](Value scores) -> Value {
      const onnx::AttributeProto *graph = node.attribute(name);
      if (!graph->has_g() || graph->g().output_size() != 1) {
        (void)node.error("expected the attribute " + name + " to be a graph of one output");
        return {};
      }
      SmallVector<Value> values = node.importer().importGraph(node, graph->g(), {scores});
      return values.size() == 1 ? values.front() : Value();
    };
  };
  auto onScores = apply("score_mod"), onWeights = apply("prob_mod");
  if (node.attribute("score_mod"))
    parts.onScores = onScores;
  if (node.attribute("prob_mod"))
    parts.onWeights = onWeights;
  AttentionResult result = attend(node, parts);
  return node.result(node.cast(result.output, Node::element(value)));
}

ArrayRef<OpRow> accel::onnx_import::attentionOps() {
  static const OpRow rows[] = {
      {"Attention", 23, attentionOp},
  };
  return rows;
}

ArrayRef<OpRow> accel::onnx_import::previewOps() {
  static const OpRow rows[] = {
      {"FlexAttention", 1, flexAttention},
  };
  return rows;
}
