// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a file to a module: inputs and their dims, the graph, outputs.
#include "lib/Import/ONNX/Import.h"
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/DebugOutputs.h"
#include "lib/Import/ONNX/FunctionBodies.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// Symbols of the program: one a dynamic dim of an input, at most.
static unsigned countInputDims(const onnx::ModelProto &model) {
  unsigned count = 0;
  for (const onnx::ValueInfoProto &input : model.graph().input())
    count += input.type().has_tensor_type() ? input.type().tensor_type().shape().dim_size() : 1;
  return count;
}

GraphImporter::GraphImporter(MLIRContext &context, ModelFile &file, const ImportOptions &options,
                             ImportReport &report)
    : context(context), file(file), builder(&context),
      shapes(&context, countInputDims(file.model())), options(options), problems(report),
      model(file.model()) {}

void GraphImporter::reportFile(Severity severity, const Twine &reason, const Twine &wayOut) {
  ImportDiagnostic &problem = problems.problems.emplace_back();
  problem.severity = severity;
  problem.reason = reason.str();
  problem.wayOut = wayOut.str();
}

void GraphImporter::readOpsets() {
  for (const onnx::OperatorSetIdProto &opset : model.opset_import())
    opsets[canonicalDomain(opset.domain())] = opset.version();
  // Version 1 and 2 of the file format had no imports, and opset 1.
  if (opsets.try_emplace("", model.ir_version() < 3 ? 1 : kNewestOpset).second &&
      model.ir_version() >= 3 && llvm::any_of(model.graph().node(), [](const auto &node) {
        return canonicalDomain(node.domain()).empty();
      }))
    reportFile(Severity::Warning,
               "the file does not say which opset it uses; " + Twine(kNewestOpset) +
                   ", the newest, is assumed",
               "Export the model with an opset import.");
  if (model.opset_import_size() && opsets[""] < 1)
    reportFile(Severity::Error, "opset " + Twine(opsets[""]) + " does not exist");
  for (const onnx::FunctionProto &function : model.functions()) {
    std::string key =
        (canonicalDomain(function.domain()) + ":" + function.name() + ":" + function.overload())
            .str();
    if (!functions.try_emplace(key, &function).second)
      reportFile(Severity::Error, "function '" + function.name() + "' is defined twice",
                 "The file is malformed: export it again.");
  }
}

// --- inputs ---

Dim GraphImporter::symbol(StringRef name) {
  auto [entry, isNew] = symbolIndex.try_emplace(name, symbolNames.size());
  if (isNew)
    symbolNames.push_back(name.str());
  return getAffineSymbolExpr(entry->second, &context);
}

void GraphImporter::fixNamedDims() {
  for (const auto &[name, size] : options.dims)
    fixedDims[name] = size;
  // What --shape says of a named dim holds for the other inputs, too.
  for (const onnx::ValueInfoProto &input : model.graph().input()) {
    auto given = options.shapes.find(input.name());
    const onnx::TensorShapeProto &shape = input.type().tensor_type().shape();
    if (given == options.shapes.end() || given->second.size() != size_t(shape.dim_size()))
      continue;
    for (int i = 0; i < shape.dim_size(); ++i) {
      if (shape.dim(i).dim_param().empty() || given->second[i] < 0)
        continue;
      auto [fixed, isNew] = fixedDims.try_emplace(shape.dim(i).dim_param(), given->second[i]);
      if (fixed->second != given->second[i])
        reportFile(Severity::Error, "input '" + input.name() + "': --shape gives dim '" +
                                        shape.dim(i).dim_param() + "' the size " +
                                        Twine(given->second[i]) + ", but it is " +
                                        Twine(fixed->second) + " elsewhere");
    }
  }
}

bool GraphImporter::addInput(const onnx::ValueInfoProto &input, SmallVectorImpl<Type> &types,
                             SmallVectorImpl<Shape> &inputShapes) {
  auto fail = [&](const Twine &reason, const Twine &wayOut = "") {
    reportFile(Severity::Error, "input '" + input.name() + "': " + reason, wayOut);
    return false;
  };
  auto given = options.shapes.find(input.name());
  if (!input.type().has_tensor_type()) {
    std::string problem;
    Type value = valueType(&context, input.type(), problem);
    if (given != options.shapes.end())
      return fail("--shape gives a shape to what is no tensor");
    if (!value)
      return fail(problem);
    types.push_back(value);
    // Its length; a map is keys and values.
    bool isMap = input.type().has_map_type();
    inputShapes.push_back(
        {isMap ? getAffineConstantExpr(2, &context) : symbol(input.name() + ":0")});
    return true;
  }
  const onnx::TypeProto::Tensor &type = input.type().tensor_type();
  Type element = elementType(&context, type.elem_type());
  if (!element)
    return fail("tensors of " + dataTypeName(type.elem_type()) + " are not supported yet");
  if (!type.has_shape() && given == options.shapes.end())
    return fail("the file gives no shape", "Give one: --shape " + input.name() + "=1x3x224x224.");
  if (type.has_shape() && given != options.shapes.end() &&
      given->second.size() != size_t(type.shape().dim_size()))
    return fail("--shape gives rank " + Twine(given->second.size()) + ", the file " +
                Twine(type.shape().dim_size()));
  size_t rank = type.has_shape() ? type.shape().dim_size() : given->second.size();
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    std::string name = input.name() + ":" + std::to_string(i);
    int64_t size = -1;
    if (type.has_shape()) {
      const auto &dim = type.shape().dim(i);
      if (dim.has_dim_value())
        size = dim.dim_value();
      else if (!dim.dim_param().empty())
        name = dim.dim_param();
    }
    if (auto fixed = fixedDims.find(name); size < 0 && fixed != fixedDims.end())
      size = fixed->second;
    if (given != options.shapes.end() && given->second[i] >= 0)
      size = given->second[i];
    if (auto range = options.dimRanges.find(name);
        size < 0 && range != options.dimRanges.end() && range->second.first == range->second.second)
      size = range->second.first;
    shape.push_back(size >= 0 ? getAffineConstantExpr(size, &context) : symbol(name));
  }
  std::string problem;
  if (!checkShape(nn::staticShape(shape), problem))
    return fail(problem);
  types.push_back(RankedTensorType::get(nn::staticShape(shape), element));
  inputShapes.push_back(shape);
  return true;
}

void GraphImporter::checkOptions() {
  auto isInput = [&](StringRef name) {
    return llvm::any_of(inputs, [&](const auto *input) { return input->name() == name; });
  };
  for (const auto &[name, shape] : options.shapes)
    if (!isInput(name)) {
      std::string known;
      for (const auto *input : inputs)
        known += (known.empty() ? "" : ", ") + input->name();
      reportFile(Severity::Error, "--shape: the model has no input '" + name + "'",
                 "Its inputs are: " + known + ".");
    }
  auto check = [&](const std::string &name) {
    bool known = symbolIndex.contains(name);
    for (const auto *input : inputs)
      for (int i = 0; i < input->type().tensor_type().shape().dim_size(); ++i) {
        const auto &dim = input->type().tensor_type().shape().dim(i);
        known |= dim.dim_param() == name || (dim.dim_param().empty() && !dim.has_dim_value() &&
                                             input->name() + ":" + std::to_string(i) == name);
      }
    if (!known)
      reportFile(Severity::Error, "--dim: the model has no dynamic dim '" + name + "'",
                 symbolNames.empty()
                     ? Twine("All its dims are static.")
                     : "Its dynamic dims are: " + llvm::join(symbolNames, ", ") + ".");
  };
  for (const auto &[name, size] : options.dims)
    check(name);
  for (const auto &[name, range] : options.dimRanges)
    check(name);
}

void GraphImporter::bindArguments(ArrayRef<Shape> inputShapes, Scope &scope) {
  symbolValues.resize(symbolNames.size());
  SmallVector<Value> bound;
  for (auto [i, shape] : llvm::enumerate(inputShapes)) {
    const std::string &name = inputs[i]->name();
    Value value = main.getArgument(i);
    Location location = value.getLoc();
    if (llvm::any_of(shape, [](Dim dim) { return !nn::constantDim(dim); })) {
      // The map counts the symbols that this input uses.
      SmallVector<Attribute> names;
      SmallVector<Dim> exprs;
      llvm::SmallDenseMap<Dim, Dim> local;
      for (Dim dim : shape) {
        auto used = dyn_cast<AffineSymbolExpr>(dim);
        if (used && local.try_emplace(dim, getAffineSymbolExpr(names.size(), &context)).second)
          names.push_back(builder.getStringAttr(symbolNames[used.getPosition()]));
        exprs.push_back(used ? local[dim] : dim);
      }
      value = nn::BindDimsOp::create(builder, location, value, builder.getArrayAttr(names),
                                     AffineMap::get(0, names.size(), exprs, &context));
    }
    shapes.set(value, shape);
    bound.push_back(value);
    scope.values[name] = {value};
  }
  for (auto [value, shape] : llvm::zip_equal(bound, inputShapes))
    for (auto [axis, dim] : llvm::enumerate(shape))
      if (auto used = dyn_cast<AffineSymbolExpr>(dim); used && !symbolValues[used.getPosition()])
        symbolValues[used.getPosition()] =
            tensor::DimOp::create(builder, value.getLoc(), value, axis);
}

Value GraphImporter::indexValue(Dim dim) {
  dim = shapes.simplify(dim);
  Value &known = indexValues[dim];
  if (known)
    return known;
  Location location = builder.getUnknownLoc();
  if (std::optional<int64_t> constant = nn::constantDim(dim))
    return known = arith::ConstantIndexOp::create(builder, location, *constant);
  auto symbol = dyn_cast<AffineSymbolExpr>(dim);
  if (symbol && symbol.getPosition() < symbolValues.size())
    return known = symbolValues[symbol.getPosition()];
  const nn::LeastDim *least = symbol ? shapes.definitionOf(symbol.getPosition()) : nullptr;
  if (symbol && !least) {
    auto owner = sizeOwners.find(dim);
    if (owner == sizeOwners.end())
      return {};
    auto [tensor, axis] = owner->second;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(tensor);
    return indexValues[dim] = tensor::DimOp::create(builder, tensor.getLoc(), tensor, axis);
  }
  // The symbols that it is made of, each once.
  SmallVector<Dim> parts = least ? SmallVector<Dim>{least->a, least->b} : SmallVector<Dim>{dim};
  llvm::SetVector<AffineExpr> used;
  for (Dim part : parts)
    part.walk([&](AffineExpr inner) {
      if (isa<AffineSymbolExpr>(inner))
        used.insert(inner);
    });
  SmallVector<Value> operands;
  llvm::DenseMap<AffineExpr, AffineExpr> numbers;
  for (AffineExpr inner : used) {
    numbers[inner] = getAffineSymbolExpr(operands.size(), &context);
    operands.push_back(indexValue(inner));
    if (!operands.back())
      return {};
  }
  for (Dim &part : parts)
    part = part.replace(numbers);
  AffineMap map = AffineMap::get(0, operands.size(), parts, &context);
  affine::canonicalizeMapAndOperands(&map, &operands);
  Value value = least ? affine::AffineMinOp::create(builder, location, map, operands).getResult()
                      : affine::AffineApplyOp::create(builder, location, map, operands).getResult();
  return indexValues[dim] = value;
}

// --- outputs ---

/// Maps are given to the user; nothing in the graph can read them.
void GraphImporter::checkMaps() {
  main.walk([&](nn::MapsOp maps) {
    SmallVector<Operation *> users(maps->getUsers());
    while (!users.empty()) {
      Operation *user = users.pop_back_val();
      if (isa<nn::BindDimsOp>(user))
        llvm::append_range(users, user->getUsers());
      else if (!isa<func::ReturnOp>(user))
        reportFile(Severity::Error,
                   "the maps of node '" + callerName(maps.getLoc()) +
                       "' are read in the graph: no op takes sequences of maps",
                   "Read the tensor before them.");
    }
  });
}

void GraphImporter::checkDeclared(const onnx::ValueInfoProto &declared, Value value) {
  if (!declared.type().has_tensor_type()) {
    if (nn::MapsOp::of(value) ||
        (isBox(value, nn::BoxKind::map) && declared.type().has_map_type()) ||
        (isBox(value, nn::BoxKind::sequence) && declared.type().has_sequence_type()) ||
        (isBox(value, nn::BoxKind::optional) && declared.type().has_optional_type()))
      return;
    if (declared.has_type() && declared.type().value_case() != onnx::TypeProto::VALUE_NOT_SET)
      reportFile(Severity::Error, "output '" + declared.name() +
                                      "': the file declares something other than a tensor, "
                                      "the graph computes " +
                                      (boxOf(value) ? dtypeText(boxOf(value)) : "a tensor"));
    return;
  }
  if (nn::BoxType box = boxOf(value)) {
    bool isUnranked = box.getKind() == nn::BoxKind::tensor;
    reportFile(Severity::Error,
               "output '" + declared.name() + "': " +
                   (isUnranked
                        ? "expected a tensor of a rank that is known, found one that only "
                          "the run knows"
                        : "the file declares a tensor, the graph computes " + dtypeText(box)),
               isUnranked ? "Declare the shape of the sequence's elements." : "");
    return;
  }
  const onnx::TypeProto::Tensor &type = declared.type().tensor_type();
  RankedTensorType computed = Node::type(value);
  Type element = elementType(&context, type.elem_type());
  if (type.elem_type() != onnx::TensorProto::UNDEFINED && element != computed.getElementType())
    reportFile(Severity::Error,
               "output '" + declared.name() + "': the file declares " +
                   dataTypeName(type.elem_type()) + ", the graph computes " +
                   dtypeText(computed.getElementType()),
               "The file is malformed: export it again.");
  if (!type.has_shape())
    return;
  if (type.shape().dim_size() != computed.getRank()) {
    reportFile(Severity::Error,
               "output '" + declared.name() + "': the file declares rank " +
                   Twine(type.shape().dim_size()) + ", the graph computes rank " +
                   Twine(computed.getRank()),
               "The file is malformed: export it again.");
    return;
  }
  // Sizes change with the sizes that the user gives inputs.
  if (!options.shapes.empty())
    return;
  for (auto [axis, size] : llvm::enumerate(computed.getShape())) {
    const auto &dim = type.shape().dim(axis);
    if (dim.has_dim_value() && dim.dim_value() >= 0 && !ShapedType::isDynamic(size) &&
        dim.dim_value() != size)
      reportFile(Severity::Warning, "output '" + declared.name() + "': the file declares dim " +
                                        Twine(axis) + " as " + Twine(dim.dim_value()) +
                                        ", the graph computes " + Twine(size));
  }
}

void GraphImporter::addResults(ArrayRef<Value> results) {
  builder.setInsertionPointToEnd(&main.getBody().front());
  func::ReturnOp::create(builder, main.getLoc(), results);
  main.setFunctionType(
      builder.getFunctionType(main.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, output] : llvm::enumerate(model.graph().output()))
    main.setResultAttr(i, "nn.name", builder.getStringAttr(output.name()));
}

void GraphImporter::removeDeadOps() {
  auto remove = [](auto &self, Block &block) -> void {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (isOpTriviallyDead(&op) && !isa<nn::BindDimsOp>(op)) {
        op.erase();
        continue;
      }
      for (Region &region : op.getRegions())
        self(self, region.front());
    }
  };
  remove(remove, main.getBody().front());
}

/// True where a run has to number strings, also those that stay in boxes.
static bool usesStrings(func::FuncOp main) {
  auto isString = [](Type type) {
    auto stop = [](Type part) {
      return nn::isString(part) ? WalkResult::interrupt() : WalkResult::advance();
    };
    return type.walk(stop).wasInterrupted();
  };
  return main
      .walk([&](Operation *op) {
        bool uses = llvm::any_of(op->getResultTypes(), isString);
        for (Region &region : op->getRegions())
          for (Block &block : region)
            uses |= llvm::any_of(block.getArgumentTypes(), isString);
        return uses ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

OwningOpRef<ModuleOp> GraphImporter::run() {
  const onnx::GraphProto &graph = model.graph();
  readOpsets();
  Scope scope(builder.getUnknownLoc(), nullptr);
  scope.graph = &graph;
  scope.opsets = &opsets;
  addInitializers(graph, scope);

  // Before version 4 of the file format, initializers were listed as inputs.
  SmallVector<Type> types;
  SmallVector<Shape> inputShapes;
  llvm::StringMap<bool> seen;
  bool good = true;
  fixNamedDims();
  for (const onnx::ValueInfoProto &input : graph.input()) {
    if (scope.initializers.contains(input.name()) ||
        scope.sparseInitializers.contains(input.name()))
      continue;
    if (!seen.try_emplace(input.name()).second) {
      reportFile(Severity::Error, "input '" + input.name() + "' is listed twice",
                 "The file is malformed: export it again.");
      continue;
    }
    inputs.push_back(&input);
    if (!addInput(input, types, inputShapes)) {
      good = false;
      scope.values[input.name()] = {nullptr, /*broken=*/true};
      inputs.pop_back();
    }
  }
  checkOptions();

  Location location = NameLoc::get(builder.getStringAttr(graph.name()));
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  builder.setInsertionPointToEnd(module->getBody());
  main = func::FuncOp::create(builder, location, "main", builder.getFunctionType(types, {}));
  block = scope.block = main.addEntryBlock();
  for (auto [i, input] : llvm::enumerate(inputs)) {
    main.setArgAttr(i, "nn.name", builder.getStringAttr(input->name()));
    block->getArgument(i).setLoc(NameLoc::get(builder.getStringAttr(input->name())));
  }
  SmallVector<NamedAttribute> ranges;
  for (const auto &[name, range] : options.dimRanges)
    if (symbolIndex.contains(name))
      ranges.push_back(
          builder.getNamedAttr(name, builder.getDenseI64ArrayAttr({range.first, range.second})));
  if (!ranges.empty())
    main->setAttr("nn.dim_ranges", builder.getDictionaryAttr(ranges));
  for (const auto &[name, range] : options.dimRanges)
    if (auto known = symbolIndex.find(name); known != symbolIndex.end())
      shapes.setBounds(known->second, {range.first, range.second});
  builder.setInsertionPointToEnd(block);
  bindArguments(inputShapes, scope);

  SmallVector<StringRef> outputs;
  for (const onnx::ValueInfoProto &output : graph.output())
    outputs.push_back(output.name());
  if (outputs.empty())
    reportFile(Severity::Error, "the graph has no outputs");
  std::vector<std::string> debug =
      findDebugOutputs(graph, options.debugOutputs, [&](const Twine &reason, const Twine &wayOut) {
        reportFile(Severity::Error, reason, wayOut);
      });
  llvm::append_range(outputs, debug);
  SmallVector<Value> results = importNodes(graph.node(), scope, outputs);
  dropRegions();
  for (auto [output, value] : llvm::zip(graph.output(), results))
    if (value)
      checkDeclared(output, value);
  const size_t own = graph.output_size();
  for (auto [name, value] : llvm::drop_begin(llvm::zip_equal(outputs, results), own))
    if (value && nn::MapsOp::of(value))
      reportFile(Severity::Error,
                 "--debug-outputs: '" + name + "' is no tensor but a sequence of maps",
                 "Ask for the tensor before it.");
  if (!good || problems.hasErrors())
    return nullptr;
  if (llvm::is_contained(results, Value())) {
    reportFile(Severity::Error, "an output could not be imported");
    return nullptr;
  }
  addResults(results);
  for (size_t i = own; i < outputs.size(); ++i)
    main.setResultAttr(i, "nn.name", builder.getStringAttr(outputs[i]));
  removeDeadOps();
  if (usesStrings(main)) {
    SmallVector<StringRef> texts(file.strings().begin(), file.strings().end());
    module->getOperation()->setAttr(nn::kStringsAttr, builder.getStrArrayAttr(texts));
  }
  checkMaps();
  if (problems.hasErrors())
    return nullptr;
  mlirError.clear();
  if (failed(verify(*module))) {
    reportFile(Severity::Error, "the imported module is not valid: " + mlirError,
               "This is a mistake of Accel's: please report it.");
    return nullptr;
  }
  return module;
}

OwningOpRef<ModuleOp> accel::importONNX(MLIRContext &context, StringRef path,
                                        const ImportOptions &options, ImportReport &report) {
  report.file = path.str();
  context.loadDialect<nn::NNDialect, func::FuncDialect, affine::AffineDialect, arith::ArithDialect,
                      tensor::TensorDialect>();
  std::string error;
  std::unique_ptr<ModelFile> file = ModelFile::open(path, error);
  if (!file) {
    report.problems.push_back({});
    report.problems.back().reason = error;
    return nullptr;
  }
  GraphImporter importer(context, *file, options, report);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && importer.mlirError.empty())
      importer.mlirError = diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> module = importer.run();
  report.externalFiles = file->externalFiles();
  return module;
}

ImportReport accel::checkONNX(StringRef path, const ImportOptions &options) {
  ImportReport report;
  MLIRContext context(MLIRContext::Threading::DISABLED);
  (void)importONNX(context, path, options, report);
  return report;
}
