// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Worker processes: results in order, whatever dies.
#include "lib/Driver/Workers.h"
#include "llvm/ADT/StringRef.h"
#include <gtest/gtest.h>
#include <sys/wait.h>

using namespace accel;

namespace {

/// A kernel at the stage llvm that stores `value`.
std::string kernel(llvm::StringRef name, int value) {
  return "module @p { exec.kernel @" + name.str() +
         " attributes {stage = \"llvm\", scratch_bytes = 64 : i64} {\n"
         "llvm.func @p_" +
         name.str() +
         "(%b: !llvm.ptr, %d: !llvm.ptr, %f: i64, %t: i64, %s: !llvm.ptr) {\n"
         "%0 = llvm.mlir.constant(" +
         std::to_string(value) +
         " : i64) : i64\nllvm.store %0, %b : i64, !llvm.ptr\nllvm.return\n} } }";
}

/// One on which LLVM gives up: an instruction that the target does not have.
std::string fatalKernel() {
  return R"(module @p { exec.kernel @fatal attributes {stage = "llvm"} {
    llvm.func @p_fatal(%b: !llvm.ptr) {
      %0 = llvm.load %b : !llvm.ptr -> vector<16xi32>
      %1 = llvm.bitcast %0 : vector<16xi32> to vector<64xi8>
      %2 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%0, %1, %1) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
      llvm.store %2, %b : vector<16xi32>, !llvm.ptr
      llvm.return
    } } })";
}

class Workers : public testing::TestWithParam<unsigned> {
protected:
  cpu::Target target = llvm::cantFail(cpu::Target::parse("x86-64-v2", "x86_64-linux-gnu"));
  cpu::KernelOptions options;
};

bool defines(const KernelResult &result, llvm::StringRef symbol) {
  return llvm::StringRef(result.kernel.object.data(), result.kernel.object.size()).contains(symbol);
}

TEST_P(Workers, GiveResultsInOrder) {
  WorkerPool pool(GetParam(), target, options);
  std::vector<KernelRequest> kernels;
  for (int i = 0; i < 20; ++i)
    kernels.push_back({kernel("k" + std::to_string(i) + "_end", i)});
  size_t calls = 0, last = 0;
  std::vector<KernelResult> results = pool.compile(kernels, [&](size_t done) {
    ++calls;
    last = done;
  });
  ASSERT_EQ(results.size(), kernels.size());
  EXPECT_EQ(calls, 20u);
  EXPECT_EQ(last, 20u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(results[i].error, "");
    EXPECT_EQ(results[i].kernel.scratchBytes, 64);
    EXPECT_TRUE(defines(results[i], "p_k" + std::to_string(i) + "_end"));
  }
}

TEST_P(Workers, SurviveWhatKillsThem) {
  WorkerPool pool(GetParam(), target, options);
  std::vector<KernelRequest> kernels = {{fatalKernel()},  {kernel("a", 1)}, {fatalKernel()},
                                        {kernel("b", 2)}, {fatalKernel()},  {kernel("c", 3)}};
  for (int again = 0; again < 2; ++again) {
    std::vector<KernelResult> results = pool.compile(kernels, [](size_t) {});
    for (int i : {0, 2, 4}) {
      // Tuned, then as plain loops: dead both times.
      EXPECT_NE(results[i].crash.find("LLVM ERROR"), std::string::npos) << results[i].crash;
      EXPECT_NE(results[i].error.find("Aborted"), std::string::npos) << results[i].error;
    }
    EXPECT_TRUE(defines(results[1], "p_a"));
    EXPECT_TRUE(defines(results[3], "p_b"));
    EXPECT_TRUE(defines(results[5], "p_c"));
  }
}

TEST_P(Workers, SayWhatIsWrongWithARequest) {
  WorkerPool pool(GetParam(), target, options);
  std::vector<KernelResult> results = pool.compile({{"no MLIR"}, {kernel("a", 1)}}, [](size_t) {});
  EXPECT_NE(results[0].error, "");
  EXPECT_EQ(results[0].crash, "");
  EXPECT_EQ(results[1].error, "");
}

TEST_P(Workers, CompileForEachLevel) {
  cpu::Levels levels = {llvm::cantFail(cpu::Target::parse("x86-64-v4", "x86_64-linux-gnu")),
                        target};
  WorkerPool pool(GetParam(), levels, options);
  std::vector<KernelResult> results =
      pool.compile({{fatalKernel(), 1}, {kernel("a", 1), 0}, {kernel("b", 2), 1}}, [](size_t) {});
  EXPECT_NE(results[0].crash, "");
  EXPECT_TRUE(defines(results[1], "p_a"));
  EXPECT_TRUE(defines(results[2], "p_b"));
}

TEST_P(Workers, AreGoneWithThePool) {
  {
    WorkerPool pool(GetParam(), target, options);
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

INSTANTIATE_TEST_SUITE_P(Counts, Workers, testing::Values(1u, 3u));

} // namespace
