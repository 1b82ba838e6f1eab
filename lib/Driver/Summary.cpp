// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the user sees after a success.
#include "lib/Driver/Compile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace accel {
namespace {

std::string bytes(uint64_t count) {
  if (count < 10000)
    return formatv("{0} B", count).str();
  if (count < 10'000'000)
    return formatv("{0:f1} kB", count / 1e3).str();
  return formatv("{0:f1} MB", count / 1e6).str();
}

std::string nodeList(const KernelSummary &kernel) {
  // A kernel that many layers share would fill the screen.
  constexpr size_t kMost = 6;
  std::vector<std::string> names(kernel.nodes.begin(),
                                 kernel.nodes.begin() + std::min(kMost, kernel.nodes.size()));
  std::string text = join(names, ", ");
  if (kernel.nodes.size() > kMost)
    text += formatv(", and {0} more", kernel.nodes.size() - kMost).str();
  return text;
}

void printKernels(const CompileSummary &summary, raw_ostream &out) {
  for (const KernelSummary &kernel : summary.kernels) {
    const KernelResult &result = kernel.result;
    out << formatv("  {0,-20} x{1,-3} {2,-6} {3,8} {4,7:f1} ms  {5}", kernel.name, kernel.launches,
                   result.kernel.plain ? "plain" : "tuned", bytes(result.kernel.object.size()),
                   result.seconds * 1e3, kernel.ops);
    if (result.kernel.scratchBytes)
      out << ", scratch " << bytes(result.kernel.scratchBytes);
    out << "\n      " << printableLines(nodeList(kernel)) << "\n";
    if (!kernel.boundary.empty())
      out << "      ends because: " << kernel.boundary << "\n";
    if (!result.kernel.whyPlain.empty())
      out << "      plain because: " << printableLines(result.kernel.whyPlain) << "\n";
  }
}

} // namespace

void printSummary(const CompileSummary &summary, const CompileOptions &options,
                  const Console &console) {
  raw_ostream &out = outs();
  for (const std::string &file : summary.files) {
    uint64_t size = 0;
    if (!sys::fs::file_size(file, size))
      out << printableLines(file) << "  " << bytes(size) << "\n";
  }
  if (options.verbose) {
    printKernels(summary, out);
    for (const std::string &remark : summary.remarks)
      out << "  " << printableLines(remark) << "\n";
  }
  if (!summary.kernels.empty()) {
    size_t plain = count_if(summary.kernels,
                            [](const KernelSummary &kernel) { return kernel.result.kernel.plain; });
    out << formatv("  kernels  {0} launches of {1} kernels", summary.launches,
                   summary.kernels.size());
    if (plain)
      out << formatv(", {0} in plain loops", plain);
    if (size_t cached = count_if(summary.kernels,
                                 [](const KernelSummary &kernel) { return kernel.result.cached; }))
      out << formatv(", {0} from the kernel cache", cached);
    out << "\n";
  }
  if (options.emit < Emit::Header) {
    if (summary.arenaBytes)
      out << "  arena    " << bytes(*summary.arenaBytes) << " peak, no plan can do with less than "
          << bytes(summary.leastArenaBytes.value_or(0)) << "\n";
    else
      out << "  arena    as large as the dims of a run ask for\n";
    out << "  weights  " << bytes(summary.weightBytes) << "\n";
    out << "  target   " << cpu::strOf(options.levels) << " -O" << options.optLevel << "\n";
  }
  out << formatv("  seconds  {0:f2}:", console.secondsSinceStart());
  StringRef separator = " ";
  for (const auto &[stage, seconds] : console.times()) {
    out << separator << stage << formatv(" {0:f2}", seconds);
    separator = ", ";
  }
  out << "\n";
}

} // namespace accel
