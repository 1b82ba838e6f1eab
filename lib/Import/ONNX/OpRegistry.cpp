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

ImportFunction accel::onnx_import::findImport(StringRef domain, StringRef name, int64_t opset) {
  static const std::vector<OpRow> onnx =
      sorted({attentionOps(),       constantOps(),   controlOps(),      convOps(),
              elementwiseOps(),     activationOps(), foldOps(),         indexOps(),
              linearAttentionOps(), matmulOps(),     normOps(),         quantizeOps(),
              recurrentOps(),       reduceOps(),     resizeOps(),       rotaryOps(),
              runtimeNormOps(),     samplingOps(),   selectOps(),       shapeOps(),
              sliceOps(),           spectrumOps(),   tensorScatterOps()});
  static const std::vector<OpRow> microsoft =
      sorted({groupQueryOps(), microsoftAttentionOps(), microsoftNormOps(), microsoftOps(),
              microsoftRotaryOps()});
  static const std::vector<OpRow> classic =
      sorted({featureOps(), linearOps(), svmOps(), treeOps()});
  static const std::vector<OpRow> preview = sorted({previewOps()});
  static const std::pair<StringRef, const std::vector<OpRow> *> domains[] = {
      {kOnnxDomain, &onnx},
      {kMicrosoftDomain, &microsoft},
      {kClassicDomain, &classic},
      {kPreviewDomain, &preview},
  };
  const auto *found = llvm::find_if(domains, [&](auto &entry) { return entry.first == domain; });
  if (found == std::end(domains))
    return nullptr;
  const std::vector<OpRow> &rows = *found->second;
  // The last row of the op that is not newer than the opset.
  auto after = llvm::partition_point(rows, [&](const OpRow &row) {
    return std::pair(StringRef(row.name), row.since) <= std::pair(name, opset);
  });
  return after != rows.begin() && std::prev(after)->name == name ? std::prev(after)->import
                                                                 : nullptr;
}
