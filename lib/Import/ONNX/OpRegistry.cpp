// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The register of all ops, sorted once.
#include "lib/Import/ONNX/OpRegistry.h"

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

ImportFunction accel::onnx_import::findImport(StringRef domain, StringRef name, int64_t opset) {
  static const DomainRows domains[] = {
      {kOnnxDomain,
       sorted({attentionOps(),   constantOps(),    controlOps(),         convOps(),
               einsumOps(),      elementwiseOps(), experimentalOps(),    activationOps(),
               foldOps(),        indexOps(),       linearAttentionOps(), lossOps(),
               matmulOps(),      normOps(),        quantizeOps(),        randomOps(),
               recurrentOps(),   reduceOps(),      resizeOps(),          rotaryOps(),
               runtimeNormOps(), samplingOps(),    selectOps(),          sequenceOps(),
               shapeOps(),       sliceOps(),       spectrumOps(),        tensorScatterOps(),
               textOps()})},
      {kMicrosoftDomain,
       sorted({groupQueryOps(), microsoftAttentionOps(), microsoftBlockOps(), microsoftFusedOps(),
               microsoftNormOps(), microsoftOps(), microsoftQuantizedOps(), microsoftRotaryOps()})},
      {kClassicDomain,
       sorted({featureOps(), labelOps(), linearOps(), mapOps(), svmOps(), treeOps()})},
      {kPreviewDomain, sorted({previewOps()})},
      {kTrainingDomain, sorted({trainingOps()})},
  };
  const DomainRows *found =
      llvm::find_if(domains, [&](const DomainRows &rows) { return rows.name == domain; });
  if (found == std::end(domains))
    return nullptr;
  // The last row of the op that is not newer than the opset.
  const std::vector<OpRow> &rows = found->rows;
  auto after = llvm::partition_point(rows, [&](const OpRow &row) {
    return std::pair(StringRef(row.name), row.since) <= std::pair(name, opset);
  });
  return after != rows.begin() && std::prev(after)->name == name ? std::prev(after)->import
                                                                 : nullptr;
}
