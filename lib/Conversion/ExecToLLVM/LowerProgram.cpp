// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Puts a program's constant data together, as accel-rt/Support.h lays it out.
#include "accel-rt/Support.h"
#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecNames.h"
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "lib/Conversion/ExecToLLVM/Functions.h"
#include "lib/Conversion/ExecToLLVM/Metadata.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace accel::exec;

namespace {

class Lowering {
public:
  Lowering(ProgramOp program, const ProgramOptions &options)
      : program(program), options(options), table(buildLaunchTable(program)) {
    result.module = ModuleOp::create(UnknownLoc::get(program.getContext()));
    data.emplace(*result.module, options.prefix);
  }

  FailureOr<LoweredProgram> lower() {
    if (failed(ports("input", program.getInputNames(), program.getInputTypes(),
                     program.getInputShapes(), inputs)) ||
        failed(ports("output", program.getOutputNames(), program.getOutputTypes(),
                     program.getOutputShapes(), outputs)))
      return failure();
    weights();
    kernelsAndSites();
    if (table.isStatic) {
      result.arenaBytes = table.arenaBytes;
      result.liveBytes = program.getLiveBytes().value_or(-1);
    }
    result.metadata = metadataText(program, table, options, result);
    emitModelFunction(*data, *result.module, options.prefix + "_model", model(programData()));
    data->finish();
    return std::move(result);
  }

private:
  LogicalResult ports(StringRef what, ArrayAttr names, ArrayAttr types, ArrayAttr shapes,
                      SmallVector<Row> &rows);
  FailureOr<int64_t> portDim(AffineExpr dim, bool isInput);
  void weights();
  void kernelsAndSites();
  Address programData();
  Address model(const Address &programAddress) {
    return data->table("model", Row{data->external("accel_rt_api"), programAddress});
  }

  ProgramOp program;
  const ProgramOptions &options;
  LaunchTable table;
  LoweredProgram result;
  std::optional<ConstantData> data;
  SmallVector<Row> inputs, outputs, sites;
};

FailureOr<int64_t> Lowering::portDim(AffineExpr dim, bool isInput) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim); constant && constant.getValue() >= 0)
    return constant.getValue();
  auto symbol = dyn_cast<AffineSymbolExpr>(dim);
  if (symbol && symbol.getPosition() < program.getNumNamedSymbols())
    return ACCEL_SYMBOL_DIM(symbol.getPosition());
  if (isInput)
    return failure();
  return ACCEL_UNKNOWN_DIM;
}

LogicalResult Lowering::ports(StringRef what, ArrayAttr names, ArrayAttr types, ArrayAttr shapes,
                              SmallVector<Row> &rows) {
  for (auto [name, type, shape] :
       llvm::zip_equal(names.getAsRange<StringAttr>(), types.getAsRange<TypeAttr>(),
                       shapes.getAsRange<AffineMapAttr>())) {
    Type element = cast<RankedTensorType>(type.getValue()).getElementType();
    std::optional<DataType> dtype = dataTypeOf(element);
    if (!dtype)
      return program.emitError() << what << " " << name << ": cannot pass elements of type "
                                 << element << " to or from a model";
    SmallVector<int64_t> dims;
    for (auto [axis, dim] : llvm::enumerate(shape.getValue().getResults())) {
      FailureOr<int64_t> word = portDim(dim, what == "input");
      if (failed(word))
        return program.emitError() << what << " " << name << ": expected dim " << axis
                                   << " to be a constant or a symbol, got " << shape
                                   << "; give the dim a name of its own";
      dims.push_back(*word);
    }
    rows.push_back(Row{data->text(name.getValue()), data->integers(dims), int32_t(ACCEL_TENSOR),
                       int32_t(dims.size()), dtype->code, dtype->bits, int16_t(1), int32_t(0)});
  }
  return success();
}

void Lowering::weights() {
  for (WeightOp weight : program.getBody().front().getOps<WeightOp>()) {
    auto type = cast<ShapedType>(weight.getValue().getType());
    uint64_t size = type.getNumElements() * elementBytes(type.getElementType());
    result.weights.push_back({uint64_t(weight.getOffset()), size, weight.getValue()});
    result.weightBytes = std::max<uint64_t>(
        result.weightBytes, llvm::alignTo(weight.getOffset() + size, SlotOp::kAlignment));
  }
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
  SmallVector<Row> kernels;
  DenseMap<StringAttr, int64_t> places;
  std::string symbol = data->symbol("kernels");
  for (LaunchOp launch : table.sites) {
    auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
    auto [place, isNew] =
        places.try_emplace(kernel.getSymNameAttr(), kKernelBytes * kernels.size());
    if (isNew) {
      std::string name = options.prefix + "_" + kernel.getSymName().str();
      data->function(name, kernelType);
      data->function(name + "_grid", gridType);
      int64_t scratch = kernel.getScratchBytes().value_or(0);
      result.scratchBytes = std::max(result.scratchBytes, scratch);
      kernels.push_back(Row{Address{name}, Address{name + "_grid"}, scratch,
                            data->text(kernel.getSymName()), int64_t(0), Address()});
    }
    // For one work item, as the runtime wants it.
    auto estimate = [&](std::optional<APFloat> ofLaunch, std::optional<APFloat> ofItem) {
      int64_t items = kernel.getItems().value_or(0);
      if (ofLaunch && items > 0)
        return ofLaunch->convertToDouble() / double(items);
      return ofItem ? ofItem->convertToDouble() : 0.0;
    };
    sites.push_back(Row{Address{symbol, place->second},
                        data->text(llvm::join(nodeNames(launch.getLoc()), "\n")),
                        estimate(launch.getFlops(), kernel.getFlops()),
                        estimate(launch.getBytes(), kernel.getBytes())});
  }
  data->table("kernels", kernels);
}

Address Lowering::programData() {
  SmallVector<Row> symbols;
  for (auto [i, name] : llvm::enumerate(program.getSymbols().getAsRange<StringAttr>()))
    symbols.push_back(
        Row{data->text(name.getValue()), program.getMinima()[i], program.getMaxima()[i]});
  Address plan = emitPlan(*data, *result.module, program, table);
  Address run = emitRun(*data, *result.module, table);
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
  if (result.weightBytes)
    weightsOffset = RelativeAddress{data->external(options.prefix + "_weights").symbol};
  return data->table("program", Row{int32_t(ACCEL_RT_ABI),
                                    int32_t(options.sequential ? ACCEL_PROGRAM_SEQUENTIAL : 0),
                                    data->text(options.name),
                                    data->table("inputs", inputs),
                                    data->table("outputs", outputs),
                                    data->table("symbols", symbols),
                                    data->table("sites", sites),
                                    int32_t(inputs.size()),
                                    int32_t(outputs.size()),
                                    int32_t(symbols.size()),
                                    int32_t(sites.size()),
                                    slots,
                                    plan.symbol.empty() ? result.arenaBytes : int64_t(-1),
                                    result.scratchBytes,
                                    weightsOffset,
                                    int64_t(result.weightBytes),
                                    plan,
                                    run,
                                    int64_t(options.cpuFeatures),
                                    data->text(options.target),
                                    data->text(result.metadata),
                                    int64_t(result.metadata.size()),
                                    int32_t(0),
                                    int32_t(0),
                                    requirements,
                                    Address()});
}

} // namespace

FailureOr<LoweredProgram> accel::exec::lowerProgram(ModuleOp module,
                                                    const ProgramOptions &options) {
  auto programs = module.getOps<ProgramOp>();
  if (!llvm::hasSingleElement(programs))
    return module.emitError("expected one exec.program, got ") << llvm::range_size(programs);
  ProgramOp program = *programs.begin();
  if (!program.isBufferForm())
    return program.emitOpError("expected the buffer form: run exec-plan-memory first");
  module.getContext()->loadDialect<LLVM::LLVMDialect>();
  return Lowering(program, options).lower();
}
