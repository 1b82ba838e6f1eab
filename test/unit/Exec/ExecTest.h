// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests of programs share: from MLIR text to a loaded model, and calls of it.
//
#ifndef ACCEL_TEST_UNIT_EXEC_EXECTEST_H
#define ACCEL_TEST_UNIT_EXEC_EXECTEST_H

#include "accel-rt/Model.h"
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <memory>
#include <string>
#include <vector>

namespace accel::exec::test {

/// Kernel declarations for Inputs/Kernels.c, as a module that is still open.
std::string kernelDeclarations();

/// A model in a .so, loaded.
class Model {
public:
  explicit Model(const std::string &path);
  ~Model();
  const accel_model *get() const { return model; }
  accel_model_info info() const;

private:
  void *handle = nullptr;
  const accel_model *model = nullptr;
};

/// A context, with runs over vectors of f32.
class Context {
public:
  explicit Context(const Model &model, int threads = 1);
  ~Context();
  using Tensor = std::vector<float>;
  /// Runs with inputs of f32; shapes[i] is that of input i. Outputs are flat.
  std::vector<Tensor> run(std::vector<Tensor> inputs, std::vector<std::vector<int64_t>> shapes);
  accel_context *get() const { return context; }

private:
  const accel_model *model;
  accel_context *context = nullptr;
};

class ExecTest : public testing::Test {
protected:
  ExecTest();
  ~ExecTest() override;
  /// Parses text and gives it the buffer form; null after an error.
  mlir::OwningOpRef<mlir::ModuleOp> plan(const std::string &text);
  /// Lowers, emits, links with the kernels of Inputs and loads.
  std::unique_ptr<Model> load(mlir::ModuleOp module);

  mlir::MLIRContext context;
  ProgramOptions options;
  LoweredProgram lowered;  ///< of the last load; its module is gone
  size_t objectBytes = 0;  ///< of the program's object
  std::string diagnostics; ///< all so far

private:
  std::string folder;
  int models = 0;
};

} // namespace accel::exec::test

#endif // ACCEL_TEST_UNIT_EXEC_EXECTEST_H
