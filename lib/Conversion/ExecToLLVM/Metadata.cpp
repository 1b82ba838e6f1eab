// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a model says of itself as JSON, readable without running it.
#include "lib/Conversion/ExecToLLVM/Metadata.h"
#include "dialects/Exec/ExecNames.h"
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace accel::exec;
namespace json = llvm::json;

/// JSON must be UTF-8, which the names in a file need not be.
static std::string utf8(StringRef text) { return json::fixUTF8(text); }

/// What callers see of a state: its port as the ONNX file has it, and how it changes.
static json::Array statesOf(ProgramOp program, json::Array &inputs, json::Array &outputs) {
  json::Array all;
  size_t count = program.getNumStates(), first = inputs.size() - count,
         firstOutput = outputs.size() - count;
  for (size_t state = 0; state < count; ++state) {
    json::Object port = std::move(*inputs[first + state].getAsObject());
    int64_t axis = (*program.getStateAxes())[state];
    json::Array &shape = *port.getArray("shape");
    if (program.appendsToState(state))
      std::rotate(shape.begin(), shape.begin() + 1, shape.begin() + axis + 1);
    port["input"] = std::move(port["name"]);
    port.erase("name");
    port["output"] = outputs[firstOutput + state].getAsObject()->getString("name")->str();
    port["update"] = program.appendsToState(state) ? "append" : "replace";
    if (axis >= 0)
      port["axis"] = axis;
    all.push_back(std::move(port));
  }
  for (size_t state = 0; state < count; ++state) {
    inputs.pop_back();
    outputs.pop_back();
  }
  return all;
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
        dims.push_back(utf8(program.dimText(dim)));
    }
    Type element = cast<RankedTensorType>(type.getValue()).getElementType();
    all.push_back(json::Object{{"name", utf8(name.getValue())},
                               {"dtype", dataTypeName(element)},
                               {"shape", std::move(dims)}});
  }
  return all;
}

std::string accel::exec::metadataText(ProgramOp program, ArrayRef<Site> allSites,
                                      const ProgramOptions &options,
                                      const LoweredProgram &lowered) {
  json::Array symbols, sites;
  for (auto [i, symbol] : llvm::enumerate(program.getSymbols().getAsRange<StringAttr>()))
    symbols.push_back(json::Object{{"name", utf8(symbol.getValue())},
                                   {"min", program.getMinima()[i]},
                                   {"max", program.getMaxima()[i]}});
  llvm::SetVector<StringRef> kernels;
  for (const Site &site : allSites) {
    kernels.insert(site.kernel);
    json::Array nodes;
    for (StringRef name : nodeNames(site.nodes))
      nodes.push_back(utf8(name));
    sites.push_back(json::Object{{"kernel", site.kernel}, {"nodes", std::move(nodes)}});
  }
  json::Object all = options.metadata; // first, so that nobody overrides what follows
  all["name"] = utf8(options.name);
  all["version"] = ACCEL_VERSION;
  all["target"] = options.target;
  all["source_hash"] = options.sourceHash;
  all["flags"] = utf8(options.flags);
  json::Array inputs = ports(program, program.getInputNames(), program.getInputTypes(),
                             program.getInputShapes()),
              outputs = ports(program, program.getOutputNames(), program.getOutputTypes(),
                              program.getOutputShapes());
  if (program.getNumStates())
    all["states"] = statesOf(program, inputs, outputs);
  all["inputs"] = std::move(inputs);
  all["outputs"] = std::move(outputs);
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
