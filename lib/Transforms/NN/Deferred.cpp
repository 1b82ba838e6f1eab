// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants whose bytes are made when they are written: `#nn.deferred`.
#include "lib/Transforms/NN/Deferred.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace accel::nn;

/// A piece that is made at once: small enough for the second cache.
static constexpr int64_t kPiece = 1 << 20;

DeferredAttr accel::nn::defer(Operation *op, ArrayRef<ElementsAttr> operands) {
  SmallVector<Attribute> values(operands.begin(), operands.end());
  MLIRContext *context = op->getContext();
  auto properties = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
  return DeferredAttr::get(cast<RankedTensorType>(op->getResult(0).getType()),
                           op->getName().getIdentifier(), ArrayAttr::get(context, values),
                           properties ? properties : DictionaryAttr::get(context));
}

/// One op of the expression, or a constant that it starts from.
struct DeferredBytes::Node {
  RankedTensorType type;
  std::optional<ConstantData> data;
  std::optional<Movement> movement;
  ExactFn exact = nullptr;
  SmallVector<std::shared_ptr<const Node>> operands;
  SmallVector<RankedTensorType> types; ///< of the operands; a reshape gives one node another type

  int64_t element() const { return elementBytes(type.getElementType()); }
  int64_t bytes() const { return type.getNumElements() * element(); }
  /// Bytes that any number of can be made alone.
  int64_t step() const { return (movement ? movement->run() : 1) * element(); }
  bool hasDeferredOperand() const {
    return llvm::any_of(operands, [](auto &operand) { return !operand->data; });
  }
  void make(char *to, int64_t begin, int64_t end, ArrayRef<ElementsView> views) const {
    if (movement)
      movement->make(to, begin / element(), end / element(), views);
    else
      exact(to, begin / element(), end / element(), type.getShape(), views);
  }
  /// The operands, made if they have to be.
  struct Inputs {
    SmallVector<ElementsView> views;
    SmallVector<std::unique_ptr<char[]>> made;
  };
  Inputs inputs() const {
    Inputs result;
    for (auto [operand, type] : llvm::zip_equal(operands, types)) {
      if (operand->data) {
        result.views.push_back({type, operand->data->bytes, operand->data->isSplat});
        continue;
      }
      result.made.push_back(std::make_unique_for_overwrite<char[]>(operand->bytes()));
      operand->make(result.made.back().get(), 0, operand->bytes(), operand->inputs().views);
      result.views.push_back({type, result.made.back().get(), false});
    }
    return result;
  }
};

using NodePtr = std::shared_ptr<const DeferredBytes::Node>;

static llvm::Error failure(DeferredAttr value, const Twine &why) {
  return llvm::createStringError("cannot evaluate the deferred constant of '" +
                                 value.getOp().getValue() + "': " + why);
}

static llvm::Expected<NodePtr> nodeOf(ElementsAttr value);

static llvm::Expected<NodePtr> nodeOf(DeferredAttr value) {
  MLIRContext *context = value.getContext();
  auto node = std::make_shared<DeferredBytes::Node>();
  node->type = value.getType();
  std::optional<RegisteredOperationName> name =
      RegisteredOperationName::lookup(value.getOp().getValue(), context);
  if (!name || !name->hasInterface<ShapeOpInterface>())
    return failure(value, "expected an nn op");

  // The op itself, for a moment: it knows what its properties mean.
  OpBuilder builder(context);
  Location location = UnknownLoc::get(context);
  Block block;
  builder.setInsertionPointToStart(&block);
  OperationState state(location, *name);
  SmallVector<ElementsView> views;
  for (Attribute operand : value.getOperands()) {
    auto elements = dyn_cast<ElementsAttr>(operand);
    auto type = elements ? dyn_cast<RankedTensorType>(elements.getType()) : RankedTensorType();
    if (!type)
      return failure(value, "expected constants as operands");
    llvm::Expected<NodePtr> made = nodeOf(elements);
    if (!made)
      return made.takeError();
    node->operands.push_back(*made);
    node->types.push_back(type);
    const std::optional<ConstantData> &data = (*made)->data;
    views.push_back({type, data ? data->bytes : nullptr, data && data->isSplat});
    state.addOperands(ConstantOp::create(builder, location, type, elements).getResult());
  }
  state.addTypes(value.getType());
  ScopedDiagnosticHandler quiet(context, [](Diagnostic &) { return success(); });
  Operation *op = builder.create(state);
  bool isSet = value.getProperties().empty() ||
               succeeded(op->setPropertiesFromAttribute(value.getProperties(),
                                                        [&] { return emitError(location); }));
  if (!isSet || failed(verify(op)))
    return failure(value, "invalid operands or properties");
  if (isa<ReshapeOp>(op))
    return node->operands.front();
  if (isMovement(op))
    node->movement = planMovement(op, views);
  else
    node->exact = planExact(op);
  // A movement of what is moved, too, needs nothing between.
  if (node->movement && node->operands.size() == 1 && node->operands[0]->movement)
    if (auto composed = compose(*node->movement, *node->operands[0]->movement)) {
      node->movement = std::move(composed);
      node->types = node->operands[0]->types;
      node->operands = SmallVector(node->operands[0]->operands);
    }
  if (!node->movement && !node->exact)
    return failure(value, "it needs compiled code");
  return node;
}

static llvm::Expected<NodePtr> nodeOf(ElementsAttr value) {
  if (auto deferred = dyn_cast<DeferredAttr>(value))
    return nodeOf(deferred);
  auto node = std::make_shared<DeferredBytes::Node>();
  node->type = cast<RankedTensorType>(value.getType());
  if (std::optional<ConstantData> data = ConstantData::get(value))
    node->data.emplace(std::move(*data));
  if (!node->data)
    return llvm::createStringError("a constant has lost its bytes");
  return node;
}

llvm::Expected<DeferredBytes> DeferredBytes::get(DeferredAttr value) {
  llvm::Expected<NodePtr> node = nodeOf(value);
  if (!node)
    return node.takeError();
  if ((*node)->data)
    return failure(value, "expected an op that makes bytes");
  return DeferredBytes(*node);
}

uint64_t DeferredBytes::size() const { return node->bytes(); }

SmallVector<std::pair<uint64_t, uint64_t>> DeferredBytes::ranges(uint64_t bytes) const {
  if (node->hasDeferredOperand())
    return {{0, size()}}; // each range would make the operand again
  uint64_t step = llvm::alignTo(bytes, node->step());
  SmallVector<std::pair<uint64_t, uint64_t>> result;
  for (uint64_t begin = 0; begin < size(); begin += step)
    result.push_back({begin, std::min(begin + step, size())});
  return result;
}

llvm::Error DeferredBytes::write(std::pair<uint64_t, uint64_t> range,
                                 llvm::function_ref<llvm::Error(ArrayRef<uint8_t>)> sink) const {
  Node::Inputs inputs = node->inputs();
  uint64_t step = std::max<int64_t>(node->step(), kPiece / node->step() * node->step());
  step = std::min(step, range.second - range.first);
  auto piece = std::make_unique_for_overwrite<char[]>(step);
  for (uint64_t begin = range.first; begin < range.second; begin += step) {
    uint64_t end = std::min(begin + step, range.second);
    node->make(piece.get(), begin, end, inputs.views);
    if (llvm::Error error =
            sink({reinterpret_cast<const uint8_t *>(piece.get()), size_t(end - begin)}))
      return error;
  }
  return llvm::Error::success();
}

void DeferredBytes::make(char *to) const {
  Node::Inputs inputs = node->inputs();
  node->make(to, 0, node->bytes(), inputs.views);
}
