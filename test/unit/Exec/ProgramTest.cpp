// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs written by hand, through planner, lowering, code generation and linker, run.

#include "test/unit/Exec/ExecTest.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cstdio>
#include <random>

using namespace accel::exec;
using namespace accel::exec::test;

namespace {

using Tensor = Context::Tensor;

Tensor randomTensor(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-8, 8);
  Tensor tensor(count);
  for (float &value : tensor)
    value = values(random);
  return tensor;
}

float mix(float a, float b) { return a * 0.5f + b * 0.25f + 1.0f; }

/// Attributes of a program with inputs and outputs of f32 that are all of one shape.
std::string attributes(int inputs, int outputs, const std::string &type, const std::string &shape,
                       int64_t maximum = 0) {
  auto list = [](int count, auto text) {
    std::string all = "[";
    for (int i = 0; i < count; ++i)
      all += (i ? ", " : "") + text(i);
    return all + "]";
  };
  auto name = [](char letter) {
    return [letter](int i) { return "\"" + std::string(1, letter) + std::to_string(i) + "\""; };
  };
  auto types = [&](int) { return "tensor<" + type + ">"; };
  auto shapes = [&](int) { return "affine_map<" + shape + ">"; };
  std::string maximumText = std::to_string(maximum);
  return "attributes {symbols = [" + std::string(maximum ? "\"batch\"" : "") +
         "], minima = array<i64" + (maximum ? ": 1" : "") + ">, maxima = array<i64" +
         (maximum ? ": " + maximumText : "") + ">, input_names = " + list(inputs, name('x')) +
         ", input_types = " + list(inputs, types) + ", input_shapes = " + list(inputs, shapes) +
         ", output_names = " + list(outputs, name('y')) +
         ", output_types = " + list(outputs, types) + ", output_shapes = " + list(outputs, shapes) +
         "}";
}

TEST_F(ExecTest, StaticShapesWithWeights) {
  Tensor w = randomTensor(16, 3);
  std::string numbers;
  for (float value : w)
    numbers += (numbers.empty() ? "" : ", ") +
               llvm::formatv("0x{0:X-8}", llvm::bit_cast<uint32_t>(value)).str();
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(1, 1, "8x16xf32", "() -> (8, 16)") + R"( {
^bb0(%x: tensor<8x16xf32>):
  %w = exec.constant dense<[)" +
                     numbers + R"(]> : tensor<16xf32>
  %f = exec.constant dense<[true, false, true, true, false, true, true, true,
                            true, true, true, true, true, true, true, false]> : tensor<16xi1>
  %eight = arith.constant 8 : index
  %0 = exec.dispatch @fixed dims() (%x, %w, %f) : (tensor<8x16xf32>, tensor<16xf32>, tensor<16xi1>) -> tensor<8x16xf32> loc(fused["Conv_0", callsite("Relu_1" at "Block"), "Conv_0"])
  %1 = exec.dispatch @fixed dims() (%0, %w, %f) {flops = 20.0 : f64} : (tensor<8x16xf32>, tensor<16xf32>, tensor<16xi1>) -> tensor<8x16xf32> loc("Conv_2")
  exec.yield %1 : tensor<8x16xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);

  Tensor x = randomTensor(128, 4), expected(128);
  for (int i = 0; i < 128; ++i) {
    bool flag = i % 16 != 1 && i % 16 != 4 && i % 16 != 15;
    expected[i] = flag ? x[i] * w[i % 16] * w[i % 16] : -1.0f;
  }
  Context context(*model, 2);
  EXPECT_EQ(context.run({x}, {{8, 16}}), std::vector<Tensor>{expected});

  accel_model_info info = model->info();
  EXPECT_STREQ(info.name, "test");
  EXPECT_EQ(info.arena_bytes, 512);
  EXPECT_EQ(info.weights_bytes, 128) << "f32 and, from 64 on, a byte for each boolean";
  EXPECT_EQ(lowered.arenaBytes, 512);
  EXPECT_EQ(lowered.liveBytes, 512);
  EXPECT_EQ(lowered.scratchBytes, 64);
  ASSERT_EQ(info.sites, 2);
  accel_site_info site;
  ASSERT_EQ(accel_get_site(model->get(), 0, &site), ACCEL_OK);
  EXPECT_STREQ(site.kernel, "fixed");
  EXPECT_STREQ(site.nodes, "Conv_0\nRelu_1\nBlock");
  EXPECT_EQ(site.flops, 16.0) << "the kernel's, for one item";
  ASSERT_EQ(accel_get_site(model->get(), 1, &site), ACCEL_OK);
  EXPECT_STREQ(site.nodes, "Conv_2");
  EXPECT_EQ(site.flops, 2.5) << "the launch's, divided by its items";
}

TEST_F(ExecTest, DynamicBatch) {
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(2, 1, "?x16xf32", "()[s0] -> (s0, 16)", 40) + R"( {
^bb0(%n: index, %a: tensor<?x16xf32>, %b: tensor<?x16xf32>):
  %m = affine.apply affine_map<()[s0] -> (s0 * 4)>()[%n]
  %0 = exec.dispatch @mix16 dims(%n) (%a, %b) : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %1 = exec.view %0 dims(%m) : tensor<?x16xf32> -> tensor<?x4xf32>
  %2 = exec.view %b dims(%m) : tensor<?x16xf32> -> tensor<?x4xf32>
  %3, %4 = exec.dispatch @both4 dims(%m) (%2) : (tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>)
  %5 = exec.dispatch @mix4 dims(%m) (%1, %4) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %6 = exec.view %5 dims(%n) : tensor<?x4xf32> -> tensor<?x16xf32>
  exec.yield %6 : tensor<?x16xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  Context context(*model);
  for (int64_t n : {3, 1, 40, 7, 7, 2, 39}) {
    SCOPED_TRACE(n);
    Tensor a = randomTensor(16 * n, 10 + n), b = randomTensor(16 * n, 90 + n), expected(16 * n);
    for (int64_t i = 0; i < 16 * n; ++i)
      expected[i] = mix(mix(a[i], b[i]), b[i] * 0.5f);
    EXPECT_EQ(context.run({a, b}, {{n, 16}, {n, 16}}), std::vector<Tensor>{expected});
    int64_t dims[2] = {};
    accel_plan_info planned = {};
    planned.size = sizeof planned;
    planned.output_dims = dims;
    ASSERT_EQ(accel_plan(context.get(), &n, 1, &planned), ACCEL_OK);
    EXPECT_EQ(planned.arena_bytes, 3 * 64 * n) << "%0, and the unused %3 beside %4";
    EXPECT_EQ(planned.output_bytes, 64 * n);
    EXPECT_EQ(dims[0], n);
    EXPECT_EQ(dims[1], 16);
  }
  EXPECT_EQ(model->info().arena_bytes, -1);
  int64_t tooMany = 41;
  accel_plan_info planned = {};
  planned.size = sizeof planned;
  EXPECT_EQ(accel_plan(context.get(), &tooMany, 1, &planned), ACCEL_INVALID_ARGUMENT);
}

TEST_F(ExecTest, SizesThatOverflowAreReported) {
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(1, 1, "?x16xf32", "()[s0] -> (s0, 16)", INT64_MAX) + R"( {
^bb0(%n: index, %a: tensor<?x16xf32>):
  %0 = exec.dispatch @mix16 dims(%n) (%a, %a) : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %1 = exec.dispatch @mix16 dims(%n) (%0, %a) : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  exec.yield %1 : tensor<?x16xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  Context context(*model);
  accel_plan_info planned = {};
  planned.size = sizeof planned;
  int64_t fits = (int64_t(1) << 57) - 1;
  EXPECT_EQ(accel_plan(context.get(), &fits, 1, &planned), ACCEL_OK);
  EXPECT_EQ(planned.arena_bytes, 64 * fits);
  for (int64_t n : {int64_t(1) << 57, int64_t(1) << 58, int64_t(1) << 60, INT64_MAX}) {
    EXPECT_EQ(accel_plan(context.get(), &n, 1, &planned), ACCEL_OUT_OF_MEMORY);
    EXPECT_NE(std::string(accel_message(context.get())).find("overflows for batch="),
              std::string::npos)
        << accel_message(context.get());
  }
}

TEST_F(ExecTest, RoundedAndNegativeSizes) {
  // Dims (batch - 3) floordiv 2, ceildiv and mod, as those of strided windows.
  for (auto [expression, reference] :
       std::initializer_list<std::pair<const char *, int64_t (*)(int64_t)>>{
           {"(s0 - 3) floordiv 2 + 1",
            [](int64_t n) { return n < 3 ? (n - 4) / 2 + 1 : (n - 3) / 2 + 1; }},
           {"(s0 + 6) ceildiv 4", [](int64_t n) { return (n + 9) / 4; }},
           {"(s0 * 3) mod 5", [](int64_t n) { return n * 3 % 5; }}}) {
    SCOPED_TRACE(expression);
    auto module = plan(
        kernelDeclarations() +
        "exec.program @main attributes {symbols = [\"batch\"], minima = array<i64: 0>, maxima = "
        "array<i64: 99>, input_names = [\"x\"], input_types = [tensor<?x4xf32>], input_shapes = "
        "[affine_map<()[s0] -> (s0, 4)>], output_names = [\"y\"], output_types = "
        "[tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (" +
        std::string(expression) + ", 4)>]} {\n^bb0(%n: index, %x: tensor<?x4xf32>):\n" +
        "%m = affine.apply affine_map<()[s0] -> (" + expression + R"()>()[%n]
  %0 = exec.dispatch @mix4 dims(%m) (%x, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = exec.dispatch @mix4 dims(%m) (%0, %0) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %1 : tensor<?x4xf32>
})");
    ASSERT_TRUE(module) << diagnostics;
    std::unique_ptr<Model> model = load(*module);
    ASSERT_TRUE(model);
    Context context(*model);
    for (int64_t n = 0; n < 30; ++n) {
      SCOPED_TRACE(n);
      int64_t dims[2] = {}, rows = reference(n);
      accel_plan_info planned = {};
      planned.size = sizeof planned;
      planned.output_dims = dims;
      accel_status status = accel_plan(context.get(), &n, 1, &planned);
      EXPECT_EQ(status, rows < 0 ? ACCEL_OUT_OF_MEMORY : ACCEL_OK);
      if (status)
        continue;
      EXPECT_EQ(dims[0], rows);
      EXPECT_EQ(planned.arena_bytes, (rows * 16 + 63) / 64 * 64);
    }
  }
}

TEST_F(ExecTest, DerivedSymbolsAndRequirements) {
  // y has min(batch, 5) rows; the batch must be 2 or more, and other than 7.
  auto module = plan(kernelDeclarations() + R"(exec.program @main attributes {
    symbols = ["batch"], minima = array<i64: 0>, maxima = array<i64: 99>,
    derived = [affine_map<()[s0] -> (s0, 5)>, affine_map<()[s0, s1] -> (s0 - s1, 1)>],
    requirements = [affine_map<()[s0, s1, s2] -> (s1 - 2)>,
                    affine_map<()[s0, s1, s2] -> ((s0 - 7) * (s0 - 7) - s2)>],
    requirement_texts = ["node 'a': expected batch to be at least 2", "node 'b': expected no 7"],
    input_names = ["x"], input_types = [tensor<?x4xf32>],
    input_shapes = [affine_map<()[s0, s1, s2] -> (s0, 4)>],
    output_names = ["y"], output_types = [tensor<?x4xf32>],
    output_shapes = [affine_map<()[s0, s1, s2] -> (s1, 4)>]} {
^bb0(%n: index, %least: index, %rest: index, %x: tensor<?x4xf32>):
  %0 = exec.dispatch @mix4 dims(%least) (%x, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = exec.dispatch @mix4 dims(%least) (%0, %0) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %1 : tensor<?x4xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  EXPECT_NE(std::string(model->info().metadata).find("\"min(batch, 5)\""), std::string::npos);
  Context context(*model);
  for (int64_t n = 0; n < 12; ++n) {
    SCOPED_TRACE(n);
    int64_t dims[2] = {};
    accel_plan_info planned = {};
    planned.size = sizeof planned;
    planned.output_dims = dims;
    accel_status status = accel_plan(context.get(), &n, 1, &planned);
    std::string message = accel_message(context.get());
    if (n < 2) {
      EXPECT_EQ(status, ACCEL_INVALID_ARGUMENT);
      EXPECT_NE(message.find("node 'a': expected batch to be at least 2; found batch="),
                std::string::npos)
          << message;
    } else if (n == 7) {
      EXPECT_EQ(status, ACCEL_INVALID_ARGUMENT);
      EXPECT_NE(message.find("node 'b': expected no 7; found batch=7"), std::string::npos)
          << message;
    } else {
      EXPECT_EQ(status, ACCEL_OK) << message;
      EXPECT_EQ(dims[0], std::min<int64_t>(n, 5));
    }
  }
}

TEST_F(ExecTest, OutputsThatNoLaunchWrites) {
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(1, 5, "?x4xf32", "()[s0] -> (s0, 4)", 99) + R"( {
^bb0(%n: index, %x: tensor<?x4xf32>):
  %0 = exec.dispatch @mix4 dims(%n) (%x, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = exec.dispatch @mix4 dims(%n) (%0, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %v = exec.view %x dims(%n) : tensor<?x4xf32> -> tensor<?x4xf32>
  %dead = exec.dispatch @mix16 dims(%n) (%d16, %d16) : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %d16 = exec.view %1 dims(%n) : tensor<?x4xf32> -> tensor<?x16xf32>
  exec.yield %0, %v, %1, %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
})");
  EXPECT_FALSE(module) << "a value is used before it is defined";
  diagnostics.clear();
  module = plan(kernelDeclarations() + "exec.program @main " +
                attributes(1, 5, "?x4xf32", "()[s0] -> (s0, 4)", 99) + R"( {
^bb0(%n: index, %x: tensor<?x4xf32>):
  %0 = exec.dispatch @mix4 dims(%n) (%x, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = exec.dispatch @mix4 dims(%n) (%0, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %v = exec.view %x dims(%n) : tensor<?x4xf32> -> tensor<?x4xf32>
  exec.yield %0, %v, %1, %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  Context context(*model);
  Tensor x = randomTensor(20, 5), first(20), second(20);
  for (int i = 0; i < 20; ++i) {
    first[i] = mix(x[i], x[i]);
    second[i] = mix(first[i], x[i]);
  }
  EXPECT_EQ(context.run({x}, {{5, 4}}), (std::vector<Tensor>{first, x, second, first, second}));
}

TEST_F(ExecTest, BufferFormAndConstants) {
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(1, 2, "2x4xf32", "() -> (2, 4)") + R"( {
  %x = exec.input 0
  %y0 = exec.output 0
  %y1 = exec.output 1
  %w = exec.weight at 128 dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.5]]> : tensor<2x4xf32>
  %splat = exec.weight at 0 dense<2.25> : tensor<2x4xf32>
  %s0 = exec.slot 0 size affine_map<() -> (32)> live [0, 2] at 0
  %s1 = exec.slot 1 size affine_map<() -> (32)> live [1, 3] at 192
  exec.launch @mix4 dims affine_map<() -> (2)> ins(%x, %w) outs(%s0)
  exec.copy %s1, %splat size affine_map<() -> (32)>
  exec.launch @mix4 dims affine_map<() -> (2)> ins(%s0, %s1) outs(%y0)
  exec.copy %y1, %s1 size affine_map<() -> (32)>
  exec.yield
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  Tensor x = randomTensor(8, 6), expected(8);
  const float w[] = {1, 2, 3, 4, 5, 6, 7, 8.5f};
  for (int i = 0; i < 8; ++i)
    expected[i] = mix(mix(x[i], w[i]), 2.25f);
  Context context(*model);
  EXPECT_EQ(context.run({x}, {{2, 4}}), (std::vector<Tensor>{expected, Tensor(8, 2.25f)}));
  EXPECT_EQ(model->info().arena_bytes, 256);
  EXPECT_EQ(model->info().weights_bytes, 192);
}

TEST_F(ExecTest, MetadataIsJsonWithTheUsersNames) {
  options.name = "na\"me\xff";
  options.sourceHash = "abc";
  options.target = "some target";
  options.metadata["producer_name"] = "hand";
  options.metadata["name"] = "not this";
  auto module = plan(kernelDeclarations() + "exec.program @main " +
                     attributes(1, 1, "?x4xf32", "()[s0] -> (s0, 4)", 99) + R"( {
^bb0(%n: index, %x: tensor<?x4xf32>):
  %0 = exec.dispatch @mix4 dims(%n) (%x, %x) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32> loc("node \"1\"")
  exec.yield %0 : tensor<?x4xf32>
})");
  ASSERT_TRUE(module) << diagnostics;
  std::unique_ptr<Model> model = load(*module);
  ASSERT_TRUE(model);
  accel_model_info info = model->info();
  auto parsed = llvm::json::parse(llvm::StringRef(info.metadata, info.metadata_bytes));
  ASSERT_TRUE(bool(parsed)) << llvm::toString(parsed.takeError());
  const llvm::json::Object &all = *parsed->getAsObject();
  EXPECT_EQ(all.getString("producer_name"), "hand");
  EXPECT_EQ(all.getString("name"), "na\"me\xEF\xBF\xBD");
  EXPECT_EQ(all.getString("source_hash"), "abc");
  EXPECT_EQ(all.getString("target"), "some target");
  EXPECT_EQ(all.getInteger("arena_bytes"), -1);
  const llvm::json::Object &input = *(*all.getArray("inputs"))[0].getAsObject();
  EXPECT_EQ(input.getString("dtype"), "f32");
  EXPECT_EQ((*input.getArray("shape"))[0].getAsString(), "batch");
  EXPECT_EQ((*input.getArray("shape"))[1].getAsInteger(), 4);
  const llvm::json::Object &site = *(*all.getArray("sites"))[0].getAsObject();
  EXPECT_EQ(site.getString("kernel"), "mix4");
  EXPECT_EQ((*site.getArray("nodes"))[0].getAsString(), "node \"1\"");
  const llvm::json::Object &symbol = *(*all.getArray("symbols"))[0].getAsObject();
  EXPECT_EQ(symbol.getString("name"), "batch");
  EXPECT_EQ(symbol.getInteger("max"), 99);
}

TEST_F(ExecTest, HundredsOfLaunchesGiveASmallObject) {
  for (bool isDynamic : {false, true}) {
    std::string type = isDynamic ? "tensor<?x16xf32>" : "tensor<8x16xf32>";
    std::string text =
        kernelDeclarations() + "exec.program @main " +
        (isDynamic ? attributes(1, 1, "?x16xf32", "()[s0] -> (s0, 16)", 99) +
                         " {\n^bb0(%n: index, %0: " + type + "):\n"
                   : attributes(1, 1, "8x16xf32", "() -> (8, 16)") + " {\n^bb0(%0: " + type +
                         "):\n  %w = exec.constant dense<1.0> : tensor<16xf32>\n"
                         "  %f = exec.constant dense<true> : tensor<16xi1>\n");
    const int count = 500;
    for (int i = 0; i < count; ++i) {
      std::string result = "  %" + std::to_string(i + 1), operand = "%" + std::to_string(i);
      text += isDynamic ? result + " = exec.dispatch @mix16 dims(%n) (" + operand + ", " + operand +
                              ") : (" + type + ", " + type + ") -> " + type
                        : result + " = exec.dispatch @fixed dims() (" + operand + ", %w, %f) : (" +
                              type + ", tensor<16xf32>, tensor<16xi1>) -> " + type;
      text += " loc(\"node_" + std::to_string(i) + "\")\n";
    }
    text += "  exec.yield %" + std::to_string(count) + " : " + type + "\n}";
    auto module = plan(text);
    ASSERT_TRUE(module) << diagnostics;
    std::unique_ptr<Model> model = load(*module);
    ASSERT_TRUE(model);
    size_t first = objectBytes;
    std::printf("%s: %zu bytes for %d launches, metadata %zu\n", isDynamic ? "dynamic" : "static",
                objectBytes, count, lowered.metadata.size());
    EXPECT_LT(objectBytes - lowered.metadata.size(), count * 200);
    ASSERT_TRUE(load(*module));
    EXPECT_EQ(objectBytes, first);
    Context context(*model);
    Tensor x = randomTensor(128, 77), expected = x;
    for (int i = 0; isDynamic && i < count; ++i)
      for (float &value : expected)
        value = mix(value, value);
    EXPECT_EQ(context.run({x}, {{8, 16}}), std::vector<Tensor>{expected});
    if (isDynamic) {
      int64_t n = 8;
      accel_plan_info planned = {};
      planned.size = sizeof planned;
      ASSERT_EQ(accel_plan(context.get(), &n, 1, &planned), ACCEL_OK);
      EXPECT_EQ(planned.arena_bytes, 1024);
    } else {
      EXPECT_EQ(lowered.arenaBytes, 1024);
      EXPECT_EQ(lowered.liveBytes, 1024);
    }
  }
}

} // namespace
