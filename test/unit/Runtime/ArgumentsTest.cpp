// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments: right ones in every form are understood, wrong ones get a status and a message.
#include "RuntimeTest.h"
#include "accel-rt/Support.h"
#include <cstring>

using namespace accel::test;

namespace {

struct Fixed : testing::Test {
  Context context{alpha_fixed_model()};
  std::vector<float> x = randomFloats(kRows * kColumns, 1);
  accel_value outputs[2] = {accel_none(), accel_none()};

  accel_status run(const accel_value &input) {
    outputs[0] = outputs[1] = accel_none();
    return accel_run(context, &input, 1, outputs, 2);
  }
  void expectError(const accel_value &input, std::vector<std::string> parts) {
    EXPECT_EQ(run(input), ACCEL_INVALID_ARGUMENT);
    for (const std::string &part : parts)
      EXPECT_NE(context.message().find(part), std::string::npos)
          << "'" << part << "' is not in: " << context.message();
    // The context is still good.
    Tensor right(x.data(), {kRows, kColumns});
    ASSERT_EQ(run(right.value()), ACCEL_OK) << context.message();
    expectFixed(x, data<float>(outputs[0]), data<float>(outputs[1]));
  }
};

TEST_F(Fixed, OwnedOutputs) {
  Tensor input(x.data(), {kRows, kColumns});
  ASSERT_EQ(run(input.value()), ACCEL_OK) << context.message();
  expectFixed(x, data<float>(outputs[0]), data<float>(outputs[1]));
  EXPECT_EQ(outputs[0].u.tensor.ndim, 2);
  EXPECT_EQ(outputs[0].u.tensor.shape[1], kColumns);
  EXPECT_EQ(outputs[1].u.tensor.shape[0], kRows);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(outputs[0].u.tensor.data) % 64, 0u);
  accel_value again;
  ASSERT_EQ(accel_result(context, 1, &again), ACCEL_OK);
  EXPECT_EQ(again.u.tensor.data, outputs[1].u.tensor.data);
}

TEST_F(Fixed, CallersOutputs) {
  Tensor input(x.data(), {kRows, kColumns});
  std::vector<float> y(kRows * kColumns, -1), s(kRows, -1);
  Tensor first(y.data(), {kRows, kColumns}), second(s.data(), {kRows});
  accel_value in = input.value(), out[] = {first.value(), second.value()};
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  expectFixed(x, y.data(), s.data());
}

TEST_F(Fixed, NoOutputsAsked) {
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value(), y, s;
  EXPECT_EQ(accel_result(context, 0, &y), ACCEL_INVALID_ARGUMENT) << "before any run";
  ASSERT_EQ(accel_run(context, &in, 1, nullptr, 0), ACCEL_OK) << context.message();
  ASSERT_EQ(accel_result(context, 0, &y), ACCEL_OK);
  ASSERT_EQ(accel_result(context, 1, &s), ACCEL_OK);
  expectFixed(x, data<float>(y), data<float>(s));
}

TEST_F(Fixed, UnwantedOutputs) {
  Tensor input(x.data(), {kRows, kColumns});
  std::vector<float> y(kRows * kColumns, -1);
  Tensor first(y.data(), {kRows, kColumns});
  accel_value in = input.value(), out[] = {accel_unwanted(), accel_none()}, value;
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  EXPECT_EQ(out[0].kind, ACCEL_NONE);
  EXPECT_EQ(out[1].kind, ACCEL_TENSOR);
  EXPECT_EQ(accel_result(context, 0, &value), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(context.message(),
            "output 0: expected a run that computes it, found one that was not asked for it");
  EXPECT_EQ(accel_result(context, 1, &value), ACCEL_OK);
  // What is unwanted is not written, whatever else the value says.
  out[0] = first.value();
  out[0].flags = ACCEL_UNWANTED;
  out[1] = accel_none();
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  EXPECT_EQ(y, std::vector<float>(kRows * kColumns, -1));
  // The next run may want it.
  ASSERT_EQ(run(input.value()), ACCEL_OK) << context.message();
  ASSERT_EQ(accel_result(context, 0, &value), ACCEL_OK);
  expectFixed(x, data<float>(outputs[0]), data<float>(outputs[1]));
}

TEST_F(Fixed, StridedInput) {
  // The same matrix, stored by columns with a gap after each.
  constexpr int64_t gap = kRows + 3;
  std::vector<float> columns(kColumns * gap, NAN);
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < kColumns; ++c)
      columns[c * gap + r] = x[r * kColumns + c];
  Tensor input(columns.data(), {kRows, kColumns});
  input.setStrides({1, gap});
  ASSERT_EQ(run(input.value()), ACCEL_OK) << context.message();
  expectFixed(x, data<float>(outputs[0]), data<float>(outputs[1]));
  EXPECT_GE(context.memory().staging_bytes, kRows * kColumns * 4);
}

TEST_F(Fixed, NegativeStridesAndByteOffset) {
  std::vector<float> reversed(x.rbegin(), x.rend());
  Tensor input(reversed.data(), {kRows, kColumns});
  input.setStrides({-kColumns, -1});
  input.tensor.byte_offset = (kRows * kColumns - 1) * sizeof(float);
  ASSERT_EQ(run(input.value()), ACCEL_OK) << context.message();
  expectFixed(x, data<float>(outputs[0]), data<float>(outputs[1]));
}

TEST_F(Fixed, MisalignedInputAndOutput) {
  std::vector<char> bytes(x.size() * 4 + 1), place(x.size() * 4 + 1);
  std::memcpy(bytes.data() + 1, x.data(), x.size() * 4);
  Tensor input(bytes.data() + 1, {kRows, kColumns}), y(place.data() + 1, {kRows, kColumns});
  accel_value in = input.value(), out[] = {y.value(), accel_none()};
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  std::vector<float> found(x.size());
  std::memcpy(found.data(), place.data() + 1, x.size() * 4);
  expectFixed(x, found.data(), data<float>(out[1]));
}

TEST_F(Fixed, StridedOutput) {
  Tensor input(x.data(), {kRows, kColumns});
  std::vector<float> columns(kColumns * kRows, NAN);
  Tensor y(columns.data(), {kRows, kColumns});
  y.setStrides({1, kRows});
  accel_value in = input.value(), out[] = {y.value(), accel_none()};
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  std::vector<float> found(x.size());
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < kColumns; ++c)
      found[r * kColumns + c] = columns[c * kRows + r];
  expectFixed(x, found.data(), data<float>(out[1]));
}

TEST_F(Fixed, InPlace) {
  std::vector<float> both = x;
  Tensor input(both.data(), {kRows, kColumns});
  accel_value in = input.value(), out[] = {input.value(), accel_none()};
  ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << context.message();
  expectFixed(x, both.data(), data<float>(out[1]));
}

TEST_F(Fixed, LastOutputAsInput) {
  Tensor input(x.data(), {kRows, kColumns});
  ASSERT_EQ(run(input.value()), ACCEL_OK);
  std::vector<float> y(data<float>(outputs[0]), data<float>(outputs[0]) + x.size());
  accel_value last = outputs[0];
  ASSERT_EQ(run(last), ACCEL_OK) << context.message();
  expectFixed(y, data<float>(outputs[0]), data<float>(outputs[1]));
}

TEST_F(Fixed, OverlappingOutputs) {
  Tensor input(x.data(), {kRows, kColumns});
  std::vector<float> y(kRows * kColumns);
  Tensor first(y.data(), {kRows, kColumns}), second(y.data() + 5, {kRows});
  accel_value in = input.value(), out[] = {first.value(), second.value()};
  EXPECT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("outputs 0 'y' and 1 's'"), std::string::npos)
      << context.message();
}

TEST_F(Fixed, WrongInputs) {
  Tensor shape(x.data(), {kRows, kColumns + 1});
  expectError(shape.value(), {"input 0 'x'", "expected float32[8, 1024]", "found float32[8, 1025]",
                              "dim 1 is 1025, not 1024"});
  Tensor negative(x.data(), {-8, kColumns});
  expectError(negative.value(), {"found float32[-8, 1024]"});
  Tensor rank(x.data(), {1, kRows, kColumns});
  expectError(rank.value(), {"input 0 'x'", "expected rank 2, found rank 3"});
  Tensor dtype(x.data(), {kRows, kColumns}, ACCEL_INT, 64);
  expectError(dtype.value(), {"expected float32[8, 1024], found int64[8, 1024]"});
  Tensor null(nullptr, {kRows, kColumns});
  expectError(null.value(), {"data is NULL"});
  Tensor device(x.data(), {kRows, kColumns});
  device.tensor.device.type = ACCEL_CUDA;
  expectError(device.value(), {"device type 2"});
  Tensor shapeless(x.data(), {kRows, kColumns});
  shapeless.tensor.shape = nullptr;
  expectError(shapeless.value(), {"no shape"});
  expectError(accel_none(), {"input 0 'x'", "kind 0 instead of 1"});
}

TEST_F(Fixed, WrongCounts) {
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in[] = {input.value(), input.value()};
  EXPECT_EQ(accel_run(context, in, 2, outputs, 2), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("expected 1 inputs, found 2"), std::string::npos);
  EXPECT_EQ(accel_run(context, nullptr, 1, outputs, 2), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(accel_run(context, in, 1, outputs, 1), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("expected 2 outputs"), std::string::npos);
  EXPECT_EQ(accel_run(context, in, 1, nullptr, 2), ACCEL_INVALID_ARGUMENT);
}

TEST_F(Fixed, WrongOutputs) {
  Tensor input(x.data(), {kRows, kColumns});
  std::vector<float> y(kRows * kColumns);
  auto expectMessage = [&](const accel_value &output, const char *part) {
    accel_value in = input.value(), out[] = {output, accel_none()};
    EXPECT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_INVALID_ARGUMENT) << part;
    EXPECT_NE(context.message().find(part), std::string::npos) << context.message();
  };
  expectMessage(Tensor(y.data(), {kRows, 1023}).value(),
                "output 0 'y': expected float32[8, 1024], found float32[8, 1023]");
  expectMessage(Tensor(y.data(), {kRows, kColumns}, ACCEL_FLOAT, 64).value(), "element type");
  expectMessage(Tensor(y.data(), {kRows}).value(), "rank");
  expectMessage(Tensor(nullptr, {kRows, kColumns}).value(), "data is NULL");
  accel_value small = Tensor(y.data(), {kRows, kColumns}).value();
  small.capacity = 100;
  Tensor shaped(y.data(), {kRows, kColumns});
  small.u.tensor.shape = shaped.shape.data();
  expectMessage(small, "expected room for 32768 bytes, found 100");
}

struct Dynamic : testing::Test {
  Context context{alpha_dynamic_model()};
  accel_value outputs[2] = {accel_none(), accel_none()};

  accel_status run(const Tensor &a, const Tensor &b) {
    accel_value inputs[] = {a.value(), b.value()};
    outputs[0] = outputs[1] = accel_none();
    return accel_run(context, inputs, 2, outputs, 2);
  }
};

TEST_F(Dynamic, AnySize) {
  for (int64_t n : {3, 64, 1, 17}) {
    std::vector<float> a = randomFloats(n * kWidth, 2, -3), b = randomFloats(n * kWidth, 3, -3);
    Tensor first(a.data(), {n, kWidth}), second(b.data(), {n, kWidth});
    ASSERT_EQ(run(first, second), ACCEL_OK) << context.message();
    EXPECT_EQ(outputs[0].u.tensor.shape[0], n);
    std::vector<int64_t> positive;
    for (int64_t i = 0; i < n * kWidth; ++i) {
      float expected = 2 * a[i] + b[i];
      ASSERT_EQ(data<float>(outputs[0])[i], expected);
      if (expected > 0)
        positive.push_back(i);
    }
    ASSERT_EQ(outputs[1].u.tensor.shape[0], int64_t(positive.size()));
    for (size_t i = 0; i < positive.size(); ++i)
      ASSERT_EQ(data<int64_t>(outputs[1])[i], positive[i]);
  }
}

TEST_F(Dynamic, DataDependentSizeInCallersMemory) {
  std::vector<float> a = randomFloats(kWidth, 4, -3), b(kWidth, 0);
  Tensor first(a.data(), {1, kWidth}), second(b.data(), {1, kWidth});
  std::vector<int64_t> room(kWidth);
  Tensor positive(room.data(), {0}, ACCEL_INT, 64);
  accel_value in[] = {first.value(), second.value()}, out[] = {accel_none(), positive.value()};
  out[1].capacity = kWidth * 8;
  ASSERT_EQ(accel_run(context, in, 2, out, 2), ACCEL_OK) << context.message();
  int64_t count = 0;
  for (int64_t i = 0; i < kWidth; ++i)
    if (a[i] > 0)
      ASSERT_EQ(room[count++], i);
  EXPECT_EQ(positive.shape[0], count) << "the shape is written";
  out[1].capacity = 8; // too small for what the data decide
  EXPECT_EQ(accel_run(context, in, 2, out, 2), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("output 1 'positive': expected room for"), std::string::npos)
      << context.message();
}

TEST_F(Dynamic, WrongSizes) {
  std::vector<float> a = randomFloats(66 * kWidth, 5);
  Tensor three(a.data(), {3, kWidth}), two(a.data(), {2, kWidth});
  EXPECT_EQ(run(three, two), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("input 1 'b': expected float32[n, 256], found float32[2, 256]: "
                                   "dim 0 ('n') is 2, but input 'a' has 3 there"),
            std::string::npos)
      << context.message();
  Tensor many(a.data(), {65, kWidth}), none(a.data(), {0, kWidth});
  EXPECT_EQ(run(many, many), ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(context.message().find("dim 0 ('n') is 65, outside the 1..64"), std::string::npos)
      << context.message();
  EXPECT_EQ(run(none, none), ACCEL_INVALID_ARGUMENT);
}

TEST_F(Dynamic, FailureInTheRun) {
  std::vector<float> a(kWidth, 0), b(kWidth, 0);
  b[9] = 12345;
  Tensor first(a.data(), {1, kWidth}), second(b.data(), {1, kWidth});
  EXPECT_EQ(run(first, second), ACCEL_RUN_FAILED);
  EXPECT_EQ(context.message(), "node 'Add_1': bad value at 9");
  b[9] = 1;
  EXPECT_EQ(run(first, second), ACCEL_OK) << context.message();
}

TEST(Requirements, AreNamedWhereTheyDoNotHold) {
  static const char *const requirements[] = {"node 'Add_1': expected one",
                                             "node 'Mul_0': expected two"};
  accel_model model = *alpha_dynamic_model();
  accel_program program = *static_cast<const accel_program *>(model.program);
  program.requirements = requirements;
  program.plan = [](const int64_t *symbols, int64_t *, int64_t *) -> int64_t {
    return symbols[0] == 5 ? -1 : ACCEL_PLAN_REQUIREMENT(symbols[0]);
  };
  model.program = &program;
  Context context(&model);
  std::vector<float> a(kWidth, 0);
  Tensor one(a.data(), {1, kWidth});
  accel_value in[] = {one.value(), one.value()}, out[] = {accel_none(), accel_none()};
  EXPECT_EQ(accel_run(context, in, 2, out, 2), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(context.message(), "model 'alpha_dynamic': node 'Mul_0': expected two; found n=1");
  accel_plan_info info = {};
  info.size = sizeof info;
  int64_t n = 5;
  EXPECT_EQ(accel_plan(context, &n, 1, &info), ACCEL_OUT_OF_MEMORY);
  EXPECT_EQ(context.message(),
            "model 'alpha_dynamic': a size is negative or its memory overflows for n=5");
}

TEST_F(Dynamic, PlanAndBind) {
  int64_t n = 10, dims[3] = {};
  accel_plan_info info = {};
  info.size = sizeof info;
  info.output_dims = dims;
  ASSERT_EQ(accel_plan(context, &n, 1, &info), ACCEL_OK) << context.message();
  EXPECT_EQ(info.arena_bytes, 64 + 10 * kWidth * 4);
  EXPECT_EQ(info.output_bytes, 10 * kWidth * 4);
  EXPECT_EQ(dims[0], 10);
  EXPECT_EQ(dims[1], kWidth);
  EXPECT_EQ(dims[2], ACCEL_UNKNOWN_DIM);
  n = 65;
  EXPECT_EQ(accel_plan(context, &n, 1, &info), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(context.message(), "size 'n': expected 1..64, found 65");

  std::vector<float> a = randomFloats(5 * kWidth, 6);
  Tensor five(a.data(), {5, kWidth});
  accel_value in[] = {five.value(), five.value()};
  int64_t bound = 0;
  ASSERT_EQ(accel_bind(context, in, 2, &bound, 1), ACCEL_OK) << context.message();
  EXPECT_EQ(bound, 5);
}

} // namespace
