// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values in ONNX's protobuf files, as in the test data sets of models: input_0.pb, output_0.pb, ...
//
#ifndef ACCEL_RUN_PROTO_H
#define ACCEL_RUN_PROTO_H

#include "lib/Run/Value.h"

namespace accel::run {

/// The value in the bytes of a serialized TensorProto, SequenceProto, OptionalProto or MapProto;
/// the file does not say which it is, so the caller does.
llvm::Expected<NamedValue> parseProto(llvm::StringRef bytes, accel_kind kind);

} // namespace accel::run

#endif // ACCEL_RUN_PROTO_H
