// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Walks the graphs of a model and hands each node to its import function.
#pragma once
#include "lib/Import/ONNX/Import.h"
#include "lib/Import/ONNX/Node.h"
#include "lib/Import/ONNX/Schedule.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <deque>

namespace accel::onnx_import {

using OpsetMap = llvm::StringMap<int64_t>;

/// The names that the nodes of one graph or function body can see.
struct Scope {
  struct Entry {
    mlir::Value value;   ///< Null: an optional input that the caller left out, or a broken value.
    bool broken = false; ///< Made by a node that could not be imported.
  };
  Scope *parent = nullptr;                 ///< The graph around a subgraph.
  const onnx::GraphProto *graph = nullptr; ///< Null in a function's body.
  const OpsetMap *opsets = nullptr;
  mlir::Location caller; ///< Where a function's body is inlined, else unknown.
  mlir::Block *block;    ///< Where its nodes' ops go.
  llvm::StringMap<Entry> values;
  llvm::StringMap<const onnx::TensorProto *> initializers;
  llvm::StringMap<const onnx::SparseTensorProto *> sparseInitializers;
  llvm::StringMap<const onnx::AttributeProto *> attributes; ///< Of the call of a function.
  llvm::StringSet<> given; ///< Of a graph that is imported again: names that no node makes.

  Scope(mlir::Location caller, mlir::Block *block) : caller(caller), block(block) {}
};

/// Nodes of one scope that are being imported, in order.
struct Frame {
  const NodeList &nodes;
  llvm::SmallVector<int> rest; ///< Indices of those that come after the current one.
  Scope &scope;
  llvm::ArrayRef<llvm::StringRef> outputs;
  /// What the outputs are, once a node has imported the rest itself.
  std::optional<llvm::SmallVector<mlir::Value>> results;
};

/// What the body of a loop gives.
struct LoopYield {
  mlir::Value condition; ///< One i1, whether to go on; null: always.
  llvm::SmallVector<mlir::Value> carried, scans;
};

class GraphImporter {
public:
  GraphImporter(mlir::MLIRContext &context, ModelFile &file, const ImportOptions &options,
                ImportReport &report);

  /// The module; null if there are errors.
  mlir::OwningOpRef<mlir::ModuleOp> run();

  // --- for Node and the import functions ---
  mlir::MLIRContext &context;
  ModelFile &file;
  mlir::OpBuilder builder;
  nn::ShapeAnalysis shapes;
  /// MLIR's own errors since the last node began.
  std::string mlirError;

  void report(Severity severity, const Node &node, const llvm::Twine &reason,
              const llvm::Twine &wayOut);
  bool hasErrors() const { return problems.hasErrors(); }
  const auto &missingFunctions() const { return options.missingFunctions; }
  /// Tells nodes apart that draw random numbers; one that is imported again draws the same.
  int64_t drawOf(const Node &node);
  /// The index value of a dim; null if it depends on data.
  mlir::Value indexValue(Dim dim);
  /// Imports the nodes of `body` for the values named `outputs`, which it returns: null where
  /// something was reported.
  llvm::SmallVector<mlir::Value> importNodes(const NodeList &body, Scope &scope,
                                             llvm::ArrayRef<llvm::StringRef> outputs);
  /// The rank that the graph's file declares for a value.
  std::optional<int64_t> declaredRank(llvm::StringRef name, const Scope &scope) const;
  /// Adds a graph's initializers to its scope.
  void addInitializers(const onnx::GraphProto &graph, Scope &scope);
  /// Imports a subgraph at the builder's place, as the values that it gives for these arguments:
  /// none where something was reported.
  llvm::SmallVector<mlir::Value> importGraph(Node &node, const onnx::GraphProto &graph,
                                             llvm::ArrayRef<mlir::Value> arguments);

  /// True of the names of the scope's own inputs, initializers and results of nodes.
  bool isNamed(llvm::StringRef name, const Scope &scope) const;
  /// Imports what a value of the node's graph follows from once more, with values of its own for
  /// some names. Null where something was reported, or no other node makes it.
  mlir::Value importAgain(Node &node, llvm::StringRef output, llvm::ArrayRef<llvm::StringRef> names,
                          llvm::ArrayRef<mlir::Value> values);

  // --- regions, in Regions.cpp ---
  /// Remembers where the sizes of a tensor can be read that only the run knows.
  void noteSizes(mlir::Value value);
  mlir::Value withDims(mlir::Value value, llvm::ArrayRef<Dim> dims);
  using RegionBody = llvm::function_ref<llvm::LogicalResult(mlir::ValueRange arguments,
                                                            llvm::SmallVectorImpl<mlir::Value> &)>;
  /// Fills a region of one block by `body`, whose values it yields.
  llvm::LogicalResult fillRegion(mlir::Region &region, Node &node, mlir::TypeRange arguments,
                                 llvm::function_ref<void(mlir::ValueRange)> describe,
                                 RegionBody body);
  /// One of two regions, by the condition. No values where something was reported, and where the
  /// regions give other ranks, so that the rest of the graph went into each of them.
  llvm::SmallVector<mlir::Value> branch(Node &node, mlir::Value condition, RegionBody thenBody,
                                        RegionBody elseBody);
  /// What a loop carries at its end and the scans of all iterations. `body` may be called more than
  /// once: until the types of what it carries are found. Its arguments are the iteration, an i64,
  /// and what is carried. No values where something was reported.
  llvm::SmallVector<mlir::Value>
  loop(Node &node, mlir::Value trips, mlir::Value condition, llvm::ArrayRef<mlir::Value> initial,
       llvm::function_ref<llvm::LogicalResult(mlir::ValueRange arguments, LoopYield &)> body);

private:
  void reportFile(Severity severity, const llvm::Twine &reason, const llvm::Twine &wayOut = "");
  void readOpsets();
  void fixNamedDims();
  bool addInput(const onnx::ValueInfoProto &input, llvm::SmallVectorImpl<mlir::Type> &types,
                llvm::SmallVectorImpl<Shape> &inputShapes);
  void checkOptions();
  void bindArguments(llvm::ArrayRef<Shape> inputShapes, Scope &scope);
  void addResults(llvm::ArrayRef<mlir::Value> results);
  void checkDeclared(const onnx::ValueInfoProto &declared, mlir::Value value);
  void checkMaps();
  void removeDeadOps();
  /// Imports the nodes of a frame; its outputs' values then.
  llvm::SmallVector<mlir::Value> importFrame(Frame &current);
  /// The nodes that come after this one and do not follow from it.
  void importIndependent(const Node &node);
  /// A region of an If, and what it yields.
  struct Branch {
    mlir::Region *region;
    llvm::SmallVector<mlir::Value> values;
  };
  std::optional<Branch> fillBranch(Node &node, RegionBody body);
  /// A branch that fails if a run takes it, in the place of one that cannot be imported.
  std::optional<Branch> failingBranch(Node &node, const Branch &other, llvm::StringRef reason);
  llvm::SmallVector<mlir::Value> makeIf(Node &node, mlir::Value condition, const Branch &onTrue,
                                        const Branch &onFalse);
  void branchRest(Node &node, mlir::Value condition, RegionBody thenBody, RegionBody elseBody);
  Dim symbol(llvm::StringRef name);
  bool isVisible(Dim dim) const;
  mlir::Region &newRegion();
  /// Before the module may be destroyed, whose values they use.
  void dropRegions();

  /// The version of a node's domain; 1 where nothing says.
  int64_t opsetOf(const onnx::NodeProto &node, const Scope &scope) const;
  void importNode(const onnx::NodeProto &proto, Scope &scope);
  llvm::LogicalResult dispatch(Node &node);
  llvm::LogicalResult inlineFunction(Node &node, const onnx::FunctionProto &function);
  const onnx::FunctionProto *standardFunction(const Node &node);
  /// The value of a name, made if it is an initializer; nullopt if there is none.
  std::optional<Scope::Entry> lookup(llvm::StringRef name, Scope &scope);
  /// What is declared of a failed node's result, so that its users are looked at, too.
  mlir::Value placeholder(llvm::StringRef name, const Scope &scope, mlir::Location location);

  const ImportOptions &options;
  ImportReport &problems;
  const onnx::ModelProto &model;
  mlir::func::FuncOp main;
  OpsetMap opsets;
  llvm::StringMap<const onnx::FunctionProto *>
      functions;                                      ///< Of the file, by domain, name, overload.
  std::map<const void *, onnx::FunctionProto> bodies; ///< Of the standard, as used.
  std::deque<OpsetMap> functionOpsets;
  llvm::SmallVector<const onnx::FunctionProto *> callStack;
  std::vector<const onnx::NodeProto *> calls; ///< The nodes whose functions are in callStack.
  int64_t againDepth = 0; ///< Graphs that are imported again, inside each other.
  llvm::SmallVector<const onnx::ValueInfoProto *> inputs;
  llvm::StringMap<int64_t> fixedDims; ///< Sizes that the options give named dims.
  std::vector<std::string> symbolNames;
  llvm::StringMap<unsigned> symbolIndex;
  llvm::SmallVector<mlir::Value> symbolValues; ///< tensor.dim of the argument that binds a symbol.
  llvm::DenseMap<Dim, mlir::Value> indexValues;
  /// A tensor and its dim for each size that only the run knows.
  llvm::DenseMap<Dim, std::pair<mlir::Value, int64_t>> sizeOwners;
  mlir::Block *block = nullptr;                       ///< Where ops go.
  Frame *frame = nullptr;                             ///< Of the current node.
  std::vector<std::unique_ptr<mlir::Region>> regions; ///< Empty, but those that were given up.
  int64_t importedNodes = 0;
  std::map<std::vector<const onnx::NodeProto *>, int64_t> drawsOf; ///< By calls, then the node.
  int64_t draws = 0;
  unsigned rankBranches = 0; ///< Branches of several ranks that the current node comes after.
  bool stopped = false;
};

/// The name of the node in the main graph that an op comes from.
std::string callerName(mlir::Location location);

/// "OpType(first output)" for a node without a name.
std::string nodeName(const onnx::NodeProto &node);

/// ONNX's own domain has two names; the answer is the empty one.
inline llvm::StringRef canonicalDomain(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

} // namespace accel::onnx_import
