// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Einsum: any equation as transposes, sums, products and matrix products, from left to right.
#include "lib/Import/ONNX/Ops/Common.h"
#include "llvm/ADT/StringExtras.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// The name of a dim: a letter, or from kEllipsis on a dim that "..." stands for, counted so that
/// the last ones of all operands have one name.
using Label = int;
using Labels = SmallVector<Label>;
constexpr Label kEllipsis = 256;

/// A tensor whose dims have names.
struct Term {
  Value value;
  Labels labels;
};

int64_t placeOf(ArrayRef<Label> labels, Label label) {
  return llvm::find(labels, label) - labels.begin();
}

std::string nameOf(Label label) {
  return label < kEllipsis ? std::string(1, char(label)) : std::string("...");
}

/// The text of one operand or of the result: letters, and "..." for `dots` dims.
std::optional<Labels> parse(Node &node, StringRef text, int64_t dots, int64_t mostDots) {
  Labels labels;
  bool hasDots = false;
  for (StringRef rest = text; !rest.empty();) {
    if (rest.consume_front("...") && !hasDots) {
      for (int64_t i = mostDots - dots; i < mostDots; ++i)
        labels.push_back(kEllipsis + Label(i));
      hasDots = true;
    } else if (!rest.empty() && llvm::isAlpha(rest.front())) {
      labels.push_back(rest.front());
      rest = rest.drop_front();
    } else {
      (void)node.error("expected an equation of letters, commas, '...' and '->', found '" + text +
                       "' in it");
      return std::nullopt;
    }
  }
  return labels;
}

class Contraction {
public:
  Contraction(Node &node) : node(node) {}

  /// Dims of one name in one tensor become one: the diagonal.
  void takeDiagonals(Term &term) {
    for (size_t i = 0; i < term.labels.size() && !node.hasFailed(); ++i) {
      Label label = term.labels[i];
      size_t j = i + 1 + placeOf(ArrayRef(term.labels).drop_front(i + 1), label);
      if (j >= term.labels.size())
        continue;
      Labels order;
      for (Label other : term.labels)
        if (other != label)
          order.push_back(other);
      // A third dim of the name waits for the next round.
      size_t more = llvm::count(term.labels, label) - 2;
      order.append(more, label);
      SmallVector<int64_t> permutation;
      for (size_t at = 0; at < term.labels.size(); ++at)
        if (term.labels[at] != label)
          permutation.push_back(at);
      for (size_t at = 0, seen = 0; at < term.labels.size(); ++at)
        if (term.labels[at] == label && seen++ >= 2)
          permutation.push_back(at);
      permutation.append({int64_t(i), int64_t(j)});
      Value moved = node.transpose(term.value, permutation);
      Shape shape = node.dims(moved);
      if (node.hasFailed())
        return;
      Dim n = shape.pop_back_val();
      if (Dim other = shape.pop_back_val();
          nn::constantDim(n) && nn::constantDim(other) && n != other) {
        (void)node.error("expected dims of one size for both of '" + nameOf(label) + "', found " +
                         nn::dimText(other) + " and " + nn::dimText(n));
        return;
      }
      shape.push_back(n * n);
      Type i64 = node.builder().getI64Type();
      Value one = node.scalar(i64, 1), size = node.reshape(sizeOf(moved), {});
      Value places = node.mul(node.iota(0, {n}, i64), node.add(size, one));
      term.value =
          node.create<nn::GatherOp>(node.reshape(moved, shape), places, uint64_t(shape.size() - 1));
      order.push_back(label);
      term.labels = order;
      i = size_t(-1);
    }
  }

  /// Sums over the dims whose names nobody needs.
  void sumAllBut(Term &term, llvm::function_ref<bool(Label)> isNeeded) {
    SmallVector<int64_t> axes;
    Labels left;
    for (auto [axis, label] : llvm::enumerate(term.labels))
      if (isNeeded(label))
        left.push_back(label);
      else
        axes.push_back(axis);
    if (axes.empty())
      return;
    term.value = node.reduce(nn::ReduceKind::sum, term.value, axes, false);
    term.labels = left;
  }

  /// A dim of 1 beside a larger one of its name adds nothing.
  void dropUnits(MutableArrayRef<Term> terms) {
    llvm::SmallDenseSet<Label> large;
    auto isUnit = [&](const Term &term, size_t axis) {
      return nn::constantDim(node.dims(term.value)[axis]) == 1;
    };
    for (const Term &term : terms)
      for (auto [axis, label] : llvm::enumerate(term.labels))
        if (!isUnit(term, axis))
          large.insert(label);
    for (Term &term : terms) {
      Shape shape;
      Labels left;
      for (auto [axis, label] : llvm::enumerate(term.labels))
        if (!large.contains(label) || !isUnit(term, axis)) {
          shape.push_back(node.dims(term.value)[axis]);
          left.push_back(label);
        }
      if (left.size() != term.labels.size())
        term = {node.reshape(term.value, shape), left};
    }
  }

  Term arranged(const Term &term, ArrayRef<Label> labels) {
    SmallVector<int64_t> permutation;
    for (Label label : labels)
      permutation.push_back(placeOf(term.labels, label));
    bool isSame = llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size()));
    return {isSame ? term.value : node.transpose(term.value, permutation), Labels(labels)};
  }

  /// The product of two tensors, summed over the names of both that nobody else needs.
  Term product(Term a, Term b, llvm::function_ref<bool(Label)> isNeeded) {
    auto has = [](const Term &term, Label label) { return llvm::is_contained(term.labels, label); };
    sumAllBut(a, [&](Label label) { return has(b, label) || isNeeded(label); });
    sumAllBut(b, [&](Label label) { return has(a, label) || isNeeded(label); });
    Labels batch, summed, left, right;
    for (Label label : a.labels)
      (!has(b, label) ? left : isNeeded(label) ? batch : summed).push_back(label);
    for (Label label : b.labels)
      if (!has(a, label))
        right.push_back(label);
    auto joined = [](ArrayRef<Label> x, ArrayRef<Label> y, ArrayRef<Label> z) {
      Labels all(x);
      all.append(y.begin(), y.end());
      all.append(z.begin(), z.end());
      return all;
    };
    Value x = arranged(a, joined(batch, left, summed)).value,
          y = arranged(b, joined(batch, summed, right)).value;
    if (node.hasFailed())
      return {};
    widen(x, y, batch.size() + left.size(), batch.size(), summed.size());
    if (node.hasFailed())
      return {};
    Shape xs = node.dims(x), ys = node.dims(y), result;
    ArrayRef<Dim> leftDims = ArrayRef(xs).slice(batch.size(), left.size()),
                  rightDims = ArrayRef(ys).take_back(right.size());
    Labels labels = joined(batch, left, right);
    Value found;
    if (summed.empty()) {
      Shape wide(xs), other(ArrayRef(ys).take_front(batch.size()));
      wide.append(right.size(), node.constantDim(1));
      other.append(left.size(), node.constantDim(1));
      other.append(rightDims.begin(), rightDims.end());
      return {node.mul(node.reshape(x, wide), node.reshape(y, other)), labels};
    }
    auto times = [&](ArrayRef<Dim> dims) { return accel::onnx_import::product(node, dims); };
    Shape xShape(ArrayRef(xs).take_front(batch.size())),
        yShape(ArrayRef(ys).take_front(batch.size()));
    xShape.append({times(leftDims), times(ArrayRef(xs).take_back(summed.size()))});
    yShape.append({times(ArrayRef(ys).slice(batch.size(), summed.size())), times(rightDims)});
    found = node.create<nn::MatmulOp>(node.reshape(x, xShape), node.reshape(y, yShape));
    if (!found)
      return {};
    Shape foundShape = node.dims(found);
    result.append(foundShape.begin(), foundShape.begin() + batch.size());
    result.append(leftDims.begin(), leftDims.end());
    result.append(rightDims.begin(), rightDims.end());
    return {node.reshape(found, result), labels};
  }

private:
  /// Dims that are summed, `count` of them from these axes on, of which only the run knows that
  /// they are equal: one of them may be 1, which the products of matrices do not broadcast.
  void widen(Value &x, Value &y, size_t xAxis, size_t yAxis, size_t count) {
    Shape xs = node.dims(x), ys = node.dims(y), xWide = xs, yWide = ys;
    for (size_t i = 0; i < count; ++i) {
      Dim a = xs[xAxis + i], b = ys[yAxis + i];
      bool mayDiffer = a != b && node.dimTable().simplify(a - b) != node.constantDim(0) &&
                       !(nn::constantDim(a) && nn::constantDim(b));
      if (mayDiffer && nn::constantDim(a) != 1)
        yWide[yAxis + i] = a;
      if (mayDiffer && nn::constantDim(b) != 1)
        xWide[xAxis + i] = b;
    }
    x = xWide == xs ? x : node.broadcast(x, xWide);
    y = yWide == ys ? y : node.broadcast(y, yWide);
  }

  /// The size of the last dim, as one i64.
  Value sizeOf(Value value) {
    int64_t rank = Node::rank(value);
    return node.create<nn::ShapeOfOp>(value, rank - 1, rank);
  }

  Node &node;
};

/// The equation's parts, and the names of all dims.
struct Equation {
  SmallVector<Term> terms;
  Labels result;
};

std::optional<Equation> readEquation(Node &node) {
  std::string equation = node.text("equation", "");
  llvm::erase(equation, ' ');
  if (node.hasFailed())
    return std::nullopt;
  auto [left, right] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> texts;
  left.split(texts, ',');
  if (texts.size() != node.operandCount()) {
    (void)node.error("expected an equation for " + Twine(node.operandCount()) +
                     " operands, found one for " + Twine(texts.size()));
    return std::nullopt;
  }
  // How many dims "..." stands for.
  SmallVector<int64_t> dots;
  int64_t mostDots = 0;
  for (auto [i, text] : llvm::enumerate(texts)) {
    Value value = node.operand(i);
    if (node.hasFailed())
      return std::nullopt;
    bool hasDots = text.contains("...");
    int64_t letters = int64_t(text.size()) - (hasDots ? 3 : 0), rank = Node::rank(value);
    if (hasDots ? letters > rank : letters != rank) {
      (void)node.error("expected operand " + Twine(i) + " of rank " + Twine(letters) +
                       (hasDots ? " or more" : "") + ", as '" + text + "' says, found rank " +
                       Twine(rank));
      return std::nullopt;
    }
    dots.push_back(hasDots ? rank - letters : 0);
    mostDots = std::max(mostDots, dots.back());
  }
  Equation found;
  std::map<Label, int> uses;
  for (auto [i, text] : llvm::enumerate(texts)) {
    std::optional<Labels> labels = parse(node, text, dots[i], mostDots);
    if (!labels)
      return std::nullopt;
    for (Label label : *labels)
      ++uses[label];
    found.terms.push_back({node.operand(i), *labels});
  }
  if (isExplicit) {
    std::optional<Labels> labels = parse(node, right, mostDots, mostDots);
    if (!labels)
      return std::nullopt;
    found.result = *labels;
  } else {
    // First what "..." stands for, then the letters that occur once, sorted.
    for (int64_t i = 0; i < mostDots; ++i)
      found.result.push_back(kEllipsis + Label(i));
    for (auto [label, count] : uses)
      if (label < kEllipsis && count == 1)
        found.result.push_back(label);
  }
  for (auto [i, label] : llvm::enumerate(found.result))
    if (!uses.count(label) || llvm::is_contained(ArrayRef(found.result).take_front(i), label)) {
      (void)node.error("expected each dim of the result to be one of the operands', once, found '" +
                       nameOf(label) + "'");
      return std::nullopt;
    }
  return found;
}

LogicalResult einsum(Node &node) {
  std::optional<Equation> equation = readEquation(node);
  if (!equation)
    return failure();
  Contraction contraction(node);
  MutableArrayRef<Term> terms = equation->terms;
  for (Term &term : terms)
    contraction.takeDiagonals(term);
  if (node.hasFailed())
    return failure();
  contraction.dropUnits(terms);
  Term total = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) {
    auto isNeeded = [&](Label label) {
      return llvm::is_contained(equation->result, label) ||
             llvm::any_of(terms.drop_front(i + 1),
                          [&](const Term &term) { return llvm::is_contained(term.labels, label); });
    };
    total = contraction.product(total, terms[i], isNeeded);
    if (node.hasFailed())
      return failure();
  }
  contraction.sumAllBut(total,
                        [&](Label label) { return llvm::is_contained(equation->result, label); });
  return node.result(contraction.arranged(total, equation->result).value);
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::einsumOps() {
  static const OpRow rows[] = {
      {"Einsum", 12, einsum},
  };
  return rows;
}
