// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the pass or the kernel that makes a model's outputs differ from those at -O0: first whether
// passes alone do, kernels being plain, then the first of the passes or of the kernels with which.
#include "lib/Driver/Bisect.h"
#include "dialects/Exec/ExecOps.h"
#include "lib/Driver/Artefacts.h"
#include "lib/Driver/Compile.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace llvm;

namespace accel {
namespace {

enum { kDifferent = 2 }; ///< what accel-run and the whole return where outputs differ

/// One way to compile the model.
struct Variant {
  unsigned optLevel = 0;
  std::optional<unsigned> steps, kernels; ///< none: all

  std::vector<std::string> flags() const {
    std::vector<std::string> words = {"-O" + std::to_string(optLevel)};
    if (steps)
      words.push_back("--opt-steps=" + std::to_string(*steps));
    if (kernels)
      words.push_back("--tuned-kernels=" + std::to_string(*kernels));
    return words;
  }
};

/// How a variant's outputs compare with the reference. A crash is a difference, too.
enum class Answer { Same, Different, NotCompiled };

std::string quoted(ArrayRef<std::string> words) {
  std::string text;
  for (StringRef word : words) {
    bool isPlain =
        all_of(word, [](char c) { return isAlnum(c) || StringRef("-_=./:,+@").contains(c); });
    text += (text.empty() ? "" : " ") +
            (isPlain && !word.empty() ? word.str() : "'" + word.str() + "'");
  }
  return text;
}

class Bisector {
public:
  explicit Bisector(const CompileOptions &options) : options(options), console(/*quiet=*/true) {}
  int run();

private:
  bool prepare();
  int fail(const Twine &message) {
    console.error(message.str());
    return kUserError;
  }
  void say(const Twine &text) {
    if (!options.quiet)
      outs() << printable(text.str()) << "\n";
    outs().flush();
  }
  std::string inFolder(const Twine &name) const {
    SmallString<256> path(options.output);
    sys::path::append(path, name);
    return path.str().str();
  }
  std::string inWork(const Twine &name) const {
    SmallString<256> path(work);
    sys::path::append(path, name);
    return path.str().str();
  }
  /// Status of a program whose words go to files in the work folder; less than 0: it crashed.
  int call(std::vector<std::string> words);
  std::string output(StringRef name) const {
    auto text = MemoryBuffer::getFile(inWork(name));
    return text ? (*text)->getBuffer().str() : "";
  }
  std::vector<std::string> compileWords(const Variant &variant, StringRef input,
                                        StringRef to) const;
  std::vector<std::string> runWords(StringRef library) const;
  Answer test(const Variant &variant);
  /// The first number in (0, last] for which outputs differ; they do for the last.
  unsigned firstBad(unsigned last, function_ref<Variant(unsigned)> variant);
  int blamePass();
  int blameKernel();
  std::string twoRuns(function_ref<Variant(unsigned)> variant, unsigned guilty) const;
  int writeReadme(StringRef text);
  std::vector<std::string> common() const;

  const CompileOptions &options;
  Console console;
  SmallString<128> work;
  std::string compiler, runner;
  std::string firstDifference; ///< a line of accel-run's
};

bool Bisector::prepare() {
  auto *anchor = reinterpret_cast<void *>(&accel::bisect);
  compiler = sys::fs::getMainExecutable(nullptr, anchor);
  StringRef folder = sys::path::parent_path(compiler);
  for (auto paths : {std::optional<StringRef>(folder), std::optional<StringRef>()})
    if (auto found = paths ? sys::findProgramByName("accel-run", {*paths})
                           : sys::findProgramByName("accel-run");
        found && runner.empty())
      runner = *found;
  if (runner.empty())
    console.error("--bisect needs accel-run, which is neither in '" + folder.str() +
                  "' nor on PATH");
  else if (std::error_code code = sys::fs::createUniqueDirectory("accel-bisect", work))
    console.error("cannot make a temporary folder: " + code.message());
  else
    return true;
  return false;
}

int Bisector::call(std::vector<std::string> words) {
  std::string out = inWork("stdout"), err = inWork("stderr");
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(out), StringRef(err)};
  std::vector<StringRef> views(words.begin(), words.end());
  bool failed = false;
  int status =
      sys::ExecuteAndWait(words.front(), views, std::nullopt, redirects, 0, 0, nullptr, &failed);
  return failed ? -1 : status;
}

/// What all compiles have in common.
std::vector<std::string> Bisector::common() const {
  std::vector<std::string> words = {"--cpu=" + options.target().str()};
  if (!options.prefix.empty())
    words.push_back("--prefix=" + options.prefix);
  return words;
}

std::vector<std::string> Bisector::compileWords(const Variant &variant, StringRef input,
                                                StringRef to) const {
  std::vector<std::string> words = {compiler, input.str(), "-q", "-o", to.str()};
  append_range(words, variant.flags());
  append_range(words, common());
  append_range(words, options.importWords());
  if (options.startFrom)
    words.push_back("--start-from=" + stageInfo(*options.startFrom).name.str());
  // Last, because it is no part of what to see again.
  words.push_back("--kernel-cache=" +
                  (options.kernelCache.empty() ? std::string("off") : options.kernelCache));
  return words;
}

std::vector<std::string> Bisector::runWords(StringRef library) const {
  std::vector<std::string> words = {runner, library.str()};
  words.push_back(options.inputs.empty() ? "--random=0" : options.inputs);
  return words;
}

Answer Bisector::test(const Variant &variant) {
  std::string library = inWork("variant.so");
  sys::fs::remove(library);
  if (call(compileWords(variant, options.input, library)) != kSuccess)
    return Answer::NotCompiled;
  std::vector<std::string> words = runWords(library);
  std::string limit = std::to_string(options.tolerance);
  append_range(words, std::vector<std::string>{"--reference=" + inWork("reference"),
                                               "--rtol=" + limit, "--stol=" + limit});
  int status = call(words);
  if (status == 0)
    return Answer::Same;
  firstDifference = "the run ended with status " + std::to_string(status) + ": " +
                    StringRef(output("stderr")).trim().split('\n').first.str();
  std::string said = output("stdout");
  for (StringRef line : split(said, '\n'))
    if (status == kDifferent && line.consume_front("DIFFERENT ")) {
      firstDifference = "output " + line.str();
      break;
    }
  return Answer::Different;
}

unsigned Bisector::firstBad(unsigned last, function_ref<Variant(unsigned)> variant) {
  unsigned good = 0, bad = last;
  while (bad - good > 1) {
    // What cannot be compiled says nothing: the next that can be does.
    unsigned middle = good + (bad - good) / 2, at = middle;
    Answer answer = Answer::NotCompiled;
    for (; at < bad && answer == Answer::NotCompiled; ++at)
      answer = test(variant(at));
    if (answer == Answer::NotCompiled)
      bad = middle;
    else if (answer == Answer::Same)
      good = at - 1;
    else
      bad = at - 1 == middle ? middle : (good = middle, at - 1);
    say("  " + Twine(good) + " of " + Twine(last) + " are right, " + Twine(bad) + " are not");
  }
  return bad;
}

/// How to compile and run the last right variant and the first wrong one.
std::string Bisector::twoRuns(function_ref<Variant(unsigned)> variant, unsigned guilty) const {
  std::string text;
  for (auto [number, library] :
       {std::pair(guilty - 1, "./right.so"), std::pair(guilty, "./wrong.so")}) {
    std::vector<std::string> words = compileWords(variant(number), options.input, library);
    words.pop_back(); // the kernel cache
    text += "  " + quoted(words) + "\n  " + quoted(runWords(library)) + "\n";
  }
  return text;
}

int Bisector::writeReadme(StringRef text) {
  std::string path = inFolder("README.txt");
  if (Error error = writeTextFile(path, text))
    return fail(toString(std::move(error)));
  outs() << printable(text.take_front(text.find("\n\n"))) << "\n"
         << printable(path) << " says how to see it again\n";
  return kDifferent;
}

/// ONNX nodes of ops that are in one of the modules and not in the other: those that a pass took
/// away, else those that it brought.
static std::vector<std::string> changedNodes(StringRef before, StringRef after) {
  mlir::DialectRegistry registry;
  cpu::registerKernelDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  using Ops = std::vector<std::pair<std::string, mlir::Location>>;
  auto opsOf = [&](StringRef path, std::map<std::string, int> &counts, Ops &ops) {
    mlir::OwningOpRef<mlir::ModuleOp> module =
        mlir::parseSourceFile<mlir::ModuleOp>(path, mlir::ParserConfig(&context));
    if (!module)
      return;
    module->walk([&](mlir::Operation *op) {
      if (op->hasTrait<mlir::OpTrait::ConstantLike>() || op->getNumResults() == 0)
        return;
      std::string key;
      raw_string_ostream text(key);
      text << op->getName() << op->getLoc();
      interleaveComma(op->getOperandTypes(), text << " ");
      interleaveComma(op->getResultTypes(), text << " ");
      ++counts[key];
      ops.emplace_back(key, op->getLoc());
    });
  };
  std::map<std::string, int> countsBefore, countsAfter;
  Ops opsBefore, opsAfter;
  opsOf(before, countsBefore, opsBefore);
  opsOf(after, countsAfter, opsAfter);
  std::vector<std::string> nodes;
  auto add = [&](const Ops &ops, std::map<std::string, int> &others) {
    for (const auto &[key, location] : ops)
      if (--others[key] < 0)
        for (std::string &node : nodeNames(location))
          if (!is_contained(nodes, node))
            nodes.push_back(std::move(node));
  };
  add(opsBefore, countsAfter);
  if (nodes.empty())
    add(opsAfter, countsBefore);
  return nodes;
}

int Bisector::blamePass() {
  std::vector<std::string> names = optionalSteps(options.target(), options.optLevel);
  auto variant = [&](unsigned steps) { return Variant{options.optLevel, steps, 0}; };
  unsigned guilty = firstBad(names.size(), variant);
  (void)test(variant(guilty)); // for its difference
  std::string name = names[guilty - 1];
  // The module before the pass, and behind it where the next would be; the last one makes kernels.
  std::string before = inFolder("before.mlir"), after = inFolder("after.mlir");
  bool makesKernels = guilty == names.size();
  for (auto [steps, path] : {std::pair(guilty - 1, before), std::pair(guilty, after)}) {
    std::vector<std::string> words =
        compileWords({options.optLevel, steps, {}}, options.input, path);
    bool isKernels = makesKernels && path == after;
    words.push_back(std::string("--stop-after=") + (isKernels ? "kernels" : "nn"));
    if (!isKernels)
      words.push_back("--opt-steps-end");
    if (call(words) != kSuccess)
      return fail("cannot write '" + path + "': " + output("stderr"));
  }
  std::vector<std::string> nodes = changedNodes(before, after);
  constexpr size_t kMost = 10;
  size_t more = nodes.size() - std::min(nodes.size(), kMost);
  nodes.resize(nodes.size() - more);
  bool onModule = makesKernels || StringRef(name).starts_with("cpu-");
  std::string text =
      "the pass '" + name + "' (" + std::to_string(guilty) + " of " + std::to_string(names.size()) +
      " that -O0 leaves out), which changes the nodes '" + join(nodes, "', '") + "'" +
      (more ? " and " + std::to_string(more) + " more" : "") + ", makes " + firstDifference;
  text += "\n\nbefore.mlir is the model before the pass, after.mlir the model behind it. The pass "
          "alone:\n  accel-opt " +
          quoted({before}) + " --pass-pipeline='builtin.module(" +
          (onModule ? name : "func.func(" + name + ")") +
          ")'\nThe model without the pass, and with it:\n" + twoRuns(variant, guilty);
  return writeReadme(text);
}

int Bisector::blameKernel() {
  // Which kernels there are, by their numbers.
  std::string path = inWork("kernels.mlir");
  std::vector<std::string> words = compileWords({options.optLevel, {}, {}}, options.input, path);
  words.push_back("--stop-after=kernels");
  if (call(words) != kSuccess)
    return fail("cannot write the stage 'kernels': " + output("stderr"));
  mlir::DialectRegistry registry;
  cpu::registerKernelDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(path, mlir::ParserConfig(&context));
  if (!module)
    return fail("cannot read back the stage 'kernels'");
  CompileSummary summary;
  noteKernels(*module, summary);
  std::vector<exec::KernelOp> kernels(module->getOps<exec::KernelOp>().begin(),
                                      module->getOps<exec::KernelOp>().end());
  auto variant = [&](unsigned count) { return Variant{options.optLevel, std::nullopt, count}; };
  unsigned guilty = firstBad(kernels.size(), variant);
  (void)test(variant(guilty));
  exec::KernelOp kernel = kernels[guilty - 1];
  const KernelSummary &about = summary.kernels[guilty - 1];
  std::string file = inFolder(about.name + ".mlir");
  std::string prefix = module->getSymName().value_or("model").str();
  if (Error error = writeArtefact(*moduleOfKernel(kernel, prefix), file, Weights::Whole))
    return fail(toString(std::move(error)));
  std::string flags = "-O" + std::to_string(options.optLevel) + " --cpu=" + options.target().str();
  std::string text = "the kernel '" + about.name + "' (" + about.ops + ", of the nodes '" +
                     join(about.nodes, "', '") + "') makes " + firstDifference;
  text += "\n\n" + sys::path::filename(file).str() +
          " is the kernel. As loops over tiles and vectors, which is where it goes wrong, as the "
          "plain loops that are right, and as assembly:\n  accel-compile " +
          quoted({file}) + " --start-from=kernels --stop-after=tiled " + flags +
          "\n  accel-compile " + quoted({file}) +
          " --start-from=kernels --stop-after=tiled -O0 --cpu=" + options.target().str() +
          "\n  accel-compile " + quoted({file}) + " --start-from=kernels --emit=asm " + flags +
          "\nThe model with that kernel plain, and with it tuned:\n" + twoRuns(variant, guilty);
  return writeReadme(text);
}

int Bisector::run() {
  if (!prepare())
    return kUserError;
  scope_exit cleanUp([&] { sys::fs::remove_directories(work); });
  std::string reference = inWork("reference.so");
  if (int status = call(compileWords({}, options.input, reference)); status != kSuccess) {
    errs() << printable(output("stderr"));
    return status < 0 ? kInternalError : status;
  }
  std::vector<std::string> words = runWords(reference);
  words.push_back("--output=" + inWork("reference"));
  words.push_back("--quiet");
  if (call(words) != 0)
    return fail("cannot run the model at -O0: " + output("stderr"));

  std::string level = "-O" + std::to_string(options.optLevel);
  Answer whole = test({options.optLevel, {}, {}});
  if (whole == Answer::NotCompiled) {
    errs() << printable(output("stderr"));
    return fail("the model cannot be compiled at " + level + ", but at -O0");
  }
  if (whole == Answer::Same) {
    outs() << "-O0 and " << level << " agree: " << printable(StringRef(output("stdout")).trim())
           << "\n";
    return kSuccess;
  }
  say("-O0 and " + level + " differ: " + firstDifference);
  if (std::error_code code = sys::fs::create_directories(options.output))
    return fail("cannot make the folder '" + options.output + "': " + code.message());
  if (!options.inputs.empty())
    sys::fs::copy_file(options.inputs, inFolder("inputs.npz"));
  if (test({options.optLevel, {}, 0}) != Answer::Different) {
    say("with plain kernels they agree; looking for the kernel");
    return blameKernel();
  }
  say("with plain kernels they differ, too; looking for the pass");
  return blamePass();
}

} // namespace

int bisect(const CompileOptions &options) { return Bisector(options).run(); }

} // namespace accel
