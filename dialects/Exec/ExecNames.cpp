// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The names of ONNX nodes that locations hold.
#include "dialects/Exec/ExecNames.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

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
