// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pictures as inputs: JPEG and PNG files, scaled to what the model takes.
//
#ifndef ACCEL_RUN_IMAGE_H
#define ACCEL_RUN_IMAGE_H

#include "lib/Run/Model.h"
#include "lib/Run/Options.h"
#include "lib/Run/Value.h"

namespace accel::run {

/// A picture of three channels, rows from the top, red, green and blue from 0 to 255.
struct Image {
  int64_t height = 0, width = 0;
  std::vector<float> pixels; ///< height x width x 3
};

/// True of names that end as those of pictures do.
bool isImagePath(llvm::StringRef path);

/// Decodes a JPEG or PNG file; what is transparent lies on black. Pictures of up to 2^28 pixels.
llvm::Expected<Image> decodeImage(llvm::StringRef bytes);

/// Bilinear, where a smaller picture takes the mean of a triangle around each pixel (as Pillow and
/// torchvision with antialias do).
Image resizeImage(const Image &image, int64_t height, int64_t width);

/// The picture as the input wants it: N x C x H x W, N x H x W x C, or without N; 3 channels, or 1
/// (the luma of ITU-R BT.601). Sizes that the model leaves open are the picture's.
llvm::Expected<Value> imageInput(const Image &image, const Model &model, const accel_port &port,
                                 const ImageOptions &options);

} // namespace accel::run

#endif // ACCEL_RUN_IMAGE_H
