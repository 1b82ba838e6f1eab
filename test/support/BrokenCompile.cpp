// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// accel-compile with a pass that is wrong where $ACCEL_BREAK says: "pass", on the network, "pair",
// two there between which nothing can be compiled, or "kernel", on kernels that are tuned. Or none,
// where it is not set.

#include "dialects/NN/NNOps.h"
#include "lib/Pipelines/Pipelines.h"
#include "lib/Target/CPU/Pipeline.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"
#include <cstdlib>

#define main accelCompileMain
#include "tools/accel-compile/main.cpp"
#undef main

using namespace mlir;

namespace {

/// Takes hyperbolic tangents for the identity.
struct TestBreakTanh : PassWrapper<TestBreakTanh, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestBreakTanh)
  StringRef getArgument() const override { return "test-break-tanh"; }
  void runOnOperation() override {
    getOperation().walk([](accel::nn::TanhOp op) {
      op.replaceAllUsesWith(op->getOperand(0));
      op.erase();
    });
  }
};

/// Makes hyperbolic tangents something that kernels cannot be made of.
struct TestTakeTanh : PassWrapper<TestTakeTanh, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestTakeTanh)
  StringRef getArgument() const override { return "test-take-tanh"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<math::MathDialect>();
  }
  void runOnOperation() override {
    getOperation().walk([](accel::nn::TanhOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(
          math::TanhOp::create(builder, op.getLoc(), op->getOperand(0)).getResult());
      op.erase();
    });
  }
};

/// Takes what that made for the identity.
struct TestGiveTanh : PassWrapper<TestGiveTanh, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestGiveTanh)
  StringRef getArgument() const override { return "test-give-tanh"; }
  void runOnOperation() override {
    getOperation().walk([](math::TanhOp op) {
      op.replaceAllUsesWith(op.getOperand());
      op.erase();
    });
  }
};

/// Forgets absolute values.
struct TestBreakAbs : PassWrapper<TestBreakAbs, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestBreakAbs)
  StringRef getArgument() const override { return "test-break-abs"; }
  void runOnOperation() override {
    getOperation().walk([](math::AbsFOp op) {
      op.replaceAllUsesWith(op.getOperand());
      op.erase();
    });
  }
};

} // namespace

int main(int argc, char **argv) {
  const char *what = std::getenv("ACCEL_BREAK");
  if (what && StringRef(what) == "pass")
    accel::addOptionalStep([] { return std::make_unique<TestBreakTanh>(); });
  if (what && StringRef(what) == "pair") {
    accel::addOptionalStep([] { return std::make_unique<TestTakeTanh>(); });
    accel::addOptionalStep([] { return std::make_unique<TestGiveTanh>(); });
  }
  if (what && StringRef(what) == "kernel")
    accel::cpu::addTuningPass([] { return std::make_unique<TestBreakAbs>(); });
  return accelCompileMain(argc, argv);
}
