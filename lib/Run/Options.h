// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of accel-run.
//
#ifndef ACCEL_RUN_OPTIONS_H
#define ACCEL_RUN_OPTIONS_H

#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace accel::run {

struct BenchmarkOptions {
  double warmUpMs = 200;
  double seconds = 3;
  int64_t iterations = 10; ///< at least so many runs, however long they take
  std::vector<double> percentiles = {90, 95, 99};
  unsigned streams = 1; ///< contexts that run at a time
};

struct CompareOptions {
  double relative = 1e-3;
  double absolute = 1e-5;
  double ofLargest = 0; ///< relative to the largest element
};

/// How a picture becomes an input: (pixel * scale - mean) / deviation.
struct ImageOptions {
  int64_t height = 0, width = 0;       ///< 0: as the model says, else as the picture is
  int64_t shorterSide = 0;             ///< not 0: scaled to that, then cropped
  std::vector<double> mean, deviation; ///< one number, or one for each channel
  std::optional<double> scale;         ///< 1/255 for inputs of floats, 1 for others
  bool bgr = false;
};

struct Options {
  std::string model;
  std::vector<std::string> compileFlags;

  // Inputs.
  std::vector<std::string> files;                         ///< in the order of the inputs
  std::vector<std::pair<std::string, std::string>> named; ///< input, file
  std::map<std::string, double> fills;                    ///< input, value of all its elements
  std::map<std::string, std::vector<int64_t>> shapes;     ///< of random inputs
  std::map<std::string, int64_t> dims;                    ///< symbol, size
  std::optional<uint64_t> seed;                           ///< given: random where no file is
  ImageOptions image;

  // What to do with the outputs.
  std::string outputFolder;
  std::string reference;
  std::string compareWith; ///< an engine whose values are compared, node by node
  CompareOptions compare;
  std::vector<std::string> compareFlags; ///< --rtol and --atol as they were given
  int64_t topK = 0;
  std::string labels;
  bool quiet = false;

  // What else to do.
  bool info = false, infoJson = false;
  std::optional<BenchmarkOptions> benchmark;
  bool profile = false;
  int64_t profileRuns = 10;
  std::string trace;
  int32_t threads = 0;
};

/// Reads the command line; ends the process for --help, --version and what LLVM's parser refuses.
llvm::Expected<Options> parseOptions(int argc, const char *const *argv);

/// "1x3x224" as sizes; "" is a scalar's.
llvm::Expected<std::vector<int64_t>> parseShape(llvm::StringRef text);

} // namespace accel::run

#endif // ACCEL_RUN_OPTIONS_H
