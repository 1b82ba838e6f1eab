// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which function imports which op of which opset.
#pragma once
#include "lib/Import/ONNX/Node.h"

namespace accel::onnx_import {

using ImportFunction = llvm::LogicalResult (*)(Node &);

/// One row of the register. An op whose meaning changes with the opset has several, and each holds
/// until the next one's version.
struct OpRow {
  llvm::StringLiteral name;
  int64_t since;
  ImportFunction import;
};

inline constexpr llvm::StringLiteral kOnnxDomain = "", kMicrosoftDomain = "com.microsoft",
                                     kClassicDomain = "ai.onnx.ml",
                                     kPreviewDomain = "ai.onnx.preview",
                                     kTrainingDomain = "ai.onnx.preview.training";

/// An op and the first opset of it that can be imported.
struct KnownOp {
  llvm::StringRef domain, name;
  int64_t since;
};

/// All ops, sorted by domain and name: those of the register, and functions of the standard.
std::vector<KnownOp> knownOps();

/// The function for an op; null if there is none.
ImportFunction findImport(llvm::StringRef domain, llvm::StringRef name, int64_t opset);

// One table a family, in Ops/<Family>.cpp.
llvm::ArrayRef<OpRow> attentionOps();
llvm::ArrayRef<OpRow> constantOps();
llvm::ArrayRef<OpRow> controlOps();
llvm::ArrayRef<OpRow> convOps();
llvm::ArrayRef<OpRow> einsumOps();
llvm::ArrayRef<OpRow> elementwiseOps();
llvm::ArrayRef<OpRow> experimentalOps();
llvm::ArrayRef<OpRow> foldOps();
llvm::ArrayRef<OpRow> imageOps();
llvm::ArrayRef<OpRow> indexOps();
llvm::ArrayRef<OpRow> linearAttentionOps();
llvm::ArrayRef<OpRow> activationOps();
llvm::ArrayRef<OpRow> lossOps();
llvm::ArrayRef<OpRow> matmulOps();
llvm::ArrayRef<OpRow> normOps();
llvm::ArrayRef<OpRow> quantizeOps();
llvm::ArrayRef<OpRow> randomOps();
llvm::ArrayRef<OpRow> recurrentOps();
llvm::ArrayRef<OpRow> reduceOps();
llvm::ArrayRef<OpRow> resizeOps();
llvm::ArrayRef<OpRow> rotaryOps();
llvm::ArrayRef<OpRow> runtimeNormOps();
llvm::ArrayRef<OpRow> samplingOps();
llvm::ArrayRef<OpRow> selectOps();
llvm::ArrayRef<OpRow> sequenceOps();
llvm::ArrayRef<OpRow> shapeOps();
llvm::ArrayRef<OpRow> sliceOps();
llvm::ArrayRef<OpRow> spectrumOps();
llvm::ArrayRef<OpRow> tensorScatterOps();
llvm::ArrayRef<OpRow> textOps();
// Of com.microsoft.
llvm::ArrayRef<OpRow> groupQueryOps();
llvm::ArrayRef<OpRow> microsoftAttentionOps();
llvm::ArrayRef<OpRow> microsoftBlockOps();
llvm::ArrayRef<OpRow> microsoftFusedOps();
llvm::ArrayRef<OpRow> microsoftNormOps();
llvm::ArrayRef<OpRow> microsoftOps();
llvm::ArrayRef<OpRow> microsoftQuantizedOps();
llvm::ArrayRef<OpRow> microsoftRotaryOps();
// Of ai.onnx.preview.
llvm::ArrayRef<OpRow> previewOps();
// Of ai.onnx.ml.
llvm::ArrayRef<OpRow> featureOps();
llvm::ArrayRef<OpRow> labelOps();
llvm::ArrayRef<OpRow> linearOps();
llvm::ArrayRef<OpRow> mapOps();
llvm::ArrayRef<OpRow> svmOps();
llvm::ArrayRef<OpRow> treeOps();
// Of ai.onnx.preview.training.
llvm::ArrayRef<OpRow> gradientOps();
llvm::ArrayRef<OpRow> trainingOps();

} // namespace accel::onnx_import
