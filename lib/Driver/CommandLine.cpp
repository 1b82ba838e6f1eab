// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-compile's command line.
#include "lib/Driver/CommandLine.h"
#include "lib/Driver/KernelCache.h"
#include "lib/Driver/Link/Embedded.h"
#include "lib/Support/Completion.h"
#include "lib/Support/Sanitize.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace llvm;

namespace accel {
namespace {

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

constexpr unsigned kHighestLevel = 3;

constexpr StringLiteral kOverview =
    R"(Compiles an ONNX model to a library that needs nothing but the C library.

EXAMPLES:
  accel-compile model.onnx -o model.so                      a shared library
  accel-compile model.onnx -o model                         a program: ./model input.npy
  accel-compile model.onnx -o model.a                       a static library, and model.h beside it
  accel-compile model.onnx --check                          all that is unsupported, if anything
  accel-compile --list-ops                                  the ops that models may have
  accel-compile model.onnx -o m.so --dim batch=1..32        a batch of 1 to 32
  accel-compile model.onnx -o m.so --shape x=1x3x224x224    sizes for input x
  accel-compile gpt.onnx -o gpt.so --state 'past_*=present_*'  caches that contexts keep
  accel-compile model.onnx -o m.so --triple=aarch64-linux-gnu
  accel-compile model.onnx --stop-after=kernels -o -        what is fused with what
  accel-compile model.onnx -o m.so --debug-outputs=relu_1   the value of relu_1 as an output, too
  accel-compile model.onnx --bisect --inputs=in.npz         which pass or kernel makes it wrong
)";

/// Names that --emit takes; the first of each kind is the one that messages use.
struct EmitName {
  StringLiteral name;
  Emit emit;
};
constexpr EmitName kEmitNames[] = {
    {"so", Emit::SharedLibrary},
    {"exe", Emit::Executable},
    {"object", Emit::Object},
    {"archive", Emit::Archive},
    {"header", Emit::Header},
    {"mlir", Emit::MLIR},
    {"llvm", Emit::LLVMIR},
    {"asm", Emit::Assembly},
    {"library", Emit::SharedLibrary},
    {"o", Emit::Object},
    {"executable", Emit::Executable},
    {"obj", Emit::Object},
    {"a", Emit::Archive},
    {"h", Emit::Header},
};

/// For shells that complete a command line.
OptionValues optionValues() {
  std::vector<std::string> emits, stages, starts, triples, cpus = {"native"};
  std::set<Emit> seen;
  for (const EmitName &entry : kEmitNames)
    if (seen.insert(entry.emit).second)
      emits.push_back(entry.name.str());
  for (const StageInfo &info : allStages()) {
    stages.push_back(info.name.str());
    if (info.isModule)
      starts.push_back(info.name.str());
  }
  for (const link::embedded::MachineFiles &files : link::embedded::machines())
    triples.push_back(Triple::getArchTypeName(files.machine).str() + "-linux-gnu");
  for (StringRef cpu : cpu::tunedCpus())
    cpus.push_back(cpu.str());
  std::vector<std::string> levels;
  for (unsigned level = 0; level <= kHighestLevel; ++level)
    levels.push_back(std::to_string(level));
  return {
      {"emit", emits}, {"stop-after", stages}, {"start-from", starts}, {"triple", triples},
      {"cpu", cpus},   {"O", levels},          {"check", {"json"}},    {"kernel-cache", {"off"}}};
}

/// The options, alive only while the command line is read: the linker resets LLVM's options.
struct Flags {
  cl::OptionCategory output{"Output"};
  cl::OptionCategory model{"Model"};
  cl::OptionCategory code{"Code"};
  cl::OptionCategory stages{"Stages"};
  cl::OptionCategory mistakes{"Mistakes of the compiler"};
  cl::OptionCategory messages{"Messages"};

  cl::opt<std::string> input{cl::Positional, cl::desc("<model.onnx or stage.mlir>"),
                             cl::cat(output)};
  cl::opt<std::string> out{"o", cl::value_desc("file"), cl::cat(output),
                           cl::desc("Where to write; the suffix says what: .so, .o, .a, .h, .mlir, "
                                    ".ll, .s, or none for a program. - is standard output")};
  cl::opt<std::string> emit{
      "emit", cl::value_desc("kind"), cl::cat(output),
      cl::desc("What to write, whatever the suffix: so, exe, object, archive, header, mlir, llvm, "
               "asm")};
  cl::opt<std::string> prefix{"prefix", cl::value_desc("name"), cl::cat(output),
                              cl::desc("Prefix of the symbols (default: from the model's file)")};

  cl::list<std::string> shape{"shape", cl::value_desc("input=1x3x224x224"), cl::cat(model),
                              cl::desc("Sizes of an input; ? keeps the model's")};
  cl::list<std::string> dim{"dim", cl::value_desc("name=4 or name=1..32"), cl::cat(model),
                            cl::desc("Size of a named dim, or its smallest and largest")};
  cl::list<std::string> debugOutputs{
      "debug-outputs", cl::value_desc("name,..."), cl::cat(model),
      cl::desc("Values of the graph, or nodes, whose values become outputs behind the model's own; "
               "all: every value that its outputs need (may be repeated)")};
  cl::list<std::string> state{
      "state", cl::value_desc("past_*=present_*"), cl::cat(model),
      cl::desc("Keep a tensor from one run to the next: this input is that output of the run "
               "before, and callers pass neither. Names, or patterns with one * a side; may be "
               "given several times")};
  cl::opt<std::string> check{"check", cl::ValueOptional, cl::value_desc("json"), cl::cat(model),
                             cl::desc("Only list all that keeps the model from being compiled")};
  cl::opt<bool> listOps{"list-ops", cl::cat(model),
                        cl::desc("List the ops that models may have, each with its domain and the "
                                 "first opset")};

  cl::opt<unsigned> optLevel{"O", cl::Prefix, cl::init(kHighestLevel), cl::cat(code),
                             cl::desc("Effort: 0 plain loops .. 3 all (default)")};
  cl::opt<std::string> cpu{
      "cpu", cl::value_desc("name"), cl::cat(code),
      cl::desc("native (default), x86-64-v2, x86-64-v3, x86-64-v4, a CPU name of LLVM's, or the "
               "target that a summary printed; several behind commas, the least one first, make "
               "a file that takes the best that a machine can run")};
  cl::opt<std::string> triple{"triple", cl::value_desc("triple"), cl::cat(code),
                              cl::desc("x86_64-linux-gnu, aarch64-linux-gnu, riscv64-linux-gnu "
                                       "(default: this machine's)")};

  cl::opt<std::string> stopAfter{"stop-after", cl::value_desc("stage"), cl::cat(stages),
                                 cl::desc("Write what this stage leaves: import, nn, kernels, "
                                          "tiled, buffers, llvm, object, library")};
  cl::opt<std::string> startFrom{"start-from", cl::value_desc("stage"), cl::cat(stages),
                                 cl::desc("The input is MLIR that was written after this stage "
                                          "(default: as the file looks)")};
  cl::opt<std::string> dump{"dump-stages", cl::value_desc("folder"), cl::cat(stages),
                            cl::desc("Write 01-import.mlir, 02-nn.mlir, ... there as well; large "
                                     "weights are left out")};

  cl::opt<bool> bisect{
      "bisect", cl::cat(mistakes),
      cl::desc("Run the model as compiled at -O0 and at -O3 (or what -O says); where outputs "
               "differ, name the pass or the kernel that is to blame, and write what shows it to "
               "the folder that -o names")};
  cl::opt<std::string> inputs{"inputs", cl::value_desc("file.npz"), cl::cat(mistakes),
                              cl::desc("Inputs for --bisect (default: random ones)")};
  cl::opt<double> tolerance{"tolerance", cl::init(1e-3), cl::cat(mistakes),
                            cl::desc("What outputs may be off by for --bisect, relative to "
                                     "themselves and to their largest element (1e-3)")};
  cl::opt<unsigned> steps{
      "opt-steps", cl::value_desc("n"), cl::cat(mistakes),
      cl::desc("Only the first n of the passes that -O0 leaves out; --bisect names them")};
  cl::opt<bool> endsThere{
      "opt-steps-end", cl::cat(mistakes),
      cl::desc("With --stop-after=nn: stop where the next of these passes would be")};
  cl::opt<unsigned> tunedKernels{
      "tuned-kernels", cl::value_desc("n"), cl::cat(mistakes),
      cl::desc("Only the first n kernels are tuned; the others are compiled as at -O0")};

  cl::opt<bool> quiet{"q", cl::cat(messages), cl::desc("No summary and no progress")};
  cl::opt<bool> verbose{"v", cl::cat(messages),
                        cl::desc("Each kernel: what was fused, how it was compiled, its time")};
  cl::opt<std::string> kernelCache{
      "kernel-cache", cl::value_desc("folder|off"), cl::cat(messages),
      cl::desc("Where compiled kernels are kept for the next compile (default: "
               "$ACCEL_KERNEL_CACHE, or accel/kernels in the user's cache)")};
  cl::opt<unsigned> workers{
      "workers", cl::value_desc("n"), cl::cat(messages),
      cl::desc("Processes that compile kernels (default: one a CPU); 0: none, "
               "to debug the compiler")};
  CompletionOption completion{"accel-compile", {"onnx", "mlir"}, optionValues};
};

void printVersion(raw_ostream &out) {
  out << "accel-compile " ACCEL_VERSION "\n"
      << "  LLVM " LLVM_VERSION_STRING "\n"
      << "  default target " << cpu::Target::host().str() << "\n";
}

Error parseShape(StringRef text, ImportOptions &into) {
  auto [name, sizes] = text.rsplit('=');
  auto wrong = [&] {
    return failure("--shape " + text +
                   ": expected an input's name and its sizes, such as "
                   "--shape x=1x3x224x224");
  };
  if (name.empty() || !text.contains('='))
    return wrong();
  std::vector<int64_t> shape;
  for (StringRef size : llvm::split(sizes, 'x')) {
    int64_t value = -1;
    if (sizes.empty())
      break; // a scalar
    if (size != "?" && (size.getAsInteger(10, value) || value < 0))
      return wrong();
    shape.push_back(value);
  }
  into.shapes[name.str()] = std::move(shape);
  return Error::success();
}

Error parseDim(StringRef text, ImportOptions &into) {
  auto [name, size] = text.rsplit('=');
  auto wrong = [&] {
    return failure("--dim " + text +
                   ": expected a dim's name and its size or its range, such as "
                   "--dim batch=4 or --dim batch=1..32");
  };
  if (name.empty() || !text.contains('='))
    return wrong();
  if (!size.contains("..")) {
    int64_t value;
    if (size.getAsInteger(10, value) || value < 0)
      return wrong();
    into.dims[name.str()] = value;
    return Error::success();
  }
  auto [lowText, highText] = size.split("..");
  int64_t low, high;
  if (lowText.getAsInteger(10, low) || highText.getAsInteger(10, high) || low < 0)
    return wrong();
  if (low > high)
    return failure("--dim " + text + ": the smallest size is larger than the largest");
  into.dimRanges[name.str()] = {low, high};
  return Error::success();
}

std::optional<Emit> emitOfName(StringRef name) {
  for (const EmitName &entry : kEmitNames)
    if (entry.name == name)
      return entry.emit;
  return std::nullopt;
}

std::optional<Emit> emitOfPath(StringRef path) {
  return StringSwitch<std::optional<Emit>>(sys::path::extension(path))
      .Case(".so", Emit::SharedLibrary)
      .Case("", Emit::Executable)
      .Case(".o", Emit::Object)
      .Case(".a", Emit::Archive)
      .Cases({".h", ".hpp"}, Emit::Header)
      .Cases({".mlir", ".mlirbc"}, Emit::MLIR)
      .Case(".ll", Emit::LLVMIR)
      .Case(".s", Emit::Assembly)
      .Default(std::nullopt);
}

bool isText(Emit emit) { return emit >= Emit::Header; }

/// What is written, where, and the stage that it needs.
Error decideOutput(const Flags &flags, CompileOptions &options) {
  std::optional<Emit> emit;
  if (!flags.emit.empty() && !(emit = emitOfName(flags.emit)))
    return failure("--emit=" + flags.emit.getValue() +
                   ": expected so, exe, object, archive, header, mlir, llvm or asm");
  std::optional<Stage> stop;
  if (!flags.stopAfter.empty()) {
    if (!(stop = parseStage(flags.stopAfter)))
      return failure("--stop-after=" + flags.stopAfter.getValue() +
                     ": expected import, nn, kernels, tiled, buffers, llvm, object or library");
    std::optional<Emit> implied;
    if (stageInfo(*stop).isModule)
      implied = Emit::MLIR;
    else if (*stop == Stage::Object)
      implied = Emit::Object;
    if (implied && emit && *emit != *implied)
      return failure("--stop-after=" + flags.stopAfter.getValue() + " and --emit=" +
                     flags.emit.getValue() + " ask for different things; give one of the two");
    if (implied)
      emit = implied;
  }
  options.output = flags.out;
  if (!emit && options.output == "-")
    return failure("-o -: only text can be written to standard output; add --emit=mlir, "
                   "--emit=llvm, --emit=asm or --stop-after");
  if (!emit && !options.output.empty() && !(emit = emitOfPath(options.output)))
    return failure("cannot tell from '" + options.output +
                   "' what to write: expected the suffix .so, .o, .a, .h, .mlir, .ll, .s or none; "
                   "name the file otherwise or add --emit");
  options.emit = emit.value_or(Emit::SharedLibrary);
  if (options.output == "-" && !isText(options.emit))
    return failure("-o -: only text can be written to standard output; give a file name");
  if (options.output.empty())
    options.output = isText(options.emit) ? "-"
                                          : (sys::path::stem(options.input) +
                                             [&] {
                                               switch (options.emit) {
                                               case Emit::Object:
                                                 return ".o";
                                               case Emit::Archive:
                                                 return ".a";
                                               case Emit::Executable:
                                                 return "";
                                               default:
                                                 return ".so";
                                               }
                                             }())
                                                .str();
  if (stop)
    options.stopAfter = *stop;
  else if (options.emit == Emit::MLIR)
    options.stopAfter = Stage::Import;
  return Error::success();
}

/// Fails now rather than after a long compile.
Error checkWritable(const CompileOptions &options) {
  if (options.output == "-")
    return Error::success();
  sys::fs::file_status status;
  if (!sys::fs::status(options.output, status)) {
    if (sys::fs::is_directory(status))
      return failure("cannot write '" + options.output + "': it is a folder; name a file in it");
    if (!sys::fs::is_regular_file(status) && !isText(options.emit))
      return failure("cannot write '" + options.output + "': it is no regular file");
    if (sys::fs::equivalent(options.input, options.output))
      return failure("cannot write '" + options.output + "': it is the input; choose another name");
  }
  SmallString<128> folder(sys::path::parent_path(options.output));
  if (folder.empty())
    folder = ".";
  if (!sys::fs::is_directory(folder))
    return failure("cannot write '" + options.output + "': there is no folder '" + folder + "'");
  if (sys::fs::access(folder, sys::fs::AccessMode::Write))
    return failure("cannot write '" + options.output + "': no permission to write in '" + folder +
                   "'");
  return Error::success();
}

/// What --bisect cannot be combined with, and the folder that it writes to.
Error checkBisect(const Flags &flags, CompileOptions &options) {
  for (const cl::Option *other :
       {static_cast<const cl::Option *>(&flags.emit),
        static_cast<const cl::Option *>(&flags.stopAfter),
        static_cast<const cl::Option *>(&flags.dump), static_cast<const cl::Option *>(&flags.check),
        static_cast<const cl::Option *>(&flags.triple),
        static_cast<const cl::Option *>(&flags.steps),
        static_cast<const cl::Option *>(&flags.tunedKernels)})
    if (other->getNumOccurrences())
      return failure(
          "--bisect compiles and runs the model many times on this machine; leave out --" +
          other->ArgStr);
  if (options.optLevel == 0)
    return failure("--bisect compares with -O0; give -O1, -O2 or -O3");
  if (!sys::fs::exists(options.input))
    return failure("cannot read '" + options.input + "': no such file");
  if (!options.inputs.empty() && !sys::fs::exists(options.inputs))
    return failure("--inputs=" + options.inputs + ": no such file");
  options.output = flags.out.empty() ? (sys::path::stem(options.input) + ".bisect").str()
                                     : std::string(flags.out);
  if (sys::fs::exists(options.output) && !sys::fs::is_directory(options.output))
    return failure("cannot write to the folder '" + options.output + "': it is a file");
  return Error::success();
}

Error fill(const Flags &flags, CompileOptions &options) {
  options.listOps = flags.listOps;
  if (options.listOps)
    return Error::success();
  if (flags.input.empty())
    return failure("no model given; try accel-compile model.onnx -o model.so, or --help");
  options.input = flags.input;
  options.quiet = flags.quiet;
  options.verbose = flags.verbose;
  if (flags.optLevel > kHighestLevel)
    return failure("-O" + Twine(flags.optLevel) + ": expected -O0, -O1, -O2 or -O3");
  options.optLevel = flags.optLevel;
  for (const std::string &text : flags.shape)
    if (Error error = parseShape(text, options.import))
      return error;
  for (const std::string &text : flags.dim)
    if (Error error = parseDim(text, options.import))
      return error;
  options.import.debugOutputs.assign(flags.debugOutputs.begin(), flags.debugOutputs.end());
  for (const std::string &text : flags.state) {
    Expected<StateOption> state = parseState(text);
    if (!state)
      return state.takeError();
    options.states.push_back(std::move(*state));
  }
  for (const auto &[name, range] : options.import.dimRanges)
    if (options.import.dims.count(name))
      return failure("--dim " + name + ": given both as a size and as a range; keep one");

  Expected<cpu::Levels> levels = cpu::parseLevels(flags.cpu, flags.triple);
  if (!levels)
    return levels.takeError();
  options.levels = std::move(*levels);
  if (flags.check.getNumOccurrences() && !flags.bisect) {
    if (flags.check != "" && flags.check != "json" && flags.check != "text")
      return failure("--check=" + flags.check.getValue() + ": expected --check or --check=json");
    options.check = flags.check == "json" ? CheckFormat::JSON : CheckFormat::Text;
    return Error::success();
  }

  options.bisect = flags.bisect;
  options.inputs = flags.inputs;
  options.tolerance = flags.tolerance;
  if (flags.steps.getNumOccurrences())
    options.steps = flags.steps;
  options.endsThere = flags.endsThere;
  if (flags.tunedKernels.getNumOccurrences())
    options.tunedKernels = flags.tunedKernels;
  if (!options.bisect && (flags.inputs.getNumOccurrences() || flags.tolerance.getNumOccurrences()))
    return failure("--inputs and --tolerance are for --bisect, which is not given");
  if (!(options.tolerance >= 0))
    return failure("--tolerance: expected 0 or more");

  if (!flags.startFrom.empty()) {
    options.startFrom = parseStage(flags.startFrom);
    if (!options.startFrom || !stageInfo(*options.startFrom).isModule)
      return failure("--start-from=" + flags.startFrom.getValue() +
                     ": expected import, nn, kernels, tiled, buffers or llvm");
  }
  if (Error error = options.bisect ? checkBisect(flags, options) : decideOutput(flags, options))
    return error;
  if (options.endsThere && options.stopAfter != Stage::NN)
    return failure("--opt-steps-end needs --stop-after=nn");
  if (options.startFrom && options.stopAfter < *options.startFrom)
    return failure("--stop-after=" + stageInfo(options.stopAfter).name +
                   " comes before --start-from=" + stageInfo(*options.startFrom).name);
  if (Error error = options.bisect ? Error::success() : checkWritable(options))
    return error;
  options.dumpDir = flags.dump;
  if (!options.dumpDir.empty())
    if (std::error_code code = sys::fs::create_directories(options.dumpDir))
      return failure("cannot write to --dump-stages=" + options.dumpDir + ": " + code.message());
  options.prefix = flags.prefix;
  if (!options.prefix.empty() && options.prefix != sanitizeIdentifier(options.prefix))
    return failure("--prefix=" + options.prefix + ": expected a C identifier such as '" +
                   sanitizeIdentifier(options.prefix) + "'");
  if (options.levels.size() > 1 && options.bisect)
    return failure("--bisect: expected one CPU, found " + Twine(options.levels.size()) +
                   "; give one after the other");
  if (options.levels.size() > 1 && options.emit >= Emit::LLVMIR)
    return failure("--cpu=" + flags.cpu.getValue() +
                   ": expected one CPU for text of its code, found " +
                   Twine(options.levels.size()));
  options.kernelCache = flags.kernelCache.getNumOccurrences() == 0 ? KernelCache::defaultFolder()
                        : flags.kernelCache == "off"               ? ""
                                                                   : std::string(flags.kernelCache);
  options.workers = flags.workers.getNumOccurrences()
                        ? std::min(flags.workers.getValue(), 256u)
                        : hardware_concurrency().compute_thread_count();
  return Error::success();
}

} // namespace

/// LLVM's libraries bring hundreds of options of their own, one of them called --stop-after.
static void dropLLVMOptions() {
  SmallVector<cl::Option *> others;
  for (auto &entry : cl::getRegisteredOptions())
    if (!StringRef(entry.first).starts_with("help") && entry.first != "version")
      others.push_back(entry.second);
  for (cl::Option *option : others)
    option->removeArgument();
}

Expected<CompileOptions> parseCommandLine(int argc, char **argv) {
  dropLLVMOptions();
  // Not freed: LLVM's registry of options keeps pointers to them.
  static Flags *flags = new Flags;
  cl::HideUnrelatedOptions({&flags->output, &flags->model, &flags->code, &flags->stages,
                            &flags->mistakes, &flags->messages});
  cl::SetVersionPrinter(printVersion);
  std::string complaint;
  raw_string_ostream stream(complaint);
  if (!cl::ParseCommandLineOptions(argc, argv, kOverview, &stream, /*VFS=*/nullptr,
                                   /*EnvVar=*/nullptr, /*LongOptionsUseDoubleDash=*/true)) {
    StringRef line = StringRef(complaint).ltrim().split('\n').first;
    line.consume_front(sys::path::filename(argv[0]).str() + ": ");
    return failure(line);
  }
  CompileOptions options;
  if (Error error = fill(*flags, options))
    return std::move(error);
  return options;
}

std::vector<std::string> CompileOptions::importWords() const {
  std::vector<std::string> words;
  auto add = [&](StringRef flag, std::string value) {
    words.push_back(flag.str());
    words.push_back(std::move(value));
  };
  for (const auto &[name, shape] : import.shapes) {
    std::string text = name + "=";
    for (size_t i = 0; i < shape.size(); ++i)
      text += (i ? "x" : "") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
    add("--shape", text);
  }
  for (const auto &[name, size] : import.dims)
    add("--dim", name + "=" + std::to_string(size));
  for (const auto &[name, range] : import.dimRanges)
    add("--dim", name + "=" + std::to_string(range.first) + ".." + std::to_string(range.second));
  for (const std::string &name : import.debugOutputs)
    words.push_back("--debug-outputs=" + name);
  for (const StateOption &state : states)
    add("--state", state.input + "=" + state.output);
  return words;
}

std::string CompileOptions::importFlags() const {
  std::string text;
  for (const std::string &word : importWords())
    text += " " + word;
  return text;
}

PipelineOptions CompileOptions::pipeline() const {
  PipelineOptions options;
  options.optLevel = optLevel;
  options.steps = steps;
  options.endsThere = endsThere;
  return options;
}

} // namespace accel
