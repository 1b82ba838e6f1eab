// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last stages: kernels and the program become objects, and these a file.
#include "dialects/Exec/ExecOps.h"
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "lib/Driver/Artefacts.h"
#include "lib/Driver/KernelCache.h"
#include "lib/Driver/Link/Header.h"
#include "lib/Driver/Link/Linker.h"
#include "lib/Driver/Metadata.h"
#include "lib/Pipelines/Pipelines.h"
#include "lib/Transforms/NN/Deferred.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace accel {

int Compiler::plan() {
  auto programs = module->getOps<exec::ProgramOp>();
  if (programs.empty()) {
    if (options.emit == Emit::LLVMIR || options.emit == Emit::Assembly)
      return 0; // a kernel alone, as in a reproducer
    return userError("cannot compile '" + options.input +
                     "': it has kernels, but no exec.program that launches them");
  }
  if (any_of(programs, [](exec::ProgramOp program) {
        return program.getScript() ? !program.getWeightBytes() : !program.isBufferForm();
      }))
    if (int code = runPasses("plan", [](mlir::OpPassManager &pm) { buildPlanPipeline(pm); }))
      return code;
  noteKernels(*module, summary);
  exec::ProgramOp program = exec::ProgramOp::of(*module);
  summary.arenaBytes = program.getArenaBytes();
  summary.leastArenaBytes = program.getLiveBytes();
  summary.weightBytes = program.getWeightBytes().value_or(0);
  return 0;
}

/// Of the kernels of a level; those of the best one have the model's own.
static std::string prefixOf(const CompileOptions &options, size_t level) {
  return level == 0 ? options.prefix : options.prefix + "_level" + std::to_string(level);
}

/// The kernels of all levels, those of the best one first.
std::vector<KernelResult> Compiler::compileAll(ArrayRef<exec::KernelOp> kernels) {
  size_t count = kernels.size() * options.levels.size();
  std::vector<KernelResult> results(count);
  std::vector<std::string> keys(count);
  std::vector<size_t> missing;
  std::vector<std::unique_ptr<KernelCache>> caches;
  for (const cpu::Target &level : options.levels)
    for (bool tuned : {false, true})
      caches.push_back(
          std::make_unique<KernelCache>(options.kernelCache, level, kernelOptions(options, tuned)));
  auto kernelOf = [&](size_t i) { return kernels[i % kernels.size()]; };
  auto levelOf = [&](size_t i) { return i / kernels.size(); };
  auto isTuned = [&](size_t i) {
    return !options.tunedKernels || i % kernels.size() < *options.tunedKernels;
  };
  auto cacheOf = [&](size_t i) -> KernelCache & { return *caches[2 * levelOf(i) + isTuned(i)]; };
  auto moduleOf = [&](size_t i) {
    return moduleOfKernel(kernelOf(i), prefixOf(options, levelOf(i)));
  };
  for (size_t i = 0; i < count; ++i) {
    const KernelCache &cache = cacheOf(i);
    if (cache.isOn()) {
      keys[i] = cache.keyOf(*moduleOf(i));
      if (std::optional<KernelResult> known = cache.find(keys[i])) {
        results[i] = std::move(*known);
        continue;
      }
    }
    missing.push_back(i);
  }
  auto advance = [&](size_t done) { console.advance(count - missing.size() + done, count); };
  if (workers && workers->isAlive()) {
    std::vector<KernelRequest> requests;
    for (size_t i : missing) {
      KernelRequest &request = requests.emplace_back();
      request.level = levelOf(i);
      raw_string_ostream stream(request.text);
      if (failed(mlir::writeBytecodeToFile(*moduleOf(i), stream)))
        report_fatal_error("a kernel cannot be written as bytecode");
    }
    for (auto [i, result] : zip_equal(missing, workers->compile(requests, advance)))
      results[i] = std::move(result);
  } else {
    for (auto [done, i] : enumerate(missing)) {
      cpu::KernelOptions how = kernelOptions(options, isTuned(i));
      how.symbolPrefix = prefixOf(options, levelOf(i));
      results[i] = compileHere(kernelOf(i), options.levels[levelOf(i)], how);
      advance(done + 1);
    }
  }
  for (size_t i : missing)
    cacheOf(i).keep(keys[i], results[i]);
  return results;
}

int Compiler::compileKernels() {
  std::vector<exec::KernelOp> kernels(module->getOps<exec::KernelOp>().begin(),
                                      module->getOps<exec::KernelOp>().end());
  std::vector<KernelResult> all = compileAll(kernels);
  for (auto [level, target] : enumerate(options.levels)) {
    auto results = MutableArrayRef(all).slice(level * kernels.size(), kernels.size());
    for (auto [kernel, result, entry] : zip(kernels, results, summary.kernels)) {
      std::string nodes = "(node '" + join(entry.nodes, "', '") + "')";
      std::string reproducer = reproducerPath(options, kernel.getSymName());
      if (!result.error.empty())
        return internalError("cannot compile kernel '" + kernel.getSymName() + "' " + nodes + ": " +
                                 (result.crash.empty() ? result.error
                                                       : "its compiler " + result.crash +
                                                             "; as plain loops: " + result.error),
                             *moduleOfKernel(kernel, options.prefix), at, kernel.getSymName(),
                             &target);
      if (!result.crash.empty()) {
        std::string where;
        if (Error error =
                writeArtefact(*moduleOfKernel(kernel, options.prefix), reproducer, Weights::Whole))
          consumeError(std::move(error));
        else
          where = "; please report it with " + reproducer + ", to see it again: accel-compile " +
                  reproducer + " --emit=asm -o /dev/null " + targetFlags(options, target);
        console.warning("the compiler of kernel '" + kernel.getSymName().str() + "' " + nodes +
                        " " + result.crash + "; it is compiled as plain loops, which are slower" +
                        where);
      }
      // What all levels have room in.
      kernel.setScratchBytes(
          std::max(kernel.getScratchBytes().value_or(0), result.kernel.scratchBytes));
      if (level == 0 && result.kernel.items > 0)
        kernel.setItems(result.kernel.items);
      (level ? entry.lower.emplace_back() : entry.result) = std::move(result);
    }
  }
  return 0;
}

/// All LLVM functions of one module into another. Declarations meet their definitions, and private
/// helpers that two kernels both have get names of their own.
static void mergeModule(mlir::ModuleOp into, mlir::Block &from) {
  mlir::SymbolTable table(into);
  for (mlir::Operation &op : make_early_inc_range(from)) {
    auto name = mlir::SymbolTable::getSymbolName(&op);
    mlir::Operation *other = table.lookup(name);
    auto isDeclaration = [](mlir::Operation *op) {
      auto function = dyn_cast<mlir::FunctionOpInterface>(op);
      return function && function.isExternal();
    };
    if (other && isDeclaration(&op))
      continue;
    if (other && isDeclaration(other)) {
      table.erase(other);
    } else if (other) {
      std::string fresh;
      for (unsigned i = 1; fresh.empty() || table.lookup(fresh); ++i)
        fresh = name.str() + "_" + std::to_string(i);
      auto renamed = mlir::StringAttr::get(op.getContext(), fresh);
      for (mlir::Operation &user : from)
        (void)mlir::SymbolTable::replaceAllSymbolUses(name, renamed, &user);
      mlir::SymbolTable::setSymbolName(&op, renamed);
    }
    op.remove();
    table.insert(&op);
  }
}

Expected<exec::LoweredProgram> Compiler::lowerTheProgram() {
  exec::ProgramOptions how;
  how.prefix = options.prefix;
  how.name = source.name;
  how.target = cpu::strOf(options.levels);
  if (source.hash.empty() && sourceHash.valid())
    source.hash = sourceHash.get();
  how.sourceHash = source.hash;
  how.flags = "-O" + std::to_string(options.optLevel) + source.flags;
  how.cpuFeatures = options.levels.back().runtimeFeatures();
  for (auto [i, level] : enumerate(options.levels))
    how.levels.push_back({prefixOf(options, i), level.runtimeFeatures() & ~how.cpuFeatures});
  mlir::FailureOr<exec::LoweredProgram> lowered = exec::lowerProgram(*module, how);
  if (failed(lowered))
    return createStringError(inconvertibleErrorCode(), takeDiagnostics());
  return std::move(*lowered);
}

int Compiler::emitText() {
  if (int code = plan())
    return code;
  console.begin("object");
  mlir::OwningOpRef<mlir::ModuleOp> whole = mlir::ModuleOp::create(module->getLoc());
  if (!module->getOps<exec::ProgramOp>().empty()) {
    Expected<exec::LoweredProgram> program = lowerTheProgram();
    if (!program)
      return internalError("cannot lower the program: " + toString(program.takeError()), *module,
                           at);
    whole = std::move(program->module);
  }
  for (auto kernel : module->getOps<exec::KernelOp>())
    mergeModule(*whole, kernel.getBody().front());
  Expected<std::string> text =
      cpu::emitText(*whole, options.target(), options.optLevel, options.prefix,
                    /*assembly=*/options.emit == Emit::Assembly);
  if (!text)
    return internalError(toString(text.takeError()), *module, at);
  if (Error error = writeTextFile(options.output, *text))
    return userError(toString(std::move(error)));
  summary.files.push_back(options.output);
  return 0;
}

/// What one thread packs of a weight while others pack the rest.
static constexpr uint64_t kWeightRange = 32 << 20;

/// The weights as the linker takes them; the bytes stay where the model has them, and packed ones
/// are made while they are written.
static Expected<link::WeightImage> weightImage(const exec::LoweredProgram &program,
                                               unsigned threads) {
  link::WeightImage image;
  image.size = program.weightBytes;
  image.threads = threads;
  for (const exec::Weight &weight : program.weights) {
    auto deferred = dyn_cast<nn::DeferredAttr>(weight.value);
    if (!deferred) {
      image.segments.push_back(
          {weight.offset, weight.size, [value = weight.value](link::WeightSink sink) {
             return exec::writeWeight(value, sink);
           }});
      continue;
    }
    Expected<nn::DeferredBytes> bytes = nn::DeferredBytes::get(deferred);
    if (!bytes)
      return bytes.takeError();
    for (auto range : bytes->ranges(kWeightRange))
      image.segments.push_back(
          {weight.offset + range.first, range.second - range.first,
           [bytes = *bytes, range](link::WeightSink sink) { return bytes.write(range, sink); }});
  }
  return image;
}

int Compiler::emitBinary() {
  if (int code = plan())
    return code;
  exec::ProgramOp program = exec::ProgramOp::of(*module);
  if (options.emit == Emit::Header) {
    if (Error error = writeTextFile(
            options.output, link::headerText(signatureOf(program, source.name, options.prefix))))
      return userError(toString(std::move(error)));
    summary.files.push_back(options.output);
    return 0;
  }

  console.begin("object");
  if (int code = compileKernels())
    return code;
  Expected<exec::LoweredProgram> lowered = lowerTheProgram();
  if (!lowered)
    return internalError("cannot lower the program: " + toString(lowered.takeError()), *module, at);
  Expected<SmallVector<char, 0>> object =
      cpu::emitObject(*lowered->module, options.levels.back(), options.optLevel, options.prefix);
  if (!object)
    return internalError(toString(object.takeError()), *module, at);

  console.begin("library");
  link::LinkInput input;
  input.triple = Triple(options.target().triple);
  input.prefix = options.prefix;
  Expected<link::WeightImage> weights = weightImage(*lowered, options.workers);
  if (!weights)
    return internalError(toString(weights.takeError()), *module, at);
  input.weights = std::move(*weights);
  // In the order of the kernels' numbers, whatever finished first.
  input.objects.emplace_back(StringRef(object->data(), object->size()), "program");
  for (size_t level = 0; level < options.levels.size(); ++level)
    for (const KernelSummary &kernel : summary.kernels) {
      const KernelResult &result = level ? kernel.lower[level - 1] : kernel.result;
      const SmallVector<char, 0> &bytes = result.kernel.object;
      input.objects.emplace_back(StringRef(bytes.data(), bytes.size()), kernel.name);
    }
  input.exports = {options.prefix + "_model"};
  if (options.emit == Emit::SharedLibrary || options.emit == Emit::Executable)
    input.exports.push_back("accel_model");
  Expected<link::LinkResult> linked =
      options.emit == Emit::SharedLibrary ? link::linkSharedLibrary(input, options.output)
      : options.emit == Emit::Executable  ? link::linkExecutable(input, options.output)
      : options.emit == Emit::Object      ? link::writeObject(input, options.output)
                                          : link::writeArchive(input, options.output);
  if (!linked)
    return userError(toString(linked.takeError()));
  summary.files.push_back(options.output);
  summary.fileBytes = linked->fileBytes;

  if (options.emit == Emit::Archive) {
    SmallString<128> header(options.output);
    sys::path::replace_extension(header, ".h");
    if (Error error = link::writeHeader(signatureOf(program, source.name, options.prefix), header))
      return userError(toString(std::move(error)));
    summary.files.push_back(std::string(header));
  }
  return 0;
}

} // namespace accel
