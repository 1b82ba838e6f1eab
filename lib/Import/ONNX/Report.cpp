// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shows the problems of a file as text and as JSON.
#include "lib/Import/ONNX/Import.h"
#include "lib/Support/Printable.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace accel;
using llvm::SmallVector;

static const char *name(Severity severity) {
  return severity == Severity::Error ? "error" : "warning";
}

bool ImportReport::hasErrors() const {
  return llvm::any_of(problems,
                      [](const ImportDiagnostic &p) { return p.severity == Severity::Error; });
}

void ImportReport::printText(llvm::raw_ostream &os) const {
  // Reasons hold names too, and several of them.
  constexpr size_t kLongestReason = 300;
  // A terminal shows so much; JSON has all.
  constexpr size_t kMost = 40;
  // Errors first: warnings must not push them out.
  SmallVector<const ImportDiagnostic *> shown;
  for (Severity severity : {Severity::Error, Severity::Warning})
    for (const ImportDiagnostic &problem : problems)
      if (problem.severity == severity)
        shown.push_back(&problem);
  size_t more = shown.size() - std::min(shown.size(), kMost);
  shown.resize(shown.size() - more);
  std::string wayOut;
  for (const ImportDiagnostic *problem : shown) {
    // The same advice for many nodes is given once.
    std::string next = printable(problem->wayOut, kLongestReason);
    if (!wayOut.empty() && wayOut != next)
      os << "    " << wayOut << '\n';
    wayOut = std::move(next);
    os << printable(file, 2000) << ": " << name(problem->severity) << ": ";
    if (!problem->node.empty()) {
      os << "node '" << printable(problem->node) << "' (";
      if (!problem->domain.empty())
        os << printable(problem->domain) << '.';
      os << printable(problem->op);
      if (problem->opset)
        os << ", opset " << problem->opset;
      if (!problem->dtype.empty())
        os << ", " << problem->dtype;
      os << "): ";
    }
    os << printable(problem->reason, kLongestReason) << '\n';
  }
  if (!wayOut.empty())
    os << "    " << wayOut << '\n';
  if (more)
    os << printable(file, 2000) << ": and " << more << " more; --check=json lists all\n";
}

void ImportReport::printJSON(llvm::raw_ostream &os) const {
  // Names come from the file and may hold any bytes; JSON must be UTF-8.
  auto text = [](const std::string &s) {
    return llvm::json::isUTF8(s) ? s : llvm::json::fixUTF8(s);
  };
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("file", text(file));
    json.attribute("supported", !hasErrors());
    json.attributeArray("problems", [&] {
      for (const ImportDiagnostic &problem : problems)
        json.object([&] {
          json.attribute("severity", name(problem.severity));
          json.attribute("node", text(problem.node));
          json.attribute("op", text(problem.op));
          json.attribute("domain", text(problem.domain));
          json.attribute("opset", problem.opset);
          json.attribute("dtype", text(problem.dtype));
          json.attribute("reason", text(problem.reason));
          json.attribute("way_out", text(problem.wayOut));
        });
    });
  });
  os << '\n';
}
