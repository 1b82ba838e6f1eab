// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dims as text, for messages and metadata.
#include "lib/Support/DimText.h"
#include "llvm/ADT/StringRef.h"
#include <limits>
#include <optional>

using namespace mlir;
using llvm::StringRef;

static std::string text(AffineExpr dim, llvm::function_ref<std::string(unsigned symbol)> nameOf,
                        bool isInner) {
  auto numberOf = [](AffineExpr side) {
    auto constant = dyn_cast<AffineConstantExpr>(side);
    return constant ? std::optional(constant.getValue()) : std::nullopt;
  };
  if (std::optional<int64_t> number = numberOf(dim))
    return std::to_string(*number);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
    return nameOf(symbol.getPosition());
  auto binary = cast<AffineBinaryOpExpr>(dim);
  AffineExpr left = binary.getLHS(), right = binary.getRHS();
  auto sideText = [&](AffineExpr side) { return text(side, nameOf, true); };
  auto join = [&](StringRef sign, AffineExpr side) {
    return sideText(left) + sign.str() + sideText(side);
  };
  std::string joined;
  switch (binary.getKind()) {
  case AffineExprKind::Add: {
    // a + -1 is a - 1, and a + b * -1 is a - b.
    auto product = dyn_cast<AffineBinaryOpExpr>(right);
    std::optional<int64_t> value = numberOf(right);
    if (value && *value < 0 && *value != std::numeric_limits<int64_t>::min())
      joined = join(" - ", getAffineConstantExpr(-*value, dim.getContext()));
    else if (product && product.getKind() == AffineExprKind::Mul &&
             numberOf(product.getRHS()) == -1)
      joined = join(" - ", product.getLHS());
    else
      joined = join(" + ", right);
    break;
  }
  case AffineExprKind::Mul:
    joined = join(" * ", right);
    break;
  case AffineExprKind::FloorDiv:
    joined = join(" // ", right);
    break;
  case AffineExprKind::Mod:
    joined = join(" % ", right);
    break;
  default:
    joined = join(" ceildiv ", right);
    break;
  }
  return isInner ? "(" + joined + ")" : joined;
}

std::string accel::dimText(AffineExpr dim, llvm::function_ref<std::string(unsigned)> nameOf) {
  return text(dim, nameOf, false);
}
