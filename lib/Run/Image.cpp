// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pictures as inputs: JPEG and PNG files, scaled to what the model takes.

#include "lib/Run/Image.h"
#include "lib/Run/DType.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <png.h>
#include <turbojpeg.h>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

static constexpr int64_t kMaxPixels = int64_t(1) << 28;

bool accel::run::isImagePath(StringRef path) {
  return path.ends_with_insensitive(".jpg") || path.ends_with_insensitive(".jpeg") ||
         path.ends_with_insensitive(".png");
}

//===-- Files -------------------------------------------------------------------------------===//

static Error checkSize(int64_t height, int64_t width) {
  if (height > 0 && width > 0 && height <= kMaxPixels / width)
    return Error::success();
  return createStringError("expected a picture of 1 to 2^28 pixels, found %lld x %lld",
                           (long long)width, (long long)height);
}

static Image toImage(const std::vector<unsigned char> &bytes, int64_t height, int64_t width) {
  return {height, width, std::vector<float>(bytes.begin(), bytes.end())};
}

static Expected<Image> decodeJpeg(StringRef bytes) {
  std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder)
    return createStringError("%s", tjGetErrorStr());
  auto *data = reinterpret_cast<const unsigned char *>(bytes.data());
  int width, height, sampling, colors;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &sampling, &colors))
    return createStringError("%s", tjGetErrorStr2(decoder.get()));
  if (Error error = checkSize(height, width))
    return std::move(error);
  std::vector<unsigned char> pixels(size_t(height) * width * 3);
  // A warning (a file that ends early) leaves a part of the picture grey: that is no picture.
  if (tjDecompress2(decoder.get(), data, bytes.size(), pixels.data(), width, 0, height, TJPF_RGB,
                    TJFLAG_ACCURATEDCT))
    return createStringError("%s", tjGetErrorStr2(decoder.get()));
  return toImage(pixels, height, width);
}

static Expected<Image> decodePng(StringRef bytes) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  auto failure = [&] {
    std::string message = png.message;
    png_image_free(&png);
    return createStringError("%s", message.c_str());
  };
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
    return failure();
  png.format = PNG_FORMAT_RGB;
  if (Error error = checkSize(png.height, png.width)) {
    png_image_free(&png);
    return std::move(error);
  }
  std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(png));
  png_color black = {0, 0, 0};
  if (!png_image_finish_read(&png, &black, pixels.data(), 0, nullptr) || PNG_IMAGE_FAILED(png))
    return failure();
  return toImage(pixels, png.height, png.width);
}

Expected<Image> accel::run::decodeImage(StringRef bytes) {
  if (bytes.starts_with("\x89PNG"))
    return decodePng(bytes);
  if (bytes.starts_with("\xff\xd8"))
    return decodeJpeg(bytes);
  return createStringError("it is neither a JPEG nor a PNG file");
}

//===-- Sizes -------------------------------------------------------------------------------===//

namespace {
/// What a pixel of the result takes of a line: pixels from `first` on, with weights that add up
/// to 1.
struct Taps {
  int64_t first;
  std::vector<double> weights;
};
} // namespace

static std::vector<Taps> tapsOf(int64_t from, int64_t to) {
  std::vector<Taps> all;
  double scale = double(from) / double(to), support = std::max(scale, 1.0);
  for (int64_t i = 0; i < to; ++i) {
    double center = (double(i) + 0.5) * scale;
    int64_t first = std::max<int64_t>(int64_t(center - support + 0.5), 0);
    int64_t end = std::min<int64_t>(int64_t(center + support + 0.5), from);
    Taps taps{first, {}};
    double total = 0;
    for (int64_t at = first; at < end; ++at) {
      double weight = std::max(1 - std::abs((double(at) + 0.5 - center) / support), 0.0);
      taps.weights.push_back(weight);
      total += weight;
    }
    for (double &weight : taps.weights)
      weight /= total;
    all.push_back(std::move(taps));
  }
  return all;
}

/// Scales the lines of a picture whose pixels are `step` floats apart, and whose lines are `pitch`
/// apart.
static void resizeLines(const float *from, float *to, const std::vector<Taps> &taps, int64_t lines,
                        int64_t step, int64_t fromPitch, int64_t toPitch) {
  for (int64_t line = 0; line < lines; ++line)
    for (auto [i, tap] : llvm::enumerate(taps))
      for (int64_t channel = 0; channel < 3; ++channel) {
        double sum = 0;
        for (auto [k, weight] : llvm::enumerate(tap.weights))
          sum += weight * from[line * fromPitch + (tap.first + int64_t(k)) * step + channel];
        to[line * toPitch + int64_t(i) * step + channel] = float(sum);
      }
}

Image accel::run::resizeImage(const Image &image, int64_t height, int64_t width) {
  Image wide{image.height, width, std::vector<float>(size_t(image.height) * width * 3)};
  resizeLines(image.pixels.data(), wide.pixels.data(), tapsOf(image.width, width), image.height, 3,
              image.width * 3, width * 3);
  Image result{height, width, std::vector<float>(size_t(height) * width * 3)};
  resizeLines(wide.pixels.data(), result.pixels.data(), tapsOf(image.height, height), width,
              width * 3, 3, 3);
  return result;
}

static Image crop(const Image &image, int64_t height, int64_t width) {
  Image result{height, width, {}};
  int64_t top = (image.height - height) / 2, left = (image.width - width) / 2;
  for (int64_t row = 0; row < height; ++row) {
    const float *from = image.pixels.data() + ((top + row) * image.width + left) * 3;
    result.pixels.insert(result.pixels.end(), from, from + width * 3);
  }
  return result;
}

//===-- Inputs ------------------------------------------------------------------------------===//

namespace {
/// Where an input has a picture's dims; -1 for none.
struct Axes {
  int32_t channel, height, width;
};
} // namespace

static std::optional<Axes> axesOf(const accel_port &port) {
  auto isChannels = [&](int32_t axis) { return port.dims[axis] == 1 || port.dims[axis] == 3; };
  auto isOne = [&](int32_t axis) { return port.dims[axis] == 1 || port.dims[axis] < 0; };
  if (port.kind != ACCEL_TENSOR || (port.rank != 3 && port.rank != 4) ||
      (port.rank == 4 && !isOne(0)))
    return std::nullopt;
  int32_t first = port.rank - 3;
  if (isChannels(first))
    return Axes{first, first + 1, first + 2};
  if (isChannels(first + 2))
    return Axes{first + 2, first, first + 1};
  return std::nullopt;
}

Expected<Value> accel::run::imageInput(const Image &given, const Model &model,
                                       const accel_port &port, const ImageOptions &options) {
  std::optional<Axes> axes = axesOf(port);
  if (!axes)
    return createStringError(
        "input '%s' takes %s, which no picture is: expected one picture of 1 or 3 "
        "channels, before or after its height and width; prepare it as a .npy file",
        port.name, describePort(model, port).c_str());
  auto size = [&](int32_t axis, int64_t otherwise) {
    return port.dims[axis] >= 0 ? port.dims[axis] : otherwise;
  };
  Image image;
  int64_t height, width;
  if (options.shorterSide) {
    // The shorter side to that length, then what the model takes from the middle.
    double scale = double(options.shorterSide) / double(std::min(given.height, given.width));
    auto scaled = [&](int64_t side) {
      return std::max<int64_t>(std::llround(double(side) * scale), 1);
    };
    if (Error error = checkSize(scaled(given.height), scaled(given.width)))
      return std::move(error);
    image = resizeImage(given, scaled(given.height), scaled(given.width));
    height = size(axes->height, image.height), width = size(axes->width, image.width);
    if (height > image.height || width > image.width)
      return createStringError(
          "--resize=%lld makes the picture %lld x %lld, less than the %lld x %lld of "
          "input '%s'",
          (long long)options.shorterSide, (long long)image.width, (long long)image.height,
          (long long)width, (long long)height, port.name);
    image = crop(image, height, width);
  } else {
    height = size(axes->height, options.height ? options.height : given.height);
    width = size(axes->width, options.width ? options.width : given.width);
    if ((options.height && options.height != height) || (options.width && options.width != width))
      return createStringError("--resize=%lldx%lld: input '%s' takes %s", (long long)options.height,
                               (long long)options.width, port.name,
                               describePort(model, port).c_str());
    if (Error error = checkSize(height, width))
      return std::move(error);
    image = resizeImage(given, height, width);
  }

  int64_t channels = port.dims[axes->channel];
  auto isOneOrEach = [&](const std::vector<double> &numbers) {
    return numbers.empty() || numbers.size() == 1 || int64_t(numbers.size()) == channels;
  };
  if (!isOneOrEach(options.mean) || !isOneOrEach(options.deviation))
    return createStringError(
        "--mean and --std: expected 1 or %lld numbers, as input '%s' has channels",
        (long long)channels, port.name);
  auto number = [](const std::vector<double> &numbers, int64_t channel, double otherwise) {
    return numbers.empty() ? otherwise : numbers[numbers.size() == 1 ? 0 : channel];
  };
  std::vector<int64_t> shape(port.rank, 1);
  shape[axes->channel] = channels, shape[axes->height] = height, shape[axes->width] = width;
  Expected<Value> value = makeTensor(port.dtype, shape);
  if (!value)
    return value.takeError();
  double scale = options.scale.value_or(isFloat(port.dtype) ? 1.0 / 255 : 1.0);
  bool isLast = axes->channel > axes->width;
  for (int64_t channel = 0; channel < channels; ++channel) {
    double mean = number(options.mean, channel, 0),
           deviation = number(options.deviation, channel, 1);
    for (int64_t pixel = 0; pixel < height * width; ++pixel) {
      const float *rgb = image.pixels.data() + pixel * 3;
      double level = channels == 1 ? 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
                                   : rgb[options.bgr ? 2 - channel : channel];
      // A file's pixels are whole numbers, and so are those of a scaled picture.
      level = (std::round(level) * scale - mean) / deviation;
      if (!isFloat(port.dtype))
        level = std::round(level);
      int64_t index = isLast ? pixel * channels + channel : channel * height * width + pixel;
      writeElement(port.dtype, value->data.data(), index, level);
    }
  }
  return value;
}
