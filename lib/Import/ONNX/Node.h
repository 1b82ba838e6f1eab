// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the import function of an op sees: one node's operands and attributes, and a builder.
#pragma once
#include "dialects/NN/NNOps.h"
#include "lib/Import/ONNX/Tensors.h"
#include <limits>

namespace accel::onnx_import {

class GraphImporter;
struct Scope;
using nn::Dim;
using nn::Shape;

/// What is known of a result of a call; dims that only the run knows are null.
struct CallResult {
  mlir::Type element;
  Shape shape;
};

/// One node being imported. Errors are sticky: after the first one every helper returns null or an
/// empty value and reports nothing more, and helpers pass null operands through, so an import
/// function is a straight line that ends with `return node.result(...)`.
class Node {
public:
  Node(GraphImporter &importer, const onnx::NodeProto &proto, Scope &scope, int64_t opset,
       mlir::Location location);

  // --- what the node is ---
  const onnx::NodeProto &proto() const { return node; }
  llvm::StringRef op() const { return node.op_type(); }
  int64_t opset() const { return version; }
  mlir::Location loc() const { return location; }
  mlir::MLIRContext *context() const;
  Scope &scope() const { return names; }
  GraphImporter &importer() const { return graph; }

  // --- operands and results ---
  size_t operandCount() const { return operands.size(); }
  /// Operand i or null, for a look at all operands: the import function has not asked for it.
  mlir::Value peek(size_t i) const { return operands[i]; }
  bool has(size_t i) const {
    asked = std::max(asked, i + 1);
    return i < operands.size() && operands[i];
  }
  /// Operand i; an error if the node lacks it.
  mlir::Value operand(size_t i);
  /// Operand i, or null if the node lacks it.
  mlir::Value optional(size_t i) const { return has(i) ? operands[i] : mlir::Value(); }
  /// True if something may use result i.
  bool wants(size_t i) const { return int(i) < node.output_size() && !node.output(i).empty(); }
  void setOperands(llvm::ArrayRef<mlir::Value> values) {
    operands.assign(values.begin(), values.end());
  }
  llvm::LogicalResult result(mlir::Value value) { return result(0, value); }
  llvm::LogicalResult result(size_t i, mlir::Value value);
  llvm::ArrayRef<mlir::Value> results() const { return values; }

  // --- attributes: the value, or the default if the node lacks it; an error if it has another type
  // ---
  const onnx::AttributeProto *attribute(llvm::StringRef name);
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double number(llvm::StringRef name, double otherwise);
  std::string text(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef name);
  /// As `integers`, for attributes with one entry a spatial dim, or two.
  llvm::SmallVector<int64_t> integers(llvm::StringRef name, size_t count, int64_t otherwise);
  /// Says that attributes have no influence on the result here.
  void ignore(std::initializer_list<llvm::StringRef> attributes);
  /// An error if the node has operands that the import function never asked for.
  llvm::LogicalResult checkOperandCount();
  /// Warns of attributes that the import function never asked for.
  void warnOfUnusedAttributes();

  // --- what is known of values ---
  static mlir::RankedTensorType type(mlir::Value value);
  static mlir::Type element(mlir::Value value) { return type(value).getElementType(); }
  static int64_t rank(mlir::Value value) { return value ? type(value).getRank() : 0; }
  static bool isFloat(mlir::Value value) { return llvm::isa<mlir::FloatType>(element(value)); }
  /// The dims as expressions of the program's symbols.
  Shape dims(mlir::Value value);
  /// Static size of a dim, or an error that names it.
  int64_t staticDim(mlir::Value value, int64_t axis);
  /// Elements of a small integer tensor in terms of the program's symbols, if they are known.
  std::optional<llvm::SmallVector<Dim>> evaluate(mlir::Value value);
  /// Elements of a small integer tensor that is constant, after folding.
  std::optional<llvm::SmallVector<int64_t>> constants(mlir::Value value);
  /// The same of operand i, where anything else is an error.
  llvm::SmallVector<int64_t> constantOperand(size_t i, llvm::StringRef what);
  /// The same in terms of the program's symbols.
  llvm::SmallVector<Dim> sizesOperand(size_t i, llvm::StringRef what);
  /// The single element of a float or integer constant.
  std::optional<double> constantNumber(mlir::Value value);
  /// Elements of operand i, a vector of integers; null where only the run knows them. An error if
  /// only the run knows how many: the rank of the result follows from that.
  /// Where something else says how many there are, `length` is that: a run checks it.
  llvm::SmallVector<Dim> partlyKnown(size_t i, llvm::StringRef what,
                                     std::optional<int64_t> length = std::nullopt);
  /// The same of a vector of integers, whose length is known.
  llvm::SmallVector<Dim> partlyKnown(mlir::Value vector);
  /// The rank that the file declares for result 0, where it would follow from the length of operand
  /// i and only the run knows that. The function that is called for it must check the rank.
  std::optional<int64_t> declaredRank(size_t i);
  /// An axis in -rank..rank-1 as one in 0..rank-1; anything else is an error.
  int64_t axis(int64_t axis, int64_t rank);
  llvm::SmallVector<int64_t> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  // --- building ---
  mlir::OpBuilder &builder() const;
  template <typename OpT, typename... Args> mlir::Value create(Args &&...args) {
    if (failed || (isNull(args) || ...))
      return fail();
    mlir::OperationState state(location, OpT::getOperationName());
    // The result type is inferred below: the builders that infer it abort where they cannot.
    OpT::build(builder(), state, mlir::Type(mlir::NoneType::get(context())),
               std::forward<Args>(args)...);
    state.types.clear();
    return finish(state);
  }
  mlir::Value constant(mlir::ElementsAttr elements);
  /// A vector of i64.
  mlir::Value integerVector(llvm::ArrayRef<int64_t> values);
  /// A vector of strings.
  mlir::Value strings(llvm::ArrayRef<llvm::StringRef> texts);
  /// A tensor of rank 0 with the number as an element of type `element`.
  mlir::Value scalar(mlir::Type element, double value);
  mlir::Value scalarLike(mlir::Value like, double value) {
    return failed || !like ? fail() : scalar(element(like), value);
  }
  /// The same of zero, of any type: of complex numbers too, and the empty string.
  mlir::Value zeroLike(mlir::Value like);
  mlir::Value cast(mlir::Value value, mlir::Type element);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<Dim> shape);
  mlir::Value broadcast(mlir::Value value, llvm::ArrayRef<Dim> shape);
  /// Each element is its index along `axis`.
  mlir::Value iota(int64_t axis, llvm::ArrayRef<Dim> shape, mlir::Type element);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);
  mlir::Value reduce(nn::ReduceKind kind, mlir::Value value, llvm::ArrayRef<int64_t> axes,
                     bool keepdims);
  mlir::Value add(mlir::Value a, mlir::Value b) { return create<nn::AddOp>(a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return create<nn::SubOp>(a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return create<nn::MulOp>(a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return create<nn::DivOp>(a, b); }
  mlir::Value max(mlir::Value a, mlir::Value b) { return create<nn::MaxOp>(a, b); }
  mlir::Value min(mlir::Value a, mlir::Value b) { return create<nn::MinOp>(a, b); }
  mlir::Value select(mlir::Value c, mlir::Value a, mlir::Value b) {
    return create<nn::SelectOp>(c, a, b);
  }
  mlir::Value compare(nn::CompareKind kind, mlir::Value a, mlir::Value b) {
    return create<nn::CompareOp>(kind, a, b);
  }
  /// A call of a function of lib/Runtime/CPU/Ops; operands that are null are left out. No null
  /// results, unless the node has failed.
  llvm::SmallVector<mlir::Value> call(llvm::StringRef function, llvm::ArrayRef<mlir::Value> inputs,
                                      llvm::ArrayRef<int64_t> integers,
                                      llvm::ArrayRef<CallResult> results);
  /// The same of one result.
  mlir::Value call(llvm::StringRef function, llvm::ArrayRef<mlir::Value> inputs,
                   llvm::ArrayRef<int64_t> integers, mlir::Type element, const Shape &shape) {
    return call(function, inputs, integers, CallResult{element, shape}).front();
  }
  /// The conditions, of which a run with one that does not hold fails. What must not be computed
  /// otherwise has to follow from the result: a call that nobody reads is left out.
  mlir::Value require(mlir::Value conditions, llvm::StringRef message);
  /// A size that only the run knows.
  Dim freshDim() const;
  /// A shape of which nothing but the rank is known.
  static Shape unknownShape(int64_t rank) { return Shape(rank); }
  /// Splits dims into numbers and, where an entry is dynamic, index values; an error where one is
  /// not known before the run.
  bool mixed(llvm::ArrayRef<Dim> dims, llvm::SmallVector<int64_t> &entries,
             llvm::SmallVector<mlir::Value> &operands);
  /// What is known of the program's symbols, and arithmetic on them.
  nn::DimTable &dimTable() const;
  Dim constantDim(int64_t size) { return mlir::getAffineConstantExpr(size, context()); }
  Shape constantShape(llvm::ArrayRef<int64_t> sizes);

  // --- errors ---
  bool hasFailed() const { return failed; }
  /// Reports an error, unless there is one already; always failure.
  llvm::LogicalResult error(const llvm::Twine &reason, const llvm::Twine &wayOut = "");
  /// An error for what the standard allows and Accel lacks.
  llvm::LogicalResult unsupported(const llvm::Twine &reason);
  void warn(const llvm::Twine &reason);
  /// Fails because of a problem that was reported for another node.
  llvm::LogicalResult failQuietly() {
    failed = reported = true;
    return llvm::failure();
  }

private:
  template <typename T> static bool isNull(const T &value) {
    if constexpr (std::is_same_v<T, mlir::Value>)
      return !value;
    else if constexpr (std::is_convertible_v<const T &, llvm::ArrayRef<mlir::Value>>)
      return llvm::is_contained(llvm::ArrayRef<mlir::Value>(value), mlir::Value());
    else
      return false;
  }
  mlir::Value fail() {
    failed = true;
    return {};
  }
  /// Infers the result's type, builds the op, verifies it and folds it.
  mlir::Value finish(mlir::OperationState &state);

  GraphImporter &graph;
  const onnx::NodeProto &node;
  Scope &names;
  int64_t version;
  mlir::Location location;
  llvm::SmallVector<mlir::Value> operands, values;
  llvm::SmallVector<llvm::StringRef> usedAttributes;
  mutable size_t asked = 0;
  bool failed = false, reported = false;
};

} // namespace accel::onnx_import
