// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Run and the functions that a model is found by: constant size, whatever the model.
#include "lib/Conversion/ExecToLLVM/Functions.h"
#include "accel-rt/Support.h"

using namespace mlir;
using namespace accel::exec;

Address accel::exec::emitRun(ConstantData &data, ModuleOp module, const LaunchTable &table) {
  Location location = data.location;
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Type i32 = builder.getI32Type();

  Address values = table.isStatic ? data.words("values", table.constants) : Address();
  Address launches =
      data.table("launch_table",
                 Row{data.words("launches", table.launches), data.words("operands", table.operands),
                     values, table.maxOperands, table.count, data.words("sources", table.sources)});
  auto callee = data.function("accel_rt_run_launches",
                              LLVM::LLVMFunctionType::get(i32, {pointer, pointer, i32, i32}));

  auto run = LLVM::LLVMFuncOp::create(builder, location, data.symbol("run"),
                                      LLVM::LLVMFunctionType::get(i32, {pointer}),
                                      LLVM::Linkage::Internal, /*dsoLocal=*/true);
  OpBuilder inside = OpBuilder::atBlockEnd(run.addEntryBlock(builder));
  auto number = [&](int32_t value) -> Value {
    return LLVM::ConstantOp::create(inside, location, i32, inside.getI32IntegerAttr(value));
  };
  auto call = LLVM::CallOp::create(
      inside, location, callee,
      ValueRange{run.getArgument(0), data.load(inside, launches), number(0), number(table.count)});
  LLVM::ReturnOp::create(inside, location, call.getResult());
  return {run.getSymName().str(), 0};
}

void accel::exec::emitModelFunction(ConstantData &data, ModuleOp module, StringRef name,
                                    const Address &model) {
  Location location = data.location;
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  auto type = LLVM::LLVMFunctionType::get(pointer, {});
  auto function = LLVM::LLVMFuncOp::create(builder, location, name, type);
  OpBuilder inside = OpBuilder::atBlockEnd(function.addEntryBlock(builder));
  LLVM::ReturnOp::create(inside, location, data.load(inside, model));

  // Weak, so that several models link into one program.
  auto alias = LLVM::AliasOp::create(builder, location, type, LLVM::Linkage::Weak,
                                     ACCEL_MODEL_SYMBOL, /*dsoLocal=*/false,
                                     /*threadLocal=*/false, ArrayRef<NamedAttribute>());
  inside = OpBuilder::atBlockEnd(&alias.getInitializerRegion().emplaceBlock());
  LLVM::ReturnOp::create(inside, location, data.load(inside, {function.getSymName().str(), 0}));
}
