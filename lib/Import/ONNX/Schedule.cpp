// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Orders nodes by their values, and finds cycles, values made twice and values made by nobody.
#include "lib/Import/ONNX/Schedule.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include <functional>
#include <queue>

using namespace accel::onnx_import;
using namespace llvm;

/// Adds the names that a subgraph takes from the graphs around it.
static void addCaptures(const onnx::GraphProto &graph, SmallVectorImpl<StringRef> &names) {
  StringSet<> own;
  for (const auto &input : graph.input())
    own.insert(input.name());
  for (const auto &tensor : graph.initializer())
    own.insert(tensor.name());
  for (const auto &tensor : graph.sparse_initializer())
    own.insert(tensor.values().name());
  for (const auto &node : graph.node())
    for (const std::string &output : node.output())
      own.insert(output);
  SmallVector<StringRef> used;
  for (const auto &node : graph.node()) {
    used.append(node.input().begin(), node.input().end());
    for (const auto &attribute : node.attribute()) {
      if (attribute.has_g())
        addCaptures(attribute.g(), used);
      for (const auto &inner : attribute.graphs())
        addCaptures(inner, used);
    }
  }
  for (const auto &output : graph.output())
    used.push_back(output.name());
  for (StringRef name : used)
    if (!name.empty() && !own.contains(name))
      names.push_back(name);
}

SmallVector<StringRef> accel::onnx_import::usedNames(const onnx::NodeProto &node) {
  SmallVector<StringRef> names;
  for (const std::string &input : node.input())
    if (!input.empty())
      names.push_back(input);
  for (const auto &attribute : node.attribute()) {
    if (attribute.has_g())
      addCaptures(attribute.g(), names);
    for (const auto &graph : attribute.graphs())
      addCaptures(graph, names);
  }
  return names;
}

SmallVector<int> accel::onnx_import::scheduleNodes(const NodeList &nodes,
                                                   ArrayRef<StringRef> outputs,
                                                   function_ref<bool(StringRef)> isDefined,
                                                   function_ref<bool(StringRef)> isGiven,
                                                   SmallVectorImpl<WiringProblem> &problems) {
  StringMap<int> producers;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &output : nodes[i].output()) {
      if (output.empty() || isGiven(output))
        continue;
      if (isDefined(output))
        problems.push_back({i, "value '" + output + "' is an input or initializer and made again"});
      else if (!producers.try_emplace(output, i).second)
        problems.push_back({i, "value '" + output + "' is made twice"});
    }

  // The nodes that the outputs need.
  std::vector<SmallVector<int, 2>> users(nodes.size());
  std::vector<int> missing(nodes.size(), -1);
  SmallVector<int> worklist;
  auto need = [&](StringRef name) {
    auto producer = producers.find(name);
    if (producer == producers.end())
      return -1;
    if (missing[producer->second] < 0) {
      missing[producer->second] = 0;
      worklist.push_back(producer->second);
    }
    return producer->second;
  };
  for (StringRef output : outputs)
    need(output);
  while (!worklist.empty()) {
    int node = worklist.pop_back_val();
    SmallVector<int> dependencies;
    for (StringRef name : usedNames(nodes[node])) {
      int producer = need(name);
      if (producer >= 0)
        dependencies.push_back(producer);
      else if (!isDefined(name))
        problems.push_back(
            {node,
             ("input '" + name + "' is no input of the graph, no initializer and no node's output")
                 .str()});
    }
    llvm::sort(dependencies);
    dependencies.erase(llvm::unique(dependencies), dependencies.end());
    missing[node] += dependencies.size();
    for (int producer : dependencies)
      users[producer].push_back(node);
  }

  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  size_t needed = 0;
  for (int i = 0; i < nodes.size(); ++i) {
    needed += missing[i] >= 0;
    if (missing[i] == 0)
      ready.push(i);
  }
  SmallVector<int> order;
  while (!ready.empty()) {
    int node = ready.top();
    ready.pop();
    order.push_back(node);
    for (int user : users[node])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (order.size() != needed) {
    for (int i = 0; i < nodes.size(); ++i)
      if (missing[i] > 0) {
        problems.push_back({i, "it is part of a cycle, or needs a value of one"});
        break;
      }
  }
  llvm::sort(problems, [](const WiringProblem &a, const WiringProblem &b) {
    return std::tie(a.node, a.reason) < std::tie(b.node, b.reason);
  });
  return order;
}
