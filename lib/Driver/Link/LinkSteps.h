// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What linking a library, linking an executable and writing an object have in common.
//
#ifndef ACCEL_DRIVER_LINK_LINKSTEPS_H
#define ACCEL_DRIVER_LINK_LINKSTEPS_H

#include "lib/Driver/Link/Lld.h"
#include "lib/Driver/Link/Weights.h"

namespace accel::link {

/// The target's row, after checking what the caller handed over.
llvm::Expected<const TargetInfo &> checkInput(const LinkInput &input);

/// Adds the model's objects, the placeholder of its weights, the runtime and the builtins.
llvm::Error addObjects(LldCommand &command, const TargetInfo &target, const LinkInput &input,
                       llvm::StringRef weightsSection, uint64_t weightsAlignment);

/// Runs the link into the temporary file of `output` and returns what it wrote.
llvm::Expected<Image> runLink(LldCommand &command, OutputFile &output);

/// Where the parts of a finished file are.
struct Layout {
  uint64_t image = 0;   ///< Offset of the image in the file.
  uint64_t weights = 0; ///< Offset of the weights in the image.
  uint64_t end = 0;     ///< Size of the file.
};

/// Replaces what is in `output` with `head`, the image and the weights, and commits it.
/// `finishImage` may change the image with the weights' digest in hand, but not its size.
llvm::Expected<LinkResult>
writeAll(OutputFile &output, const WeightImage &weights, llvm::StringRef head, Image &image,
         Layout layout, llvm::function_ref<llvm::Error(const WeightDigest &)> finishImage);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_LINKSTEPS_H
