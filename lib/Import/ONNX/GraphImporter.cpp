// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nodes in order, names in scopes, functions and constant conditions inlined.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/FunctionBodies.h"
#include "lib/Import/ONNX/OpRegistry.h"
#include "lib/Import/ONNX/Strings.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// Functions inlined in functions, at most.
static constexpr size_t kMaxCallDepth = 32;
static constexpr int64_t kMaxAgainDepth = 4; // each may double the graph
/// Nodes after inlining, at most: a small file can call functions that double at every level.
static constexpr int64_t kMaxNodes = 1'000'000;

std::string accel::onnx_import::nodeName(const onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  return node.op_type() + "(" + (node.output_size() ? node.output(0) : "") + ")";
}

std::string accel::onnx_import::callerName(Location location) {
  while (auto call = dyn_cast<CallSiteLoc>(location))
    location = call.getCaller();
  auto name = dyn_cast<NameLoc>(location);
  return name ? name.getName().str() : "";
}

void GraphImporter::report(Severity severity, const Node &node, const Twine &reason,
                           const Twine &wayOut) {
  const onnx::NodeProto &proto = node.proto();
  ImportDiagnostic &problem = problems.problems.emplace_back();
  problem.severity = severity;
  problem.node = callerName(node.loc());
  problem.op = proto.op_type();
  problem.domain = canonicalDomain(proto.domain());
  problem.opset = node.opset();
  problem.reason = reason.str();
  if (isa<CallSiteLoc>(node.loc()))
    problem.reason = "in its function body, node '" + nodeName(proto) + "': " + problem.reason;
  problem.wayOut = wayOut.str();
  if (node.has(0))
    problem.dtype = dtypeText(Node::element(node.optional(0)));
}

// --- names ---

void GraphImporter::addInitializers(const onnx::GraphProto &graph, Scope &scope) {
  auto twice = [&](bool isNew, StringRef name) {
    if (!isNew)
      reportFile(Severity::Error, "initializer '" + name + "' is given twice",
                 "The file is malformed: export it again.");
  };
  for (const onnx::TensorProto &tensor : graph.initializer())
    twice(scope.initializers.try_emplace(tensor.name(), &tensor).second, tensor.name());
  for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer()) {
    StringRef name = tensor.values().name();
    twice(scope.sparseInitializers.try_emplace(name, &tensor).second, name);
  }
}

std::optional<Scope::Entry> GraphImporter::lookup(StringRef name, Scope &scope) {
  for (const Scope *at = &scope; at; at = at->parent)
    if (auto known = at->values.find(name); known != at->values.end())
      return known->second;
  for (Scope *at = &scope; at; at = at->parent) {
    auto dense = at->initializers.find(name);
    auto sparse = at->sparseInitializers.find(name);
    if (dense == at->initializers.end() && sparse == at->sparseInitializers.end())
      continue;
    // Where all that see it come later.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(at->block);
    std::string problem;
    ElementsAttr elements = dense != at->initializers.end()
                                ? readTensor(&context, file, *dense->second, name, problem)
                                : readSparseTensor(&context, file, *sparse->second, name, problem);
    Scope::Entry entry{nullptr, /*broken=*/!elements};
    if (elements)
      entry.value = nn::ConstantOp::create(builder, NameLoc::get(StringAttr::get(&context, name)),
                                           elements.getType(), elements);
    else
      reportFile(Severity::Error, "initializer '" + name + "': " + problem);
    // Belongs to the scope that holds it, so that it is made (and reported) once.
    at->values[name] = entry;
    return entry;
  }
  return std::nullopt;
}

static const onnx::TypeProto *declaredType(StringRef name, const onnx::GraphProto &graph) {
  for (const onnx::ValueInfoProto &info : graph.value_info())
    if (info.name() == name)
      return &info.type();
  for (const onnx::ValueInfoProto &info : graph.output())
    if (info.name() == name)
      return &info.type();
  return nullptr;
}

std::optional<int64_t> GraphImporter::declaredRank(StringRef name, const Scope &scope) const {
  const onnx::TypeProto *type = scope.graph ? declaredType(name, *scope.graph) : nullptr;
  if (!type || !type->has_tensor_type() || !type->tensor_type().has_shape())
    return std::nullopt;
  return type->tensor_type().shape().dim_size();
}

Value GraphImporter::placeholder(StringRef name, const Scope &scope, Location location) {
  const onnx::TypeProto *type = scope.graph ? declaredType(name, *scope.graph) : nullptr;
  if (!type || !type->has_tensor_type() || !type->tensor_type().has_shape())
    return {};
  Type element = elementType(&context, type->tensor_type().elem_type());
  SmallVector<int64_t> shape;
  for (const auto &dim : type->tensor_type().shape().dim())
    shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value()
                                                                : ShapedType::kDynamic);
  std::string problem;
  if (!element || !checkShape(shape, problem))
    return {};
  return UnrealizedConversionCastOp::create(builder, location,
                                            RankedTensorType::get(shape, element), ValueRange())
      .getResult(0);
}

// --- nodes ---

SmallVector<Value> GraphImporter::importNodes(const NodeList &body, Scope &scope,
                                              ArrayRef<StringRef> outputs) {
  SmallVector<WiringProblem> wiring;
  auto isDefined = [&](StringRef name) {
    for (const Scope *at = &scope; at; at = at->parent)
      if (at->values.contains(name) || at->initializers.contains(name) ||
          at->sparseInitializers.contains(name))
        return true;
    return false;
  };
  auto isGiven = [&](StringRef name) { return scope.given.contains(name); };
  SmallVector<int> order = scheduleNodes(body, outputs, isDefined, isGiven, wiring);
  for (const WiringProblem &problem : wiring) {
    const onnx::NodeProto &proto = body[problem.node];
    Node node(*this, proto, scope, opsetOf(proto, scope),
              NameLoc::get(StringAttr::get(&context, nodeName(proto))));
    (void)node.error(problem.reason, "The file is malformed: export it again.");
  }
  Frame current{body, std::move(order), scope, outputs, {}};
  SmallVector<Value> values = importFrame(current);
  for (auto [output, value] : llvm::zip_equal(outputs, values))
    if (!value && wiring.empty() && !stopped && !current.results && !lookup(output, scope))
      reportFile(Severity::Error,
                 "output '" + output + "' is no node's output, no input and no initializer",
                 "The file is malformed: export it again.");
  return values;
}

SmallVector<Value> GraphImporter::importFrame(Frame &current) {
  llvm::SaveAndRestore inner(frame, &current);
  while (!current.rest.empty() && !stopped && !current.results) {
    int next = current.rest.front();
    current.rest.erase(current.rest.begin());
    importNode(current.nodes[next], current.scope);
  }
  if (current.results)
    return *current.results;
  SmallVector<Value> values;
  for (StringRef output : current.outputs) {
    std::optional<Scope::Entry> entry = lookup(output, current.scope);
    values.push_back(entry ? entry->value : Value());
  }
  return values;
}

void GraphImporter::importIndependent(const Node &node) {
  llvm::StringSet<> following;
  auto add = [&](const onnx::NodeProto &proto) {
    for (const std::string &output : proto.output())
      following.insert(output);
  };
  add(node.proto());
  SmallVector<int> later;
  for (int i : std::exchange(frame->rest, {})) {
    const onnx::NodeProto &proto = frame->nodes[i];
    bool follows =
        llvm::any_of(usedNames(proto), [&](StringRef name) { return following.contains(name); });
    // Another branch may have to import the rest itself.
    bool mayBranch = llvm::any_of(
        proto.attribute(), [](const onnx::AttributeProto &attribute) { return attribute.has_g(); });
    // So may a squeeze of what is 1 when the model runs.
    mayBranch |= proto.op_type() == "Squeeze" && (proto.input_size() < 2 || proto.input(1).empty());
    if (follows || mayBranch) {
      add(proto);
      later.push_back(i);
    } else if (!stopped && !frame->results) {
      importNode(proto, frame->scope);
    }
  }
  frame->rest = std::move(later);
}

int64_t GraphImporter::opsetOf(const onnx::NodeProto &node, const Scope &scope) const {
  StringRef domain = canonicalDomain(node.domain());
  auto imported = scope.opsets->find(domain);
  int64_t opset = imported != scope.opsets->end() ? imported->second : opsets.lookup(domain);
  return std::max<int64_t>(opset, 1);
}

void GraphImporter::importNode(const onnx::NodeProto &proto, Scope &scope) {
  Location location = NameLoc::get(StringAttr::get(&context, nodeName(proto)));
  if (!isa<UnknownLoc>(scope.caller))
    location = CallSiteLoc::get(location, scope.caller);
  StringRef domain = canonicalDomain(proto.domain());
  Node node(*this, proto, scope, opsetOf(proto, scope), location);
  if (++importedNodes > kMaxNodes) {
    stopped = true;
    (void)node.error("the model has more than " + Twine(kMaxNodes) +
                     " nodes after its functions are inlined");
    return;
  }

  llvm::StringSet<> attributes;
  for (const onnx::AttributeProto &attribute : proto.attribute())
    if (!attributes.insert(attribute.name()).second)
      (void)node.error("attribute '" + attribute.name() + "' is given twice",
                       "The file is malformed: export it again.");
  bool broken = node.hasFailed();
  SmallVector<Value> operands;
  for (const std::string &name : proto.input()) {
    Scope::Entry entry;
    if (!name.empty())
      entry = lookup(name, scope).value_or(Scope::Entry{nullptr, true});
    broken |= entry.broken;
    operands.push_back(entry.value);
  }
  node.setOperands(operands);
  builder.setInsertionPointToEnd(block);
  LogicalResult result = failure();
  // A node whose operands are broken is only looked up.
  bool isKnown =
      findImport(domain, proto.op_type(), node.opset()) || standardFunction(node) ||
      functions.contains((domain + ":" + proto.op_type() + ":" + proto.overload()).str());
  if (!broken || (!isKnown && !node.hasFailed()))
    result = dispatch(node);
  if (frame->results)
    return;
  if (succeeded(result))
    node.warnOfUnusedAttributes();
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty() || scope.given.contains(proto.output(i)))
      continue;
    Scope::Entry entry{succeeded(result) ? node.results()[i] : Value()};
    if (!entry.value)
      entry.value = placeholder(proto.output(i), scope, location);
    entry.broken = !entry.value;
    if (entry.value)
      noteSizes(entry.value);
    scope.values[proto.output(i)] = entry;
  }
}

LogicalResult GraphImporter::dispatch(Node &node) {
  const onnx::NodeProto &proto = node.proto();
  StringRef domain = canonicalDomain(proto.domain());
  auto local = functions.find((domain + ":" + proto.op_type() + ":" + proto.overload()).str());
  if (local != functions.end())
    return inlineFunction(node, *local->second);
  if (ImportFunction import = findImport(domain, proto.op_type(), node.opset())) {
    LogicalResult result = checkStrings(node, domain);
    if (succeeded(result))
      result = import(node);
    if (frame->results)
      return result;
    if (succeeded(result) && failed(node.checkOperandCount()))
      return failure();
    if (failed(result))
      // An import function that fails has said why; this is the net below it.
      (void)node.error("its attributes or operands are not supported yet");
    else
      for (int i = 0; i < proto.output_size(); ++i)
        if (node.wants(i) && !node.results()[i])
          return node.unsupported("output " + Twine(i) + " ('" + proto.output(i) + "') is used");
    return result;
  }
  if (const onnx::FunctionProto *function = standardFunction(node))
    return inlineFunction(node, *function);
  std::string name = domain.empty() ? proto.op_type() : (domain + "." + proto.op_type()).str();
  return node.error("op " + name + " of opset " + Twine(node.opset()) + " is not supported yet",
                    domain.empty() ? "Rewrite it with supported ops before exporting the model, or "
                                     "compute it outside."
                                   : "Export the model with ops of the standard, or give the op's "
                                     "body as a function of the model.");
}

const onnx::FunctionProto *GraphImporter::standardFunction(const Node &node) {
  StringRef domain = canonicalDomain(node.proto().domain()), op = node.op();
  const FunctionBody *best = nullptr;
  for (const FunctionBody &body : functionBodies())
    if (body.domain == domain && body.name == op && body.since <= node.opset())
      best = &body;
  if (!best || best->bytes.empty())
    return nullptr;
  auto [entry, isNew] = bodies.try_emplace(best);
  if (isNew)
    entry->second.ParseFromArray(best->bytes.data(), best->bytes.size());
  return &entry->second;
}

LogicalResult GraphImporter::inlineFunction(Node &node, const onnx::FunctionProto &function) {
  const onnx::NodeProto &call = node.proto();
  if (llvm::is_contained(callStack, &function))
    return node.error("function " + function.name() + " calls itself");
  if (callStack.size() == kMaxCallDepth)
    return node.error("functions are nested more than " + Twine(kMaxCallDepth) + " deep");
  if (call.input_size() > function.input_size() || call.output_size() > function.output_size())
    return node.error("expected at most " + Twine(function.input_size()) + " inputs and " +
                      Twine(function.output_size()) + " outputs of function " + function.name() +
                      ", found " + Twine(call.input_size()) + " and " + Twine(call.output_size()));
  OpsetMap &imports = functionOpsets.emplace_back();
  for (const onnx::OperatorSetIdProto &opset : function.opset_import())
    imports[canonicalDomain(opset.domain())] = opset.version();
  Scope scope(node.loc(), block);
  scope.opsets = &imports;
  for (int i = 0; i < function.input_size(); ++i)
    scope.values[function.input(i)] = {node.optional(i)};
  for (const onnx::AttributeProto &attribute : function.attribute_proto())
    scope.attributes[attribute.name()] = &attribute;
  for (const onnx::AttributeProto &attribute : call.attribute())
    if (const onnx::AttributeProto *bound = node.attribute(attribute.name()))
      scope.attributes[attribute.name()] = bound;

  SmallVector<StringRef> outputs;
  for (int i = 0; i < call.output_size(); ++i)
    if (node.wants(i))
      outputs.push_back(function.output(i));
  callStack.push_back(&function);
  calls.push_back(&call);
  size_t before = problems.problems.size();
  SmallVector<Value> values = importNodes(function.node(), scope, outputs);
  callStack.pop_back();
  calls.pop_back();
  for (int i = 0, next = 0; i < call.output_size(); ++i)
    if (node.wants(i) && failed(node.result(i, values[next++])))
      return problems.problems.size() > before
                 ? failure()
                 : node.error("its function body makes no output '" + function.output(i) + "'");
  return success();
}

int64_t GraphImporter::drawOf(const Node &node) {
  std::vector<const onnx::NodeProto *> path = calls;
  path.push_back(&node.proto());
  auto [entry, isNew] = drawsOf.try_emplace(std::move(path), draws);
  draws += isNew;
  return entry->second;
}

bool GraphImporter::isNamed(StringRef name, const Scope &scope) const {
  if (scope.values.contains(name) || scope.initializers.contains(name) ||
      scope.sparseInitializers.contains(name))
    return true;
  return scope.graph && !name.empty() && llvm::any_of(scope.graph->node(), [&](const auto &node) {
           return llvm::is_contained(node.output(), name);
         });
}

Value GraphImporter::importAgain(Node &node, StringRef output, ArrayRef<StringRef> names,
                                 ArrayRef<Value> values) {
  const Scope &around = node.scope();
  if (!around.graph || around.parent) {
    (void)node.unsupported("a part of a function, a branch or a loop's body as the graph to import "
                           "again");
    return {};
  }
  if (againDepth == kMaxAgainDepth) {
    (void)node.error("expected graphs to be differentiated at most " + Twine(kMaxAgainDepth) +
                     " times");
    return {};
  }
  // What is not made by a node stays; the node itself cannot be a part of it.
  Scope scope(around.caller, block);
  scope.graph = around.graph, scope.opsets = around.opsets;
  scope.values = around.values, scope.initializers = around.initializers;
  scope.sparseInitializers = around.sparseInitializers, scope.given = around.given;
  bool isMade = scope.values.contains(output);
  for (const onnx::NodeProto &proto : around.graph->node())
    for (const std::string &made : proto.output())
      if (!scope.given.contains(made)) {
        scope.values.erase(made);
        isMade |= made == output;
      }
  for (const std::string &own : node.proto().output()) {
    scope.values.erase(own);
    scope.given.insert(own);
  }
  for (auto [name, value] : llvm::zip_equal(names, values)) {
    scope.initializers.erase(name);
    scope.sparseInitializers.erase(name);
    scope.given.insert(name);
    scope.values[name] = {value};
  }
  if (!isMade || (scope.given.contains(output) && !scope.values.contains(output)))
    return {};
  size_t before = problems.problems.size();
  llvm::SaveAndRestore depth(againDepth, againDepth + 1);
  Value result = importNodes(around.graph->node(), scope, output).front();
  if (!result && problems.problems.size() > before)
    (void)node.failQuietly();
  return result;
}

SmallVector<Value> GraphImporter::importGraph(Node &node, const onnx::GraphProto &graph,
                                              ArrayRef<Value> arguments) {
  Scope scope(node.scope().caller, block);
  scope.parent = &node.scope();
  scope.graph = &graph;
  scope.opsets = node.scope().opsets;
  addInitializers(graph, scope);
  // Initializers may be listed as inputs, too, and in a branch, which has none, what it captures.
  SmallVector<StringRef> inputs;
  for (const onnx::ValueInfoProto &input : graph.input())
    if (!scope.initializers.contains(input.name()) &&
        !scope.sparseInitializers.contains(input.name()) && !arguments.empty())
      inputs.push_back(input.name());
  if (inputs.size() != arguments.size()) {
    (void)node.error("expected a graph of " + Twine(arguments.size()) + " inputs, found " +
                     Twine(inputs.size()));
    return {};
  }
  for (auto [input, argument] : llvm::zip_equal(inputs, arguments))
    scope.values[input] = {argument};
  SmallVector<StringRef> outputs;
  for (const onnx::ValueInfoProto &output : graph.output())
    outputs.push_back(output.name());
  size_t before = problems.problems.size();
  SmallVector<Value> values = importNodes(graph.node(), scope, outputs);
  if (!llvm::is_contained(values, Value()))
    return values;
  if (stopped || problems.problems.size() > before)
    (void)node.failQuietly();
  else
    (void)node.error("its graph '" + graph.name() + "' does not make all of its outputs");
  return {};
}
