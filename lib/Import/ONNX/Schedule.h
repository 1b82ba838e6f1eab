// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which to import the nodes of a graph, whatever their order in the file.
#pragma once
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <onnx-ml.pb.h>

namespace accel::onnx_import {

using NodeList = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// The names that a node and its subgraphs take from around it.
llvm::SmallVector<llvm::StringRef> usedNames(const onnx::NodeProto &node);

/// What is wrong with the wiring of a graph.
struct WiringProblem {
  int node; ///< Index of the node at fault.
  std::string reason;
};

/// Indices of the nodes that `outputs` need, producers first and else in the file's order. Names
/// that no node makes are looked up with `isDefined`; no node makes those that are `given`.
llvm::SmallVector<int> scheduleNodes(const NodeList &nodes, llvm::ArrayRef<llvm::StringRef> outputs,
                                     llvm::function_ref<bool(llvm::StringRef)> isDefined,
                                     llvm::function_ref<bool(llvm::StringRef)> isGiven,
                                     llvm::SmallVectorImpl<WiringProblem> &problems);

} // namespace accel::onnx_import
