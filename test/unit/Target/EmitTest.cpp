// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emission: objects, LLVM IR and assembly of a module in the LLVM dialect.
#include "lib/Target/CPU/Pipeline.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ELFObjectFile.h"
#include <gtest/gtest.h>

using namespace accel::cpu;

namespace {

constexpr llvm::StringLiteral kAxpy = R"(
llvm.func @axpy(%x: !llvm.ptr, %y: !llvm.ptr, %a: f32) {
  %0 = llvm.load %x : !llvm.ptr -> vector<8xf32>
  %1 = llvm.load %y : !llvm.ptr -> vector<8xf32>
  %poison = llvm.mlir.poison : vector<8xf32>
  %zero = llvm.mlir.constant(0 : i32) : i32
  %head = llvm.insertelement %a, %poison[%zero : i32] : vector<8xf32>
  %splat = llvm.shufflevector %head, %poison [0, 0, 0, 0, 0, 0, 0, 0] : vector<8xf32>
  %2 = llvm.fmul %0, %splat {fastmathFlags = #llvm.fastmath<contract>} : vector<8xf32>
  %3 = llvm.fadd %2, %1 {fastmathFlags = #llvm.fastmath<contract>} : vector<8xf32>
  llvm.store %3, %y : vector<8xf32>, !llvm.ptr
  llvm.return
}
)";

class Emit : public testing::Test {
protected:
  Emit() : context(mlir::MLIRContext::Threading::DISABLED) {
    context.loadDialect<mlir::LLVM::LLVMDialect>();
  }
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) {
    return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }
  mlir::MLIRContext context;
  Target v3 = llvm::cantFail(Target::parse("x86-64-v3", "x86_64-linux-gnu"));
};

TEST_F(Emit, ObjectsDefineTheFunctionAndNoPath) {
  auto object = emitObject(*parse(kAxpy), v3, 2, "kernel_0");
  ASSERT_TRUE(static_cast<bool>(object)) << llvm::toString(object.takeError());
  auto elf = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object->data(), object->size()), "kernel_0"));
  ASSERT_TRUE(static_cast<bool>(elf)) << llvm::toString(elf.takeError());
  std::vector<std::string> names;
  for (const auto &symbol : (*elf)->symbols())
    names.push_back(llvm::cantFail(symbol.getName()).str());
  EXPECT_EQ(names, (std::vector<std::string>{"kernel_0", "axpy"}));
}

TEST_F(Emit, TheSameInputGivesTheSameBits) {
  for (unsigned level : {0u, 1u, 2u, 3u}) {
    auto one = emitObject(*parse(kAxpy), v3, level, "k");
    auto two = emitObject(*parse(kAxpy), v3, level, "k");
    ASSERT_TRUE(one && two);
    EXPECT_EQ(*one, *two);
  }
}

TEST_F(Emit, AssemblyUsesTheTargetsInstructions) {
  std::string text = llvm::cantFail(emitText(*parse(kAxpy), v3, 3, "k", true));
  EXPECT_NE(text.find("vfmadd"), std::string::npos) << text;
  EXPECT_EQ(text.find(".cfi_"), std::string::npos) << "tables to unwind code that does not throw";
  Target v2 = llvm::cantFail(Target::parse("x86-64-v2", "x86_64-linux-gnu"));
  text = llvm::cantFail(emitText(*parse(kAxpy), v2, 3, "k", true));
  EXPECT_EQ(text.find("vfmadd"), std::string::npos) << text;
}

TEST_F(Emit, IRHasTargetAndLayout) {
  Target arm = llvm::cantFail(Target::parse("", "aarch64-linux-gnu"));
  std::string text = llvm::cantFail(emitText(*parse(kAxpy), arm, 0, "k", false));
  EXPECT_NE(text.find("target triple = \"aarch64-unknown-linux-gnu\""), std::string::npos) << text;
  EXPECT_NE(text.find("source_filename = \"k\""), std::string::npos) << text;
}

/// LLVM 22 stores wrong bytes of such a vector on aarch64, so none reaches it.
TEST_F(Emit, StoresOfThreeBytesAreSplitForArm) {
  constexpr llvm::StringLiteral source = R"(
llvm.func @narrow(%x: !llvm.ptr, %y: !llvm.ptr) {
  %0 = llvm.load %x : !llvm.ptr -> vector<3xi64>
  %1 = llvm.trunc %0 : vector<3xi64> to vector<3xi8>
  llvm.store %1, %y {alignment = 1 : i64} : vector<3xi8>, !llvm.ptr
  llvm.return
}
)";
  Target arm = llvm::cantFail(Target::parse("", "aarch64-linux-gnu"));
  for (unsigned level : {0u, 3u}) {
    std::string text = llvm::cantFail(emitText(*parse(source), arm, level, "k", false));
    EXPECT_EQ(text.find("store <3 x i8>"), std::string::npos) << text;
    EXPECT_EQ(llvm::StringRef(text).count("store i8"), 3u) << text;
  }
  EXPECT_NE(llvm::cantFail(emitText(*parse(source), v3, 3, "k", false)).find("store <3 x i8>"),
            std::string::npos);
}

TEST_F(Emit, WhatIsNotLLVMIsRefused) {
  context.loadDialect<mlir::func::FuncDialect>();
  auto module = parse("func.func @f(%a: i32) -> i32 { return %a : i32 }");
  auto object = emitObject(*module, v3, 1, "k");
  ASSERT_FALSE(static_cast<bool>(object));
  EXPECT_NE(llvm::toString(object.takeError()).find("cannot translate k"), std::string::npos);
}

} // namespace
