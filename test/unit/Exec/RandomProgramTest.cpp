// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random programs against an interpreter: whatever shares bytes of the arena wrongly gives other
// numbers.

#include "test/unit/Exec/ExecTest.h"
#include <array>
#include <cstdio>
#include <random>

using namespace accel::exec;
using namespace accel::exec::test;

namespace {

using Tensor = Context::Tensor;

/// A value of a random program: rows of `width` numbers, `multiple` for each of the batch.
struct RandomValue {
  std::string name;
  int64_t multiple, width;
};

/// A step for the interpreter.
struct Step {
  enum { Mix, Both, View } kind;
  size_t a, b; ///< operands; the results are appended to the values
};

struct RandomProgram {
  static constexpr int64_t kRowBytes = 64; ///< numbers of each value for each of the batch
  std::string text;
  int inputs = 0;
  std::vector<Step> steps;
  std::vector<size_t> outputs;
  int64_t batch = 0; ///< 0: dynamic

  RandomProgram(std::mt19937 &random, int64_t batch) : batch(batch) {
    auto pick = [&](size_t count) { return size_t(random() % count); };
    inputs = 1 + int(pick(3));
    std::vector<RandomValue> values;
    std::string body;
    for (int i = 0; i < inputs; ++i)
      values.push_back({"%x" + std::to_string(i), 4, 16});
    size_t count = 3 + pick(40);
    for (size_t i = 0; i < count; ++i) {
      // Mostly recent values, so that slots die; sometimes old ones, so that some live long.
      auto operand = [&] {
        size_t back = pick(4) ? std::min<size_t>(values.size(), 4) : values.size();
        return values.size() - 1 - pick(back);
      };
      addStep(random, values, operand(), operand(), body);
    }
    size_t numOutputs = 1 + pick(4);
    for (size_t i = 0; i < numOutputs; ++i)
      outputs.push_back(pick(3) ? values.size() - 1 - pick(std::min<size_t>(values.size(), 8))
                                : pick(values.size()));
    write(values, body);
  }

  std::vector<Tensor> interpret(const std::vector<Tensor> &arguments) const {
    std::vector<Tensor> values = arguments;
    for (const Step &step : steps) {
      const Tensor a = values[step.a], b = values[step.b];
      Tensor first = a, second;
      if (step.kind == Step::Both)
        second = a;
      for (size_t i = 0; i < a.size(); ++i) {
        if (step.kind == Step::Mix)
          first[i] = a[i] * 0.5f + b[i] * 0.25f + 1.0f;
        if (step.kind == Step::Both) {
          first[i] = a[i] + 1.0f;
          second[i] = a[i] * 0.5f;
        }
      }
      values.push_back(first);
      if (step.kind == Step::Both)
        values.push_back(second);
    }
    std::vector<Tensor> results;
    for (size_t output : outputs)
      results.push_back(values[output]);
    return results;
  }

private:
  std::string rows(int64_t multiple) const {
    return batch ? std::to_string(batch * multiple) : std::string("?");
  }
  std::string type(const RandomValue &value) const {
    return "tensor<" + rows(value.multiple) + "x" + std::to_string(value.width) + "xf32>";
  }
  /// Kernels take dynamic rows.
  std::string dynamicType(const RandomValue &value) const {
    return "tensor<?x" + std::to_string(value.width) + "xf32>";
  }

  void addStep(std::mt19937 &random, std::vector<RandomValue> &values, size_t a, size_t b,
               std::string &body) {
    RandomValue from = values[a];
    std::string width = std::to_string(from.width), dim = "%m" + std::to_string(from.multiple);
    std::string name = "%v" + std::to_string(values.size());
    unsigned kind = random() % 8;
    if (kind == 0) {
      static const std::array<int64_t, 3> widths = {4, 16, 64};
      int64_t other = widths[random() % 3];
      RandomValue view = {name, kRowBytes / other, other};
      body += "  " + name + " = exec.view " + from.name + " dims(%m" +
              std::to_string(view.multiple) + ") : " + dynamicType(from) + " -> " +
              dynamicType(view) + "\n";
      steps.push_back({Step::View, a, a});
      values.push_back(view);
    } else if (kind == 1) {
      std::string second = "%v" + std::to_string(values.size() + 1);
      body += "  " + name + ", " + second + " = exec.dispatch @both" + width + " dims(" + dim +
              ") (" + from.name + ") : (" + dynamicType(from) + ") -> (" + dynamicType(from) +
              ", " + dynamicType(from) + ")\n";
      steps.push_back({Step::Both, a, a});
      values.push_back({name, from.multiple, from.width});
      values.push_back({second, from.multiple, from.width});
    } else {
      if (values[b].width != from.width)
        b = a;
      body += "  " + name + " = exec.dispatch @mix" + width + " dims(" + dim + ") (" + from.name +
              ", " + values[b].name + ") : (" + dynamicType(from) + ", " + dynamicType(from) +
              ") -> " + dynamicType(from) + "\n";
      steps.push_back({Step::Mix, a, b});
      values.push_back({name, from.multiple, from.width});
    }
  }

  void write(const std::vector<RandomValue> &values, const std::string &body) {
    std::string names, types, shapes, arguments, outNames, outTypes, outShapes, yields, yieldTypes;
    auto list = [](std::string &all, const std::string &item) {
      all += (all.empty() ? "" : ", ") + item;
    };
    auto shape = [&](const RandomValue &value) {
      return "affine_map<()" + std::string(batch ? "" : "[s0]") + " -> (" +
             (batch ? rows(value.multiple) : "s0 * " + std::to_string(value.multiple)) + ", " +
             std::to_string(value.width) + ")>";
    };
    // An input's dims must be constants or symbols, so inputs have the batch in front.
    std::string start;
    for (int i = 0; i < inputs; ++i) {
      std::string n = std::to_string(i), b = batch ? std::to_string(batch) : "?";
      list(names, "\"x" + n + "\"");
      list(types, "tensor<" + b + "x4x16xf32>");
      list(shapes, batch ? "affine_map<() -> (" + b + ", 4, 16)>"
                         : std::string("affine_map<()[s0] -> (s0, 4, 16)>"));
      list(arguments, "%i" + n + ": tensor<" + b + "x4x16xf32>");
      start += "  %x" + n + " = exec.view %i" + n + " dims(%m4) : tensor<" + b +
               "x4x16xf32> -> tensor<?x16xf32>\n";
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      const RandomValue &value = values[outputs[i]];
      list(outNames, "\"y" + std::to_string(i) + "\"");
      list(outTypes, type(value));
      list(outShapes, shape(value));
      std::string name = value.name;
      if (batch) {
        name = "%o" + std::to_string(i);
        yields += "  " + name + " = exec.view " + value.name + " dims() : " + dynamicType(value) +
                  " -> " + type(value) + "\n";
      }
      list(yieldTypes, name);
    }
    std::string returned = "  exec.yield " + yieldTypes + " : " + outTypes + "\n}";
    std::string block = "\n^bb0(" + std::string(batch ? "" : "%n: index, ") + arguments + "):\n";
    for (int64_t multiple : {1, 4, 16})
      block += batch ? "  %m" + std::to_string(multiple) + " = arith.constant " +
                           std::to_string(multiple * batch) + " : index\n"
                     : "  %m" + std::to_string(multiple) +
                           " = affine.apply affine_map<()[s0] -> (s0 * " +
                           std::to_string(multiple) + ")>()[%n]\n";
    text = kernelDeclarations() + "exec.program @main attributes {symbols = [" +
           (batch ? "" : "\"batch\"") + "], minima = array<i64" + (batch ? "" : ": 1") +
           ">, maxima = array<i64" + (batch ? "" : ": 50") + ">, input_names = [" + names +
           "], input_types = [" + types + "], input_shapes = [" + shapes + "], output_names = [" +
           outNames + "], output_types = [" + outTypes + "], output_shapes = [" + outShapes +
           "]} {" + block + start + body + yields + returned;
  }
};

class RandomPrograms : public ExecTest {
protected:
  /// Runs one program on random data and compares.
  void check(const RandomProgram &program, Context &context, int64_t batch, std::mt19937 &random) {
    std::uniform_real_distribution<float> numbers(-4, 4);
    std::vector<Tensor> inputs(program.inputs, Tensor(size_t(batch * RandomProgram::kRowBytes)));
    for (Tensor &input : inputs)
      for (float &value : input)
        value = numbers(random);
    std::vector<std::vector<int64_t>> shapes(program.inputs, {batch, 4, 16});
    ASSERT_EQ(context.run(inputs, shapes), program.interpret(inputs)) << program.text;
  }
};

TEST_F(RandomPrograms, StaticShapes) {
  std::mt19937 random(11);
  double ratios = 0;
  int counted = 0;
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    int64_t batch = 1 + random() % 5;
    RandomProgram program(random, batch);
    auto module = plan(program.text);
    ASSERT_TRUE(module) << diagnostics << program.text;
    std::unique_ptr<Model> model = load(*module);
    ASSERT_TRUE(model);
    Context context(*model);
    check(program, context, batch, random);
    ASSERT_GE(lowered.arenaBytes, lowered.liveBytes);
    if (lowered.liveBytes)
      ratios += double(lowered.arenaBytes) / double(lowered.liveBytes), ++counted;
  }
  std::printf("peak / lower bound: mean %.4f of %d programs\n", ratios / counted, counted);
}

TEST_F(RandomPrograms, DynamicBatch) {
  std::mt19937 random(12);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    RandomProgram program(random, 0);
    auto module = plan(program.text);
    ASSERT_TRUE(module) << diagnostics << program.text;
    std::unique_ptr<Model> model = load(*module);
    ASSERT_TRUE(model);
    Context context(*model);
    for (int64_t batch : {2, 1, 7, 50, 3})
      check(program, context, batch, random);
  }
}

} // namespace
