// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-settle-carried-memory: what a loop carries in memory stays in one place.
#include "lib/Target/CPU/Lower.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace accel {
#define GEN_PASS_DEF_SETTLECARRIEDMEMORYPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// Memory of its own for each value that the loop carries and that a step replaces by other memory.
/// A step ends with a copy to it.
static void settle(scf::ForOp loop) {
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  SmallVector<unsigned> carried;
  for (auto [i, argument] : llvm::enumerate(loop.getRegionIterArgs())) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (type && type.hasStaticShape() && type.getLayout().isIdentity() &&
        yield.getOperand(i) != argument)
      carried.push_back(i);
  }
  Location at = loop.getLoc();
  OpBuilder builder(loop);
  auto copied = [&](Value from) -> Value {
    Value to = memref::AllocOp::create(builder, at, cast<MemRefType>(from.getType()));
    memref::CopyOp::create(builder, at, from, to);
    return to;
  };
  SmallVector<Value> places, made;
  for (unsigned i : carried) {
    places.push_back(copied(loop.getInitArgs()[i]));
    loop.getInitArgsMutable()[i].assign(places.back());
  }
  builder.setInsertionPoint(yield);
  for (unsigned i : carried) {
    // Two that change places have to be read before either is written.
    Value value = yield.getOperand(i);
    made.push_back(carried.size() > 1 && isa<BlockArgument>(value) ? copied(value) : value);
  }
  for (auto [i, place, value] : llvm::zip_equal(carried, places, made)) {
    memref::CopyOp::create(builder, at, value, place);
    yield.setOperand(i, loop.getRegionIterArg(i));
  }
}

namespace accel {
namespace {
struct SettleCarriedMemoryPass : impl::SettleCarriedMemoryPassBase<SettleCarriedMemoryPass> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([](scf::ForOp loop) { settle(loop); });
  }
};
} // namespace
} // namespace accel
