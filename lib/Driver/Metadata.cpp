// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a library came from, and its signature.
#include "lib/Driver/Metadata.h"
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include <memory>
#include <openssl/evp.h>

using namespace llvm;

namespace accel {
namespace {

link::HeaderDim headerDim(mlir::AffineExpr dim, mlir::ArrayAttr symbols) {
  link::HeaderDim result;
  auto symbol = dyn_cast<mlir::AffineSymbolExpr>(dim);
  if (auto constant = dyn_cast<mlir::AffineConstantExpr>(dim)) {
    result.size = constant.getValue();
  } else if (symbol && symbol.getPosition() < symbols.size()) {
    result.kind = link::HeaderDim::Symbolic;
    result.name = cast<mlir::StringAttr>(symbols[symbol.getPosition()]).str();
  } else {
    result.kind = link::HeaderDim::Unknown;
  }
  return result;
}

std::vector<link::HeaderValue> headerValues(mlir::ArrayAttr names, mlir::ArrayAttr types,
                                            mlir::ArrayAttr shapes, mlir::ArrayAttr symbols) {
  std::vector<link::HeaderValue> values;
  for (auto [name, type, shape] : zip(names, types, shapes)) {
    link::HeaderValue value;
    value.name = cast<mlir::StringAttr>(name).str();
    value.dtype = exec::dataTypeName(
        cast<mlir::ShapedType>(cast<mlir::TypeAttr>(type).getValue()).getElementType());
    for (mlir::AffineExpr dim : cast<mlir::AffineMapAttr>(shape).getValue().getResults())
      value.dims.push_back(headerDim(dim, symbols));
    values.push_back(std::move(value));
  }
  return values;
}

} // namespace

Expected<std::string> hashFiles(ArrayRef<std::string> paths) {
  // Its configuration file may name modules that are none of our version's.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!hash || !EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr))
    return createStringError("libcrypto has no SHA-256");
  std::vector<char> block(1 << 20);
  for (const std::string &path : paths) {
    Expected<sys::fs::file_t> file = sys::fs::openNativeFileForRead(path);
    if (!file)
      return file.takeError();
    while (true) {
      Expected<size_t> got = sys::fs::readNativeFile(*file, MutableArrayRef<char>(block));
      if (!got || *got == 0) {
        sys::fs::closeFile(*file);
        if (!got)
          return got.takeError();
        break;
      }
      EVP_DigestUpdate(hash.get(), block.data(), *got);
    }
  }
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(hash.get(), digest, &size);
  return toHex(ArrayRef(digest, size), /*LowerCase=*/true);
}

link::ModelSignature signatureOf(exec::ProgramOp program, llvm::StringRef name,
                                 llvm::StringRef prefix) {
  link::ModelSignature signature;
  signature.name = name.str();
  signature.prefix = prefix.str();
  signature.inputs = headerValues(program.getInputNames(), program.getInputTypes(),
                                  program.getInputShapes(), program.getSymbols());
  signature.outputs = headerValues(program.getOutputNames(), program.getOutputTypes(),
                                   program.getOutputShapes(), program.getSymbols());
  // States are the last ones, which callers neither give nor take, and neither their sizes.
  size_t states = program.getNumStates();
  signature.inputs.resize(signature.inputs.size() - states);
  signature.outputs.resize(signature.outputs.size() - states);
  StringSet<> known;
  for (const link::HeaderValue &input : signature.inputs)
    for (const link::HeaderDim &dim : input.dims)
      known.insert(dim.name);
  for (link::HeaderValue &output : signature.outputs)
    for (link::HeaderDim &dim : output.dims)
      if (dim.kind == link::HeaderDim::Symbolic && !known.contains(dim.name))
        dim.kind = link::HeaderDim::Unknown;
  return signature;
}

} // namespace accel
