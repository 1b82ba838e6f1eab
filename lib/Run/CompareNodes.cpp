// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A comparison of every value of an ONNX file with another engine's: the inputs go to files, and
// the Python package does the rest.

#include "lib/Run/CompareNodes.h"
#include "lib/Run/Npy.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

/// What python -m accel.compare returns where values differ.
static constexpr int kDifferent = 2;

/// The Python to ask: $ACCEL_PYTHON, else python3 on PATH.
static llvm::Expected<std::string> findPython() {
  const char *given = std::getenv("ACCEL_PYTHON");
  std::string chosen = given ? given : "";
  auto found = llvm::sys::findProgramByName(chosen.empty() ? "python3" : chosen);
  // A name with a slash comes back as it is.
  if (found && llvm::sys::fs::can_execute(*found))
    return *found;
  std::string why = chosen.empty() ? "there is no python3 on PATH"
                                   : "ACCEL_PYTHON is '" + chosen + "', which is no program";
  return createStringError("--compare needs Python: " + why +
                           "; set ACCEL_PYTHON to one that has the packages onnx and onnxruntime");
}

/// Puts the folder of the package that came with this program before what Python searches.
static void addPackagePath() {
  auto *anchor = reinterpret_cast<void *>(&addPackagePath);
  std::string here = llvm::sys::fs::getMainExecutable(nullptr, anchor);
  // In a build tree, an installation, a wheel.
  for (StringRef place : {"../python", "../lib/accel/python", "../.."}) {
    llvm::SmallString<256> folder(llvm::sys::path::parent_path(here)), module;
    llvm::sys::path::append(folder, place);
    llvm::sys::path::remove_dots(folder, /*remove_dot_dot=*/true);
    module = folder;
    llvm::sys::path::append(module, "accel", "compare.py");
    if (!llvm::sys::fs::exists(module))
      continue;
    std::string path(folder);
    if (const char *before = std::getenv("PYTHONPATH"); before && *before)
      path += std::string(":") + before;
    setenv("PYTHONPATH", path.c_str(), 1);
    return;
  }
}

llvm::Expected<bool> accel::run::compareNodes(const Options &options,
                                              const std::vector<Value> &inputs) {
  auto head = llvm::MemoryBuffer::getFileSlice(options.model, 4, 0);
  if (head && (*head)->getBuffer() == StringRef("\x7f"
                                                "ELF"))
    return createStringError("--compare needs the ONNX file; '%s' is a compiled model, which does "
                             "not hold the values of its nodes",
                             options.model.c_str());
  auto python = findPython();
  if (!python)
    return python.takeError();
  addPackagePath();
  setenv("PYTHONSAFEPATH", "1", 1); // -m would search the current folder first, whatever lies there
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("accel-run", folder))
    return createStringError(error, "cannot make a temporary folder: %s", error.message().c_str());
  llvm::scope_exit cleanUp([&] { llvm::sys::fs::remove_directories(folder); });
  for (size_t i = 0; i < inputs.size(); ++i) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, std::to_string(i) + ".npy");
    if (Error error = writeNpy(path, inputs[i]))
      return std::move(error);
  }
  std::vector<std::string> flags = {"--inputs=" + std::string(folder)};
  for (const std::string &flag : options.compileFlags)
    flags.push_back("--compile=" + flag);
  flags.insert(flags.end(), options.compareFlags.begin(), options.compareFlags.end());
  std::vector<StringRef> words = {*python, "-m", "accel.compare", options.model};
  words.insert(words.end(), flags.begin(), flags.end());
  llvm::outs().flush(); // the module writes there itself, as it finds out
  std::string message;
  bool failed = false;
  int status =
      llvm::sys::ExecuteAndWait(words.front(), words, std::nullopt, {}, 0, 0, &message, &failed);
  if (failed || status < 0)
    return createStringError("cannot run '%s': %s", python->c_str(), message.c_str());
  if (status != 0 && status != kDifferent)
    return createStringError("cannot compare with %s (the reasons are above)",
                             options.compareWith.c_str());
  return status == 0;
}
