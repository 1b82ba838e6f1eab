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
  std::optional<float> scale; ///< null: `computedScale`, or the quotient of the dims
  Value roiStart, roiEnd;     ///< rank 0, for tf_crop_and_resize
  Value computedScale;        ///< f32 of rank 0, where only the run knows it
  bool isComputed = false;    ///< whether it changes shows at run time
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

/// The same for each element, null where only the run knows it.
static SmallVector<std::optional<Ratio>> partRatios(Node &node, Value value) {
  if (std::optional<SmallVector<Ratio>> all = ratiosOf(node, value))
    return SmallVector<std::optional<Ratio>>(all->begin(), all->end());
  SmallVector<std::optional<Ratio>> result;
  auto concat = value ? value.getDefiningOp<nn::ConcatOp>() : nullptr;
  if (!concat)
    result.assign(value ? Node::type(value).getNumElements() : 0, std::nullopt);
  else
    for (Value part : concat.getInputs())
      result.append(partRatios(node, part));
  return result;
}

/// floor(from * scale). Of an unknown dim that is computed in integers, with the simplest quotient
/// that rounds to the scale: 0.1 in f32 times 10 is 1, though it lies beside 1/10.
/// Null where no such quotient is small enough.
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
  return Dim();
}

/// The entries that are not there of an axis that keeps its size.
static void keep(Node &node, Value x, SmallVectorImpl<Axis> &axes) {
  for (auto [i, dim] : llvm::enumerate(node.dims(x)))
    axes.push_back({int64_t(i), dim, dim, 1.0f, {}, {}, {}});
}

/// A dim of the input as an f32 of rank 0.
static Value sizeAsFloat(Node &node, Value x, const Axis &axis) {
  Type f32 = node.builder().getF32Type();
  if (std::optional<int64_t> size = nn::constantDim(axis.from))
    return node.scalar(f32, float(*size));
  Value size = node.create<nn::ShapeOfOp>(x, uint64_t(axis.axis), uint64_t(axis.axis + 1));
  return node.reshape(node.cast(size, f32), {});
}

static Value elementOf(Node &node, Value vector, int64_t i) {
  return node.reshape(sliceDim(node, vector, 0, i, 1), {});
}

/// Lets the run say how large an axis becomes: f32 or i64 of rank 0. The scale may be null.
static void compute(Node &node, Axis &axis, Value size, Value scale) {
  axis.to = computedDim(node, size);
  axis.scale = std::nullopt;
  axis.computedScale = scale;
  axis.isComputed = true;
}

/// Operand i, a vector of `count` elements.
static Value vectorOperand(Node &node, size_t i, StringRef what, size_t count) {
  Value value = node.operand(i);
  if (node.hasFailed())
    return {};
  std::optional<int64_t> size;
  if (Node::rank(value) == 1)
    size = nn::constantDim(node.dims(value)[0]);
  if (Node::rank(value) == 1 && !size)
    return node.reshape(value, {node.constantDim(count)});
  if (size == int64_t(count))
    return value;
  (void)node.error("expected " + Twine(count) + " " + what + " (input " + Twine(i) + "), found " +
                   (size ? Twine(*size) : "rank " + Twine(Node::rank(value))));
  return {};
}

/// The scales in `operand`, f32 with an element for each entry of `order`, or in an attribute
/// (`operand` is null then, and all are known).
static bool applyScales(Node &node, Value x, ArrayRef<int64_t> order, Value operand,
                        ArrayRef<std::optional<Ratio>> scales, MutableArrayRef<Axis> axes) {
  if (scales.size() != order.size())
    return succeeded(
        node.error("expected " + Twine(order.size()) + " scales, found " + Twine(scales.size())));
  Type f32 = node.builder().getF32Type();
  for (auto [i, at] : llvm::enumerate(order)) {
    const std::optional<Ratio> &scale = scales[i];
    Axis &axis = axes[at];
    bool isNumber = scale && scale->over == scale->under;
    if (isNumber && !(scale->factor > 0 && scale->factor < 0x1p31))
      return succeeded(node.error("expected positive scales, found " + text(scale->factor)));
    if (isNumber) {
      axis.scale = float(scale->factor);
      axis.to = scaledDim(node, axis.from, *axis.scale);
      if (axis.to || node.hasFailed())
        continue;
    } else if (scale && scale->under == axis.from && scale->factor == 1) {
      // to / from: what an exporter makes of a size.
      axis.scale = std::nullopt;
      axis.to = scale->over;
      continue;
    }
    Value factor =
        operand ? node.cast(elementOf(node, operand, i), f32) : node.scalar(f32, scale->factor);
    if (!isNumber) {
      Value none = node.scalar(f32, 0), isScale = node.compare(CompareKind::gt, factor, none);
      factor = node.select(node.require(isScale, "expected positive scales"), factor, none);
    }
    compute(node, axis, node.mul(factor, sizeAsFloat(node, x, axis)), factor);
  }
  return !node.hasFailed();
}

/// The sizes in `operand`, of which those that are not null are known.
static bool applySizes(Node &node, Value x, ArrayRef<int64_t> order, Value operand,
                       ArrayRef<Dim> sizes, StringRef policy, MutableArrayRef<Axis> axes) {
  auto isKnown = [&](size_t i) {
    return sizes[i] && nn::constantDim(sizes[i]) &&
           nn::constantDim(axes[order[i]].from).value_or(0) > 0;
  };
  bool allKnown = true;
  std::optional<float> common;
  for (auto [i, at] : llvm::enumerate(order)) {
    Axis &axis = axes[at];
    std::optional<int64_t> to = sizes[i] ? nn::constantDim(sizes[i]) : std::nullopt;
    if (to && *to < 0)
      return succeeded(node.error("expected sizes of 0 or more, found " + Twine(*to)));
    if (policy == "stretch" && !sizes[i]) {
      compute(node, axis, elementOf(node, operand, i), Value());
    } else if (policy == "stretch") {
      axis.to = sizes[i];
      axis.scale = axis.from == axis.to ? std::optional(1.0f) : std::nullopt;
    } else if (isKnown(i)) {
      float scale = float(*to) / float(*nn::constantDim(axis.from));
      common = !common                  ? scale
               : policy == "not_larger" ? std::min(*common, scale)
                                        : std::max(*common, scale);
    } else {
      allKnown = false;
    }
  }
  if (policy == "stretch" || order.empty())
    return !node.hasFailed();
  if (allKnown) {
    for (int64_t at : order) {
      axes[at].scale = *common;
      axes[at].to = node.constantDim(
          int64_t(std::floor(*common * float(*nn::constantDim(axes[at].from)) + 0.5f)));
    }
    return true;
  }
  // The scale that all axes share is the run's.
  Type f32 = node.builder().getF32Type();
  Value scale;
  for (auto [i, at] : llvm::enumerate(order)) {
    Value own =
        node.div(node.cast(elementOf(node, operand, i), f32), sizeAsFloat(node, x, axes[at]));
    scale = !scale ? own : policy == "not_larger" ? node.min(scale, own) : node.max(scale, own);
  }
  for (int64_t at : order) {
    Value size = node.mul(scale, sizeAsFloat(node, x, axes[at]));
    compute(node, axes[at], node.add(size, node.scalar(f32, 0.5)), scale);
  }
  return !node.hasFailed();
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
    scale = axis.scale           ? number(*axis.scale)
            : axis.computedScale ? cast(axis.computedScale)
                                 : node.div(cast(toSize), cast(fromSize));
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
    // Half of the filter's width, and what an antialiased one is compressed by: null for nothing.
    double reach = settings.mode == "cubic" ? 2 : 1;
    Value first = integer(1 - int64_t(reach)), stretch;
    Dim taps = node.constantDim(2 * int64_t(reach));
    if (std::optional<float> known = settings.antialias ? knownScale() : 1.0f) {
      if (!(*known >= kLeastStretch)) {
        (void)node.unsupported("antialiasing by a scale of " + text(*known));
        return tables;
      }
      if (*known < 1) {
        int64_t least = int64_t(std::floor(float(-reach) / *known)) + 1;
        first = integer(least);
        taps = node.constantDim(2 - 2 * least);
        stretch = number(*known);
      }
    } else {
      stretch = node.max(node.min(scale, number(1)), number(kLeastStretch));
      first = node.add(node.cast(floor(node.div(number(-reach), stretch)), i32), integer(1));
      Value count = node.sub(integer(2), node.mul(integer(2), first));
      taps = computedDim(node, node.cast(count, node.builder().getI64Type()));
    }
    Value tap = node.add(node.iota(0, {taps, node.constantDim(1)}, i32), first);
    Value index = node.add(node.cast(base, i32), tap);
    Value distance = node.create<nn::AbsOp>(node.sub(cast(tap), ratio));
    if (stretch)
      distance = node.mul(distance, stretch);
    Value weights = settings.mode == "cubic" ? cubic(distance) : linear(distance, bool(stretch));
    if (settings.excludeOutside) {
      Value inside = node.create<nn::AndOp>(node.compare(CompareKind::ge, index, integer(0)),
                                            node.compare(CompareKind::lt, index, fromSize));
      weights = node.select(inside, weights, number(0));
    }
    if (settings.excludeOutside || stretch)
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

  std::optional<float> knownScale() {
    std::optional<int64_t> from = nn::constantDim(axis.from), to = nn::constantDim(axis.to);
    if (axis.scale || axis.computedScale)
      return axis.scale;
    if (from && to && *from)
      return float(*to) / float(*from);
    return std::nullopt;
  }

  /// How long the result would be if sizes could be fractions: what align_corners goes by in the
  /// standard's node tests (ONNX Runtime takes the size). Rounding errors count as none.
  Value fractionalSize() {
    if (!axis.scale && !axis.computedScale)
      return cast(toSize);
    Value length = node.mul(scale, cast(fromSize)), size = cast(toSize);
    Value isFraction = node.compare(CompareKind::gt, node.sub(length, size), number(1e-3));
    return node.select(isFraction, length, size);
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
    if (mode == "align_corners") {
      Value steps = node.sub(fractionalSize(), one);
      Value spread = node.div(node.mul(places, last(fromSize)), node.select(several, steps, one));
      return node.select(several, spread, number(0));
    }
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
    // Resize-10 rounds up where the result is smaller.
    if (settings.nearest == "simple")
      return node.select(node.compare(CompareKind::lt, scale, number(1)),
                         node.create<nn::CeilOp>(at), below);
    return up(settings.nearest == "round_prefer_ceil" ? CompareKind::ge : CompareKind::gt);
  }

  Value clamped(Value index) {
    return node.max(node.min(index, node.sub(fromSize, integer(1))), integer(0));
  }

  Value linear(Value distance, bool isStretched) {
    Value weight = node.sub(number(1), distance);
    return isStretched ? node.max(weight, number(0)) : weight;
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
  Value outside, result = source;
  auto apply = [&](size_t count) {
    if (count)
      result = node.create<nn::ResizeOp>(result, ArrayRef(indices).take_front(count),
                                         ArrayRef(weights).take_front(weights.empty() ? 0 : count),
                                         ArrayRef(resized).take_front(count));
    indices.erase(indices.begin(), indices.begin() + count);
    resized.erase(resized.begin(), resized.begin() + count);
    if (!weights.empty())
      weights.erase(weights.begin(), weights.begin() + count);
  };
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
  // Which axes change is not known: one after another, each costs a pass over the elements instead
  // of multiplying the number of those that a result is made of.
  bool isComputed = llvm::any_of(axes, [](const Axis &axis) { return axis.isComputed; });
  size_t atOnce = settings.mode == "linear" && !settings.antialias ? 2 : 1;
  while (isComputed && !weights.empty() && resized.size() > atOnce)
    apply(1);
  apply(resized.size());
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
  SmallVector<std::optional<Ratio>> ratios;
  Dim one = node.constantDim(1);
  for (float scale : scales->floats())
    ratios.push_back(Ratio{scale, one, one});
  SmallVector<Axis> axes;
  keep(node, x, axes);
  if (!applyScales(node, x, allAxes(x), Value(), ratios, axes))
    return failure();
  return resize(node, x, settings, axes);
}

/// Applies the scales in input i.
static bool applyScaleOperand(Node &node, size_t i, Value x, ArrayRef<int64_t> order,
                              MutableArrayRef<Axis> axes) {
  Value scales = vectorOperand(node, i, "scales", order.size());
  return scales && applyScales(node, x, order, scales, partRatios(node, scales), axes);
}

static LogicalResult upsample9(Node &node) {
  Value x = node.operand(0);
  Settings settings = oldSettings(node);
  if (!x)
    return failure();
  SmallVector<Axis> axes;
  keep(node, x, axes);
  if (!applyScaleOperand(node, 1, x, allAxes(x), axes))
    return failure();
  if (node.op() == "Resize")
    settings.nearest = "simple";
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
    if (!applyScaleOperand(node, 2, x, order, axes))
      return failure();
  } else {
    Value sizes = vectorOperand(node, 3, "sizes", order.size());
    SmallVector<Dim> known = sizes ? node.partlyKnown(sizes) : SmallVector<Dim>();
    if (node.hasFailed() || !applySizes(node, x, order, sizes, known, policy, axes))
      return failure();
  }
  if (settings.coordinates == "tf_crop_and_resize") {
    int64_t count = order.size();
    if (!roi || !Node::isFloat(roi))
      return node.error("expected a region of interest (input 1) of " + Twine(2 * count) +
                        " elements");
    roi = vectorOperand(node, 1, "entries of a region of interest", 2 * count);
    if (!roi)
      return failure();
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
