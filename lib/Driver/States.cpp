// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matches --state against a model's inputs and outputs.
#include "lib/Driver/States.h"
#include "dialects/NN/NNStates.h"
#include "dialects/NN/NNStrings.h"
#include "lib/Support/Printable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace accel {
namespace {

/// What stands for the '*' of a pattern; nothing if the name is none of its.
std::optional<StringRef> starOf(StringRef pattern, StringRef name) {
  auto [head, tail] = pattern.split('*');
  if (!pattern.contains('*'))
    return name == pattern ? std::optional(StringRef()) : std::nullopt;
  if (name.size() < head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
    return std::nullopt;
  return name.drop_front(head.size()).drop_back(tail.size());
}

std::string withStar(StringRef pattern, StringRef star) {
  auto [head, tail] = pattern.split('*');
  return pattern.contains('*') ? (head + star + tail).str() : pattern.str();
}

/// Some names, as a message has room for.
std::string listOf(ArrayRef<std::string> names) {
  std::string text;
  for (auto [i, name] : enumerate(names)) {
    if (i == 8)
      return text + ", ... (" + std::to_string(names.size()) + " in all)";
    text += (i ? ", '" : "'") + name + "'";
  }
  return names.empty() ? "none" : text;
}

class Matcher {
  struct Pair {
    std::string flag;
    unsigned input, output;
  };

public:
  explicit Matcher(mlir::func::FuncOp main)
      : main(main), shapes(nn::ProgramShapes::infer(main)), resultOf(main.getNumArguments(), -1),
        argumentOf(main.getNumResults(), -1) {
    for (unsigned i = 0; i < main.getNumArguments(); ++i)
      inputs.push_back(nameOf(main.getArgAttrOfType<mlir::StringAttr>(i, "nn.name")));
    for (unsigned i = 0; i < main.getNumResults(); ++i)
      outputs.push_back(nameOf(main.getResultAttrOfType<mlir::StringAttr>(i, "nn.name")));
  }

  void match(const StateOption &option) {
    std::string flag = "--state " + option.input + "=" + option.output + ": ";
    bool any = false;
    for (auto [i, name] : enumerate(inputs)) {
      std::optional<StringRef> star = starOf(option.input, name);
      if (!star)
        continue;
      any = true;
      std::string wanted = withStar(option.output, *star);
      auto output = find(outputs, wanted);
      if (output == outputs.end())
        problems.push_back(flag + "the model has no output '" + wanted + "' for input '" + name +
                           "'; its outputs are " + listOf(outputs));
      else
        pair(flag, i, output - outputs.begin());
    }
    if (!any)
      problems.push_back(flag + "the model has no input " +
                         (StringRef(option.input).contains('*') ? "like '" : "'") + option.input +
                         "'; its inputs are " + listOf(inputs));
    // What one side of a pattern leaves out is as likely a mistake as what the other does.
    if (StringRef(option.output).contains('*'))
      for (const std::string &name : outputs)
        if (std::optional<StringRef> star = starOf(option.output, name))
          if (std::string wanted = withStar(option.input, *star);
              any && !is_contained(inputs, wanted))
            problems.push_back(flag + "the model has no input '" + wanted + "' for output '" +
                               name + "'; name the states one by one");
  }

  std::vector<std::string> finish() {
    checkSizes();
    if (problems.empty())
      for (auto [i, result] : enumerate(resultOf))
        if (result >= 0)
          main.setArgAttr(i, nn::kStateAttr, mlir::Builder(main).getI64IntegerAttr(result));
    return std::move(problems);
  }

private:
  static std::string nameOf(mlir::StringAttr name) { return name ? name.str() : ""; }

  void pair(const std::string &flag, int64_t input, int64_t output) {
    std::string both = "'" + inputs[input] + "' and '" + outputs[output] + "'";
    if (resultOf[input] == output)
      return problems.push_back(flag + both + " are paired twice; give one --state for them");
    if (resultOf[input] >= 0)
      return problems.push_back(flag + "input '" + inputs[input] + "' is paired with output '" +
                                outputs[resultOf[input]] + "' already");
    if (argumentOf[output] >= 0)
      return problems.push_back(flag + "output '" + outputs[output] + "' is paired with input '" +
                                inputs[argumentOf[output]] + "' already");
    resultOf[input] = output;
    argumentOf[output] = input;
    mlir::Value argument = main.getArgument(input),
                result = main.front().getTerminator()->getOperand(output);
    auto from = dyn_cast<mlir::RankedTensorType>(argument.getType()),
         to = dyn_cast<mlir::RankedTensorType>(result.getType());
    if (!from || !to)
      return problems.push_back(flag + both + " must be tensors");
    if (from.getElementType() != to.getElementType())
      return problems.push_back(flag + both + " have different element types, " +
                                textOf(from.getElementType()) + " and " +
                                textOf(to.getElementType()));
    if (nn::isString(from.getElementType()))
      return problems.push_back(flag + both +
                                " are strings, which a context does not keep from run to run");
    if (isa<nn::BoxType>(from.getElementType()))
      return problems.push_back(flag + both + " must be tensors");
    if (from.getRank() != to.getRank())
      return problems.push_back(flag + both + " have different ranks, " +
                                std::to_string(from.getRank()) + " and " +
                                std::to_string(to.getRank()));
    paired.push_back({flag, unsigned(input), unsigned(output)});
  }

  /// Sizes, once it is known which inputs are states.
  void checkSizes() {
    BitVector isState(main.getNumArguments());
    for (const Pair &pair : paired)
      isState.set(pair.input);
    for (const auto &[flag, input, output] : paired) {
      SmallVector<unsigned> grow = nn::growingDims(main, *shapes, input, output, isState);
      if (grow.size() > 1) {
        std::string dims;
        for (unsigned dim : grow)
          dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
        problems.push_back(flag + "'" + inputs[input] + "' and '" + outputs[output] +
                           "' differ in the dims " + dims + "; a state may grow along one");
        continue;
      }
      std::optional<int64_t> size =
          grow.empty() ? std::nullopt
                       : nn::constantDim(shapes->get(nn::namedArgument(main, input))[grow[0]]);
      if (size)
        problems.push_back(flag + "dim " + std::to_string(grow[0]) + " of '" + inputs[input] +
                           "' is always " + std::to_string(*size) + ", but '" + outputs[output] +
                           "' has another size there; export the model with a dynamic dim");
    }
  }

  static std::string textOf(mlir::Type type) {
    std::string text;
    raw_string_ostream(text) << type;
    return text;
  }

  mlir::func::FuncOp main;
  std::unique_ptr<nn::ProgramShapes> shapes;
  std::vector<std::string> inputs, outputs, problems;
  SmallVector<int64_t> resultOf, argumentOf;
  std::vector<Pair> paired; ///< of one type and rank
};

} // namespace

Expected<StateOption> parseState(StringRef text) {
  auto [input, output] = text.split('=');
  auto wrong = [&](const Twine &why) {
    return createStringError(inconvertibleErrorCode(), "--state " + text + ": " + why);
  };
  if (input.empty() || output.empty())
    return wrong("expected an input and the output that becomes its next value, such as "
                 "--state past=present or --state 'past_*=present_*'");
  if (input.count('*') != output.count('*') || input.count('*') > 1)
    return wrong("expected one '*' on each side, or none");
  return StateOption{input.str(), output.str()};
}

std::vector<std::string> markStates(mlir::ModuleOp module, ArrayRef<StateOption> options) {
  Matcher matcher(module.lookupSymbol<mlir::func::FuncOp>("main"));
  for (const StateOption &option : options)
    matcher.match(option);
  return matcher.finish();
}

} // namespace accel
