// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RNN, GRU and LSTM: one product for the inputs of all steps, then a loop over the steps.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "llvm/ADT/StringSwitch.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using Kind = nn::CompareKind;

namespace {

/// An activation function with its parameters.
struct Activation {
  enum Function {
    Relu,
    Tanh,
    Sigmoid,
    Affine,
    LeakyRelu,
    ThresholdedRelu,
    ScaledTanh,
    HardSigmoid,
    Elu,
    Softsign,
    Softplus,
    Unknown
  };
  Function function;
  double alpha, beta;
};

struct ActivationRow {
  StringLiteral name;
  Activation::Function function;
  bool hasAlpha, hasBeta;
  double alpha, beta; ///< where the node gives none
};

constexpr ActivationRow kActivations[] = {
    {"relu", Activation::Relu, false, false, 0, 0},
    {"tanh", Activation::Tanh, false, false, 0, 0},
    {"sigmoid", Activation::Sigmoid, false, false, 0, 0},
    {"affine", Activation::Affine, true, true, 1, 0},
    {"leakyrelu", Activation::LeakyRelu, true, false, 0.01, 0},
    {"thresholdedrelu", Activation::ThresholdedRelu, true, false, 1, 0},
    {"scaledtanh", Activation::ScaledTanh, true, true, 1, 1},
    {"hardsigmoid", Activation::HardSigmoid, true, true, 0.2, 0.5},
    {"elu", Activation::Elu, true, false, 1, 0},
    {"softsign", Activation::Softsign, false, false, 0, 0},
    {"softplus", Activation::Softplus, false, false, 0, 0},
};

Value apply(Node &node, const Activation &activation, Value x) {
  auto number = [&](double value) { return node.scalarLike(x, value); };
  auto scaled = [&](Value value, double by) { return node.mul(value, number(by)); };
  double alpha = activation.alpha, beta = activation.beta;
  switch (activation.function) {
  case Activation::Relu:
    return node.create<nn::ReluOp>(x);
  case Activation::Tanh:
    return node.create<nn::TanhOp>(x);
  case Activation::Sigmoid:
    return node.create<nn::SigmoidOp>(x);
  case Activation::Affine:
    return node.add(scaled(x, alpha), number(beta));
  case Activation::LeakyRelu:
    return node.select(node.compare(Kind::lt, x, number(0)), scaled(x, alpha), x);
  case Activation::ThresholdedRelu:
    return node.select(node.compare(Kind::gt, x, number(alpha)), x, number(0));
  case Activation::ScaledTanh:
    return scaled(node.create<nn::TanhOp>(scaled(x, beta)), alpha);
  case Activation::HardSigmoid:
    return node.max(node.min(node.add(scaled(x, alpha), number(beta)), number(1)), number(0));
  case Activation::Elu:
    return node.select(node.compare(Kind::lt, x, number(0)),
                       scaled(node.sub(node.create<nn::ExpOp>(x), number(1)), alpha), x);
  case Activation::Softsign:
    return node.div(x, node.add(node.create<nn::AbsOp>(x), number(1)));
  case Activation::Softplus:
    return node.add(
        node.create<nn::LogOp>(node.add(
            node.create<nn::ExpOp>(node.create<nn::NegOp>(node.create<nn::AbsOp>(x))), number(1))),
        node.create<nn::ReluOp>(x));
  case Activation::Unknown:
    break;
  }
  return {};
}

/// What one step carries on: h, and of an LSTM c.
using State = SmallVector<Value, 2>;

/// A recurrent op; what differs between them is `step`.
class Recurrent {
public:
  Recurrent(Node &node, int64_t gates, ArrayRef<StringRef> defaults)
      : node(node), gates(gates), defaults(defaults) {}
  virtual ~Recurrent() = default;

  LogicalResult import();

protected:
  /// One direction's weights.
  struct Direction {
    Value recurrent;     ///< H x gates*H
    Value recurrentBias; ///< gates*H, or null
    Value peepholes;     ///< 3*H, or null
    ArrayRef<Activation> activations;
  };
  /// What does not depend on the step, before the loop: the recurrent bias, unless a step needs it
  /// alone.
  virtual bool addsRecurrentBias() const { return true; }
  /// The state after a step whose inputs' share of the gates is `x` [batch, gates*H].
  virtual State step(const Direction &direction, Value x, const State &state) = 0;

  Value gate(Value all, int64_t i, int64_t count = 1) {
    return sliceDim(node, all, Node::rank(all) - 1, i * hidden, count * hidden);
  }
  Value product(Value a, Value b) { return node.create<nn::MatmulOp>(a, b); }
  Value activate(const Direction &direction, size_t i, Value x) {
    if (clip > 0)
      x = node.max(node.min(x, node.scalarLike(x, clip)), node.scalarLike(x, -clip));
    return apply(node, direction.activations[i], x);
  }

  Node &node;
  int64_t gates, hidden = 0;
  double clip = 0;

private:
  void expectShape(Value value, StringRef name, ArrayRef<Dim> shape);
  void readActivations(int64_t directions);
  Value part(Value all, int64_t direction);
  SmallVector<Value> run(int64_t number, bool reverse);

  ArrayRef<StringRef> defaults;
  SmallVector<Activation> activations;
  Value x, w, r, b, lengths, peepholes;
  State initial; ///< of all directions; null: zeros
};

/// An error if an operand cannot have that shape; null dims may be anything.
void Recurrent::expectShape(Value value, StringRef name, ArrayRef<Dim> shape) {
  if (!value || node.hasFailed())
    return;
  Shape found = node.dims(value);
  bool fits = found.size() == shape.size();
  std::string wanted, given;
  auto text = [](Dim dim) { return dim ? nn::dimText(dim) : std::string("?"); };
  for (Dim dim : shape)
    wanted += (wanted.empty() ? "" : " x ") + text(dim);
  for (auto [i, dim] : llvm::enumerate(found)) {
    given += (i ? " x " : "") + text(dim);
    if (!fits || !shape[i])
      continue;
    std::optional<int64_t> a = nn::constantDim(dim), b = nn::constantDim(shape[i]);
    fits &= !a || !b || *a == *b;
  }
  if (!fits)
    (void)node.error("expected " + name + " of " + wanted + ", found " +
                     (given.empty() ? "a scalar" : given));
}

void Recurrent::readActivations(int64_t directions) {
  SmallVector<StringRef> names;
  for (int64_t i = 0; i < directions; ++i)
    llvm::append_range(names, defaults);
  if (const onnx::AttributeProto *given = node.attribute("activations")) {
    if (size_t(given->strings_size()) != names.size()) {
      (void)node.error("expected " + Twine(names.size()) + " activations, found " +
                       Twine(given->strings_size()));
      return;
    }
    names.assign(given->strings().begin(), given->strings().end());
  }
  const onnx::AttributeProto *alphas = node.attribute("activation_alpha"),
                             *betas = node.attribute("activation_beta");
  int nextAlpha = 0, nextBeta = 0;
  // The numbers are consumed by those functions that have them, in order.
  auto number = [](const onnx::AttributeProto *from, int &next, bool takes, double otherwise) {
    return takes && from && next < from->floats_size() ? double(from->floats(next++)) : otherwise;
  };
  for (StringRef name : names) {
    const auto *row = llvm::find_if(
        kActivations, [&](const ActivationRow &row) { return row.name.equals_insensitive(name); });
    if (row == std::end(kActivations)) {
      (void)node.error("'" + name + "' is no activation function of recurrent ops");
      return;
    }
    activations.push_back({row->function, number(alphas, nextAlpha, row->hasAlpha, row->alpha),
                           number(betas, nextBeta, row->hasBeta, row->beta)});
  }
}

/// A direction's part of a tensor whose dim 0 are directions.
Value Recurrent::part(Value all, int64_t direction) {
  if (!all)
    return {};
  Value one = sliceDim(node, all, 0, direction, 1);
  if (!one)
    return {};
  return node.reshape(one, ArrayRef(node.dims(one)).drop_front());
}

/// The final state, then, if it is wanted, h after each step, by position.
SmallVector<Value> Recurrent::run(int64_t number, bool reverse) {
  Direction direction;
  Value weights = part(w, number), bias = part(b, number), inputBias;
  direction.recurrent = node.transpose(part(r, number), {1, 0});
  direction.peepholes = part(peepholes, number);
  direction.activations = ArrayRef(activations).slice(number * defaults.size(), defaults.size());
  if (bias) {
    inputBias = gate(bias, 0, gates);
    direction.recurrentBias = gate(bias, gates, gates);
  }
  Value inputs = product(x, node.transpose(weights, {1, 0}));
  if (bias)
    inputs = node.add(inputs, addsRecurrentBias() ? node.add(inputBias, direction.recurrentBias)
                                                  : inputBias);
  State state;
  for (Value all : initial)
    state.push_back(
        all ? part(all, number)
            : node.broadcast(node.scalarLike(x, 0), {node.dims(x)[1], node.constantDim(hidden)}));
  Value count = node.reshape(node.create<nn::ShapeOfOp>(x, 0, 1), {});
  Value last = node.sub(count, node.scalarLike(count, 1));
  if (node.hasFailed())
    return {};
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    State before(arguments.drop_front());
    Value at = reverse ? node.sub(last, arguments.front()) : arguments.front();
    State after = step(direction, node.create<nn::GatherOp>(inputs, at, 0), before);
    Value output = after.front();
    if (lengths) {
      // Behind its end, a sequence keeps its state and gives zeros.
      Value inside = node.compare(Kind::lt, at, lengths);
      for (auto [now, then] : llvm::zip_equal(after, before))
        now = node.select(inside, now, then);
      output = node.select(inside, output, node.scalarLike(output, 0));
    }
    yield.carried.assign(after.begin(), after.end());
    if (node.wants(0))
      yield.scans.push_back(output);
    return failure(node.hasFailed());
  };
  SmallVector<Value> results = node.importer().loop(node, count, {}, state, body);
  if (!results.empty() && node.wants(0) && reverse)
    results.back() = reversed(node, results.back(), 0);
  return results;
}

LogicalResult Recurrent::import() {
  x = node.operand(0), w = node.operand(1), r = node.operand(2), b = node.optional(3);
  lengths = node.optional(4);
  bool isLstm = gates == 4;
  initial.push_back(node.optional(5));
  if (isLstm) {
    initial.push_back(node.optional(6));
    peepholes = node.optional(7);
  }
  node.ignore({"output_sequence"});
  std::string direction = node.text("direction", "forward");
  bool batchFirst = node.integer("layout", 0) != 0;
  clip = node.number("clip", 0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 3 || Node::rank(w) != 3 || Node::rank(r) != 3)
    return node.error("expected X, W and R of rank 3, found " + Twine(Node::rank(x)) + ", " +
                      Twine(Node::rank(w)) + " and " + Twine(Node::rank(r)));
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return node.error("expected direction forward, reverse or bidirectional, found '" + direction +
                      "'");
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  // Where only the run knows R's sizes, the attribute says them.
  std::optional<int64_t> columns = nn::constantDim(node.dims(r)[2]);
  hidden = node.integer("hidden_size", columns.value_or(-1));
  if (hidden < 1 && !columns)
    hidden = node.staticDim(r, 2);
  if (columns && hidden != *columns)
    return node.error("attribute hidden_size is " + Twine(hidden) + ", but R has " +
                      Twine(*columns));
  Dim each = node.constantDim(directions), width = node.constantDim(hidden);
  Dim batch = node.dims(x)[batchFirst ? 0 : 1];
  for (Value operand : {x, w, r, b, initial[0], isLstm ? initial[1] : Value(), peepholes})
    if (operand && Node::element(operand) != Node::element(x))
      return node.error("expected all inputs but the lengths to be " + dtypeText(Node::element(x)) +
                        ", found " + dtypeText(Node::element(operand)));
  if (!Node::isFloat(x))
    return node.error("expected an input of floats, found " + dtypeText(Node::element(x)));
  Dim rows = node.constantDim(gates * hidden);
  expectShape(w, "W", {each, rows, node.dims(x)[2]});
  expectShape(r, "R", {each, rows, width});
  expectShape(b, "B", {each, node.constantDim(2 * gates * hidden)});
  expectShape(peepholes, "P", {each, node.constantDim(3 * hidden)});
  expectShape(lengths, "sequence_lens", {batch});
  for (Value state : initial)
    expectShape(state, "an initial state",
                batchFirst ? SmallVector<Dim>{batch, each, width}
                           : SmallVector<Dim>{each, batch, width});
  if (lengths && !Node::element(lengths).isInteger(32))
    (void)node.error("expected sequence_lens of i32, found " + dtypeText(Node::element(lengths)));
  readActivations(directions);
  if (node.hasFailed())
    return failure();
  // What nothing has compared yet, a run does.
  auto fix = [&](Value &value, ArrayRef<Dim> shape) {
    if (value && !Node::type(value).hasStaticShape())
      value = node.reshape(value, shape);
  };
  fix(w, {each, rows, node.dims(x)[2]});
  fix(r, {each, rows, width});
  fix(b, {each, node.constantDim(2 * gates * hidden)});
  fix(peepholes, {each, node.constantDim(3 * hidden)});
  for (Value &state : initial)
    fix(state,
        batchFirst ? SmallVector<Dim>{batch, each, width} : SmallVector<Dim>{each, batch, width});
  if (node.hasFailed())
    return failure();
  if (batchFirst) {
    x = node.transpose(x, {1, 0, 2});
    for (Value &state : initial)
      if (state)
        state = node.transpose(state, {1, 0, 2});
  }
  if (lengths) {
    lengths = node.cast(lengths, node.builder().getI64Type());
    lengths = node.reshape(lengths, {node.dims(x)[1], node.constantDim(1)});
  }
  SmallVector<SmallVector<Value>> results;
  for (int64_t i = 0; i < directions && !node.hasFailed(); ++i) {
    results.push_back(run(i, direction == "reverse" || i == 1));
    if (results.back().empty())
      return failure();
  }
  if (node.hasFailed())
    return failure();
  // Each direction's part along a new dim.
  auto join = [&](size_t which, int64_t axis) -> Value {
    SmallVector<Value> parts;
    for (ArrayRef<Value> result : results) {
      Shape shape = node.dims(result[which]);
      shape.insert(shape.begin() + axis, node.constantDim(1));
      parts.push_back(node.reshape(result[which], shape));
    }
    return directions == 1 ? parts[0] : node.create<nn::ConcatOp>(parts, uint64_t(axis));
  };
  if (node.wants(0)) {
    Value y = join(initial.size(), 1);
    if (failed(node.result(0, batchFirst ? node.transpose(y, {2, 0, 1, 3}) : y)))
      return failure();
  }
  for (size_t i = 0; i < initial.size(); ++i)
    if (node.wants(1 + i)) {
      Value state = join(i, 0);
      if (failed(node.result(1 + i, batchFirst ? node.transpose(state, {1, 0, 2}) : state)))
        return failure();
    }
  return success();
}

class Rnn : public Recurrent {
  using Recurrent::Recurrent;
  State step(const Direction &direction, Value x, const State &state) override {
    return {activate(direction, 0, node.add(product(state[0], direction.recurrent), x))};
  }
};

class Gru : public Recurrent {
  using Recurrent::Recurrent;
  bool isLinearBeforeReset() const { return node.integer("linear_before_reset", 0) != 0; }
  bool addsRecurrentBias() const override { return !isLinearBeforeReset(); }
  // Gates are update, reset, hidden.
  State step(const Direction &direction, Value x, const State &state) override {
    Value h = state[0], candidate, update, reset;
    if (isLinearBeforeReset()) {
      Value all = product(h, direction.recurrent);
      if (direction.recurrentBias)
        all = node.add(all, direction.recurrentBias);
      Value both = activate(direction, 0, node.add(gate(all, 0, 2), gate(x, 0, 2)));
      update = gate(both, 0), reset = gate(both, 1);
      candidate = node.mul(reset, gate(all, 2));
    } else {
      Value both = product(h, gate(direction.recurrent, 0, 2));
      both = activate(direction, 0, node.add(both, gate(x, 0, 2)));
      update = gate(both, 0), reset = gate(both, 1);
      candidate = product(node.mul(reset, h), gate(direction.recurrent, 2));
    }
    candidate = activate(direction, 1, node.add(candidate, gate(x, 2)));
    Value kept = node.mul(update, h);
    return {node.add(node.mul(node.sub(node.scalarLike(update, 1), update), candidate), kept)};
  }
};

class Lstm : public Recurrent {
  using Recurrent::Recurrent;
  // Gates are input, output, forget, cell; peepholes are input, output, forget.
  State step(const Direction &direction, Value x, const State &state) override {
    Value h = state[0], c = state[1];
    Value all = node.add(product(h, direction.recurrent), x);
    auto peep = [&](Value value, int64_t i, Value cell) {
      return direction.peepholes ? node.add(value, node.mul(gate(direction.peepholes, i), cell))
                                 : value;
    };
    Value input = activate(direction, 0, peep(gate(all, 0), 0, c));
    Value forget = node.integer("input_forget", 0)
                       ? node.sub(node.scalarLike(input, 1), input)
                       : activate(direction, 0, peep(gate(all, 2), 2, c));
    Value cell =
        node.add(node.mul(forget, c), node.mul(input, activate(direction, 1, gate(all, 3))));
    Value output = activate(direction, 0, peep(gate(all, 1), 1, cell));
    return {node.mul(output, apply(node, direction.activations[2], cell)), cell};
  }
};

template <typename OpT, int64_t gates> LogicalResult recurrent(Node &node) {
  static constexpr StringRef defaults[] = {"Sigmoid", "Tanh", "Tanh"}, one[] = {"Tanh"};
  return OpT(node, gates,
             gates == 1 ? ArrayRef(one) : ArrayRef(defaults).take_front(gates == 4 ? 3 : 2))
      .import();
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::recurrentOps() {
  static const OpRow rows[] = {{"GRU", 1, recurrent<Gru, 3>},
                               {"LSTM", 1, recurrent<Lstm, 4>},
                               {"RNN", 1, recurrent<Rnn, 1>}};
  return rows;
}
