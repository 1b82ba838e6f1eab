// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One place where tools learn of every dialect and every pass.
#pragma once

namespace mlir {
class DialectRegistry;
}

namespace accel {

/// Our dialects and upstream's, with their extensions.
void registerAll(mlir::DialectRegistry &registry);
/// Our passes and pipelines, and upstream's.
void registerAllPasses();

} // namespace accel
