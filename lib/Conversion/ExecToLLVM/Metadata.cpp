// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a model says of itself as JSON, readable without running it.
#include "lib/Conversion/ExecToLLVM/Metadata.h"
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel::exec;
namespace json = llvm::json;

static void collectNames(Location location, llvm::SetVector<StringRef> &names) {
  llvm::TypeSwitch<LocationAttr>(location)
      .Case([&](NameLoc name) {
        if (!name.getName().empty())
          names.insert(name.getName());
        collectNames(name.getChildLoc(), names);
      })
      .Case([&](FusedLoc fused) {
        for (Location part : fused.getLocations())
          collectNames(part, names);
      })
      .Case([&](CallSiteLoc call) {
        collectNames(call.getCallee(), names);
        collectNames(call.getCaller(), names);
      });
}

SmallVector<StringRef> accel::exec::nodeNames(Location location) {
  llvm::SetVector<StringRef> names;
  collectNames(location, names);
  return SmallVector<StringRef>(names.begin(), names.end());
}

/// JSON must be UTF-8, which the names in a file need not be.
static std::string utf8(StringRef text) { return json::fixUTF8(text); }

/// A dim as text with the symbols' names, where an inner expression has parentheses.
static std::string dimText(AffineExpr dim, ProgramOp program, bool isInner = false) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim))
    return std::to_string(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
    return symbol.getPosition() < program.getNumSymbols()
               ? utf8(cast<StringAttr>(program.getSymbols()[symbol.getPosition()]).getValue())
               : "?";
  auto binary = cast<AffineBinaryOpExpr>(dim);
  StringRef sign = binary.getKind() == AffineExprKind::Add        ? " + "
                   : binary.getKind() == AffineExprKind::Mul      ? " * "
                   : binary.getKind() == AffineExprKind::FloorDiv ? " // "
                   : binary.getKind() == AffineExprKind::Mod      ? " % "
                                                                  : " ceildiv ";
  std::string text =
      (dimText(binary.getLHS(), program, true) + sign + dimText(binary.getRHS(), program, true))
          .str();
  return isInner ? "(" + text + ")" : text;
}

static json::Array ports(ProgramOp program, ArrayAttr names, ArrayAttr types, ArrayAttr shapes) {
  json::Array all;
  for (auto [name, type, shape] :
       llvm::zip_equal(names.getAsRange<StringAttr>(), types.getAsRange<TypeAttr>(),
                       shapes.getAsRange<AffineMapAttr>())) {
    json::Array dims;
    for (AffineExpr dim : shape.getValue().getResults()) {
      if (auto constant = dyn_cast<AffineConstantExpr>(dim))
        dims.push_back(constant.getValue());
      else
        dims.push_back(dimText(dim, program));
    }
    Type element = cast<RankedTensorType>(type.getValue()).getElementType();
    all.push_back(json::Object{{"name", utf8(name.getValue())},
                               {"dtype", dataTypeName(element)},
                               {"shape", std::move(dims)}});
  }
  return all;
}

std::string accel::exec::metadataText(ProgramOp program, const LaunchTable &table,
                                      const ProgramOptions &options,
                                      const LoweredProgram &lowered) {
  json::Array symbols, sites;
  for (auto [i, symbol] : llvm::enumerate(program.getSymbols().getAsRange<StringAttr>()))
    symbols.push_back(json::Object{{"name", utf8(symbol.getValue())},
                                   {"min", program.getMinima()[i]},
                                   {"max", program.getMaxima()[i]}});
  llvm::SetVector<StringRef> kernels;
  for (LaunchOp launch : table.sites) {
    kernels.insert(launch.getKernel());
    json::Array nodes;
    for (StringRef name : nodeNames(launch.getLoc()))
      nodes.push_back(utf8(name));
    sites.push_back(json::Object{{"kernel", launch.getKernel()}, {"nodes", std::move(nodes)}});
  }
  json::Object all = options.metadata; // first, so that nobody overrides what follows
  all["name"] = utf8(options.name);
  all["version"] = ACCEL_VERSION;
  all["target"] = options.target;
  all["source_hash"] = options.sourceHash;
  all["flags"] = utf8(options.flags);
  all["inputs"] =
      ports(program, program.getInputNames(), program.getInputTypes(), program.getInputShapes());
  all["outputs"] =
      ports(program, program.getOutputNames(), program.getOutputTypes(), program.getOutputShapes());
  all["symbols"] = std::move(symbols);
  all["arena_bytes"] = lowered.arenaBytes;
  all["live_bytes"] = lowered.liveBytes;
  all["weight_bytes"] = lowered.weightBytes;
  all["scratch_bytes"] = lowered.scratchBytes;
  all["kernels"] = json::Array(kernels.getArrayRef());
  all["sites"] = std::move(sites);
  std::string text;
  llvm::raw_string_ostream(text) << json::Value(std::move(all));
  return text;
}
