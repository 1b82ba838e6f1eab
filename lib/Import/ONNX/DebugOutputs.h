// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which values of a graph become outputs beside its own: what --debug-outputs names.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include <onnx-ml.pb.h>
#include <string>
#include <vector>

namespace accel::onnx_import {

/// The values that `requested` names and that are no outputs of the graph yet, each once: values,
/// nodes (all that they make), or `all` (all that the graph's outputs need). An entry that is no
/// name may be several, with commas between. `fail(reason, wayOut)` hears of each name that cannot
/// be given.
std::vector<std::string>
findDebugOutputs(const onnx::GraphProto &graph, llvm::ArrayRef<std::string> requested,
                 llvm::function_ref<void(const llvm::Twine &, const llvm::Twine &)> fail);

} // namespace accel::onnx_import
