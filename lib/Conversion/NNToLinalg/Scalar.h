// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A small vocabulary for formulas on scalars.
#pragma once
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace accel::nn {

struct Scalar {
  mlir::OpBuilder &builder;
  mlir::Location location;

  mlir::Value constant(mlir::Type type, double value) {
    if (llvm::isa<mlir::FloatType>(type))
      return mlir::arith::ConstantOp::create(builder, location, builder.getFloatAttr(type, value));
    return mlir::arith::ConstantOp::create(builder, location,
                                           builder.getIntegerAttr(type, int64_t(value)));
  }
  template <typename OpT, typename... Args> mlir::Value make(Args &&...args) {
    return OpT::create(builder, location, std::forward<Args>(args)...).getResult();
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    return make<mlir::arith::SelectOp>(condition, a, b);
  }
  mlir::Value compare(mlir::arith::CmpFPredicate p, mlir::Value a, mlir::Value b) {
    return make<mlir::arith::CmpFOp>(p, a, b);
  }
  mlir::Value compare(mlir::arith::CmpIPredicate p, mlir::Value a, mlir::Value b) {
    return make<mlir::arith::CmpIOp>(p, a, b);
  }
};

} // namespace accel::nn
