// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Readers of files meet files that lie: whatever they hold, they end in a value or in an error.

#include "lib/Run/DType.h"
#include "lib/Run/Npy.h"
#include "lib/Run/Proto.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <random>

using namespace accel::run;

static std::string npy(llvm::StringRef dict, llvm::StringRef data) {
  std::string header = dict.str() + "\n";
  std::string bytes = std::string("\x93NUMPY\x01\0", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data.str();
}

static std::string errorOf(llvm::Expected<Value> value) {
  return value ? "" : llvm::toString(value.takeError());
}

TEST(Npy, WritesWhatItReads) {
  const std::vector<int64_t> shapes[] = {{}, {3}, {2, 3}, {4, 0, 2}};
  for (const std::vector<int64_t> &shape : shapes) {
    Value value = llvm::cantFail(makeTensor({ACCEL_FLOAT, 32, 1}, shape));
    for (int64_t i = 0, e = value.elements(); i < e; ++i)
      writeElement(value.dtype, value.data.data(), i, 1.5 * static_cast<double>(i) - 2);
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("accel", "npy", path));
    llvm::FileRemover remover(path);
    ASSERT_FALSE(writeNpy(path, value));
    auto file = llvm::MemoryBuffer::getFile(path);
    ASSERT_TRUE(bool(file));
    Value back = llvm::cantFail(parseNpy((*file)->getBuffer()));
    EXPECT_EQ(describeType(back), describeType(value));
    EXPECT_EQ(llvm::StringRef(back.data.data(), back.data.size()),
              llvm::StringRef(value.data.data(), value.data.size()));
  }
}

TEST(Npy, RefusesWhatIsNotThere) {
  auto dict = [](llvm::StringRef shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape.str() + "), }";
  };
  EXPECT_EQ(errorOf(parseNpy("")), "it is no .npy file");
  EXPECT_EQ(errorOf(parseNpy(npy(dict("2,"), "12345678"))), "");
  EXPECT_NE(errorOf(parseNpy(npy(dict("3,"), "12345678"))), "");
  // Sizes beyond any file, whose product overflows to something small.
  EXPECT_NE(errorOf(parseNpy(npy(dict("4294967296, 4294967296, 2"), "12345678"))), "");
  EXPECT_NE(errorOf(parseNpy(npy(dict("9223372036854775807,"), "12345678"))), "");
  EXPECT_NE(errorOf(parseNpy(npy(dict("-1,"), "12345678"))), "");
  EXPECT_EQ(errorOf(parseNpy(npy("{'descr': [('a', '<f4')], 'shape': (1,), }", "1234"))),
            "a structured dtype, expected plain elements");
  EXPECT_EQ(errorOf(parseNpy(npy("{'descr': '<f4', 'fortran_order': False, }", ""))),
            "its header has no shape");
}

TEST(Proto, RefusesWhatIsNotThere) {
  auto error = [](llvm::StringRef bytes, accel_kind kind) {
    auto value = parseProto(bytes, kind);
    return value ? "" : llvm::toString(value.takeError());
  };
  // dims 2^40, FLOAT, raw_data of 4 bytes.
  EXPECT_EQ(error("\x08\x80\x80\x80\x80\x80\x20\x10\x01\x4a\x04"
                  "1234",
                  ACCEL_TENSOR),
            "1099511627776 elements, and its data are shorter");
  EXPECT_EQ(error("\x08\x01\x10\x01\x4a\x04"
                  "1234",
                  ACCEL_TENSOR),
            "");
  EXPECT_EQ(error("\x08\x01\x10\x01\x4a\x7f"
                  "1234",
                  ACCEL_TENSOR),
            "it is no whole ONNX value (protobuf)");
  std::string nested;
  for (int i = 0; i < 40; ++i) // a sequence in a sequence in a sequence ...
    nested = std::string("\x2a") + static_cast<char>(nested.size()) + nested;
  EXPECT_EQ(error(nested, ACCEL_SEQUENCE), "values nested more than 16 deep");
}

TEST(Files, EndInAValueOrAnErrorWhateverTheyHold) {
  std::string array =
      npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", "123456789012");
  // A stored member, its directory, and the end of it.
  std::string zip("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0", 14);
  auto number = [](uint32_t value, int bytes) {
    return std::string(reinterpret_cast<const char *>(&value), bytes);
  };
  std::string sizes = number(0x12345678, 4) + number(array.size(), 4) + number(array.size(), 4);
  zip += sizes + number(5, 2) + number(0, 2) + "a.npy" + array;
  uint32_t start = zip.size();
  zip += std::string("PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0", 16) + sizes + number(5, 2) +
         std::string(16, '\0') + "a.npy";
  uint32_t end = zip.size();
  zip += std::string("PK\x05\x06\0\0\0\0\1\0\1\0", 12) + number(end - start, 4) + number(start, 4) +
         number(0, 2);
  auto whole = parseNpz(zip);
  ASSERT_FALSE(bool(whole)); // all but the checksum is right
  EXPECT_EQ(llvm::toString(whole.takeError()),
            "member 'a.npy': it is no whole .npz file: a member's checksum is wrong");

  std::string proto("\x08\x02\x08\x03\x10\x16\x42\x01x\x4a\x03"
                    "123",
                    15);
  std::mt19937 random(5);
  for (int i = 0; i < 30000; ++i) {
    std::string bytes = i % 3 == 0 ? array : i % 3 == 1 ? zip : proto;
    for (int changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
      size_t at = random() % bytes.size();
      if (random() % 4 == 0)
        bytes.resize(at);
      else
        bytes[at] = static_cast<char>(random());
    }
    auto forget = [](auto value) {
      if (!value)
        llvm::consumeError(value.takeError());
    };
    forget(parseNpy(bytes));
    forget(parseNpz(bytes));
    for (accel_kind kind : {ACCEL_TENSOR, ACCEL_SEQUENCE, ACCEL_OPTIONAL, ACCEL_MAP})
      forget(parseProto(bytes, kind));
  }
}
