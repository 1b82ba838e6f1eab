// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Puts a program's constant data together, as accel-rt/Support.h lays it out.
#include "accel-rt/Support.h"
#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecNames.h"
#include "dialects/NN/NNStrings.h"
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "lib/Conversion/ExecToLLVM/Functions.h"
#include "lib/Conversion/ExecToLLVM/Metadata.h"
#include "lib/Conversion/ExecToLLVM/ScriptTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace accel::exec;

namespace {

/// The model's program, or a segment of its script.
struct Part {
  explicit Part(ProgramOp program)
      : program(program), table(buildLaunchTable(program)),
        scope(program.getSegment() ? program.getSymName().str() : "") {}

  ProgramOp program;
  LaunchTable table;
  std::string scope; ///< of its symbols
  SmallVector<Row> inputs, outputs;
  int64_t firstSite = 0;
};

class Lowering {
public:
  Lowering(ProgramOp program, const ProgramOptions &options) : program(program), options(options) {
    result.module = ModuleOp::create(UnknownLoc::get(program.getContext()));
    data.emplace(*result.module, options.prefix);
    if (program.getScript())
      script = buildScriptTable(program);
    for (ProgramOp segment : script.segments)
      parts.emplace_back(segment);
    parts.emplace_back(program);
  }

  FailureOr<LoweredProgram> lower() {
    for (Part &part : parts)
      if (failed(ports("input", part, part.program.getInputNames(), part.program.getInputTypes(),
                       part.program.getInputShapes(), part.inputs)) ||
          failed(ports("output", part, part.program.getOutputNames(), part.program.getOutputTypes(),
                       part.program.getOutputShapes(), part.outputs)))
        return failure();
    weights();
    kernelsAndSites();
    if (program.getScript())
      result.arenaBytes = program.getArenaBytes().value_or(-1);
    else if (parts.back().table.isStatic)
      result.arenaBytes = parts.back().table.arenaBytes;
    if (result.arenaBytes >= 0)
      result.liveBytes = program.getLiveBytes().value_or(-1);
    result.metadata = metadataText(program, sites, options, result);
    stringTable();
    DenseMap<Operation *, Address> addresses;
    for (Part &part : parts)
      addresses[part.program] = programData(part, addresses);
    emitModelFunction(*data, *result.module, options.prefix + "_model", model(addresses[program]));
    data->finish();
    return std::move(result);
  }

private:
  LogicalResult ports(StringRef what, const Part &part, ArrayAttr names, ArrayAttr types,
                      ArrayAttr shapes, SmallVector<Row> &rows);
  FailureOr<int64_t> portDim(ProgramOp program, AffineExpr dim, bool isInput);
  void weights();
  void kernelsAndSites();
  Address scriptData(const DenseMap<Operation *, Address> &segments);
  void stringTable();
  Address programData(Part &part, const DenseMap<Operation *, Address> &segments);
  Address model(const Address &programAddress) {
    return data->table("model", Row{data->external("accel_rt_api"), programAddress});
  }

  ProgramOp program;
  const ProgramOptions &options;
  ScriptTable script;
  std::vector<Part> parts; ///< the model's program is the last one
  LoweredProgram result;
  std::optional<ConstantData> data;
  SmallVector<Site> sites;
  int64_t firstCallSite = 0;
  int32_t growable = 0; ///< slots that the model needs
  Address strings;      ///< that constants stand for
  int64_t numStrings = 0;
};

FailureOr<int64_t> Lowering::portDim(ProgramOp program, AffineExpr dim, bool isInput) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim); constant && constant.getValue() >= 0)
    return constant.getValue();
  auto symbol = dyn_cast<AffineSymbolExpr>(dim);
  if (symbol && symbol.getPosition() < program.getNumNamedSymbols())
    return ACCEL_SYMBOL_DIM(symbol.getPosition());
  if (isInput)
    return failure();
  return ACCEL_UNKNOWN_DIM;
}

LogicalResult Lowering::ports(StringRef what, const Part &part, ArrayAttr names, ArrayAttr types,
                              ArrayAttr shapes, SmallVector<Row> &rows) {
  ProgramOp program = part.program;
  for (auto [i, name, type, shape] :
       llvm::enumerate(names.getAsRange<StringAttr>(), types.getAsRange<TypeAttr>(),
                       shapes.getAsRange<AffineMapAttr>())) {
    Type element = cast<RankedTensorType>(type.getValue()).getElementType();
    // Within the model, strings are their numbers.
    std::optional<PortType> passed = portTypeOf(element);
    if (std::optional<DataType> own = dataTypeOf(element); own && program != this->program)
      passed = PortType{ACCEL_TENSOR, *own};
    if (!passed)
      return program.emitError() << what << " " << name << ": cannot pass elements of type "
                                 << element << " to or from a model";
    accel_kind kind = passed->kind;
    if (kind != ACCEL_TENSOR && kind != ACCEL_STRING_TENSOR && what == "output")
      growable = names.size(); // one an output
    accel::nn::MapsOp maps;
    if (program.getScript() && what == "output")
      maps = accel::nn::MapsOp::of(program.getBody().front().getTerminator()->getOperand(i));
    uint32_t nesting = passed->nesting;
    if (maps) {
      kind = ACCEL_SEQUENCE;
      growable = names.size(); // one an output
      unsigned depth = 0;
      for (accel_kind nested : {accel_kind(ACCEL_SEQUENCE), accel_kind(ACCEL_MAP),
                                accel_kind(maps.getStrings() ? ACCEL_STRING_TENSOR : ACCEL_TENSOR),
                                accel_kind(ACCEL_TENSOR)})
        nesting |= uint32_t(nested) << ACCEL_KIND_BITS * depth++;
    }
    SmallVector<int64_t> dims;
    SmallVector<AffineExpr> sizes(shape.getValue().getResults());
    // What a map is made of is no matter of callers.
    if (kind == ACCEL_MAP)
      sizes.clear();
    // Callers see a state as the ONNX file has it.
    if (what == "input")
      if (int64_t state = int64_t(i + program.getNumStates()) - int64_t(names.size());
          state >= 0 && program.appendsToState(state))
        std::rotate(sizes.begin(), sizes.begin() + 1,
                    sizes.begin() + (*program.getStateAxes())[state] + 1);
    for (auto [axis, dim] : llvm::enumerate(sizes)) {
      FailureOr<int64_t> word = portDim(program, dim, what == "input");
      if (failed(word))
        return program.emitError() << what << " " << name << ": expected dim " << axis
                                   << " to be a constant or a symbol, got " << shape
                                   << "; give the dim a name of its own";
      dims.push_back(*word);
    }
    rows.push_back(Row{data->text(name.getValue()), data->integers(dims), int32_t(kind),
                       int32_t(dims.size()), passed->data.code, passed->data.bits, int16_t(1),
                       int32_t(nesting)});
  }
  return success();
}

void Lowering::weights() {
  auto add = [&](int64_t offset, ElementsAttr value) {
    auto type = cast<ShapedType>(value.getType());
    uint64_t size = type.getNumElements() * elementBytes(type.getElementType());
    result.weights.push_back({uint64_t(offset), size, value});
    result.weightBytes =
        std::max<uint64_t>(result.weightBytes, llvm::alignTo(offset + size, SlotOp::kAlignment));
  };
  for (Part &part : parts)
    part.program.walk([&](Operation *op) {
      if (auto weight = dyn_cast<WeightOp>(op))
        add(weight.getOffset(), weight.getValue());
      else if (auto constant = dyn_cast<ConstantOp>(op); constant && constant.getOffset())
        add(*constant.getOffset(), constant.getValue());
    });
  auto isLess = [](const Weight &a, const Weight &b) { return a.offset < b.offset; };
  auto isSame = [](const Weight &a, const Weight &b) { return a.offset == b.offset; };
  llvm::sort(result.weights, isLess);
  result.weights.erase(llvm::unique(result.weights, isSame), result.weights.end());
}

void Lowering::kernelsAndSites() {
  auto *context = program.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = IntegerType::get(context, 64), none = LLVM::LLVMVoidType::get(context);
  auto kernelType = LLVM::LLVMFunctionType::get(none, {pointer, pointer, i64, i64, pointer});
  auto gridType = LLVM::LLVMFunctionType::get(i64, pointer);
  // accel_kernel {fn, grid, scratch_bytes, name, cpu_features, fallback}
  constexpr int64_t kKernelBytes = sizeof(accel_kernel);
  SmallVector<Row> kernels, rows;
  llvm::StringMap<int64_t> places;
  std::string symbol = data->symbol("kernels");
  SmallVector<KernelLevel, 1> levels = options.levels;
  if (levels.empty())
    levels.push_back({options.prefix, 0});
  auto add = [&](LaunchOp launch) {
    auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
    auto [place, isNew] = places.try_emplace(kernel.getSymName(), kKernelBytes * kernels.size());
    int64_t scratch = kernel.getScratchBytes().value_or(0);
    result.scratchBytes = std::max(result.scratchBytes, scratch);
    for (const KernelLevel &level : isNew ? ArrayRef(levels) : ArrayRef<KernelLevel>()) {
      std::string name = level.prefix + "_" + kernel.getSymName().str();
      data->function(name, kernelType);
      data->function(name + "_grid", gridType);
      Address next{symbol, kKernelBytes * int64_t(kernels.size() + 1)};
      kernels.push_back(Row{Address{name}, Address{name + "_grid"}, scratch,
                            data->text(kernel.getSymName()), int64_t(level.cpuFeatures),
                            level.cpuFeatures ? next : Address()});
    }
    // For one work item, as the runtime wants it.
    auto estimate = [&](std::optional<APFloat> ofLaunch, std::optional<APFloat> ofItem) {
      int64_t items = kernel.getItems().value_or(0);
      if (ofLaunch && items > 0)
        return ofLaunch->convertToDouble() / double(items);
      return ofItem ? ofItem->convertToDouble() : 0.0;
    };
    rows.push_back(Row{Address{symbol, place->second},
                       data->text(llvm::join(nodeNames(launch.getLoc()), "\n")),
                       estimate(launch.getFlops(), kernel.getFlops()),
                       estimate(launch.getBytes(), kernel.getBytes())});
    sites.push_back({kernel.getSymName(), launch.getLoc()});
  };
  for (Part &part : parts) {
    part.firstSite = sites.size();
    llvm::for_each(part.table.sites, add);
  }
  // Calls are sites whose kernels have a name only.
  firstCallSite = sites.size();
  for (const ScriptTable::Call &call : script.calls) {
    StringRef function = call.function.empty() ? "maps" : call.function;
    auto [place, isNew] =
        places.try_emplace("call " + function.str(), kKernelBytes * kernels.size());
    if (isNew)
      kernels.push_back(
          Row{Address(), Address(), int64_t(0), data->text(function), int64_t(0), Address()});
    rows.push_back(Row{Address{symbol, place->second},
                       data->text(llvm::join(nodeNames(call.location), "\n")), 0.0, 0.0});
    sites.push_back({function, call.location});
  }
  data->table("kernels", kernels);
  data->table("sites", rows);
}

void Lowering::stringTable() {
  auto texts = program->getParentOp()->getAttrOfType<ArrayAttr>(accel::nn::kStringsAttr);
  if (!texts)
    return;
  // accel_string {data, size}
  SmallVector<Row> rows;
  for (StringAttr text : texts.getAsRange<StringAttr>())
    rows.push_back(Row{data->text(text.getValue()), int64_t(text.size())});
  strings = data->table("all_strings", rows);
  numStrings = rows.size();
}

Address Lowering::scriptData(const DenseMap<Operation *, Address> &segments) {
  auto *context = program.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto opType = LLVM::LLVMFunctionType::get(IntegerType::get(context, 32), {pointer, pointer});
  SmallVector<Row> segmentRows, opRows, typeRows;
  for (ProgramOp segment : script.segments)
    segmentRows.push_back(Row{segments.at(segment)});
  for (auto [i, call] : llvm::enumerate(script.calls)) {
    std::string name;
    if (!call.function.empty()) {
      name = "accel_op_" + call.function.str();
      data->function(name, opType);
    }
    std::string number = std::to_string(i);
    SmallVector<Row> floatRows, stringRows;
    for (double value : call.floats)
      floatRows.push_back(Row{value});
    if (call.strings)
      for (StringAttr text : call.strings.getAsRange<StringAttr>())
        stringRows.push_back(Row{data->text(text.getValue())});
    opRows.push_back(Row{
        Address{name},
        Address{data->symbol("sites"), int64_t(sizeof(accel_site)) * (firstCallSite + int64_t(i))},
        call.ints.empty() ? Address() : data->integers(call.ints),
        data->table("floats_" + number, floatRows), data->table("strings_" + number, stringRows),
        int32_t(call.ints.size()), int32_t(call.floats.size()), int32_t(stringRows.size()),
        int32_t(0)});
  }
  for (const ScriptTable::ArrayType &array : script.types) {
    DataType dtype = *dataTypeOf(array.type.getElementType());
    SmallVector<int64_t> dims;
    for (auto [axis, size] : llvm::enumerate(array.type.getShape()))
      dims.push_back(!ShapedType::isDynamic(size) ? size
                     : array.dims ? *portDim(program, array.dims.getResult(axis), false)
                                  : ACCEL_UNKNOWN_DIM);
    typeRows.push_back(Row{array.offset, data->integers(dims), dtype.code, dtype.bits, int16_t(1),
                           int32_t(dims.size())});
  }
  return data->table("script", Row{data->words("code", ArrayRef<int32_t>(script.words)),
                                   data->table("segments", segmentRows), data->table("ops", opRows),
                                   data->table("types", typeRows), int32_t(script.words.size()),
                                   script.registers, int32_t(segmentRows.size()), int32_t(0)});
}

Address Lowering::programData(Part &part, const DenseMap<Operation *, Address> &segments) {
  ProgramOp program = part.program;
  const LaunchTable &table = part.table;
  const bool isModel = program == this->program;
  std::string allSites = data->symbol("sites");
  data->setScope(part.scope);
  SmallVector<Row> symbols;
  for (auto [i, name] : llvm::enumerate(program.getSymbols().getAsRange<StringAttr>()))
    symbols.push_back(
        Row{data->text(name.getValue()), program.getMinima()[i], program.getMaxima()[i]});
  Address plan = emitPlan(*data, *result.module, program, table);
  Address run, scriptAddress;
  if (program.getScript()) {
    auto pointer = LLVM::LLVMPointerType::get(program.getContext());
    run = {"accel_rt_run_script"};
    data->function(run.symbol, LLVM::LLVMFunctionType::get(
                                   IntegerType::get(program.getContext(), 32), {pointer}));
    scriptAddress = scriptData(segments);
  } else {
    run = emitRun(*data, *result.module, table);
  }
  Field requirements = Address();
  if (ArrayAttr texts = program.getRequirementTextsAttr()) {
    SmallVector<Row> rows;
    for (StringAttr text : texts.getAsRange<StringAttr>())
      rows.push_back(Row{data->text(text.getValue())});
    requirements = data->table("requirements", rows);
  }
  // The planner's working space lies behind what it plans.
  int64_t slots = table.isStatic ? 0 : 2 * int64_t(table.numSlots) + int64_t(table.values.size());
  Field weightsOffset = int64_t(0);
  if (result.weightBytes && isModel)
    weightsOffset = RelativeAddress{data->external(options.prefix + "_weights").symbol};
  // Events count sites from the model's first.
  Field sitesAddress = Address();
  if (!sites.empty())
    sitesAddress = Address{allSites, isModel ? 0 : int64_t(sizeof(accel_site)) * part.firstSite};
  SmallVector<Row> states;
  for (unsigned state = 0; state < program.getNumStates(); ++state)
    states.push_back(Row{int32_t((*program.getStateAxes())[state]),
                         int32_t(program.appendsToState(state) ? ACCEL_STATE_APPENDS : 0)});
  // Segments whose sizes follow from data grow the arena themselves.
  int64_t arenaBytes =
      program.getScript() ? std::max<int64_t>(result.arenaBytes, 0) : table.arenaBytes;
  Address address = data->table("program", Row{int32_t(ACCEL_RT_ABI),
                                               int32_t(0),
                                               data->text(options.name),
                                               data->table("inputs", part.inputs),
                                               data->table("outputs", part.outputs),
                                               data->table("symbols", symbols),
                                               sitesAddress,
                                               int32_t(part.inputs.size() - states.size()),
                                               int32_t(part.outputs.size() - states.size()),
                                               int32_t(symbols.size()),
                                               int32_t(isModel ? sites.size() : table.sites.size()),
                                               slots,
                                               plan.symbol.empty() ? arenaBytes : int64_t(-1),
                                               result.scratchBytes,
                                               weightsOffset,
                                               isModel ? int64_t(result.weightBytes) : 0,
                                               plan,
                                               run,
                                               int64_t(options.cpuFeatures),
                                               data->text(options.target),
                                               isModel ? data->text(result.metadata) : Address(),
                                               isModel ? int64_t(result.metadata.size()) : 0,
                                               isModel ? growable : 0,
                                               int32_t(states.size()),
                                               requirements,
                                               scriptAddress,
                                               data->table("states", states),
                                               isModel ? strings : Address(),
                                               isModel ? numStrings : 0});
  data->setScope("");
  return address;
}

} // namespace

FailureOr<LoweredProgram> accel::exec::lowerProgram(ModuleOp module,
                                                    const ProgramOptions &options) {
  ProgramOp program;
  for (ProgramOp each : module.getOps<ProgramOp>()) {
    if (!each.getScript() && !each.isBufferForm())
      return each.emitOpError("expected the buffer form: run exec-plan-memory first");
    if (each.getSegment())
      continue;
    if (program)
      return each.emitError("expected one exec.program that is no segment, got another");
    program = each;
  }
  if (!program)
    return module.emitError("expected an exec.program, got none");
  module.getContext()->loadDialect<LLVM::LLVMDialect>();
  return Lowering(program, options).lower();
}
