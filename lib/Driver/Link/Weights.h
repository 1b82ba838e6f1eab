// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights of any size in ELF files: the linker sees a section without contents, and the bytes are
// appended to what it wrote.
//
#ifndef ACCEL_DRIVER_LINK_WEIGHTS_H
#define ACCEL_DRIVER_LINK_WEIGHTS_H

#include "lib/Driver/Link/ElfImage.h"
#include "lib/Driver/Link/Linker.h"
#include "lib/Driver/Link/OutputFile.h"
#include <array>

namespace accel::link {

/// From this size on weights are placed so that the kernel can map them with 2 MB pages.
inline constexpr uint64_t kHugePage = 2 << 20, kHugeWeights = 32 << 20;

/// From this size on x86-64 objects put weights in a large section, out of the 2 GB that code
/// reaches. Well below that limit, because a program may hold several models.
inline constexpr uint64_t kLargeSection = 256 << 20;

/// The weights' section in shared libraries and executables, and in relocatable objects.
inline constexpr const char *kWeightsSection = ".accel_weights";
llvm::StringRef objectWeightsSection(const TargetInfo &target, uint64_t size);

/// An assertion for what the compiler hands over: sorted segments within the image.
llvm::Error checkWeights(const WeightImage &weights);

/// An object that reserves `section` without contents and defines the weights' symbol at its
/// start. Without weights it defines the symbol in a small section of zeros.
Image makePlaceholder(const TargetInfo &target, const LinkInput &input, llvm::StringRef section,
                      uint64_t alignment);

/// Where in a file of image.size() bytes the contents of `section` go, after changing its headers
/// in `image` to say so. The file offset agrees with the address modulo the segment's alignment,
/// or is aligned as the section in a file without segments.
llvm::Expected<uint64_t> placeWeights(Image &image, llvm::StringRef section);

/// Changes with any bit of the weights.
using WeightDigest = std::array<uint8_t, 32>;

/// Streams the weights to `file` from `offset` on; file.resize() must have made the room.
llvm::Expected<WeightDigest> writeWeights(const WeightImage &weights, OutputFile &file,
                                          uint64_t offset);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_WEIGHTS_H
