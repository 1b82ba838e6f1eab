// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What files of pictures cannot do, and what of them is refused. What they are decoded to is in
// test/e2e/tables/images.py.

#include "include/accel-rt/Ops.h"
#include "test/unit/Runtime/Ops/OpsTest.h"
#include <filesystem>
#include <fstream>
#include <map>

using namespace ops;

namespace {

using Bytes = std::vector<uint8_t>;

Result decode(const Bytes &file, int64_t order = ACCEL_PIXELS_RGB) {
  return call(accel_op_image_decode, {vector<uint8_t>(file)}, {order});
}

void expectNothing(const Bytes &file) {
  Result result = decode(file);
  ASSERT_EQ(result.status, 0) << result.message;
  EXPECT_EQ(result.outputs[0].dims, (Dims{0, 0, 3}));
}

void expectRefused(const Bytes &file, const std::string &message) {
  Result result = decode(file);
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.message.find(message), std::string::npos) << result.message;
}

std::map<std::string, Bytes> corpus() {
  std::map<std::string, Bytes> files;
  for (const auto &entry : std::filesystem::directory_iterator(ACCEL_TEST_IMAGES)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = Bytes(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

/// A file of small numbers behind a text.
Bytes bytes(const std::string &text, const std::vector<uint32_t> &words = {}) {
  Bytes all(text.begin(), text.end());
  for (uint32_t word : words)
    for (int i = 0; i < 4; ++i)
      all.push_back(uint8_t(word >> (8 * i)));
  return all;
}

/// A TIFF file of one strip of 2 x 2 bytes, with these numbers of tags.
Bytes tiff(std::map<uint32_t, uint32_t> tags) {
  std::map<uint32_t, uint32_t> all = {{256, 2}, {257, 2}, {258, 8}, {262, 1}, {273, 8}, {279, 4}};
  for (auto [tag, number] : tags)
    all[tag] = number;
  Bytes file = bytes(std::string("II*\0", 4), {12, 0x40302010});
  file.push_back(uint8_t(all.size()));
  file.push_back(0);
  for (auto [tag, number] : all)
    for (uint8_t byte : bytes("", {tag | 4u << 16, 1, number}))
      file.push_back(byte);
  return file;
}

TEST(Images, Files) {
  std::map<std::string, Bytes> files = corpus();
  ASSERT_GE(files.size(), 15u);
  for (const auto &[name, file] : files) {
    if (name == "jpeg.tif") {
      expectRefused(file, "found compression 7");
      continue;
    }
    Result rgb = decode(file), bgr = decode(file, ACCEL_PIXELS_BGR),
           gray = decode(file, ACCEL_PIXELS_GRAY);
    ASSERT_EQ(rgb.status, 0) << name << ": " << rgb.message;
    const Dims &dims = rgb.outputs[0].dims;
    EXPECT_GT(dims[0], 0) << name;
    EXPECT_EQ(gray.outputs[0].dims, (Dims{dims[0], dims[1], 1})) << name;
    EXPECT_EQ(bgr.outputs[0].dims, dims) << name;
    for (size_t i = 0; i < gray.outputs[0].bytes.size(); ++i) {
      const uint8_t *pixel = &rgb.outputs[0].bytes[3 * i], *other = &bgr.outputs[0].bytes[3 * i];
      EXPECT_EQ(pixel[0], other[2]);
      EXPECT_EQ(pixel[1], other[1]);
      EXPECT_EQ(pixel[2], other[0]);
      EXPECT_NEAR(0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2], gray.outputs[0].bytes[i],
                  0.51);
    }
  }
}

/// Whatever comes of them, each run ends, and without memory that is not its own.
TEST(Images, DamagedFiles) {
  Random random(5);
  for (const auto &[name, file] : corpus()) {
    for (size_t size = 0; size < file.size(); size += 1 + file.size() / 100)
      decode(Bytes(file.begin(), file.begin() + int64_t(size)));
    for (int i = 0; i < 200; ++i) {
      Bytes damaged = file;
      damaged[size_t(random.integer(0, int64_t(file.size()) - 1))] =
          uint8_t(random.integer(0, 255));
      decode(damaged, random.integer(ACCEL_PIXELS_RGB, ACCEL_PIXELS_GRAY));
    }
  }
}

TEST(Images, WhatIsNoPicture) {
  expectNothing({});
  expectNothing(bytes("no picture"));
  EXPECT_EQ(decode({}, ACCEL_PIXELS_GRAY).outputs[0].dims, (Dims{0, 0, 1}));
  // Sizes that bytes cannot hold.
  expectNothing(bytes("P6 16384 16384 255\n"));
  expectNothing(bytes("P1 16384 16384 1 0 1"));
  expectNothing(tiff({{256, 16384}, {257, 16384}}));
  expectNothing(tiff({{273, 0xffffffff}}));
  expectNothing(tiff({{324, 8}, {322, 0x7fffffff}, {323, 0x7fffffff}}));
  expectNothing(tiff({{256, 0}}));
}

/// A packed TIFF file of one column, all of whose strips end in the same bytes, which say nothing.
Bytes tiffOfStrips(uint32_t strips, uint32_t size) {
  Bytes file = bytes(std::string("II*\0", 4), {8});
  file.push_back(9);
  file.push_back(0);
  uint32_t data = 8 + 2 + 9 * 12 + 4, offsets = data + size, sizes = offsets + 4 * strips;
  uint32_t tags[9][3] = {{256, 1, 1},     {257, 1, strips}, {258, 1, 8},
                         {259, 1, 32773}, {262, 1, 1},      {273, strips, offsets},
                         {277, 1, 1},     {278, 1, 1},      {279, strips, sizes}};
  for (auto [tag, count, number] : tags)
    for (uint8_t byte : bytes("", {tag | 4u << 16, count, number}))
      file.push_back(byte);
  file.resize(data);
  file.resize(offsets, 0x80);
  for (uint8_t byte : bytes("", std::vector<uint32_t>(strips, data)))
    file.push_back(byte);
  for (uint8_t byte : bytes("", std::vector<uint32_t>(strips, size)))
    file.push_back(byte);
  return file;
}

/// A gray JPEG file coded arithmetically, of so many scans that say nothing.
Bytes jpegOfScans(int size, int scans) {
  Bytes file = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0};
  file.resize(file.size() + 64, 1);
  auto add = [&](std::initializer_list<int> more) {
    for (int byte : more)
      file.push_back(uint8_t(byte));
  };
  add({0xff, 0xca, 0, 11, 8, size >> 8, size & 255, size >> 8, size & 255, 1, 1, 0x11, 0});
  add({0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0});
  for (int i = 1; i < scans; ++i)
    add({0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0});
  add({0xff, 0xd9});
  return file;
}

/// What a small file would cost without end.
TEST(Images, Work) {
  EXPECT_EQ(decode(tiffOfStrips(64, 1024)).outputs[0].dims, (Dims{64, 1, 3}));
  expectNothing(tiffOfStrips(1 << 14, 1 << 16));
  EXPECT_EQ(decode(jpegOfScans(16, 100)).outputs[0].dims, (Dims{16, 16, 3}));
  expectNothing(jpegOfScans(16, 101));
  EXPECT_EQ(decode(jpegOfScans(512, 20)).outputs[0].dims, (Dims{512, 512, 3}));
  expectNothing(jpegOfScans(512, 21));
}

/// A gray JPEG 2000 codestream without decompositions, whose first tiles are there, but empty.
Bytes j2kOfTiles(uint32_t size, uint32_t tile, uint32_t layers, uint8_t precinct, uint32_t tiles) {
  Bytes file;
  auto add = [&](uint32_t number, int count) {
    while (count-- > 0)
      file.push_back(uint8_t(number >> (8 * count)));
  };
  add(0xff4fff51, 4);
  add(41, 2);
  add(0, 2);
  for (uint32_t number : {size, size, 0u, 0u, tile, tile, 0u, 0u})
    add(number, 4);
  add(1, 2);
  add(0x070101, 3);
  add(0xff52000d, 4);
  add(0x0100, 2);
  add(layers, 2);
  add(0, 2);
  add(0x04040001, 4);
  add(precinct * 0x11u, 1);
  add(0xff5c0004, 4);
  add(0x4040, 2);
  for (uint32_t i = 0; i < tiles; ++i) {
    add(0xff90000a, 4);
    add(i, 2);
    add(14 + layers, 4);
    add(0x0001ff93, 4);
    file.resize(file.size() + layers);
  }
  add(0xffd9, 2);
  return file;
}

TEST(Images, Jpeg2000Work) {
  // Heads of many tiles take more memory than all that is known of a file without its sizes.
  EXPECT_EQ(decode(j2kOfTiles(256, 2, 1, 15, 1 << 14)).outputs[0].dims, (Dims{256, 256, 3}));
  expectNothing(j2kOfTiles(256, 2, 1, 15, 1));
  // Packets that are not there.
  EXPECT_EQ(decode(j2kOfTiles(64, 64, 20, 15, 1)).outputs[0].dims, (Dims{64, 64, 3}));
  Bytes many = j2kOfTiles(1024, 1024, 65535, 5, 1);
  expectNothing(many);
  // The number of layers may follow in the head of a tile, too.
  Bytes late = j2kOfTiles(1024, 1024, 1, 5, 1);
  late[late.size() - 8] += 15; // its size
  late.insert(late.end() - 5, many.begin() + 45, many.begin() + 60);
  expectNothing(late);
}

TEST(Images, BitmapsOfManyBytes) {
  Bytes file = bytes("BM", {0, 0, 54, 40, 0x7fffffff, 0x80000000, 1 | 32u << 16, 0, 0, 0, 0, 0, 0});
  expectNothing(file);
}

TEST(Images, Limits) {
  expectRefused(tiff({{256, 1u << 16}, {257, 1u << 16}}),
                "expected a picture of at most 2^28 pixels, found 4294967296");
  expectRefused(tiff({{259, 3}}), "found compression 3");
  expectRefused(tiff({{258, 12}}), "found 12 bits");
  expectRefused(tiff({{339, 3}}), "or other numbers");
  expectRefused(tiff({{262, 6}}), "found photometric interpretation 6");
  expectRefused(tiff({{266, 2}}), "expected a TIFF file of fill order 1, found 2");
  expectRefused(tiff({{317, 3}}), "expected a TIFF file of predictor 1 or 2, found 3");
  EXPECT_EQ(decode(tiff({})).outputs[0].bytes,
            (Bytes{16, 16, 16, 32, 32, 32, 48, 48, 48, 64, 64, 64}));
}

} // namespace
