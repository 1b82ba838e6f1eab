// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A context of a model with the arguments of its runs.

#include "lib/Run/Context.h"

using namespace accel::run;

llvm::Expected<std::unique_ptr<Context>>
Context::create(const Model &model, const std::vector<Value> &inputs, int32_t threads) {
  std::unique_ptr<Context> result(new Context());
  accel_options options = {};
  options.size = sizeof options;
  options.threads = threads;
  char message[1024] = "";
  if (accel_create(model.get(), &options, &result->context, message, sizeof message) != ACCEL_OK)
    return llvm::createStringError("cannot run the model: %s", message);
  for (const Value &input : inputs)
    result->arguments.push_back(describe(input, result->storage));
  result->results.assign(model.info().outputs, accel_none());
  return result;
}

Context::~Context() { accel_destroy(context); }

accel_status Context::run() {
  for (accel_value &result : results)
    result = accel_none();
  return accel_run(context, arguments.data(), static_cast<int32_t>(arguments.size()),
                   results.data(), static_cast<int32_t>(results.size()));
}

llvm::Error Context::error() const { return llvm::createStringError("%s", accel_message(context)); }

std::vector<Value> Context::copyOutputs() const {
  std::vector<Value> outputs;
  for (const accel_value &result : results)
    outputs.push_back(copyResult(result));
  return outputs;
}
