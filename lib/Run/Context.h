// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A context of a model with the arguments of its runs.
//
#ifndef ACCEL_RUN_CONTEXT_H
#define ACCEL_RUN_CONTEXT_H

#include "lib/Run/Model.h"
#include "lib/Run/Value.h"

namespace accel::run {

class Context {
public:
  /// inputs are read in place by each run and must outlive the context.
  static llvm::Expected<std::unique_ptr<Context>>
  create(const Model &model, const std::vector<Value> &inputs, int32_t threads);
  ~Context();

  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  /// One run; the outputs stay in the context until the next one.
  accel_status run();

  /// What the last call on the context complained of.
  llvm::Error error() const;

  /// Copies of the last run's outputs.
  std::vector<Value> copyOutputs() const;

  accel_context *get() const { return context; }

private:
  Context() = default;

  accel_context *context = nullptr;
  Storage storage;
  std::vector<accel_value> arguments, results;
};

} // namespace accel::run

#endif // ACCEL_RUN_CONTEXT_H
