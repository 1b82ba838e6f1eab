// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The register of all ops, sorted once.
#include "lib/Import/ONNX/OpRegistry.h"
#include "lib/Import/ONNX/FunctionBodies.h"
#include "lib/Import/ONNX/Import.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace accel::onnx_import;
using namespace llvm;

static std::vector<OpRow> sorted(ArrayRef<ArrayRef<OpRow>> families) {
  std::vector<OpRow> rows;
  for (ArrayRef<OpRow> family : families)
    rows.insert(rows.end(), family.begin(), family.end());
  llvm::sort(rows, [](const OpRow &a, const OpRow &b) {
    return std::pair(StringRef(a.name), a.since) < std::pair(StringRef(b.name), b.since);
  });
  return rows;
}

namespace {
struct DomainRows {
  StringRef name;
  std::vector<OpRow> rows;
};
} // namespace

static ArrayRef<DomainRows> allDomains() {
  static const DomainRows domains[] = {
      {kOnnxDomain,
       sorted({attentionOps(),     constantOps(),    controlOps(),      convOps(),
               einsumOps(),        elementwiseOps(), experimentalOps(), activationOps(),
               foldOps(),          imageOps(),       indexOps(),        linearAttentionOps(),
               lossOps(),          matmulOps(),      normOps(),         quantizeOps(),
               randomOps(),        recurrentOps(),   reduceOps(),       resizeOps(),
               rotaryOps(),        runtimeNormOps(), samplingOps(),     selectOps(),
               sequenceOps(),      shapeOps(),       sliceOps(),        spectrumOps(),
               tensorScatterOps(), textOps()})},
      {kMicrosoftDomain,
       sorted({groupQueryOps(), microsoftAttentionOps(), microsoftBlockOps(), microsoftFusedOps(),
               microsoftNormOps(), microsoftOps(), microsoftQuantizedOps(), microsoftRotaryOps()})},
      {kClassicDomain,
       sorted({featureOps(), labelOps(), linearOps(), mapOps(), svmOps(), treeOps()})},
      {kPreviewDomain, sorted({previewOps()})},
      {kTrainingDomain, sorted({gradientOps(), trainingOps()})},
  };
  return domains;
}

ImportFunction accel::onnx_import::findImport(StringRef domain, StringRef name, int64_t opset) {
  const DomainRows *found =
      llvm::find_if(allDomains(), [&](const DomainRows &rows) { return rows.name == domain; });
  if (found == allDomains().end())
    return nullptr;
  // The last row of the op that is not newer than the opset.
  const std::vector<OpRow> &rows = found->rows;
  auto after = llvm::partition_point(rows, [&](const OpRow &row) {
    return std::pair(StringRef(row.name), row.since) <= std::pair(name, opset);
  });
  return after != rows.begin() && std::prev(after)->name == name ? std::prev(after)->import
                                                                 : nullptr;
}

std::vector<KnownOp> accel::onnx_import::knownOps() {
  std::map<std::pair<StringRef, StringRef>, int64_t> since;
  auto add = [&](StringRef domain, StringRef name, int64_t opset) {
    auto [entry, isNew] = since.try_emplace({domain, name}, opset);
    entry->second = std::min(entry->second, opset);
  };
  for (const DomainRows &domain : allDomains())
    for (const OpRow &row : domain.rows)
      add(domain.name, row.name, row.since);
  for (const FunctionBody &body : functionBodies())
    if (!body.bytes.empty())
      add(body.domain, body.name, body.since);
  std::vector<KnownOp> ops;
  for (const auto &[key, opset] : since)
    ops.push_back({key.first, key.second, opset});
  return ops;
}

void accel::listOps(raw_ostream &os) {
  for (const KnownOp &op : knownOps())
    os << (op.domain.empty() ? "ai.onnx" : op.domain) << ' ' << op.name << ' ' << op.since << '\n';
}
