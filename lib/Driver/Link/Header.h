// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the typed C++ header of a compiled model.
//
#ifndef ACCEL_DRIVER_LINK_HEADER_H
#define ACCEL_DRIVER_LINK_HEADER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace accel::link {

/// One dimension of an input or output.
struct HeaderDim {
  enum Kind {
    Static,   ///< `size` is its value.
    Symbolic, ///< `name` is its symbol; the caller chooses the value.
    Unknown,  ///< Known only after the run; outputs only.
  };
  Kind kind = Static;
  int64_t size = 0;
  std::string name;
};

struct HeaderValue {
  std::string name; ///< As in the model; made an identifier by headerText.
  /// An element type as MLIR writes it (f32, i64, ui8 or u8, f16, bf16, f8E4M3FN, i1,
  /// complex<f32>), "string", or anything else for sequences, optionals and maps, which the header
  /// passes on as accel_value.
  std::string dtype;
  std::vector<HeaderDim> dims;
};

struct ModelSignature {
  std::string name;   ///< As the user knows the model; appears in comments only.
  std::string prefix; ///< The symbol prefix, an identifier: the library defines <prefix>_model.
  std::vector<HeaderValue> inputs, outputs;
};

/// A C++17 header that needs only <accel-rt/Model.h>: `namespace accel::<prefix>` with the names,
/// types and shapes as constants and `class Model`, whose `run` takes the sizes of the symbols and
/// typed pointers. A pure function of the signature.
std::string headerText(const ModelSignature &signature);

/// Writes headerText(signature) to `path`, whole or not at all.
llvm::Error writeHeader(const ModelSignature &signature, llvm::StringRef path);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_HEADER_H
