// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loaded model: a library that accel-compile made, or an ONNX file, compiled first.
//
#ifndef ACCEL_RUN_MODEL_H
#define ACCEL_RUN_MODEL_H

#include "accel-rt/Model.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace accel::run {

class Model {
public:
  /// Loads a library. What is no library is compiled by the accel-compile beside this program,
  /// with these flags, into a folder that is removed as soon as the result is loaded.
  static llvm::Expected<std::unique_ptr<Model>> load(llvm::StringRef path,
                                                     llvm::ArrayRef<std::string> compileFlags = {});
  ~Model();

  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  const accel_model *get() const { return model; }
  const accel_model_info &info() const { return about; }
  const accel_port &input(int32_t index) const { return *accel_get_input(model, index); }
  const accel_port &output(int32_t index) const { return *accel_get_output(model, index); }
  const accel_symbol &symbol(int32_t index) const { return *accel_get_symbol(model, index); }

  /// The number of the input, output or symbol of that name; -1 if there is none.
  int32_t findInput(llvm::StringRef name) const;
  int32_t findOutput(llvm::StringRef name) const;
  int32_t findSymbol(llvm::StringRef name) const;

  std::string inputNames() const;  ///< "'x', 'mask'" for messages
  std::string symbolNames() const; ///< the same of the dims that have names

private:
  Model() = default;
  llvm::Error open(llvm::StringRef path);

  void *handle = nullptr;
  const accel_model *model = nullptr;
  accel_model_info about = {};
};

/// "float32[batch x 3 x 224]", "sequence of float32", ... : what a model says of an argument.
std::string describePort(const Model &model, const accel_port &port);

} // namespace accel::run

#endif // ACCEL_RUN_MODEL_H
