// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a model says without being run, and what creating a context refuses.
#include "RuntimeTest.h"
#include "accel-rt/Support.h"
#include <cstring>

using namespace accel::test;

namespace {

TEST(Model, SaysWhatItIs) {
  accel_model_info info = {};
  info.size = sizeof info;
  ASSERT_EQ(accel_get_info(alpha_fixed_model(), &info), ACCEL_OK);
  EXPECT_STREQ(info.name, "alpha_fixed");
  EXPECT_EQ(std::string(info.metadata, info.metadata_bytes), "{\"name\": \"fixed\"}");
  EXPECT_EQ(info.inputs, 1);
  EXPECT_EQ(info.outputs, 2);
  EXPECT_EQ(info.sites, 3);
  EXPECT_EQ(info.arena_bytes, kRows * kColumns * 4);
  EXPECT_EQ(static_cast<const float *>(info.weights)[1], 1.5f);
  const accel_port *x = accel_get_input(alpha_fixed_model(), 0);
  EXPECT_STREQ(x->name, "x");
  EXPECT_EQ(x->dims[1], kColumns);
  EXPECT_EQ(accel_get_input(alpha_fixed_model(), 1), nullptr);
  EXPECT_EQ(accel_get_output(alpha_fixed_model(), -1), nullptr);
  EXPECT_STREQ(accel_get_symbol(alpha_dynamic_model(), 0)->name, "n");
  accel_site_info site;
  ASSERT_EQ(accel_get_site(alpha_fixed_model(), 0, &site), ACCEL_OK);
  EXPECT_STREQ(site.kernel, "affine");
  EXPECT_STREQ(site.nodes, "Mul_0\nAdd_1");
  EXPECT_EQ(accel_get_site(alpha_fixed_model(), 3, &site), ACCEL_INVALID_ARGUMENT);
}

TEST(Model, CallersOfOtherAge) {
  // An older caller knows less of the struct: the rest must not be written.
  struct {
    accel_model_info info;
  } old;
  std::memset(&old, 0x55, sizeof old);
  old.info.size = offsetof(accel_model_info, inputs);
  ASSERT_EQ(accel_get_info(alpha_fixed_model(), &old.info), ACCEL_OK);
  EXPECT_STREQ(old.info.name, "alpha_fixed");
  EXPECT_EQ(old.info.inputs, 0x55555555);

  // A newer one may ask for what this version does not know.
  struct {
    accel_options known;
    uint64_t unknown;
  } fresh = {};
  fresh.known.size = sizeof fresh;
  accel_context *context;
  char message[256];
  ASSERT_EQ(accel_create(alpha_fixed_model(), &fresh.known, &context, message, sizeof message),
            ACCEL_OK)
      << message;
  accel_destroy(context);
  fresh.unknown = 1;
  EXPECT_EQ(accel_create(alpha_fixed_model(), &fresh.known, &context, message, sizeof message),
            ACCEL_INCOMPATIBLE);
  EXPECT_NE(std::string(message).find("older"), std::string::npos) << message;
}

/// A model that differs from the fixed one in what `change` says.
template <class Change> std::string createChanged(accel_status expected, Change change) {
  accel_model model = *alpha_fixed_model();
  accel_program program = *static_cast<const accel_program *>(model.program);
  program.weights_bytes = 0;
  change(program);
  model.program = &program;
  accel_context *context;
  char message[512] = "";
  EXPECT_EQ(accel_create(&model, nullptr, &context, message, sizeof message), expected);
  EXPECT_EQ(context, nullptr);
  return message;
}

TEST(Model, RefusesAnOtherVersion) {
  std::string message = createChanged(
      ACCEL_INCOMPATIBLE, [](accel_program &program) { program.abi = ACCEL_RT_ABI + 1; });
  std::string said = "has version " + std::to_string(ACCEL_RT_ABI) +
                     ", but the model was compiled for version " + std::to_string(ACCEL_RT_ABI + 1);
  EXPECT_NE(message.find(said), std::string::npos) << message;
}

TEST(Model, RefusesAnOtherMachine) {
  std::string message = createChanged(ACCEL_UNSUPPORTED, [](accel_program &program) {
    program.cpu_features = ~accel_rt_cpu_features();
  });
  EXPECT_NE(message.find("compiled for x86_64-linux-gnu, x86-64: this machine lacks"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("features that this runtime does not know"), std::string::npos) << message;
  EXPECT_NE(message.find("--cpu="), std::string::npos) << message;
}

TEST(Model, FeaturesAgreeWithTheCompilers) {
  uint64_t found = accel_rt_cpu_features();
  __builtin_cpu_init();
  auto expectBit = [&](uint64_t bit, bool expected, const char *name) {
    EXPECT_EQ((found & bit) != 0, expected) << name;
  };
  expectBit(ACCEL_CPU_SSE4_2, __builtin_cpu_supports("sse4.2"), "sse4.2");
  expectBit(ACCEL_CPU_AVX, __builtin_cpu_supports("avx"), "avx");
  expectBit(ACCEL_CPU_AVX2, __builtin_cpu_supports("avx2"), "avx2");
  expectBit(ACCEL_CPU_FMA, __builtin_cpu_supports("fma"), "fma");
  expectBit(ACCEL_CPU_BMI2, __builtin_cpu_supports("bmi2"), "bmi2");
  expectBit(ACCEL_CPU_LZCNT, __builtin_cpu_supports("lzcnt"), "lzcnt");
  expectBit(ACCEL_CPU_AVX512F, __builtin_cpu_supports("avx512f"), "avx512f");
  expectBit(ACCEL_CPU_AVX512VL, __builtin_cpu_supports("avx512vl"), "avx512vl");
  expectBit(ACCEL_CPU_AVX512VNNI, __builtin_cpu_supports("avx512vnni"), "avx512vnni");
  expectBit(ACCEL_CPU_AVX512BF16, __builtin_cpu_supports("avx512bf16"), "avx512bf16");
  expectBit(ACCEL_CPU_AVX512FP16, __builtin_cpu_supports("avx512fp16"), "avx512fp16");
  EXPECT_EQ((found & ACCEL_CPU_X86_64_V3) == ACCEL_CPU_X86_64_V3,
            __builtin_cpu_supports("x86-64-v3") != 0);
}

TEST(Model, RefusesBadOptions) {
  accel_context *context;
  char message[256];
  accel_options negative = options(-1);
  EXPECT_EQ(accel_create(alpha_fixed_model(), &negative, &context, message, sizeof message),
            ACCEL_INVALID_ARGUMENT);
  EXPECT_NE(std::string(message).find("found -1"), std::string::npos);
  accel_options half = options();
  half.allocator.allocate = [](void *, size_t, size_t) -> void * { return nullptr; };
  EXPECT_EQ(accel_create(alpha_fixed_model(), &half, &context, nullptr, 0), ACCEL_INVALID_ARGUMENT);
}

TEST(Model, TwoInOneProgram) {
  Context one(alpha_fixed_model()), two(beta_fixed_model());
  std::vector<float> x = randomFloats(kRows * kColumns, 7);
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value();
  for (accel_context *context : {(accel_context *)one, (accel_context *)two}) {
    accel_value out[] = {accel_none(), accel_none()};
    ASSERT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK);
    expectFixed(x, data<float>(out[0]), data<float>(out[1]));
  }
  accel_model_info info = {};
  info.size = sizeof info;
  accel_get_info(beta_fixed_model(), &info);
  EXPECT_STREQ(info.name, "beta_fixed");
}

} // namespace
