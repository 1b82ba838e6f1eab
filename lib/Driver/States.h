// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which inputs of a model are outputs of the run before: --state.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace accel {

/// One --state: an input and an output by name, or names that are alike but for one '*' each.
struct StateOption {
  std::string input, output;
};

/// Reads "past_*=present_*".
llvm::Expected<StateOption> parseState(llvm::StringRef text);

/// Marks the states of an imported module for `nn-states`; what is wrong with the options
/// otherwise, all of it.
std::vector<std::string> markStates(mlir::ModuleOp module, llvm::ArrayRef<StateOption> options);

} // namespace accel
