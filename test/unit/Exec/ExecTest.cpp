// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From MLIR text to a loaded model.

#include "test/unit/Exec/ExecTest.h"
#include "lib/Driver/Link/Linker.h"
#include "lib/Target/CPU/Pipeline.h"
#include "lib/Transforms/Exec/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <dlfcn.h>

using namespace accel::exec::test;
using namespace mlir;

std::string accel::exec::test::kernelDeclarations() {
  std::string text;
  for (std::string width : {"4", "16", "64"}) {
    std::string shape = "{exec.shape = affine_map<()[s0] -> (s0, " + width + ")>}";
    std::string tensor = "tensor<?x" + width + "xf32> " + shape;
    text += "exec.kernel @mix" + width + " { func.func private @mix" + width + "(index, " + tensor +
            ", " + tensor + ") -> (" + tensor + ") }\n";
    text += "exec.kernel @both" + width + " { func.func private @both" + width + "(index, " +
            tensor + ") -> (" + tensor + ", " + tensor + ") }\n";
  }
  auto fixed = [](const char *type, const char *shape) {
    return std::string(type) + " {exec.shape = affine_map<() -> (" + shape + ")>}";
  };
  return text +
         "exec.kernel @fixed attributes {scratch_bytes = 64 : i64, items = 8 : i64, flops = 16.0 : "
         "f64} { "
         "func.func private @fixed(" +
         fixed("tensor<8x16xf32>", "8, 16") + ", " + fixed("tensor<16xf32>", "16") + ", " +
         fixed("tensor<16xi1>", "16") + ") -> (" + fixed("tensor<8x16xf32>", "8, 16") + ") }\n";
}

Model::Model(const std::string &path) : handle(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  EXPECT_TRUE(handle) << ::dlerror();
  auto function =
      handle ? reinterpret_cast<accel_model_fn>(::dlsym(handle, ACCEL_MODEL_SYMBOL)) : nullptr;
  EXPECT_TRUE(function) << "no accel_model";
  model = function ? function() : nullptr;
}

Model::~Model() {
  if (handle)
    ::dlclose(handle);
}

accel_model_info Model::info() const {
  accel_model_info info = {};
  info.size = sizeof info;
  EXPECT_EQ(accel_get_info(model, &info), ACCEL_OK);
  return info;
}

Context::Context(const Model &model, int threads) : model(model.get()) {
  accel_options options = {};
  options.size = sizeof options;
  options.threads = threads;
  char message[256] = "";
  EXPECT_EQ(accel_create(this->model, &options, &context, message, sizeof message), ACCEL_OK)
      << message;
}

Context::~Context() { accel_destroy(context); }

std::vector<Context::Tensor> Context::run(std::vector<Tensor> inputs,
                                          std::vector<std::vector<int64_t>> shapes) {
  std::vector<accel_value> arguments;
  for (size_t i = 0; i < inputs.size(); ++i)
    arguments.push_back(accel_tensor_value(
        accel_float32(inputs[i].data(), int32_t(shapes[i].size()), shapes[i].data())));
  accel_model_info info = {};
  info.size = sizeof info;
  accel_get_info(model, &info);
  std::vector<accel_value> results(info.outputs, accel_none());
  EXPECT_EQ(
      accel_run(context, arguments.data(), int32_t(arguments.size()), results.data(), info.outputs),
      ACCEL_OK)
      << accel_message(context);
  std::vector<Tensor> outputs;
  for (const accel_value &result : results) {
    const accel_tensor &tensor = result.u.tensor;
    int64_t count = 1;
    for (int32_t axis = 0; axis < tensor.ndim; ++axis)
      count *= tensor.shape[axis];
    const float *data = static_cast<const float *>(tensor.data);
    outputs.emplace_back(data, data + count);
  }
  return outputs;
}

ExecTest::ExecTest() : context(MLIRContext::Threading::DISABLED) {
  context.loadDialect<ExecDialect, LLVM::LLVMDialect, func::FuncDialect>();
  context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
    diagnostics += diagnostic.str() + "\n";
    return success();
  });
  llvm::SmallString<128> path;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("accel-exec-test", path));
  folder = std::string(path);
  options.prefix = "t";
  options.name = "test";
}

ExecTest::~ExecTest() { llvm::sys::fs::remove_directories(folder); }

OwningOpRef<ModuleOp> ExecTest::plan(const std::string &text) {
  auto module = parseSourceString<ModuleOp>(text, &context);
  PassManager passes(&context);
  passes.addPass(createExecPlanMemory());
  if (!module || failed(passes.run(*module)))
    return nullptr;
  return module;
}

std::unique_ptr<Model> ExecTest::load(ModuleOp module) {
  FailureOr<LoweredProgram> result = lowerProgram(module, options);
  if (failed(result)) {
    ADD_FAILURE() << diagnostics;
    return nullptr;
  }
  lowered = std::move(*result);
  cpu::Target target = llvm::cantFail(cpu::Target::parse("x86-64-v2", "x86_64-linux-gnu"));
  auto object = cpu::emitObject(*lowered.module, target, 2, "program");
  if (!object) {
    ADD_FAILURE() << llvm::toString(object.takeError());
    return nullptr;
  }
  lowered.module = nullptr;
  objectBytes = object->size();

  auto kernels = llvm::MemoryBuffer::getFile(ACCEL_TEST_KERNELS);
  link::LinkInput input;
  input.prefix = options.prefix;
  input.objects = {{StringRef(object->data(), object->size()), "program"},
                   (*kernels)->getMemBufferRef()};
  input.exports = {"t_model"};
  input.aliases = {{ACCEL_MODEL_SYMBOL, "t_model"}};
  input.weights.size = lowered.weightBytes;
  for (const Weight &weight : lowered.weights)
    input.weights.segments.push_back({weight.offset, weight.size, [&](link::WeightSink sink) {
                                        return writeWeight(weight.value, sink);
                                      }});
  std::string path = folder + "/model" + std::to_string(models++) + ".so";
  auto linked = link::linkSharedLibrary(input, path);
  if (!linked) {
    ADD_FAILURE() << llvm::toString(linked.takeError());
    return nullptr;
  }
  return std::make_unique<Model>(path);
}
