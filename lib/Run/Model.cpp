// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading of models.

#include "lib/Run/Model.h"
#include "lib/Run/DType.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <optional>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

//===-- Libraries ---------------------------------------------------------------------------===//

/// The system's loader crashes on a library that was cut short, so the program headers are compared
/// with the size of the file. Empty if nothing is wrong.
static std::string problemOf(StringRef bytes) {
  Elf64_Ehdr head;
  if (bytes.size() < sizeof head)
    return "it is cut short";
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
    return "it is no 64-bit little-endian ELF file";
  if (head.e_type != ET_DYN)
    return head.e_type == ET_REL ? "it is an object file" : "it is no library";
  uint64_t table = uint64_t(head.e_phnum) * sizeof(Elf64_Phdr);
  if (head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phoff > bytes.size() ||
      bytes.size() - head.e_phoff < table)
    return "it is cut short";
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr part;
    std::memcpy(&part, bytes.data() + head.e_phoff + i * sizeof part, sizeof part);
    if (part.p_type == PT_LOAD &&
        (part.p_offset > bytes.size() || bytes.size() - part.p_offset < part.p_filesz))
      return "it is cut short: it should have " + std::to_string(part.p_offset + part.p_filesz) +
             " bytes and has " + std::to_string(bytes.size());
  }
  return "";
}

Error Model::open(StringRef path) {
  auto refuse = [&](const std::string &reason) {
    return createStringError("cannot load '%s': %s; expected what accel-compile writes with -o "
                             "model.so, for this machine",
                             path.str().c_str(), reason.c_str());
  };
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return refuse(file.getError().message());
  if (std::string problem = problemOf((*file)->getBuffer()); !problem.empty())
    return refuse(problem);
  // dlopen searches the system's folders for a name without a slash.
  llvm::SmallString<256> absolute(path);
  llvm::sys::fs::make_absolute(absolute);
  handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return refuse(dlerror());
  auto function = reinterpret_cast<accel_model_fn>(dlsym(handle, ACCEL_MODEL_SYMBOL));
  if (!function)
    return refuse("it does not export '" ACCEL_MODEL_SYMBOL "'");
  model = function();
  if (model->api->abi != ACCEL_ABI || model->api->size < sizeof(accel_api))
    return createStringError("'%s' has version %u of the C interface, and accel-run speaks version "
                             "%u; compile the model again",
                             path.str().c_str(), model->api->abi, ACCEL_ABI);
  about.size = sizeof about;
  if (accel_get_info(model, &about) != ACCEL_OK)
    return refuse("it does not say what it is");
  return Error::success();
}

Model::~Model() {
  if (handle)
    dlclose(handle);
}

//===-- ONNX files --------------------------------------------------------------------------===//

/// The accel-compile beside this program, or the one on PATH.
static llvm::Expected<std::string> findCompiler() {
  // The address of any function of this program finds it where /proc is missing.
  auto *anchor = reinterpret_cast<void *>(&findCompiler);
  std::string here = llvm::sys::fs::getMainExecutable(nullptr, anchor);
  StringRef folder = llvm::sys::path::parent_path(here);
  for (auto paths : {std::optional<StringRef>(folder), std::optional<StringRef>()}) {
    auto found = paths ? llvm::sys::findProgramByName("accel-compile", {*paths})
                       : llvm::sys::findProgramByName("accel-compile");
    if (found)
      return *found;
  }
  return createStringError("cannot compile the model: accel-compile is neither in '%s' nor on PATH",
                           folder.str().c_str());
}

static Error compile(StringRef model, StringRef output, llvm::ArrayRef<std::string> flags) {
  llvm::Expected<std::string> compiler = findCompiler();
  if (!compiler)
    return compiler.takeError();
  std::vector<StringRef> words = {*compiler, model, "-o", output};
  words.insert(words.end(), flags.begin(), flags.end());
  // Standard output is for this program's results; what the compiler complains of passes through.
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(), std::nullopt};
  std::string message;
  bool failed = false;
  int status =
      llvm::sys::ExecuteAndWait(*compiler, words, std::nullopt, redirects, 0, 0, &message, &failed);
  if (status == 0 && !failed)
    return Error::success();
  std::string command = llvm::join(words, " ");
  if (failed || status < 0)
    return createStringError("the compiler was ended (%s): %s", message.c_str(), command.c_str());
  return createStringError("cannot compile '%s' (the reasons are above)", model.str().c_str());
}

llvm::Expected<std::unique_ptr<Model>> Model::load(StringRef path,
                                                   llvm::ArrayRef<std::string> compileFlags) {
  std::unique_ptr<Model> model(new Model());
  if (llvm::sys::fs::is_directory(path))
    return createStringError("'%s' is a folder, expected a model", path.str().c_str());
  auto head = llvm::MemoryBuffer::getFileSlice(path, 4, 0);
  if (!head)
    return createStringError("cannot open the model '%s': %s", path.str().c_str(),
                             head.getError().message().c_str());
  if ((*head)->getBuffer().starts_with("\x7f"
                                       "ELF")) {
    if (Error error = model->open(path))
      return std::move(error);
    return model;
  }
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("accel-run", folder))
    return createStringError(error, "cannot make a temporary folder: %s", error.message().c_str());
  llvm::scope_exit cleanUp([&] { llvm::sys::fs::remove_directories(folder); });
  llvm::SmallString<128> library(folder);
  llvm::sys::path::append(library, llvm::sys::path::stem(path) + ".so");
  if (Error error = compile(path, library, compileFlags))
    return std::move(error);
  if (Error error = model->open(library))
    return std::move(error);
  return model;
}

//===-- Names -------------------------------------------------------------------------------===//

int32_t Model::findInput(StringRef name) const {
  for (int32_t i = 0; i < about.inputs; ++i)
    if (name == input(i).name)
      return i;
  return -1;
}

int32_t Model::findOutput(StringRef name) const {
  for (int32_t i = 0; i < about.outputs; ++i)
    if (name == output(i).name)
      return i;
  return -1;
}

int32_t Model::findSymbol(StringRef name) const {
  for (int32_t i = 0; i < about.symbols; ++i)
    if (name == symbol(i).name)
      return i;
  return -1;
}

std::string Model::inputNames() const {
  std::string names;
  for (int32_t i = 0; i < about.inputs; ++i)
    names += (i ? ", '" : "'") + std::string(input(i).name) + "'";
  return names.empty() ? "none" : names;
}

std::string Model::symbolNames() const {
  std::string names;
  for (int32_t i = 0; i < about.symbols; ++i)
    names += (i ? ", '" : "'") + std::string(symbol(i).name) + "'";
  return names.empty() ? "none" : names;
}

/// What the metadata says of a dim that follows from others ("2 * height"); "?" where it is silent.
static std::string derivedDim(const Model &model, const accel_port &port, int32_t axis) {
  const accel_model_info &info = model.info();
  StringRef text(info.metadata, info.metadata ? static_cast<size_t>(info.metadata_bytes) : 0);
  llvm::Expected<llvm::json::Value> metadata = llvm::json::parse(text);
  if (!metadata) {
    llvm::consumeError(metadata.takeError());
    return "?";
  }
  const llvm::json::Object *about = metadata->getAsObject();
  for (StringRef kind : {"outputs", "inputs"})
    for (const llvm::json::Value &value :
         about && about->getArray(kind) ? *about->getArray(kind) : llvm::json::Array()) {
      const llvm::json::Object *described = value.getAsObject();
      if (!described || described->getString("name") != llvm::json::fixUTF8(port.name))
        continue;
      const llvm::json::Array *shape = described->getArray("shape");
      if (!shape || shape->size() != static_cast<size_t>(port.rank))
        continue;
      if (std::optional<StringRef> dim = (*shape)[static_cast<size_t>(axis)].getAsString())
        return dim->contains(' ') ? ("(" + *dim + ")").str() : dim->str();
    }
  return "?";
}

std::string accel::run::describePort(const Model &model, const accel_port &port) {
  std::string element = dtypeName(port.dtype), dims;
  for (int32_t i = 0; i < port.rank; ++i) {
    int64_t dim = port.dims[i];
    dims += i ? " x " : "";
    dims += dim >= 0                   ? std::to_string(dim)
            : dim == ACCEL_UNKNOWN_DIM ? derivedDim(model, port, i)
                                       : model.symbol(static_cast<int32_t>(-1 - dim)).name;
  }
  switch (port.kind) {
  case ACCEL_STRING_TENSOR:
    return "string[" + dims + "]";
  case ACCEL_SEQUENCE:
    return "sequence of " + element;
  case ACCEL_OPTIONAL:
    return "optional " + element;
  case ACCEL_MAP:
    return "map to " + element;
  default:
    return element + "[" + dims + "]";
  }
}
