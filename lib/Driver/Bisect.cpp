// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the pass or the kernel that makes a model's outputs differ from those at -O0: first whether
// passes alone do, kernels being plain, then the first of the passes or of the kernels with which.
#include "lib/Driver/Bisect.h"
#include "dialects/Exec/ExecOps.h"
#include "lib/Driver/Artefacts.h"
#include "lib/Driver/Compile.h"
#include "lib/Support/Printable.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
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
    text += text.empty() ? "" : " ";
    if (isPlain && !word.empty()) {
      text += word;
      continue;
    }
    text += "'";
    for (char c : word)
      text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += "'";
  }
  return text;
}

/// Names as 'a', 'b'. Those of nodes are whatever the file says.
std::string listed(ArrayRef<std::string> names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "'" : ", '") + printable(name) + "'";
  return text;
}

/// The last number of steps or kernels that is known to be right, the first that is known to be
/// wrong: the fault is one of good + 1 to bad. More than one where those between cannot be
/// compiled.
struct Window {
  unsigned good, bad;
  bool isOne() const { return bad - good == 1; }
  /// "(3 of 7 ", "(3 to 5 of 7 "
  std::string place(size_t last) const {
    return "(" + (isOne() ? "" : std::to_string(good + 1) + " to ") + std::to_string(bad) + " of " +
           std::to_string(last);
  }
};

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
      outs() << printableLines(text.str()) << "\n";
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
  /// Where outputs begin to differ: they agree for 0 and differ for the last.
  Window firstBad(unsigned last, function_ref<Variant(unsigned)> variant);
  void copyInputs();
  int blamePass();
  int blameKernel();
  std::string twoRuns(function_ref<Variant(unsigned)> variant, Window window) const;
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
  std::string limit = formatv("{0:e17}", options.tolerance).str();
  append_range(words, std::vector<std::string>{"--reference=" + inWork("reference"),
                                               "--rtol=" + limit, "--stol=" + limit, "--atol=0"});
  int status = call(words);
  if (status == 0)
    return Answer::Same;
  firstDifference = "the run ended with status " + std::to_string(status) + ": " +
                    printable(StringRef(output("stderr")).trim().split('\n').first, 1000);
  std::string said = output("stdout");
  for (StringRef line : split(said, '\n'))
    if (status == kDifferent && line.consume_front("DIFFERENT ")) {
      firstDifference = "output " + printable(line, /*limit=*/1000);
      break;
    }
  return Answer::Different;
}

Window Bisector::firstBad(unsigned last, function_ref<Variant(unsigned)> variant) {
  // From high to bad nothing can be compiled.
  unsigned good = 0, bad = last, high = last;
  while (high - good > 1) {
    // What cannot be compiled says nothing: the next that can be does.
    unsigned middle = good + (high - good) / 2, at = middle;
    Answer answer = test(variant(at));
    while (answer == Answer::NotCompiled && at + 1 < high)
      answer = test(variant(++at));
    if (answer == Answer::Same) {
      good = at;
    } else {
      high = middle;
      if (answer == Answer::Different)
        bad = at;
    }
    say("  " + Twine(good) + " of " + Twine(last) + " are right, " + Twine(bad) + " are not");
  }
  return {good, bad};
}

/// How to compile and run the last right variant and the first wrong one.
std::string Bisector::twoRuns(function_ref<Variant(unsigned)> variant, Window window) const {
  std::string text;
  for (auto [number, library] :
       {std::pair(window.good, "./right.so"), std::pair(window.bad, "./wrong.so")}) {
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
  outs() << printableLines(text.take_front(text.find("\n\n"))) << "\n"
         << printableLines(path) << " says how to see it again\n";
  return kDifferent;
}

/// The search goes on without the copy: it and its commands read the file itself.
void Bisector::copyInputs() {
  std::string copy = inFolder("inputs.npz");
  if (sys::fs::equivalent(options.inputs, copy))
    return; // those of the search before
  if (std::error_code code = sys::fs::copy_file(options.inputs, copy))
    console.warning("cannot copy the inputs to '" + copy + "': " + code.message());
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
  Window found = firstBad(names.size(), variant);
  (void)test(variant(found.bad)); // for its difference
  // The module before the pass, and behind it where the next would be; the last one makes kernels.
  std::string before = inFolder("before.mlir"), after = inFolder("after.mlir");
  bool makesKernels = found.bad == names.size();
  for (auto [steps, path] : {std::pair(found.good, before), std::pair(found.bad, after)}) {
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
  ArrayRef<std::string> guilty = ArrayRef(names).slice(found.good, found.bad - found.good);
  std::string pipeline;
  for (const std::string &name : guilty) {
    bool onModule = &name == &names.back() || StringRef(name).starts_with("cpu-");
    pipeline += (pipeline.empty() ? "" : ",") + (onModule ? name : "func.func(" + name + ")");
  }
  StringRef pass = found.isOne() ? "pass" : "passes", it = found.isOne() ? "it" : "them";
  std::string text = (found.isOne() ? "the pass " : "one of the passes ") + listed(guilty) + " " +
                     found.place(names.size()) + " that -O0 leaves out), which " +
                     (found.isOne() ? "changes" : "change") + " the nodes " + listed(nodes) +
                     (more ? " and " + std::to_string(more) + " more" : "") + ", makes " +
                     firstDifference;
  text +=
      formatv("\n\nbefore.mlir is the model before the {0}, after.mlir the model behind {1}. The "
              "{0} alone:\n  accel-opt {2} --pass-pipeline='builtin.module({3})'\nThe model "
              "without the {0}, and with {1}:\n",
              pass, it, quoted({before}), pipeline);
  return writeReadme(text + twoRuns(variant, found));
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
  Window found = firstBad(kernels.size(), variant);
  (void)test(variant(found.bad));
  std::string prefix = module->getSymName().value_or("model").str();
  std::string cpu = "--cpu=" + options.target().str();
  std::string flags = "-O" + std::to_string(options.optLevel) + " " + cpu;
  std::string text = found.isOne() ? "the kernel " : "one of the kernels ", details;
  for (unsigned i = found.good; i < found.bad; ++i) {
    const KernelSummary &about = summary.kernels[i];
    std::string file = inFolder(about.name + ".mlir");
    if (Error error = writeArtefact(*moduleOfKernel(kernels[i], prefix), file, Weights::Whole))
      return fail(toString(std::move(error)));
    text += (i == found.good ? "'" : ", '") + about.name + "' (" + about.ops + ", of the nodes " +
            listed(about.nodes) + ")";
    details += formatv(
        "{0} is the kernel. As loops over tiles and vectors, which is where it goes wrong, as the "
        "plain loops that are right, and as assembly:\n"
        "  accel-compile {1} --start-from=kernels --stop-after=tiled {2}\n"
        "  accel-compile {1} --start-from=kernels --stop-after=tiled -O0 {3}\n"
        "  accel-compile {1} --start-from=kernels --emit=asm {2}\n",
        sys::path::filename(file), quoted({file}), flags, cpu);
  }
  text += " makes " + firstDifference + "\n\n" + details + "The model with " +
          (found.isOne() ? "that kernel plain, and with it tuned"
                         : "those kernels plain, and with them tuned") +
          ":\n" + twoRuns(variant, found);
  return writeReadme(text);
}

int Bisector::run() {
  if (!prepare())
    return kUserError;
  scope_exit cleanUp([&] { sys::fs::remove_directories(work); });
  std::string reference = inWork("reference.so");
  if (int status = call(compileWords({}, options.input, reference)); status != kSuccess) {
    errs() << printableLines(output("stderr"));
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
    errs() << printableLines(output("stderr"));
    return fail("the model cannot be compiled at " + level + ", but at -O0");
  }
  if (whole == Answer::Same) {
    outs() << "-O0 and " << level
           << " agree: " << printableLines(StringRef(output("stdout")).trim()) << "\n";
    return kSuccess;
  }
  say("-O0 and " + level + " differ: " + firstDifference);
  if (std::error_code code = sys::fs::create_directories(options.output))
    return fail("cannot make the folder '" + options.output + "': " + code.message());
  if (!options.inputs.empty())
    copyInputs();
  switch (test({options.optLevel, {}, 0})) {
  case Answer::NotCompiled:
    errs() << printableLines(output("stderr"));
    return fail("with plain kernels the model cannot be compiled at " + level +
                ", so that passes and kernels cannot be told apart");
  case Answer::Same:
    say("with plain kernels they agree; looking for the kernel");
    return blameKernel();
  case Answer::Different:
    say("with plain kernels they differ, too; looking for the pass");
    return blamePass();
  }
  llvm_unreachable("all answers are above");
}

} // namespace

int bisect(const CompileOptions &options) { return Bisector(options).run(); }

} // namespace accel
