// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read pictures and volumes between their elements, at places that are data: functions of
// lib/Runtime/CPU/Ops, which compute in f32 or f64.
#include "include/accel-rt/Ops.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// The number of `found` among the names of an attribute; an error and -1 if it is none of them.
static int64_t choice(Node &node, StringRef attribute, StringRef found,
                      ArrayRef<std::pair<StringRef, int64_t>> names) {
  for (auto [name, number] : names)
    if (name == found)
      return number;
  SmallVector<StringRef> known;
  for (const auto &entry : names)
    known.push_back(entry.first);
  (void)node.error("expected " + attribute + " to be one of " + llvm::join(known, ", ") +
                   ", found '" + found + "'");
  return -1;
}

/// What a function computes with where operands are of these types.
static Type realOf(Node &node, ArrayRef<Value> values) {
  for (Value value : values)
    if (value && (Node::element(value).isF64() || Node::element(value).isInteger(64) ||
                  Node::element(value).isInteger(32)))
      return node.builder().getF64Type();
  return node.builder().getF32Type();
}

/// An error unless an operand has this rank.
static bool hasRank(Node &node, Value value, StringRef what, int64_t rank) {
  if (!value || node.hasFailed())
    return false;
  if (Node::rank(value) != rank)
    (void)node.error("expected " + what + " of rank " + Twine(rank) + ", found rank " +
                     Twine(Node::rank(value)));
  return !node.hasFailed();
}

static LogicalResult gridSample(Node &node) {
  Value x = node.operand(0), grid = node.operand(1);
  std::string mode = node.text("mode", "linear"), border = node.text("padding_mode", "zeros");
  int64_t method = choice(node, "mode", mode,
                          {{"nearest", ACCEL_SAMPLE_NEAREST},
                           {"linear", ACCEL_SAMPLE_LINEAR},
                           {"cubic", ACCEL_SAMPLE_CUBIC},
                           {"bilinear", ACCEL_SAMPLE_LINEAR},
                           {"bicubic", ACCEL_SAMPLE_CUBIC}}),
          padding = choice(node, "padding_mode", border,
                           {{"zeros", ACCEL_BORDER_ZEROS},
                            {"border", ACCEL_BORDER_REPEAT},
                            {"reflection", ACCEL_BORDER_REFLECT}}),
          align = node.integer("align_corners", 0);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x);
  if (rank < 3 || rank > 5)
    return node.error("expected an input of rank 3 to 5, found rank " + Twine(rank));
  if (!hasRank(node, grid, "a grid", rank))
    return failure();
  Type element = Node::element(x);
  bool isNearest = method == ACCEL_SAMPLE_NEAREST;
  if (!isNumber(element) && !isNearest)
    return node.unsupported("interpolation of " + dtypeText(element));
  Type real = isNearest ? realOf(node, {grid}) : realOf(node, {x, grid});
  if (!isNearest)
    x = node.cast(x, real);
  Shape shape = node.dims(x), places = node.dims(grid);
  for (int64_t i = 2; i < rank; ++i)
    shape[i] = places[i - 1];
  Value result = node.call("grid_sample", {x, node.cast(grid, real)}, {method, padding, align != 0},
                           Node::element(x), shape);
  return node.result(node.cast(result, element));
}

/// The regions in pixels of X.
static Value scaledRois(Node &node, Value rois, Type real) {
  Value scale = node.scalar(real, float(node.number("spatial_scale", 1)));
  return node.mul(node.cast(rois, real), scale);
}

static LogicalResult roiAlign(Node &node, StringRef coordinates) {
  Value x = node.operand(0), rois = node.operand(1), batch = node.operand(2);
  int64_t isMax = choice(node, "mode", node.text("mode", "avg"), {{"avg", 0}, {"max", 1}}),
          isHalfPixel = choice(node, "coordinate_transformation_mode", coordinates,
                               {{"half_pixel", 1}, {"output_half_pixel", 0}}),
          height = node.integer("output_height", 1), width = node.integer("output_width", 1),
          samples = node.integer("sampling_ratio", 0);
  if (!hasRank(node, x, "an input", 4) || !hasRank(node, rois, "regions", 2) ||
      !hasRank(node, batch, "batch indices", 1))
    return failure();
  constexpr int64_t kMost = 1 << 15;
  if (height < 1 || width < 1 || height > kMost || width > kMost || samples < 0 || samples > kMost)
    return node.error("expected an output size of 1 to 32768 and a sampling_ratio of 0 to 32768, "
                      "found " +
                      Twine(height) + " x " + Twine(width) + " and " + Twine(samples));
  Type element = Node::element(x), real = realOf(node, {x});
  Shape shape = node.dims(x);
  shape[0] = node.dims(rois)[0];
  shape[2] = node.constantDim(height);
  shape[3] = node.constantDim(width);
  Value indices = node.cast(batch, node.builder().getI64Type());
  Value result = node.call("roi_align", {node.cast(x, real), scaledRois(node, rois, real), indices},
                           {height, width, samples, isHalfPixel, isMax}, real, shape);
  return node.result(node.cast(result, element));
}

static LogicalResult roiAlign10(Node &node) { return roiAlign(node, "output_half_pixel"); }

static LogicalResult roiAlign16(Node &node) {
  return roiAlign(node, node.text("coordinate_transformation_mode", "half_pixel"));
}

static LogicalResult maxRoiPool(Node &node) {
  Value x = node.operand(0), rois = node.operand(1);
  std::optional<SmallVector<int64_t>> pooled = node.integers("pooled_shape");
  if (!hasRank(node, x, "an input", 4) || !hasRank(node, rois, "regions", 2))
    return failure();
  constexpr int64_t kMost = 1 << 15;
  if (!pooled || pooled->size() != 2 ||
      llvm::any_of(*pooled, [](int64_t size) { return size < 1 || size > kMost; }))
    return node.error("expected an attribute 'pooled_shape' of two sizes of 1 to 32768");
  Type element = Node::element(x), real = realOf(node, {x});
  Shape shape = node.dims(x);
  shape[0] = node.dims(rois)[0];
  shape[2] = node.constantDim((*pooled)[0]);
  shape[3] = node.constantDim((*pooled)[1]);
  // The first entry is no coordinate.
  Value numbers = sliceDim(node, node.cast(rois, real), 1, 0, 1),
        corners = scaledRois(node, sliceDim(node, rois, 1, 1, 4), real);
  Value regions = node.create<nn::ConcatOp>(SmallVector<Value>{numbers, corners}, uint64_t(1));
  Value result = node.call("max_roi_pool", {node.cast(x, real), regions}, *pooled, real, shape);
  return node.result(node.cast(result, element));
}

/// What lies under the filters at each place, then one product for each group.
static LogicalResult deformConv(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), offset = node.operand(2),
        bias = node.optional(3), mask = node.optional(4);
  int64_t groups = node.integer("group", 1), offsetGroups = node.integer("offset_group", 1);
  std::optional<SmallVector<int64_t>> kernel = node.integers("kernel_shape");
  if (!hasRank(node, x, "an input", 4) || !hasRank(node, weight, "filters", 4) ||
      !hasRank(node, offset, "offsets", 4) || (mask && !hasRank(node, mask, "a mask", 4)))
    return failure();
  if (!kernel)
    kernel = SmallVector<int64_t>{node.staticDim(weight, 2), node.staticDim(weight, 3)};
  SmallVector<int64_t> strides = node.integers("strides", 2, 1),
                       dilations = node.integers("dilations", 2, 1),
                       pads = node.integers("pads", 4, 0);
  if (node.hasFailed())
    return failure();
  constexpr int64_t kMost = 1 << 20;
  auto isSize = [](int64_t size) { return size >= 1 && size <= kMost; };
  if (kernel->size() != 2 || !llvm::all_of(*kernel, isSize) || !llvm::all_of(strides, isSize) ||
      !llvm::all_of(dilations, isSize) || !isSize(groups) || !isSize(offsetGroups) ||
      llvm::any_of(pads, [](int64_t pad) { return pad < 0 || pad > kMost; }))
    return node.error("expected kernel sizes, strides, dilations and groups of 1 to 2^20, and pads "
                      "of 0 to 2^20");
  Type element = Node::element(x), real = realOf(node, {x});
  auto toReal = [&](Value value) { return value ? node.cast(value, real) : Value(); };
  Shape shape = node.dims(x), filters = node.dims(weight), places = node.dims(offset);
  int64_t taps = (*kernel)[0] * (*kernel)[1];
  Dim count = places[2] * places[3], batch = shape[0];
  SmallVector<int64_t> parameters(*kernel);
  for (ArrayRef<int64_t> part :
       {ArrayRef<int64_t>(strides), ArrayRef<int64_t>(pads), ArrayRef<int64_t>(dilations)})
    parameters.append(part.begin(), part.end());
  parameters.push_back(offsetGroups);
  Value columns = node.call("deform_columns", {toReal(x), toReal(offset), toReal(mask)}, parameters,
                            real, {batch, shape[1] * taps, count});
  Dim depth = filters[1] * taps, outputs = filters[0];
  Value rows = toReal(weight), result;
  if (nn::constantDim(outputs) && nn::constantDim(depth)) {
    // Products of packed filters, with what is fused behind them, are convolutions of 1x1.
    const SmallVector<int64_t> ones{1, 1}, none(4, 0);
    Dim one = node.constantDim(1);
    columns = node.reshape(columns, {batch, shape[1] * taps, places[2], places[3]});
    rows = node.reshape(rows, {outputs, depth, one, one});
    result = node.create<nn::ConvOp>(columns, rows, nullptr, ones, ones, none, uint64_t(groups));
  } else {
    if (groups == 1) {
      rows = node.reshape(rows, {outputs, depth});
    } else {
      Dim several = node.constantDim(groups);
      rows = node.reshape(rows, {several, outputs.floorDiv(groups), depth});
      columns = node.reshape(columns, {batch, several, (shape[1] * taps).floorDiv(groups), count});
    }
    result = node.reshape(matmul(node, rows, columns), {batch, outputs, places[2], places[3]});
  }
  if (bias)
    result = node.add(result, alongChannels(node, toReal(bias), result));
  return node.result(node.cast(result, element));
}

ArrayRef<OpRow> accel::onnx_import::samplingOps() {
  static const OpRow rows[] = {
      {"DeformConv", 19, deformConv}, {"GridSample", 16, gridSample}, {"MaxRoiPool", 1, maxRoiPool},
      {"RoiAlign", 10, roiAlign10},   {"RoiAlign", 16, roiAlign16},
  };
  return rows;
}
