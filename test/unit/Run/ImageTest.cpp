// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "lib/Run/Image.h"
#include "gtest/gtest.h"
#include <turbojpeg.h>

using namespace accel::run;

namespace {

/// A JPEG file of a picture whose colors change slowly.
std::string jpeg(int width, int height) {
  std::vector<unsigned char> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int level : {x * 4, y * 4, 200 - x - y})
        pixels.push_back(level);
  tjhandle encoder = tjInitCompress();
  unsigned char *bytes = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(0, tjCompress2(encoder, pixels.data(), width, 0, height, TJPF_RGB, &bytes, &size,
                           TJSAMP_444, 100, TJFLAG_ACCURATEDCT));
  std::string file(reinterpret_cast<char *>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return file;
}

TEST(ImageTest, JpegIsDecoded) {
  auto image = decodeImage(jpeg(40, 30));
  ASSERT_TRUE(bool(image)) << llvm::toString(image.takeError());
  EXPECT_EQ(30, image->height);
  EXPECT_EQ(40, image->width);
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 40; ++x) {
      const float *rgb = &image->pixels[(y * 40 + x) * 3];
      EXPECT_NEAR(x * 4, rgb[0], 3);
      EXPECT_NEAR(y * 4, rgb[1], 3);
      EXPECT_NEAR(200 - x - y, rgb[2], 3);
    }
}

TEST(ImageTest, AJpegThatEndsEarlyIsNoPicture) {
  std::string file = jpeg(40, 30);
  for (size_t size : {size_t(2), size_t(20), file.size() / 2}) {
    auto image = decodeImage(llvm::StringRef(file).take_front(size));
    EXPECT_FALSE(bool(image));
    llvm::consumeError(image.takeError());
  }
}

TEST(ImageTest, AConstantPictureStaysSoAtAnySize) {
  Image image{3, 5, std::vector<float>(45, 77)};
  for (auto [height, width] :
       {std::pair(1, 1), std::pair(3, 5), std::pair(2, 11), std::pair(64, 3)}) {
    Image scaled = resizeImage(image, height, width);
    ASSERT_EQ(size_t(height * width * 3), scaled.pixels.size());
    for (float level : scaled.pixels)
      EXPECT_NEAR(77, level, 1e-4);
  }
}

} // namespace
