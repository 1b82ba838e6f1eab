// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the values that --debug-outputs names, and says why the others cannot be given.
#include "lib/Import/ONNX/DebugOutputs.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Schedule.h"
#include "lib/Support/NearMatches.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace accel::onnx_import;
using namespace llvm;

namespace {

class Finder {
public:
  using Fail = function_ref<void(const Twine &, const Twine &)>;
  Finder(const onnx::GraphProto &graph, Fail fail) : graph(graph), fail(fail) {
    for (const onnx::ValueInfoProto &input : graph.input())
      own.insert(input.name());
    for (const onnx::TensorProto &tensor : graph.initializer())
      own.insert(tensor.name());
    for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
      own.insert(tensor.values().name());
    for (const onnx::ValueInfoProto &output : graph.output())
      taken.insert(output.name());
    for (const auto &[i, node] : enumerate(graph.node())) {
      for (const std::string &output : node.output())
        made.insert(output);
      nodes[nodeName(node)].push_back(i);
      for (const onnx::AttributeProto &attribute : node.attribute()) {
        if (attribute.has_g())
          addBody(attribute.g(), nodeName(node));
        for (const onnx::GraphProto &body : attribute.graphs())
          addBody(body, nodeName(node));
      }
    }
  }

  std::vector<std::string> find(ArrayRef<std::string> requested) {
    for (StringRef text : requested) {
      if (text == "all" || isKnown(text)) {
        add(text);
        continue;
      }
      for (StringRef name : llvm::split(text, ','))
        if (!name.empty())
          add(name);
    }
    return std::move(result);
  }

private:
  bool isKnown(StringRef name) const {
    return own.contains(name) || made.contains(name) || nodes.contains(name) ||
           inBodies.contains(name);
  }

  void addBody(const onnx::GraphProto &body, const std::string &owner) {
    for (const onnx::ValueInfoProto &input : body.input())
      inBodies.try_emplace(input.name(), owner);
    for (const onnx::NodeProto &node : body.node()) {
      inBodies.try_emplace(nodeName(node), owner);
      for (const std::string &output : node.output())
        inBodies.try_emplace(output, owner);
      for (const onnx::AttributeProto &attribute : node.attribute()) {
        if (attribute.has_g())
          addBody(attribute.g(), owner);
        for (const onnx::GraphProto &inner : attribute.graphs())
          addBody(inner, owner);
      }
    }
  }

  void take(StringRef value) {
    if (!value.empty() && taken.insert(value).second)
      result.push_back(value.str());
  }

  void add(StringRef name) {
    if (name == "all")
      return addAll();
    if (auto value = made.find(name); value != made.end())
      return take(value->getKey());
    if (auto value = own.find(name); value != own.end())
      return take(value->getKey());
    if (auto named = nodes.find(name); named != nodes.end()) {
      for (int i : named->second)
        for (const std::string &output : graph.node(i).output())
          take(output);
      return;
    }
    if (auto body = inBodies.find(name); body != inBodies.end())
      return fail("--debug-outputs: '" + name + "' is inside the body of node '" + body->second +
                      "', whose values live for one iteration or branch only",
                  "Ask for what that node makes, or let its body yield the value.");
    SmallVector<StringRef> known;
    for (const onnx::NodeProto &node : graph.node()) {
      append_range(known, node.output());
      if (!node.name().empty())
        known.push_back(node.name());
    }
    for (const onnx::ValueInfoProto &input : graph.input())
      known.push_back(input.name());
    std::vector<std::string> near = accel::nearMatches(name, known);
    fail("--debug-outputs: the graph has no node and no value '" + name + "'",
         near.empty()
             ? Twine("--debug-outputs=all gives all values; the graph's names are those of "
                     "the ONNX file.")
             : "Did you mean '" + join(near, "' or '") + "'?");
  }

  /// What the outputs need, producers first.
  void addAll() {
    SmallVector<StringRef> outputs;
    for (const onnx::ValueInfoProto &output : graph.output())
      outputs.push_back(output.name());
    SmallVector<WiringProblem> ignored; // reported when the nodes are imported
    SmallVector<int> order = scheduleNodes(
        graph.node(), outputs, [&](StringRef name) { return own.contains(name); },
        [](StringRef) { return false; }, ignored);
    StringSet<> read; // a node may make more than is read of it
    for (int i : order)
      for (StringRef name : usedNames(graph.node(i)))
        read.insert(name);
    for (int i : order)
      for (const std::string &output : graph.node(i).output())
        if (read.contains(output))
          take(output);
  }

  const onnx::GraphProto &graph;
  Fail fail;
  StringSet<> own;  ///< Inputs and initializers.
  StringSet<> made; ///< What nodes make.
  StringSet<> taken;
  StringMap<SmallVector<int, 1>> nodes;
  StringMap<std::string> inBodies; ///< Names in subgraphs, by the node of the main graph.
  std::vector<std::string> result;
};

} // namespace

std::vector<std::string> accel::onnx_import::findDebugOutputs(const onnx::GraphProto &graph,
                                                              ArrayRef<std::string> requested,
                                                              Finder::Fail fail) {
  if (requested.empty())
    return {};
  return Finder(graph, fail).find(requested);
}
