// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The input says where a model's weights are: a line each of location, offset and length, as they
// stand in the file. Around the model are a file of weights, one in a folder, links to files
// outside, and a secret outside. Whatever the lines say, only files inside the model's folder may
// be read, and only the bytes that they have.
#include "lib/Import/ONNX/Import.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "test/fuzz/Folder.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <onnx-ml.pb.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace accel;

static const std::string &home() {
  static const std::string path = [] {
    const std::string &root = fuzz::folder();
    std::string home = root + "/home";
    if (llvm::sys::fs::create_directories(home + "/sub") ||
        llvm::sys::fs::create_directories(root + "/out"))
      __builtin_trap();
    fuzz::writeFile("secret", std::string(4096, 'S'));
    fuzz::writeFile("out/secret", std::string(4096, 'S'));
    fuzz::writeFile("home/w", std::string(4096, 'w'));
    fuzz::writeFile("home/sub/w", std::string(64, 'w'));
    if (symlink("../secret", (home + "/link").c_str()) ||
        symlink("../out", (home + "/folder").c_str()) || symlink("w", (home + "/inner").c_str()) ||
        symlink("loop", (home + "/loop").c_str()) || mkfifo((home + "/pipe").c_str(), 0600))
      __builtin_trap();
    return home;
  }();
  return path;
}

/// Protobuf takes strings of UTF-8 only; what is none is of no interest here, but for Onnx.cpp.
static std::string text(llvm::StringRef bytes) {
  std::string out;
  for (char c : bytes)
    out += c & 0x80 ? '?' : c;
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(reinterpret_cast<const char *>(data), size).split(lines, '\n', 30);
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(18);
  onnx::GraphProto &graph = *model.mutable_graph();
  graph.set_name("g");
  for (size_t i = 0; i + 2 < lines.size(); i += 3) {
    std::string name = "w" + std::to_string(i);
    onnx::TensorProto &tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::UINT8);
    int64_t length = 16;
    (void)lines[i + 2].getAsInteger(10, length);
    tensor.add_dims(length);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    for (auto [key, value] :
         {std::pair("location", lines[i]), {"offset", lines[i + 1]}, {"length", lines[i + 2]}}) {
      if (value.empty())
        continue;
      onnx::StringStringEntryProto &entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(text(value));
    }
    onnx::NodeProto &node = *graph.add_node();
    node.set_op_type("Identity");
    node.add_input(name);
    node.add_output("y" + std::to_string(i));
    onnx::ValueInfoProto &output = *graph.add_output();
    output.set_name(node.output(0));
    output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
  }
  home();
  std::string path = fuzz::writeFile("home/model.onnx", model.SerializeAsString());
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) { return mlir::success(); });
  ImportReport report;
  mlir::OwningOpRef<mlir::ModuleOp> module = importONNX(context, path, {}, report);
  if (module ? mlir::failed(mlir::verify(*module)) : !report.hasErrors())
    __builtin_trap();
  llvm::SmallString<256> real;
  if (llvm::sys::fs::real_path(home(), real))
    __builtin_trap();
  for (const std::string &file : report.externalFiles) {
    llvm::SmallString<256> target;
    if (llvm::sys::fs::real_path(file, target) || !target.str().starts_with((real + "/").str()))
      __builtin_trap();
  }
  if (module) {
    // Reads every byte of every weight: what lies outside a file ends the process.
    std::string printed;
    llvm::raw_string_ostream out(printed);
    module->print(out);
    if (printed.find("53535353") != std::string::npos)
      __builtin_trap();
  }
  return 0;
}
