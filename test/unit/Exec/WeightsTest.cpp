// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes of constants: every way to hold them gives what kernels read.

#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace accel::exec;

namespace {

class Weights : public testing::Test {
protected:
  RankedTensorType type(int64_t count, Type element) {
    return RankedTensorType::get({count}, element);
  }
  std::vector<uint8_t> bytes(ElementsAttr value) {
    std::vector<uint8_t> all;
    size_t largest = 0;
    llvm::Error error = writeWeight(value, [&](ArrayRef<uint8_t> piece) {
      largest = std::max(largest, piece.size());
      all.insert(all.end(), piece.begin(), piece.end());
      return llvm::Error::success();
    });
    EXPECT_LE(largest, size_t(1) << 20);
    EXPECT_FALSE(bool(error));
    llvm::consumeError(std::move(error));
    return all;
  }
  template <typename T> std::vector<uint8_t> raw(const std::vector<T> &values) {
    auto *begin = reinterpret_cast<const uint8_t *>(values.data());
    return {begin, begin + values.size() * sizeof(T)};
  }
  MLIRContext context{MLIRContext::Threading::DISABLED};
  Builder builder{&context};
};

TEST_F(Weights, DenseNumbers) {
  std::vector<float> values(700001);
  std::mt19937 random(1);
  for (float &value : values)
    value = float(random());
  EXPECT_EQ(bytes(DenseElementsAttr::get(type(values.size(), builder.getF32Type()),
                                         ArrayRef<float>(values))),
            raw(values));
}

TEST_F(Weights, BooleansAreABytEach) {
  SmallVector<bool> values;
  std::vector<uint8_t> expected;
  std::mt19937 random(2);
  for (int i = 0; i < 1100003; ++i) {
    values.push_back(random() & 1);
    expected.push_back(values.back());
  }
  EXPECT_EQ(bytes(DenseElementsAttr::get(type(values.size(), builder.getI1Type()), values)),
            expected);
  EXPECT_EQ(bytes(DenseElementsAttr::get(type(5, builder.getI1Type()), true)),
            std::vector<uint8_t>(5, 1));
}

TEST_F(Weights, SplatsAreWrittenOut) {
  EXPECT_EQ(bytes(DenseElementsAttr::get(type(300001, builder.getF64Type()), 1.75)),
            raw(std::vector<double>(300001, 1.75)));
  EXPECT_EQ(bytes(DenseElementsAttr::get(type(3, builder.getIntegerType(4)), APInt(4, 5))),
            std::vector<uint8_t>(3, 5));
  EXPECT_TRUE(
      bytes(DenseElementsAttr::get(type(0, builder.getF32Type()), ArrayRef<float>())).empty());
}

TEST_F(Weights, ResourcesAreTakenAsTheyAre) {
  std::vector<int16_t> values = {1, -2, 300, 12345};
  auto blob = UnmanagedAsmResourceBlob::allocateInferAlign(ArrayRef<int16_t>(values));
  EXPECT_EQ(bytes(DenseResourceElementsAttr::get(type(4, builder.getIntegerType(16)), "w",
                                                 std::move(blob))),
            raw(values));
  auto tooShort = UnmanagedAsmResourceBlob::allocateInferAlign(ArrayRef<int16_t>(values));
  auto value =
      DenseResourceElementsAttr::get(type(5, builder.getIntegerType(16)), "v", std::move(tooShort));
  llvm::Error error = writeWeight(value, [](ArrayRef<uint8_t>) { return llvm::Error::success(); });
  EXPECT_EQ(llvm::toString(std::move(error)), "constant 'v': expected 10 bytes, found 8");
}

TEST_F(Weights, TheSinksErrorComesBack) {
  auto value = DenseElementsAttr::get(type(9, builder.getF32Type()), 1.0f);
  llvm::Error error =
      writeWeight(value, [](ArrayRef<uint8_t>) { return llvm::createStringError("disk full"); });
  EXPECT_EQ(llvm::toString(std::move(error)), "disk full");
}

} // namespace
