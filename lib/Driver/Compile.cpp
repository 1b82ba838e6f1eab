// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compile from file to file: reads the input, takes it from stage to stage, says what went wrong.
#include "lib/Driver/Compile.h"
#include "dialects/Exec/ExecOps.h"
#include "lib/Driver/Artefacts.h"
#include "lib/Driver/Link/Embedded.h"
#include "lib/Driver/Metadata.h"
#include "lib/Pipelines/Pipelines.h"
#include "lib/Support/Sanitize.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace accel {

/// Functions that this build has for some machines only are refused with the node that needs them.
static void noteMissingFunctions(CompileOptions &options) {
  auto hasImages = [](const link::embedded::MachineFiles &files) { return !files.images.empty(); };
  const Triple triple(options.target().triple);
  ArrayRef<link::embedded::MachineFiles> machines = link::embedded::machines();
  if (any_of(machines, [&](const link::embedded::MachineFiles &files) {
        return files.machine == triple.getArch() && hasImages(files);
      }))
    return;
  auto found = find_if(machines, hasImages);
  options.import.missingFunctions["image_decode"] =
      found == machines.end()
          ? std::pair<std::string, std::string>(
                "this build of the compiler has no libraries that decode pictures",
                "Decode pictures before the model, or build the compiler where the libraries are "
                "(tools/dev/install.sh installs them).")
          : std::pair<std::string, std::string>(
                "expected the target " + Triple::getArchTypeName(found->machine).str() +
                    "-linux-gnu, for which this build of the compiler has libraries that decode "
                    "pictures, found " +
                    triple.str(),
                "Decode pictures before the model.");
}

Compiler::Compiler(CompileOptions given) : options(std::move(given)), console(options.quiet) {
  noteMissingFunctions(options);
  bool compilesKernels = options.check == CheckFormat::None &&
                         (options.stopAfter >= Stage::Object) && options.emit < Emit::Header;
  // Workers compile all kernels in one way.
  if (compilesKernels && options.workers && !options.tunedKernels)
    workers = std::make_unique<WorkerPool>(options.workers, options.levels, kernelOptions(options));
}

Compiler::~Compiler() = default;

int Compiler::run() {
  if (options.check != CheckFormat::None)
    return check();

  mlir::DialectRegistry registry;
  cpu::registerKernelDialects(registry);
  // Without threads, so that a worker which died can be forked again.
  context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  context->getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning)
      console.warning(describe(diagnostic));
    else if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      diagnostics.push_back(describe(diagnostic));
    else if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Remark)
      summary.remarks.push_back(describe(diagnostic));
    return mlir::success();
  });

  source.name = sys::path::stem(options.input).str();
  source.flags = options.importFlags();
  int code = read();
  if (!code)
    code = advance();
  if (!code)
    code = finish();
  if (code)
    return code;
  console.end();
  if (!options.quiet && options.output != "-")
    printSummary(summary, options, console);
  return kSuccess;
}

int Compiler::check() {
  ImportReport report = checkONNX(options.input, options.import);
  if (options.check == CheckFormat::JSON) {
    report.printJSON(outs());
    outs() << "\n";
  } else {
    std::string text;
    raw_string_ostream stream(text);
    report.printText(stream);
    if (!text.empty())
      errs() << printableLines(text);
    if (!report.hasErrors() && !options.quiet)
      outs() << printableLines(options.input) << ": can be compiled\n";
  }
  return report.hasErrors() ? kUserError : kSuccess;
}

//===-- Input -------------------------------------------------------------------------------===//

int Compiler::read() {
  StringRef extension = sys::path::extension(options.input);
  console.begin("import");
  if (options.startFrom || extension == ".mlir" || extension == ".mlirbc")
    return readMLIR();

  if (options.prefix.empty())
    options.prefix = identifierFromPath(options.input);
  ImportReport report;
  module = importONNX(*context, options.input, options.import, report);
  if (!report.problems.empty()) {
    std::string text;
    raw_string_ostream stream(text);
    report.printText(stream);
    errs() << printableLines(text);
  }
  if (!module && !report.hasErrors())
    return internalError("the importer gave up without a reason: " + takeDiagnostics(), nullptr,
                         Stage::Import);
  if (!module)
    return kUserError;
  if (!options.states.empty()) {
    std::vector<std::string> problems = markStates(*module, options.states);
    for (const std::string &problem : problems)
      console.error(problem);
    if (!problems.empty())
      return kUserError;
  }
  module->setSymName(options.prefix);
  std::vector<std::string> files = {options.input};
  files.insert(files.end(), report.externalFiles.begin(), report.externalFiles.end());
  hashSource(std::move(files));
  if (options.emit == Emit::MLIR || !options.dumpDir.empty())
    noteSource();
  reach(Stage::Import);
  return 0;
}

int Compiler::readMLIR() {
  if (!options.import.shapes.empty() || !options.import.dims.empty() ||
      !options.import.dimRanges.empty() || !options.states.empty())
    return userError("--shape, --dim and --state need an ONNX model; " + options.input +
                     " is MLIR, whose sizes are settled");
  if (!options.import.debugOutputs.empty())
    return userError("--debug-outputs needs an ONNX model; " + options.input +
                     " is MLIR, whose outputs are settled");
  if (!sys::fs::exists(options.input))
    return userError("cannot read '" + options.input + "': no such file");
  module = mlir::parseSourceFile<mlir::ModuleOp>(options.input, mlir::ParserConfig(context.get()));
  if (!module)
    return userError("cannot read '" + options.input + "' as MLIR: " + takeDiagnostics());
  bool hasKernels =
      !module->getOps<exec::KernelOp>().empty() || !module->getOps<exec::ProgramOp>().empty();
  bool hasMain = module->lookupSymbol("main") && !hasKernels;
  if (!hasKernels && !hasMain)
    return userError("cannot compile '" + options.input +
                     "': expected a function @main or an exec.program");
  at = options.startFrom.value_or(hasKernels ? Stage::Kernels : Stage::Import);
  if (hasKernels != (at >= Stage::Kernels))
    return userError("'" + options.input + "' is no artefact of the stage '" + stageInfo(at).name +
                     "': it has " + (hasKernels ? "kernels already" : "no kernels yet"));
  if (options.stopAfter < at)
    return userError("--stop-after=" + stageInfo(options.stopAfter).name + ": '" + options.input +
                     "' is past that stage");
  // The symbols of lowered kernels begin with the prefix, which is the module's name.
  std::string prefix = module->getSymName().value_or("").str();
  if (prefix.empty() || prefix != sanitizeIdentifier(prefix))
    prefix = identifierFromPath(options.input);
  if (at == Stage::LLVM && !options.prefix.empty() && options.prefix != prefix)
    return userError("--prefix=" + options.prefix + ": the kernels of '" + options.input +
                     "' have the prefix '" + prefix + "' already");
  if (options.prefix.empty())
    options.prefix = prefix;
  module->setSymName(options.prefix);
  recallSource();
  if (source.hash.empty())
    hashSource({options.input});
  return 0;
}

void Compiler::hashSource(std::vector<std::string> files) {
  // Beside the compile: hashing gigabytes takes seconds.
  sourceHash = std::async(std::launch::async, [files = std::move(files)] {
    Expected<std::string> hash = hashFiles(files);
    if (hash)
      return *hash;
    consumeError(hash.takeError()); // the importer has just read them
    return std::string();
  });
}

/// What a library says of its source must not depend on whether it was made in one go.
static constexpr StringLiteral kSource = "nn.source";

void Compiler::noteSource() {
  mlir::Builder builder(context.get());
  source.hash = sourceHash.get();
  (*module)->setAttr(kSource,
                     builder.getDictionaryAttr(
                         {builder.getNamedAttr("flags", builder.getStringAttr(source.flags)),
                          builder.getNamedAttr("name", builder.getStringAttr(source.name)),
                          builder.getNamedAttr("sha256", builder.getStringAttr(source.hash))}));
}

void Compiler::recallSource() {
  auto noted = (*module)->getAttrOfType<mlir::DictionaryAttr>(kSource);
  if (!noted)
    return;
  auto get = [&](StringRef key, std::string &into) {
    if (auto text = noted.getAs<mlir::StringAttr>(key))
      into = text.str();
  };
  get("flags", source.flags);
  get("name", source.name);
  get("sha256", source.hash);
}

//===-- Stages ------------------------------------------------------------------------------===//

int Compiler::advance() {
  if (at < Stage::NN && options.stopAfter >= Stage::NN) {
    if (int code = runPasses("nn", [&](mlir::OpPassManager &pm) {
          buildNNPipeline(pm, options.target(), options.pipeline());
        }))
      return code;
    reach(Stage::NN);
  }
  if (at < Stage::Kernels && options.stopAfter >= Stage::Kernels) {
    if (int code = runPasses("kernels", [&](mlir::OpPassManager &pm) {
          buildKernelsPipeline(pm, options.target(), options.pipeline());
        }))
      return code;
    reach(Stage::Kernels);
  }
  if (at < Stage::Kernels)
    return 0;

  // Kernels go straight from here to objects, each in a worker; what is between is for those who
  // look or start there.
  bool isWanted =
      options.emit == Emit::MLIR || options.emit == Emit::LLVMIR || options.emit == Emit::Assembly;
  if (!isWanted && options.dumpDir.empty())
    return 0;
  mlir::OwningOpRef<mlir::ModuleOp> kept;
  Stage keptAt = at;
  if (!isWanted)
    kept = module->clone();
  for (Stage stage : {Stage::Tiled, Stage::Buffers, Stage::LLVM})
    if (at < stage && stage <= options.stopAfter)
      if (int code = lowerTo(stage))
        return code;
  if (!isWanted) {
    module = std::move(kept);
    at = keptAt;
  }
  return 0;
}

int Compiler::runPasses(StringRef name, function_ref<void(mlir::OpPassManager &)> build) {
  console.begin(name);
  mlir::OwningOpRef<mlir::ModuleOp> before = module->clone();
  mlir::PassManager pm(context.get());
  build(pm);
  if (failed(pm.run(*module)))
    return internalError("the stage '" + name + "' failed: " + takeDiagnostics(), *before, at);
  return 0;
}

int Compiler::lowerTo(Stage stage) {
  // The program first: the planner asks the kernels for the sizes of their results.
  if (stage == Stage::Buffers && !module->getOps<exec::ProgramOp>().empty())
    if (int code = runPasses("plan", buildPlanPipeline))
      return code;
  console.begin(stageInfo(stage).name);
  mlir::OwningOpRef<mlir::ModuleOp> before = module->clone();
  cpu::KernelStage to = stage == Stage::Tiled     ? cpu::KernelStage::Tiled
                        : stage == Stage::Buffers ? cpu::KernelStage::Buffers
                                                  : cpu::KernelStage::LLVM;
  for (auto kernel : module->getOps<exec::KernelOp>()) {
    if (failed(cpu::lowerKernelInPlace(kernel, options.target(), kernelOptions(options), to)))
      return internalError("the stage '" + stageInfo(stage).name + "' failed: " + takeDiagnostics(),
                           *before, at);
  }
  reach(stage);
  return 0;
}

int Compiler::finish() {
  switch (options.emit) {
  case Emit::MLIR:
    return writeModule();
  case Emit::LLVMIR:
  case Emit::Assembly:
    return emitText();
  default:
    return emitBinary();
  }
}

//===-- Artefacts and messages --------------------------------------------------------------===//

void Compiler::reach(Stage stage) {
  at = stage;
  if (options.dumpDir.empty())
    return;
  SmallString<128> path(options.dumpDir);
  sys::path::append(path, dumpFileName(stage));
  if (Error error = writeArtefact(*module, path, Weights::Elided))
    console.warning("cannot dump the stage '" + stageInfo(stage).name.str() +
                    "': " + toString(std::move(error)));
}

int Compiler::writeModule() {
  if (Error error = writeArtefact(*module, options.output, Weights::Whole))
    return userError(toString(std::move(error)));
  summary.files.push_back(options.output);
  return 0;
}

std::string Compiler::takeDiagnostics() {
  std::string text = join(diagnostics, "\n");
  diagnostics.clear();
  return text.empty() ? "without a reason" : text;
}

int Compiler::userError(const Twine &message) {
  console.error(message.str());
  return kUserError;
}

int Compiler::internalError(const Twine &message, mlir::Operation *reproducer, Stage stage,
                            StringRef part, const cpu::Target *target) {
  std::string text = "internal error: " + message.str();
  if (reproducer) {
    std::string path = reproducerPath(options, part);
    if (Error error = writeArtefact(reproducer, path, Weights::Elided))
      consumeError(std::move(error));
    else
      text += "\nto see it again: accel-compile " + path +
              " --start-from=" + stageInfo(stage).name.str() +
              (isa<mlir::ModuleOp>(reproducer) &&
                       cast<mlir::ModuleOp>(reproducer).getOps<exec::ProgramOp>().empty() &&
                       stage >= Stage::Kernels
                   ? " --emit=asm "
                   : " ") +
              targetFlags(options, target ? *target : options.target());
  }
  text += "\nplease report this";
  console.error(text);
  return kInternalError;
}

} // namespace accel
