// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shapes of a whole program. What an op demands of its operands' dims may say more of a symbol
// (a table of 512 rows leaves sequences of at most 512), and that may make more dims equal: so the
// analysis is repeated until the symbols' bounds stay as they are.
#include "dialects/NN/NNProgramShapes.h"
#include "lib/Support/DimText.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace accel::nn;

/// Each round but the last narrows a symbol's bounds; a longer chain of conclusions is not needed.
static constexpr unsigned kMaxRounds = 8;
/// Of which of two dims is the least. A sum of many such leasts has as many cases as a power of two
/// says: beyond these it is left to the run to compute.
static constexpr unsigned kMaxCases = 64;

ProgramShapes::ProgramShapes(func::FuncOp main, ArrayRef<StringAttr> names,
                             ArrayRef<NamedBounds> named)
    : ShapeAnalysis(main.getContext(), names.size()), main(main), symbols(names),
      at(main.getLoc()) {
  for (auto [symbol, known] : llvm::enumerate(named))
    setBounds(symbol, known.bounds);
}

void ProgramShapes::noteRequirement(Dim a, DimRelation relation, Dim b, StringRef what) {
  found.push_back({simplify(a), simplify(b), relation, what, at, {}});
}

void ProgramShapes::visit() {
  Block &block = main.getBody().front();
  main.walk([&](BindDimsOp bind) {
    SmallVector<AffineExpr> exprs;
    for (StringAttr name : bind.getSymbols().getAsRange<StringAttr>())
      exprs.push_back(getAffineSymbolExpr(std::distance(symbols.begin(), llvm::find(symbols, name)),
                                          bind.getContext()));
    Shape shape, own = get(bind.getInput());
    for (auto [dim, unnamed] : llvm::zip_equal(bind.getShape().getResults(), own)) {
      bool isNamed = !dim.isFunctionOfSymbol(exprs.size());
      shape.push_back(isNamed ? simplify(dim.replaceSymbols(exprs)) : unnamed);
    }
    if (isa<BlockArgument>(bind.getInput()))
      set(bind.getInput(), shape);
    set(bind.getResult(), std::move(shape));
  });
  for (Operation &op : block)
    if (isa<ShapeOpInterface>(op)) {
      at = op.getLoc();
      (void)get(op.getResult(0));
    }
}

bool ProgramShapes::isKnown(Dim dim) const {
  bool known = true;
  dim.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol || symbol.getPosition() < symbols.size())
      return;
    const LeastDim *least = definitionOf(symbol.getPosition());
    known &= least && isKnown(least->a) && isKnown(least->b);
  });
  return known;
}

/// Every size must follow from the program's symbols, and what must hold must be possible.
LogicalResult ProgramShapes::check() {
  auto checkTensor = [&](Value tensor, Location location) -> LogicalResult {
    for (auto [i, dim] : llvm::enumerate(get(tensor)))
      if (!isKnown(dim))
        return emitError(location)
               << "expected sizes that follow from the dims of the model's inputs, but dim " << i
               << " of " << tensor.getType()
               << " is only known when the model runs; give the inputs constant shapes";
    return success();
  };
  for (auto [name, known] : llvm::zip_equal(symbols, limited)) {
    if (known.bounds.low <= known.bounds.high)
      continue;
    InFlightDiagnostic error = emitError(known.high) << "expected dim '" << name.getValue()
                                                     << "' to be at most " << known.bounds.high;
    error.attachNote(known.low) << "but here it is " << known.bounds.low << " or more";
    return failure();
  }
  Block &block = main.getBody().front();
  for (BlockArgument argument : block.getArguments())
    if (failed(checkTensor(argument, main.getLoc())))
      return failure();
  for (Operation &op : block)
    if (isa<ShapeOpInterface>(op))
      for (Value result : op.getResults())
        if (failed(checkTensor(result, op.getLoc())))
          return failure();
  for (const Requirement &requirement : found)
    for (Dim condition : requirement.conditions)
      if (bounds(condition).high < 0)
        return emitError(requirement.location)
               << text(requirement)
               << ", which no sizes give that the dims of the model's inputs may have";
  return success();
}

std::string ProgramShapes::text(Dim dim) const {
  return accel::dimText(dim, [&](unsigned symbol) {
    if (symbol < symbols.size())
      return symbols[symbol].str();
    const LeastDim *least = definitionOf(symbol);
    return least ? "min(" + text(least->a) + ", " + text(least->b) + ")" : "?";
  });
}

std::string ProgramShapes::text(const Requirement &requirement) const {
  std::string a = text(requirement.a), b = text(requirement.b);
  std::string start = ("expected " + requirement.what + " ").str();
  switch (requirement.relation) {
  case DimRelation::Equal:
    return start + a + " and " + b + " to be equal";
  case DimRelation::AtMost:
    return constantDim(requirement.a) ? start + b + " to be at least " + a
                                      : start + a + " to be at most " + b;
  case DimRelation::Broadcast:
    return start + a + " and " + b + " to be equal, or one of them 1";
  }
  llvm_unreachable("all relations are handled");
}

// --- what a requirement comes to ---

/// Adds what "condition is 0 or more" comes to and is not known.
void ProgramShapes::addCondition(Dim condition, SmallVectorImpl<Dim> &conditions) {
  llvm::SmallDenseSet<Dim> seen;
  addCondition(condition, conditions, seen);
}

void ProgramShapes::addCondition(Dim condition, SmallVectorImpl<Dim> &conditions,
                                 llvm::SmallDenseSet<Dim> &seen) {
  if (!seen.insert(condition).second || atMost(constant(0), condition))
    return;
  DimSum sum(condition);
  for (const DimTerm &term : sum.terms) {
    if (term.factors.size() != 1)
      continue;
    auto symbol = dyn_cast<AffineSymbolExpr>(term.factors[0]);
    const LeastDim *least = symbol ? definitionOf(symbol.getPosition()) : nullptr;
    if (!least || term.coefficient < 0 || seen.size() > kMaxCases)
      continue;
    // The least of two is enough where both are.
    Dim a = least->a, b = least->b;
    DimSum rest = sum;
    int64_t coefficient = term.coefficient;
    rest.add(DimTerm{term.factors, -coefficient});
    addCondition(simplify(rest.dim() + a * coefficient), conditions, seen);
    addCondition(simplify(rest.dim() + b * coefficient), conditions, seen);
    return;
  }
  condition = sum.dim();
  if (!llvm::is_contained(conditions, condition))
    conditions.push_back(condition);
}

void ProgramShapes::setConditions(Requirement &requirement) {
  Dim a = requirement.a, b = requirement.b, one = constant(1), two = constant(2);
  auto add = [&](Dim condition) { addCondition(condition, requirement.conditions); };
  auto addEqual = [&] {
    add(a - b);
    add(b - a);
  };
  switch (requirement.relation) {
  case DimRelation::AtMost:
    return add(b - a);
  case DimRelation::Equal:
    return addEqual();
  case DimRelation::Broadcast:
    break;
  }
  for (int side = 0; side < 2; ++side, std::swap(a, b))
    if (atMost(b, one) && atMost(b, a) && atMost(min(a, one), b))
      return; // b is 1, or 0 with a
  // Where neither can be the 1 that the other is not, they are equal.
  bool aIsMany = atMost(two, a), bIsMany = atMost(two, b);
  if ((aIsMany && bIsMany) || (atMost(b, a) && atMost(min(a, two), b)) ||
      (atMost(a, b) && atMost(min(b, two), a)))
    return addEqual();
  // A product that is 0 if one of the factors is.
  Dim product = a - b;
  if (!aIsMany)
    product = product * (a - one);
  if (!bIsMany)
    product = product * (b - one);
  add(product);
  add(-product);
}

/// True if "condition is 0 or more" is a bound of one symbol, which it then becomes.
bool ProgramShapes::limits(Dim condition, Location by, MutableArrayRef<NamedBounds> named) const {
  DimSum sum(condition);
  if (sum.overflowed || sum.terms.size() != 1 || sum.terms[0].factors.size() != 1)
    return false;
  int64_t coefficient = sum.terms[0].coefficient;
  if (sum.constant == std::numeric_limits<int64_t>::min())
    return false;
  Dim factor = sum.terms[0].factors[0];
  bool isLeast = coefficient > 0;
  int64_t end = isLeast ? llvm::divideCeilSigned(-sum.constant, coefficient)
                        : llvm::divideFloorSigned(sum.constant, -coefficient);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(factor)) {
    if (symbol.getPosition() >= symbols.size())
      return false;
    NamedBounds &known = named[symbol.getPosition()];
    if (isLeast && known.bounds.low < end) {
      known.bounds.low = end;
      known.low = by;
    } else if (!isLeast && known.bounds.high > end) {
      known.bounds.high = end;
      known.high = by;
    }
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(factor);
  std::optional<int64_t> divisor = binary && binary.getKind() == AffineExprKind::FloorDiv
                                       ? constantDim(binary.getRHS())
                                       : std::nullopt;
  int64_t scaled;
  if (!divisor || *divisor < 1 || llvm::MulOverflow(end, *divisor, scaled) ||
      llvm::AddOverflow(scaled, isLeast ? 0 : *divisor - 1, scaled))
    return false;
  return limits(isLeast ? binary.getLHS() - scaled : -binary.getLHS() + scaled, by, named);
}

// --- the program's numbers of symbols ---

void ProgramShapes::numberDefinitions() {
  llvm::SmallDenseSet<unsigned> wanted;
  auto want = [&](Dim dim) {
    dim.walk([&](AffineExpr part) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
        wanted.insert(symbol.getPosition());
    });
  };
  for (Operation &op : main.getBody().front()) {
    if (!isa<ShapeOpInterface>(op))
      continue;
    for (Value result : op.getResults())
      llvm::for_each(get(result), want);
    for (Value operand : op.getOperands())
      if (operand.getType().isIndex())
        want(valueOf(operand));
  }
  for (const Requirement &requirement : found) {
    llvm::for_each(requirement.conditions, want);
    want(requirement.a);
    want(requirement.b);
  }
  for (const LeastDim &least : llvm::reverse(definitions()))
    if (wanted.contains(least.symbol)) {
      want(least.a);
      want(least.b);
    }
  for (const LeastDim &least : definitions())
    if (wanted.contains(least.symbol)) {
      unsigned number = symbols.size() + used.size();
      used.push_back({number, inProgram(least.a), inProgram(least.b)});
      numbers[getAffineSymbolExpr(least.symbol, context)] = getAffineSymbolExpr(number, context);
    }
}

Dim ProgramShapes::inProgram(Dim dim) const { return dim.replace(numbers); }

std::unique_ptr<ProgramShapes> ProgramShapes::infer(func::FuncOp main) {
  llvm::SetVector<StringAttr> names;
  for (BindDimsOp bind : main.getBody().front().getOps<BindDimsOp>())
    for (StringAttr name : bind.getSymbols().getAsRange<StringAttr>())
      names.insert(name);
  SmallVector<NamedBounds> named(names.size(), {kAnySize, main.getLoc(), main.getLoc()});
  if (auto ranges = main->getAttrOfType<DictionaryAttr>("nn.dim_ranges"))
    for (auto [name, known] : llvm::zip_equal(names, named))
      if (auto given = ranges.getAs<DenseI64ArrayAttr>(name); given && given.size() == 2)
        known.bounds = {given[0], given[1]};
  std::unique_ptr<ProgramShapes> shapes;
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    shapes.reset(new ProgramShapes(main, names.getArrayRef(), named));
    shapes->visit();
    for (Requirement &requirement : shapes->found) {
      if (!shapes->isKnown(requirement.a) || !shapes->isKnown(requirement.b))
        continue;
      shapes->setConditions(requirement);
      for (Dim condition : requirement.conditions)
        shapes->limits(condition, requirement.location, named);
    }
    bool isStable = true, isPossible = true;
    for (auto [symbol, known] : llvm::enumerate(named)) {
      isStable &= known.bounds == shapes->boundsOf(symbol);
      isPossible &= known.bounds.low <= known.bounds.high;
    }
    shapes->limited = named;
    if (isStable || !isPossible)
      break;
  }
  // The rest is known, or checked as the bounds of a symbol.
  llvm::erase_if(shapes->found, [](const Requirement &one) { return one.conditions.empty(); });
  return shapes;
}
