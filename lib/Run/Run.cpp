// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What accel-run does, in order.

#include "lib/Run/Run.h"
#include "lib/Run/Benchmark.h"
#include "lib/Run/Compare.h"
#include "lib/Run/CompareNodes.h"
#include "lib/Run/Context.h"
#include "lib/Run/FileName.h"
#include "lib/Run/Inputs.h"
#include "lib/Run/Npy.h"
#include "lib/Run/Profile.h"
#include "lib/Run/Show.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

static llvm::Expected<std::vector<std::string>> readLabels(StringRef path) {
  std::vector<std::string> labels;
  if (path.empty())
    return labels;
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return createStringError("cannot read the labels '%s': %s", path.str().c_str(),
                             file.getError().message().c_str());
  for (llvm::line_iterator line(**file, /*SkipBlanks=*/false); !line.is_at_eof(); ++line)
    labels.push_back(line->rtrim('\r').str());
  return labels;
}

/// Writes each tensor to <name>.npy, the items of sequences and maps to <name>_<i>.npy.
static Error write(StringRef folder, std::string stem, const Value &value,
                   llvm::StringSet<> &taken) {
  if (value.kind != ACCEL_TENSOR && value.kind != ACCEL_STRING_TENSOR) {
    for (size_t i = 0; i < value.items.size(); ++i)
      if (Error error = write(folder, stem + "_" + std::to_string(i), value.items[i], taken))
        return error;
    return Error::success();
  }
  // Names that differ only in what file names cannot hold.
  while (!taken.insert(stem).second)
    stem += "_";
  llvm::SmallString<256> path(folder);
  llvm::sys::path::append(path, stem + ".npy");
  return writeNpy(path, value);
}

static Error writeOutputs(const Model &model, const std::vector<Value> &outputs, StringRef folder) {
  if (std::error_code error = llvm::sys::fs::create_directories(folder))
    return createStringError(error, "cannot make the folder '%s': %s", folder.str().c_str(),
                             error.message().c_str());
  llvm::StringSet<> taken;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (Error error =
            write(folder, fileName(model.output(static_cast<int32_t>(i)).name), outputs[i], taken))
      return error;
  return Error::success();
}

static Error show(const Model &model, const std::vector<Value> &outputs, const Options &options,
                  llvm::raw_ostream &os) {
  auto labels = readLabels(options.labels);
  if (!labels)
    return labels.takeError();
  bool plain = !options.quiet && !options.topK && !options.benchmark && !options.profile &&
               options.trace.empty() && options.reference.empty();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const accel_port &port = model.output(static_cast<int32_t>(i));
    if (plain)
      showOutput(port, outputs[i], os);
    if (options.topK)
      showTopK(port, outputs[i], options.topK, *labels, os);
  }
  return Error::success();
}

static Error profile(const Model &model, Context &context, const Options &options,
                     llvm::raw_ostream &os) {
  auto runs = recordRuns(context, options.profileRuns);
  if (!runs)
    return runs.takeError();
  if (options.profile)
    showProfile(model, *runs, os);
  return options.trace.empty() ? Error::success() : writeTrace(options.trace, model, *runs);
}

llvm::Expected<bool> accel::run::runModel(Options options, llvm::raw_ostream &os) {
  auto model = Model::load(options.model, options.compileFlags);
  if (!model)
    return model.takeError();
  if (options.info) {
    (options.infoJson ? showInfoJson : showInfo)(**model, os);
    return true;
  }
  auto inputs = makeInputs(**model, options);
  if (!inputs)
    return inputs.takeError();
  if (!options.compareWith.empty())
    return compareNodes(options, *inputs);
  auto context = Context::create(**model, *inputs, options.threads);
  if (!context)
    return context.takeError();
  if ((*context)->run() != ACCEL_OK)
    return (*context)->error();
  std::vector<Value> outputs = (*context)->copyOutputs();
  if (Error error = show(**model, outputs, options, os))
    return std::move(error);
  if (!options.outputFolder.empty())
    if (Error error = writeOutputs(**model, outputs, options.outputFolder))
      return std::move(error);
  bool same = true;
  if (!options.reference.empty()) {
    auto compared = compareWithReference(**model, outputs, options.reference, options.compare, os);
    if (!compared)
      return compared.takeError();
    same = *compared;
  }
  if (options.profile || !options.trace.empty())
    if (Error error = profile(**model, **context, options, os))
      return std::move(error);
  if (options.benchmark) {
    auto timing = measure(**model, *inputs, options.threads, *options.benchmark);
    if (!timing)
      return timing.takeError();
    showTiming(*timing, *options.benchmark, os);
  }
  return same;
}
