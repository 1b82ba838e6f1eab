// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resize and Upsample: tables of positions and weights, computed by ordinary ops, for nn.resize.
#include "lib/Import/ONNX/Ops/Common.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

namespace {
/// The attributes of a node of any version.
struct Settings {
  std::string mode, coordinates, nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool excludeOutside = false, antialias = false;
};

/// One axis that changes: its dims and how many result elements there are for one of the input.
struct Axis {
  int64_t axis;
  Dim from, to;
  std::optional<float> scale; ///< null: the quotient of the dims
  Value roiStart, roiEnd;     ///< rank 0, for tf_crop_and_resize
};

/// A scale: factor * over / under.
struct Ratio {
  double factor = 1;
  Dim over, under;
};

struct Tables {
  Value indices, weights; ///< T x P
  Value outside;          ///< 1 x P: positions that have no elements near, null where all have
};
} // namespace

static std::string text(double number) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", number);
  return text;
}

// --- scales and sizes ---

/// The scales that an exporter computed from shapes: products and quotients of numbers and dims.
static std::optional<SmallVector<Ratio>> ratiosOf(Node &node, Value value, unsigned depth = 0) {
  using Ratios = std::optional<SmallVector<Ratio>>;
  Operation *op = value ? value.getDefiningOp() : nullptr;
  if (!op || depth > 32 || !Node::type(value).hasStaticShape())
    return std::nullopt;
  Dim one = node.constantDim(1);
  if (!Node::isFloat(value)) {
    std::optional<SmallVector<Dim>> dims = node.evaluate(value);
    if (!dims)
      return std::nullopt;
    return llvm::map_to_vector(*dims, [&](Dim dim) { return Ratio{1, dim, one}; });
  }
  auto inner = [&](Value operand) { return ratiosOf(node, operand, depth + 1); };
  auto pairs = [&](Value lhs, Value rhs, auto combine) {
    Ratios a = inner(lhs), b = inner(rhs);
    if (!a || !b || a->empty() || b->empty())
      return Ratios();
    SmallVector<Ratio> result;
    for (size_t i = 0, n = std::max(a->size(), b->size()); i < n; ++i) {
      if ((a->size() != 1 && a->size() != n) || (b->size() != 1 && b->size() != n))
        return Ratios();
      result.push_back(combine((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
    }
    return Ratios(result);
  };
  return llvm::TypeSwitch<Operation *, Ratios>(op)
      .Case([&](nn::ConstantOp constant) {
        auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
        if (!elements)
          return Ratios();
        SmallVector<Ratio> result;
        for (const APFloat &number : elements.getValues<APFloat>())
          result.push_back({number.convertToDouble(), one, one});
        return Ratios(result);
      })
      .Case([&](nn::CastOp cast) { return inner(cast.getInput()); })
      .Case([&](nn::ReshapeOp reshape) { return inner(reshape.getInput()); })
      .Case([&](nn::ConcatOp concat) {
        SmallVector<Ratio> result;
        for (Value operand : concat.getInputs()) {
          Ratios part = Node::rank(operand) == 1 ? inner(operand) : Ratios();
          if (!part)
            return Ratios();
          result.append(*part);
        }
        return Ratios(result);
      })
      .Case([&](nn::SliceOp slice) {
        bool isRead = Node::rank(slice) == 1 && slice.getDynamicOffsets().empty();
        Ratios input = isRead ? inner(slice.getInput()) : Ratios();
        if (!input)
          return Ratios();
        SmallVector<Ratio> result;
        for (int64_t i = 0; i < Node::type(slice).getDimSize(0); ++i)
          result.push_back((*input)[slice.getOffsets()[0] + i * slice.getSteps()[0]]);
        return Ratios(result);
      })
      .Case([&](nn::MulOp mul) {
        return pairs(mul.getLhs(), mul.getRhs(), [](const Ratio &a, const Ratio &b) {
          return Ratio{a.factor * b.factor, a.over * b.over, a.under * b.under};
        });
      })
      .Case([&](nn::DivOp div) {
        return pairs(div.getLhs(), div.getRhs(), [](const Ratio &a, const Ratio &b) {
          return Ratio{a.factor / b.factor, a.over * b.under, a.under * b.over};
        });
      })
      .Default([](Operation *) { return Ratios(); });
}

/// floor(from * scale). Of an unknown dim that is computed in integers, with the simplest quotient
/// that rounds to the scale: 0.1 in f32 times 10 is 1, though it lies beside 1/10.
static Dim scaledDim(Node &node, Dim from, float scale) {
  if (std::optional<int64_t> size = nn::constantDim(from)) {
    float scaled = std::floor(scale * float(*size));
    if (!(scaled >= 0 && scaled < 0x1p31f)) {
      (void)node.error("expected a scale that leaves a size in 0..2^31, found " + text(scale));
      return from;
    }
    return node.constantDim(int64_t(scaled));
  }
  // Convergents of the continued fraction.
  int64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  double rest = scale;
  for (int i = 0; i < 40; ++i) {
    double whole = std::floor(rest);
    if (!(whole >= 0 && whole < 0x1p24) || double(p1) * whole > 0x1p40 ||
        double(q1) * whole > 0x1p40)
      break;
    std::tie(p0, p1) = std::pair(p1, int64_t(whole) * p1 + p0);
    std::tie(q0, q1) = std::pair(q1, int64_t(whole) * q1 + q0);
    if (float(double(p1) / double(q1)) == scale)
      return (from * p1).floorDiv(q1);
    rest = 1 / (rest - whole);
  }
  (void)node.unsupported("a scale of " + text(scale) + " for a dim that is not known");
  return from;
}

/// The entries that are not there of an axis that keeps its size.
static void keep(Node &node, Value x, SmallVectorImpl<Axis> &axes) {
  for (auto [i, dim] : llvm::enumerate(node.dims(x)))
    axes.push_back({int64_t(i), dim, dim, 1.0f, {}, {}});
}

static bool applyScales(Node &node, ArrayRef<int64_t> order, ArrayRef<Ratio> scales,
                        MutableArrayRef<Axis> axes) {
  if (scales.size() != order.size())
    return succeeded(
        node.error("expected " + Twine(order.size()) + " scales, found " + Twine(scales.size())));
  for (auto [scale, at] : llvm::zip_equal(scales, order)) {
    Axis &axis = axes[at];
    bool isNumber = scale.over == scale.under;
    if (isNumber && !(scale.factor > 0 && scale.factor < 0x1p31))
      return succeeded(node.error("expected positive scales, found " + text(scale.factor)));
    if (isNumber) {
      axis.scale = float(scale.factor);
      axis.to = scaledDim(node, axis.from, *axis.scale);
    } else if (scale.under == axis.from && scale.factor == 1) {
      // to / from: what an exporter makes of a size.
      axis.scale = std::nullopt;
      axis.to = scale.over;
    } else {
      return succeeded(node.unsupported("a scale that depends on other dims than its own"));
    }
  }
  return !node.hasFailed();
}

static bool applySizes(Node &node, ArrayRef<int64_t> order, ArrayRef<Dim> sizes, StringRef policy,
                       MutableArrayRef<Axis> axes) {
  if (sizes.size() != order.size())
    return succeeded(
        node.error("expected " + Twine(order.size()) + " sizes, found " + Twine(sizes.size())));
  std::optional<float> common;
  for (auto [size, at] : llvm::zip_equal(sizes, order)) {
    Axis &axis = axes[at];
    std::optional<int64_t> to = nn::constantDim(size), from = nn::constantDim(axis.from);
    if (to && *to < 0)
      return succeeded(node.error("expected sizes of 0 or more, found " + Twine(*to)));
    axis.to = size;
    axis.scale = axis.from == size ? std::optional(1.0f) : std::nullopt;
    if (policy == "stretch")
      continue;
    if (!to || !from || *from == 0)
      return succeeded(node.error("expected static dims where keep_aspect_ratio_policy is '" +
                                      policy + "', found dim " + Twine(axis.axis),
                                  "Fix the dims with --shape or --dim."));
    float scale = float(*to) / float(*from);
    common = !common                  ? scale
             : policy == "not_larger" ? std::min(*common, scale)
                                      : std::max(*common, scale);
  }
  if (common)
    for (int64_t at : order) {
      axes[at].scale = *common;
      axes[at].to = node.constantDim(
          int64_t(std::floor(*common * float(*nn::constantDim(axes[at].from)) + 0.5f)));
    }
  return true;
}

// --- tables ---

namespace {
/// Antialiasing by less would take more than 4,096 elements for each.
constexpr float kLeastStretch = 0x1p-10f;

/// Builds the tables of one axis.
class TableBuilder {
public:
  TableBuilder(Node &node, const Settings &settings, Value x, const Axis &axis, Type real)
      : node(node), settings(settings), axis(axis), real(real), i32(node.builder().getI32Type()) {
    places = node.cast(node.iota(1, {node.constantDim(1), axis.to}, i32), real);
    fromSize = sizeOf(axis.from, x, axis.axis);
    toSize = sizeOf(axis.to, places, 1);
    scale = axis.scale ? number(*axis.scale) : node.div(cast(toSize), cast(fromSize));
  }

  Tables build() {
    Value at = coordinates();
    Tables tables;
    if (settings.coordinates == "tf_crop_and_resize") {
      Value last = node.sub(cast(fromSize), number(1));
      tables.outside = node.create<nn::OrOp>(node.compare(CompareKind::lt, at, number(0)),
                                             node.compare(CompareKind::gt, at, last));
    }
    if (settings.mode == "nearest") {
      tables.indices = clamped(node.cast(nearest(at), i32));
      return tables;
    }
    Value base = floor(at), ratio = node.sub(at, base);
    int64_t first = 0, taps = 2;
    // What an antialiased filter is compressed by.
    float stretch = 1;
    if (settings.antialias)
      stretch = std::min(stretch, axis.scale ? *axis.scale : staticScale());
    if (!(stretch >= kLeastStretch)) {
      (void)node.unsupported("antialiasing by a scale of " + text(stretch));
      return tables;
    }
    if (settings.mode == "cubic" || stretch < 1) {
      first = int64_t(std::floor((settings.mode == "cubic" ? -2 : -1) / stretch)) + 1;
      taps = 2 - 2 * first;
    }
    Value tap = node.add(node.iota(0, node.constantShape({taps, 1}), i32), integer(first));
    Value index = node.add(node.cast(base, i32), tap);
    Value distance = node.create<nn::AbsOp>(node.sub(cast(tap), ratio));
    if (stretch < 1)
      distance = node.mul(distance, number(stretch));
    Value weights = settings.mode == "cubic" ? cubic(distance) : linear(distance, stretch);
    if (settings.excludeOutside) {
      Value inside = node.create<nn::AndOp>(node.compare(CompareKind::ge, index, integer(0)),
                                            node.compare(CompareKind::lt, index, fromSize));
      weights = node.select(inside, weights, number(0));
    }
    if (settings.excludeOutside || stretch < 1)
      weights = node.div(weights, node.reduce(nn::ReduceKind::sum, weights, {0}, true));
    tables.indices = clamped(index);
    tables.weights = weights;
    return tables;
  }

private:
  Value number(double value) { return node.scalar(real, value); }
  Value integer(int64_t value) { return node.scalar(i32, value); }
  Value cast(Value value) { return node.cast(value, real); }
  Value floor(Value value) { return node.create<nn::FloorOp>(value); }

  /// A dim as an i32 of rank 0; `like` has it, too.
  Value sizeOf(Dim dim, Value like, int64_t at) {
    if (std::optional<int64_t> size = nn::constantDim(dim))
      return integer(*size);
    Value size = node.create<nn::ShapeOfOp>(like, uint64_t(at), uint64_t(at + 1));
    return node.reshape(node.cast(size, i32), {});
  }

  float staticScale() {
    std::optional<int64_t> from = nn::constantDim(axis.from), to = nn::constantDim(axis.to);
    if (from && to)
      return float(*to) / float(*from);
    (void)node.error("expected a constant scale or static dims for antialiasing, found dim " +
                         Twine(axis.axis),
                     "Fix the dims with --shape or --dim.");
    return 1;
  }

  /// Where in the input each place of the result lies. The order of operations is that of ONNX
  /// Runtime: halves are rounded one way or the other.
  Value coordinates() {
    const std::string &mode = settings.coordinates;
    Value half = number(0.5), one = number(1);
    auto halfPixel = [&] { return node.sub(node.div(node.add(places, half), scale), half); };
    auto last = [&](Value size) { return node.sub(cast(size), one); };
    Value several = node.compare(CompareKind::gt, toSize, integer(1));
    if (mode == "asymmetric")
      return node.div(places, scale);
    if (mode == "tf_half_pixel_for_nn")
      return node.div(node.add(places, half), scale);
    if (mode == "pytorch_half_pixel")
      return node.select(several, halfPixel(), number(0));
    if (mode == "align_corners")
      return node.select(several,
                         node.div(node.mul(places, last(fromSize)), node.max(last(toSize), one)),
                         number(0));
    if (mode == "half_pixel_symmetric") {
      // What rounding the size down cut off is cut off on both sides.
      Value kept = node.div(cast(toSize), node.mul(scale, cast(fromSize)));
      Value offset = node.mul(node.mul(cast(fromSize), half), node.sub(one, kept));
      return node.add(offset, halfPixel());
    }
    if (mode == "tf_crop_and_resize") {
      Value extent = node.sub(axis.roiEnd, axis.roiStart);
      Value step = node.div(node.mul(extent, last(fromSize)), node.max(last(toSize), one));
      Value spread = node.add(node.mul(axis.roiStart, last(fromSize)), node.mul(places, step));
      Value middle = node.mul(node.mul(node.add(axis.roiStart, axis.roiEnd), half), last(fromSize));
      return node.select(several, spread, middle);
    }
    return halfPixel();
  }

  Value nearest(Value at) {
    Value below = floor(at), rest = node.sub(at, below), half = number(0.5);
    auto up = [&](CompareKind kind) {
      return node.select(node.compare(kind, rest, half), node.add(below, number(1)), below);
    };
    if (settings.nearest == "floor")
      return below;
    if (settings.nearest == "ceil")
      return node.create<nn::CeilOp>(at);
    return up(settings.nearest == "round_prefer_ceil" ? CompareKind::ge : CompareKind::gt);
  }

  Value clamped(Value index) {
    return node.max(node.min(index, node.sub(fromSize, integer(1))), integer(0));
  }

  Value linear(Value distance, float stretch) {
    Value weight = node.sub(number(1), distance);
    return stretch < 1 ? node.max(weight, number(0)) : weight;
  }

  /// Keys' piecewise cubic of |x|.
  Value cubic(Value x) {
    double a = settings.cubicA;
    auto polynomial = [&](std::initializer_list<double> coefficients) {
      Value sum;
      for (double c : coefficients)
        sum = sum ? node.add(node.mul(sum, x), number(c)) : number(c);
      return sum;
    };
    Value near = polynomial({a + 2, -(a + 3), 0, 1}), far = polynomial({a, -5 * a, 8 * a, -4 * a});
    far = node.select(node.compare(CompareKind::lt, x, number(2)), far, number(0));
    return node.select(node.compare(CompareKind::le, x, number(1)), near, far);
  }

  Node &node;
  const Settings &settings;
  const Axis &axis;
  Type real, i32;
  Value places; ///< 1 x P: 0, 1, 2, ...
  Value fromSize, toSize, scale;
};
} // namespace

// --- nodes ---

/// x resized along the axes that change.
static LogicalResult resize(Node &node, Value x, const Settings &settings, ArrayRef<Axis> axes) {
  if (node.hasFailed())
    return failure();
  bool isCrop = settings.coordinates == "tf_crop_and_resize";
  if (settings.mode != "nearest" && settings.mode != "linear" && settings.mode != "cubic")
    return node.error("expected mode to be nearest, linear or cubic, found '" + settings.mode +
                      "'");
  Type element = Node::element(x);
  bool isNearest = settings.mode == "nearest";
  if (!isNearest && !isa<FloatType, IntegerType>(element))
    return node.unsupported("interpolation of " + dtypeText(element));
  // Integers are interpolated as floats.
  Value source =
      isNearest || isa<FloatType>(element) ? x : node.cast(x, node.builder().getF32Type());
  Type real = Node::element(source).isF64() ? Type(node.builder().getF64Type())
                                            : Type(node.builder().getF32Type());
  Shape repeated = node.dims(x);
  SmallVector<Value> indices, weights;
  SmallVector<int64_t> resized;
  Value outside;
  for (const Axis &axis : axes) {
    if (isCrop ? !axis.roiStart : axis.from == axis.to && (!axis.scale || *axis.scale == 1))
      continue;
    // All elements of a dim of size 1 are the same one.
    if (!isCrop && nn::constantDim(axis.from) == 1) {
      repeated[axis.axis] = axis.to;
      continue;
    }
    Tables tables = TableBuilder(node, settings, x, axis, real).build();
    if (node.hasFailed())
      return failure();
    repeated[axis.axis] = axis.to;
    resized.push_back(axis.axis);
    indices.push_back(tables.indices);
    if (tables.weights)
      weights.push_back(tables.weights);
    if (tables.outside) {
      Shape line(Node::rank(x) - axis.axis, node.constantDim(1));
      line[0] = axis.to;
      Value here = node.reshape(tables.outside, line);
      outside = outside ? node.create<nn::OrOp>(outside, here) : here;
    }
  }
  Value result = source;
  if (!resized.empty())
    result = node.create<nn::ResizeOp>(source, indices, weights, resized);
  if (outside)
    result = node.select(outside, node.scalarLike(result, settings.extrapolation), result);
  return node.result(node.cast(node.broadcast(result, repeated), element));
}

static Settings oldSettings(Node &node) {
  Settings settings;
  settings.mode = node.text("mode", "nearest");
  if (settings.mode == "bilinear")
    settings.mode = "linear";
  settings.coordinates = "asymmetric";
  settings.nearest = "floor";
  return settings;
}

static SmallVector<int64_t> allAxes(Value x) {
  return llvm::to_vector(llvm::seq<int64_t>(0, Node::rank(x)));
}

// Opset 7: the scales are an attribute.
static LogicalResult upsample7(Node &node) {
  Value x = node.operand(0);
  Settings settings = oldSettings(node);
  const auto *scales = node.attribute("scales");
  if (!x || !scales)
    return node.error("expected an attribute 'scales'");
  SmallVector<Ratio> ratios;
  Dim one = node.constantDim(1);
  for (float scale : scales->floats())
    ratios.push_back({scale, one, one});
  SmallVector<Axis> axes;
  keep(node, x, axes);
  if (!applyScales(node, allAxes(x), ratios, axes))
    return failure();
  return resize(node, x, settings, axes);
}

/// The scales in input i.
static std::optional<SmallVector<Ratio>> scaleOperand(Node &node, size_t i) {
  std::optional<SmallVector<Ratio>> scales = ratiosOf(node, node.operand(i));
  if (!scales && !node.hasFailed())
    (void)node.error(
        "expected scales that are constant or follow from shapes, found a tensor that a "
        "run computes",
        "Make the scales (input " + Twine(i) + ") constant.");
  return scales;
}

static LogicalResult upsample9(Node &node) {
  Value x = node.operand(0);
  Settings settings = oldSettings(node);
  std::optional<SmallVector<Ratio>> scales = scaleOperand(node, 1);
  if (!x || !scales)
    return failure();
  SmallVector<Axis> axes;
  keep(node, x, axes);
  if (!applyScales(node, allAxes(x), *scales, axes))
    return failure();
  // Resize-10 rounds up where the result is smaller.
  if (node.op() == "Resize" &&
      llvm::any_of(axes, [](const Axis &axis) { return axis.scale && *axis.scale < 1; }))
    settings.nearest = "ceil";
  return resize(node, x, settings, axes);
}

static LogicalResult resize11(Node &node) {
  Value x = node.operand(0);
  Settings settings;
  settings.mode = node.text("mode", "nearest");
  settings.coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  settings.nearest = node.text("nearest_mode", "round_prefer_floor");
  settings.cubicA = node.number("cubic_coeff_a", -0.75);
  settings.extrapolation = node.number("extrapolation_value", 0);
  settings.excludeOutside = node.integer("exclude_outside", 0);
  settings.antialias = node.integer("antialias", 0);
  std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  Value roi = node.optional(1);
  if (!x)
    return failure();
  SmallVector<int64_t> order = allAxes(x);
  if (std::optional<SmallVector<int64_t>> given = node.integers("axes")) {
    (void)node.axes(*given, Node::rank(x));
    order = llvm::map_to_vector(*given, [&](int64_t a) { return node.axis(a, Node::rank(x)); });
  }
  auto isOneOf = [&](StringRef what, StringRef found, std::initializer_list<StringRef> known) {
    if (!llvm::is_contained(known, found))
      (void)node.error("expected " + what + " to be one of " + llvm::join(known, ", ") +
                       ", found '" + found + "'");
  };
  isOneOf("coordinate_transformation_mode", settings.coordinates,
          {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
           "asymmetric", "tf_crop_and_resize", "tf_half_pixel_for_nn"});
  isOneOf("nearest_mode", settings.nearest,
          {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  isOneOf("keep_aspect_ratio_policy", policy, {"stretch", "not_larger", "not_smaller"});
  if (node.hasFailed())
    return failure();

  SmallVector<Axis> axes;
  keep(node, x, axes);
  // An empty tensor stands for an input that is left out.
  auto given = [&](size_t i) {
    Shape dims = node.dims(node.optional(i));
    return node.has(i) && (dims.empty() || nn::constantDim(dims[0]) != 0);
  };
  bool hasScales = given(2), hasSizes = given(3);
  if (hasScales == hasSizes)
    return node.error("expected either scales (input 2) or sizes (input 3)");
  if (hasScales) {
    std::optional<SmallVector<Ratio>> scales = scaleOperand(node, 2);
    if (!scales || !applyScales(node, order, *scales, axes))
      return failure();
  } else {
    std::optional<SmallVector<Dim>> sizes = node.evaluate(node.operand(3));
    if (!sizes)
      return node.error("expected sizes that are constant or follow from shapes, found a tensor "
                        "that a run computes",
                        "Make the sizes (input 3) constant.");
    if (!applySizes(node, order, *sizes, policy, axes))
      return failure();
  }
  if (settings.coordinates == "tf_crop_and_resize") {
    int64_t count = order.size();
    if (!roi || Node::rank(roi) != 1 || !Node::isFloat(roi) || node.staticDim(roi, 0) != 2 * count)
      return node.error("expected a region of interest (input 1) of " + Twine(2 * count) +
                        " elements");
    Type real = Node::element(x).isF64() ? Type(node.builder().getF64Type())
                                         : Type(node.builder().getF32Type());
    auto constant = roi.getDefiningOp<nn::ConstantOp>();
    auto numbers = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
    auto known = [&](int64_t i) -> std::optional<double> {
      if (!numbers)
        return std::nullopt;
      return numbers.getValues<APFloat>()[i].convertToDouble();
    };
    auto entry = [&](int64_t i) {
      return known(i) ? node.scalar(real, *known(i))
                      : node.cast(node.reshape(sliceDim(node, roi, 0, i, 1), {}), real);
    };
    for (int64_t i = 0; i < count; ++i) {
      Axis &axis = axes[order[i]];
      // All of an axis that keeps its size.
      if (known(i) == 0 && known(count + i) == 1 && axis.from == axis.to)
        continue;
      axis.roiStart = entry(i);
      axis.roiEnd = entry(count + i);
    }
  }
  return resize(node, x, settings, axes);
}

ArrayRef<OpRow> accel::onnx_import::resizeOps() {
  static const OpRow rows[] = {
      {"Resize", 10, upsample9},
      {"Resize", 11, resize11},
      {"Upsample", 7, upsample7},
      {"Upsample", 9, upsample9},
  };
  return rows;
}
