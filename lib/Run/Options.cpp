// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of accel-run: its flags, their help and their values.

#include "lib/Run/Options.h"
#include "lib/Support/Completion.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>

using namespace accel::run;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;
namespace cl = llvm::cl;

namespace {
/// The flags. They live only while the command line is read, so that no global steers anything.
struct Flags {
  cl::OptionCategory inputs{"Inputs (random ones if there are none)"};
  cl::OptionCategory images{"Pictures as inputs"};
  cl::OptionCategory outputs{"Outputs"};
  cl::OptionCategory timing{"Timing"};
  cl::OptionCategory other{"Model"};

  cl::opt<std::string> model{cl::Positional, cl::Required, cl::desc("<model.so | model.onnx>"),
                             cl::cat(inputs)};
  cl::list<std::string> files{cl::Positional, cl::desc("[inputs]"), cl::cat(inputs)};
  cl::list<std::string> input{
      "input", cl::desc("Read an input from a .npy, .npz or .pb file (may be repeated)"),
      cl::value_desc("name=file"), cl::cat(inputs)};
  cl::opt<std::string> random{"random", cl::desc("Random values for inputs without a file"),
                              cl::value_desc("seed"), cl::ValueOptional, cl::cat(inputs)};
  cl::list<std::string> fill{"fill", cl::desc("Give all elements of an input one value"),
                             cl::value_desc("name=value"), cl::cat(inputs)};
  cl::list<std::string> shape{"shape", cl::desc("Shape of a random input"),
                              cl::value_desc("name=2x3"), cl::cat(inputs)};
  cl::list<std::string> dim{"dim", cl::desc("Size of a named dim of random inputs"),
                            cl::value_desc("batch=4"), cl::cat(inputs)};

  cl::opt<std::string> resize{
      "resize",
      cl::desc("Size of pictures: HxW, or the shorter side, of which the middle is taken"),
      cl::value_desc("224x224 | 256"), cl::cat(images)};
  cl::list<double> mean{"mean", cl::desc("Subtracted from pixels, after their scale (0)"),
                        cl::value_desc("m,..."), cl::CommaSeparated, cl::cat(images)};
  cl::list<double> deviation{"std", cl::desc("Divides pixels after that (1)"),
                             cl::value_desc("s,..."), cl::CommaSeparated, cl::cat(images)};
  cl::opt<double> scale{"scale", cl::desc("Multiplies pixels, 0..255, first (1/255 for floats)"),
                        cl::value_desc("factor"), cl::cat(images)};
  cl::opt<bool> bgr{"bgr", cl::desc("Blue is the first channel (red)"), cl::cat(images)};

  cl::opt<std::string> output{"output", cl::desc("Write each output to <name>.npy in a folder"),
                              cl::value_desc("folder"), cl::cat(outputs)};
  cl::opt<int64_t> topK{"top-k", cl::desc("Show the K largest values of each row"),
                        cl::value_desc("K"), cl::cat(outputs)};
  cl::opt<std::string> labels{"labels", cl::desc("Names for --top-k, one a line"),
                              cl::value_desc("file"), cl::cat(outputs)};
  cl::opt<std::string> reference{"reference",
                                 cl::desc("Compare the outputs with a file or a folder of them"),
                                 cl::value_desc("file"), cl::cat(outputs)};
  cl::opt<std::string> compare{
      "compare",
      cl::desc("Compare every value of an ONNX file, node by node, with another engine's, and name "
               "the first that differs (needs Python with onnx and onnxruntime)"),
      cl::value_desc("onnxruntime"), cl::cat(outputs)};
  cl::opt<double> rtol{
      "rtol", cl::desc("Relative error allowed (1e-3; with --compare, what fits the type)"),
      cl::init(1e-3), cl::cat(outputs)};
  cl::opt<double> stol{"stol",
                       cl::desc("Error allowed besides, relative to the output's largest (0)"),
                       cl::init(0), cl::cat(outputs)};
  cl::opt<double> atol{"atol",
                       cl::desc("Absolute error allowed besides (1e-5; with --compare 1e-6)"),
                       cl::init(1e-5), cl::cat(outputs)};
  cl::opt<bool> quiet{"quiet", cl::desc("Do not show the outputs (nor do comparing and timing)"),
                      cl::cat(outputs)};

  cl::opt<bool> benchmark{"benchmark", cl::desc("Time runs; so do the flags of how to time"),
                          cl::cat(timing)};
  cl::opt<double> warmUp{"warmUp", cl::desc("Run this long before measuring (200)"),
                         cl::value_desc("ms"), cl::init(200), cl::cat(timing)};
  cl::opt<int64_t> iterations{"iterations",
                              cl::desc("Measure or profile at least so many runs (10)"),
                              cl::value_desc("N"), cl::init(10), cl::cat(timing)};
  cl::opt<double> duration{"duration", cl::desc("Measure at least this long (3)"),
                           cl::value_desc("s"), cl::init(3), cl::cat(timing)};
  cl::list<double> percentile{"percentile", cl::desc("Percentiles to print (90,95,99)"),
                              cl::value_desc("P,..."), cl::CommaSeparated, cl::cat(timing)};
  cl::opt<unsigned> streams{"streams", cl::desc("Contexts that run at a time (1)"),
                            cl::value_desc("N"), cl::init(1), cl::cat(timing)};
  cl::opt<bool> profile{"profile", cl::desc("Print the time of each ONNX node"), cl::cat(timing)};
  cl::opt<std::string> trace{"trace", cl::desc("Write a Chrome trace (chrome://tracing, Perfetto)"),
                             cl::value_desc("file.json"), cl::cat(timing)};

  cl::opt<std::string> info{"info",
                            cl::desc("Describe the model, as text or JSON, and run nothing"),
                            cl::value_desc("json"), cl::ValueOptional, cl::cat(other)};
  cl::opt<int32_t> threads{"threads", cl::desc("Threads of a run (all that this process may use)"),
                           cl::value_desc("N"), cl::cat(other)};
  cl::list<std::string> compile{"compile",
                                cl::desc("A flag for accel-compile, if the model is an ONNX file"),
                                cl::value_desc("flag"), cl::cat(other)};
  // Models, and inputs of several kinds.
  accel::CompletionOption completion{
      "accel-run", {}, [] { return accel::OptionValues{{"info", {"json"}}}; }};
  cl::extrahelp examples{R"(
EXAMPLES:
  accel-run model.so                                   run on random inputs
  accel-run model.onnx --dim batch=4 --compile=-O3     compile first, then run a batch of 4
  accel-run model.so cat.jpg --mean=0.485,0.456,0.406 --std=0.229,0.224,0.225 --resize=256
  accel-run model.so image.npy --top-k 5 --labels imagenet.txt
  accel-run model.so --input ids=ids.npy --fill mask=1 --output results
  accel-run model.so test_data_set_0                   an ONNX test: input_*.pb, output_*.pb
  accel-run model.onnx --compare=onnxruntime           which node differs from ONNX Runtime
  accel-run model.so inputs.npz --reference outputs.npz --rtol 1e-4
  accel-run model.so --warmUp=500 --duration=5 --percentile=50,99 --threads=1
  accel-run model.so --profile --trace=trace.json
  accel-run model.so --info

FILES:
  Inputs are .npy, .npz (numpy.savez; arrays by name or position), .pb (ONNX TensorProto), or
  pictures: .jpg and .png, which are scaled to the input's height and width.
  A reference is one of these, or a folder that has <name>.npy or output_<i>.pb.
  Random floats are from N(0,1), random integers from 0..9; the same seed gives the same ones.

EXIT STATUS:
  0  success     1  a mistake in the command, a file or the model     2  the outputs differ
)"};
};
} // namespace

/// Splits name=value; a name may itself hold a '=', a value of a file may not.
static llvm::Expected<std::pair<std::string, std::string>> splitPair(StringRef flag,
                                                                     StringRef text) {
  auto [name, value] = text.rsplit('=');
  if (name.empty() || name.size() == text.size())
    return createStringError("--%s '%s': expected name=value", flag.str().c_str(),
                             text.str().c_str());
  return std::make_pair(name.str(), value.str());
}

llvm::Expected<std::vector<int64_t>> accel::run::parseShape(StringRef text) {
  std::vector<int64_t> shape;
  llvm::SmallVector<StringRef> parts;
  if (!text.empty())
    text.split(parts, 'x');
  for (StringRef part : parts) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return createStringError("'%s' is no shape, expected sizes as in 1x3x224x224",
                               text.str().c_str());
    shape.push_back(size);
  }
  return shape;
}

static Error readInputs(const Flags &flags, Options &options) {
  options.files.assign(flags.files.begin(), flags.files.end());
  for (StringRef text : flags.input) {
    auto pair = splitPair("input", text);
    if (!pair)
      return pair.takeError();
    options.named.push_back(*pair);
  }
  for (StringRef text : flags.fill) {
    auto pair = splitPair("fill", text);
    if (!pair)
      return pair.takeError();
    if (!llvm::to_float(pair->second, options.fills[pair->first]))
      return createStringError("--fill '%s': expected a number", text.str().c_str());
  }
  for (StringRef text : flags.shape) {
    auto pair = splitPair("shape", text);
    if (!pair)
      return pair.takeError();
    auto shape = parseShape(pair->second);
    if (!shape)
      return shape.takeError();
    options.shapes[pair->first] = *shape;
  }
  for (StringRef text : flags.dim) {
    auto pair = splitPair("dim", text);
    if (!pair)
      return pair.takeError();
    int64_t &size = options.dims[pair->first];
    if (StringRef(pair->second).getAsInteger(10, size) || size < 0)
      return createStringError("--dim '%s': expected a size, 0 or more", text.str().c_str());
  }
  if (flags.random.getNumOccurrences()) {
    uint64_t seed = 0;
    if (!flags.random.empty() && StringRef(flags.random).getAsInteger(10, seed))
      return createStringError("--random '%s': expected a number", flags.random.c_str());
    options.seed = seed;
  }
  return Error::success();
}

static Error readImages(const Flags &flags, ImageOptions &options) {
  options.mean.assign(flags.mean.begin(), flags.mean.end());
  options.deviation.assign(flags.deviation.begin(), flags.deviation.end());
  options.bgr = flags.bgr;
  if (flags.scale.getNumOccurrences())
    options.scale = flags.scale;
  if (llvm::is_contained(options.deviation, 0.0))
    return createStringError("--std: expected numbers other than 0");
  if (flags.resize.empty())
    return Error::success();
  auto sizes = parseShape(flags.resize);
  if (!sizes || sizes->empty() || sizes->size() > 2 || llvm::is_contained(*sizes, 0)) {
    llvm::consumeError(sizes.takeError());
    return createStringError(
        "--resize '%s': expected a height and a width as in 224x224, or one size",
        flags.resize.c_str());
  }
  if (sizes->size() == 1)
    options.shorterSide = sizes->front();
  else
    options.height = sizes->front(), options.width = sizes->back();
  return Error::success();
}

/// --compare shows nodes; what is about outputs and times would be dropped without a word.
static Error checkCompare(const Flags &flags) {
  for (const cl::Option &other : std::initializer_list<std::reference_wrapper<const cl::Option>>{
           flags.output, flags.topK, flags.labels, flags.reference, flags.stol, flags.benchmark,
           flags.warmUp, flags.iterations, flags.duration, flags.percentile, flags.streams,
           flags.profile, flags.trace})
    if (flags.compare.getNumOccurrences() && other.getNumOccurrences())
      return createStringError("--compare shows nodes only; leave out --%s",
                               other.ArgStr.str().c_str());
  return Error::success();
}

static Error readTiming(const Flags &flags, Options &options) {
  bool timed = flags.benchmark || flags.warmUp.getNumOccurrences() ||
               flags.duration.getNumOccurrences() || flags.percentile.getNumOccurrences() ||
               flags.streams.getNumOccurrences();
  options.profile = flags.profile;
  options.trace = flags.trace;
  options.profileRuns = flags.iterations;
  // With a profile, --iterations alone is for it.
  timed |= flags.iterations.getNumOccurrences() && !flags.profile && flags.trace.empty();
  if (flags.iterations < 1 || flags.streams < 1 || flags.streams > 1024)
    return createStringError("--iterations and --streams: expected 1 or more");
  if (!(flags.warmUp >= 0) || !(flags.duration >= 0))
    return createStringError("--warmUp and --duration: expected 0 or more");
  if (!timed)
    return Error::success();
  BenchmarkOptions &benchmark = options.benchmark.emplace();
  benchmark.warmUpMs = flags.warmUp;
  benchmark.seconds = flags.duration;
  benchmark.iterations = flags.iterations;
  benchmark.streams = flags.streams;
  if (flags.percentile.getNumOccurrences())
    benchmark.percentiles.assign(flags.percentile.begin(), flags.percentile.end());
  for (double percentile : benchmark.percentiles)
    if (!(percentile > 0 && percentile <= 100))
      return createStringError("--percentile: expected more than 0 and at most 100");
  return Error::success();
}

/// Takes away the options of the LLVM libraries, which have nothing to do here and whose names
/// ("threads") would clash with ours.
static void removeForeignOptions() {
  llvm::SmallVector<cl::Option *> foreign;
  for (auto &entry : cl::getRegisteredOptions())
    if (entry.first != "help" && entry.first != "version")
      foreign.push_back(entry.second);
  for (cl::Option *option : foreign)
    option->removeArgument();
}

llvm::Expected<Options> accel::run::parseOptions(int argc, const char *const *argv) {
  removeForeignOptions();
  Flags flags;
  cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "accel-run " ACCEL_VERSION "\n"; });
  cl::ParseCommandLineOptions(argc, argv, "runs a compiled model\n");
  Options options;
  options.model = flags.model;
  options.compileFlags.assign(flags.compile.begin(), flags.compile.end());
  options.outputFolder = flags.output;
  options.reference = flags.reference;
  options.compare = {flags.rtol, flags.atol, flags.stol};
  options.compareWith = flags.compare;
  if (flags.compare.getNumOccurrences() && flags.compare != "onnxruntime")
    return createStringError("--compare '%s': expected onnxruntime", flags.compare.c_str());
  if (Error error = checkCompare(flags))
    return std::move(error);
  // Types of floats have tolerances of their own there, unless one is given.
  for (auto [name, flag] : {std::pair("--rtol=", &flags.rtol), std::pair("--atol=", &flags.atol)})
    if (flag->getNumOccurrences())
      options.compareFlags.push_back(llvm::formatv("{0}{1:e17}", name, flag->getValue()).str());
  options.topK = flags.topK;
  options.labels = flags.labels;
  options.quiet = flags.quiet;
  options.info = flags.info.getNumOccurrences();
  options.infoJson = flags.info == "json";
  options.threads = flags.threads;
  if (options.info && !flags.info.empty() && !options.infoJson)
    return createStringError("--info '%s': expected json or nothing", flags.info.c_str());
  if (options.topK < 0 || options.threads < 0)
    return createStringError("--top-k and --threads: expected 0 or more");
  if (!options.labels.empty() && !options.topK)
    options.topK = 5;
  if (Error error = readInputs(flags, options))
    return std::move(error);
  if (Error error = readImages(flags, options.image))
    return std::move(error);
  if (Error error = readTiming(flags, options))
    return std::move(error);
  return options;
}
