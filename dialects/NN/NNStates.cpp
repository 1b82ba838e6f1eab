// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which dims of a state grow.
#include "dialects/NN/NNStates.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::namedArgument(func::FuncOp main, unsigned argument) {
  Value value = main.getArgument(argument);
  for (Operation *user : value.getUsers())
    if (auto bind = dyn_cast<BindDimsOp>(user))
      return bind.getResult();
  return value;
}

SmallVector<unsigned> accel::nn::growingDims(func::FuncOp main, ProgramShapes &shapes,
                                             unsigned argument, unsigned result,
                                             const llvm::BitVector &isState) {
  const Shape before = shapes.get(namedArgument(main, argument)),
              after = shapes.get(main.front().getTerminator()->getOperand(result));
  auto isFixed = [&](Dim dim) {
    if (constantDim(dim))
      return true;
    for (unsigned other = 0; other < main.getNumArguments(); ++other)
      if (!isState[other] && isa<RankedTensorType>(main.getArgument(other).getType()) &&
          llvm::is_contained(shapes.get(namedArgument(main, other)), dim))
        return true;
    return false;
  };
  SmallVector<unsigned> grow;
  for (auto [i, dims] : llvm::enumerate(llvm::zip_equal(before, after))) {
    auto [from, to] = dims;
    if (!sameDim(from, to) && (shapes.isKnown(to) || !isFixed(from)))
      grow.push_back(i);
  }
  return grow;
}
