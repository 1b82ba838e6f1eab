// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plan: sizes from symbols, with checks, then the runtime's arena planner. The code grows with the
// number of different sizes of a model, not with its launches.
#include "accel-rt/Support.h"
#include "lib/Conversion/ExecToLLVM/Functions.h"
#include "mlir/IR/AffineExprVisitor.h"

using namespace mlir;
using namespace accel::exec;

namespace {

/// Emits arithmetic for sizes and gathers what may be wrong with them.
class Sizes {
public:
  Sizes(OpBuilder &builder, Location location, Value symbols, ProgramOp program)
      : builder(builder), location(location), symbols(symbols), program(program),
        i64(builder.getI64Type()) {
    bad = LLVM::ConstantOp::create(builder, location, builder.getI1Type(),
                                   builder.getBoolAttr(false));
    zero = constant(0);
  }

  /// A size that must not be negative.
  Value size(AffineExpr expression) {
    Value &known = sizes[expression];
    if (known)
      return known;
    Value value = emit(expression);
    auto symbol = dyn_cast<AffineSymbolExpr>(expression);
    // The runtime has checked named symbols.
    if (!symbol || program.definitionOf(symbol.getPosition()))
      require(compare(LLVM::ICmpPredicate::slt, value, zero));
    return sizes[expression] = value;
  }

  /// True if a size is negative or overflows.
  Value isBad() { return bad; }

  /// ACCEL_PLAN_REQUIREMENT(i) for the first requirement i that does not hold, else 0.
  Value firstBroken() {
    Value code = zero;
    if (!program.getRequirements())
      return code;
    auto maps = llvm::to_vector(program.getRequirements()->getAsValueRange<AffineMapAttr>());
    for (int64_t i = int64_t(maps.size()) - 1; i >= 0; --i)
      for (AffineExpr condition : maps[i].getResults())
        code = select(compare(LLVM::ICmpPredicate::slt, emit(condition), zero),
                      constant(ACCEL_PLAN_REQUIREMENT(i)), code);
    return code;
  }

private:
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(builder, location, i64, builder.getI64IntegerAttr(value));
  }
  Value compare(LLVM::ICmpPredicate predicate, Value a, Value b) {
    return LLVM::ICmpOp::create(builder, location, predicate, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return LLVM::SelectOp::create(builder, location, condition, a, b);
  }
  void require(Value flag) { bad = LLVM::OrOp::create(builder, location, bad, flag); }

  template <typename OpT> Value checked(Value a, Value b) {
    auto pair = LLVM::LLVMStructType::getLiteral(builder.getContext(), {i64, builder.getI1Type()});
    Value both = OpT::create(builder, location, pair, a, b);
    require(LLVM::ExtractValueOp::create(builder, location, both, 1));
    return LLVM::ExtractValueOp::create(builder, location, both, 0);
  }

  /// Quotient and remainder towards minus infinity. The divisor must be positive.
  std::pair<Value, Value> floorDivide(Value a, Value b) {
    Value one = constant(1);
    Value wrong = compare(LLVM::ICmpPredicate::slt, b, one);
    require(wrong);
    b = select(wrong, one, b); // a division by 0 would trap
    Value quotient = LLVM::SDivOp::create(builder, location, a, b);
    Value remainder = LLVM::SRemOp::create(builder, location, a, b);
    Value below = compare(LLVM::ICmpPredicate::slt, remainder, zero);
    return {
        select(below, LLVM::SubOp::create(builder, location, quotient, one).getResult(), quotient),
        select(below, LLVM::AddOp::create(builder, location, remainder, b).getResult(), remainder)};
  }

  Value emit(AffineExpr expression) {
    if (auto known = values.find(expression); known != values.end())
      return known->second;
    return values[expression] = emitNew(expression);
  }

  Value emitNew(AffineExpr expression) {
    if (auto number = dyn_cast<AffineConstantExpr>(expression))
      return constant(number.getValue());
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expression)) {
      if (AffineMap parts = program.definitionOf(symbol.getPosition())) {
        Value least;
        for (AffineExpr part : parts.getResults())
          least = least ? LLVM::SMinOp::create(builder, location, least, emit(part)) : emit(part);
        return least;
      }
      auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
      Value at = LLVM::GEPOp::create(builder, location, pointer, i64, symbols,
                                     ArrayRef<LLVM::GEPArg>{int32_t(symbol.getPosition())});
      return LLVM::LoadOp::create(builder, location, i64, at);
    }
    auto binary = cast<AffineBinaryOpExpr>(expression);
    Value a = emit(binary.getLHS()), b = emit(binary.getRHS());
    switch (binary.getKind()) {
    case AffineExprKind::Add:
      return checked<LLVM::SAddWithOverflowOp>(a, b);
    case AffineExprKind::Mul:
      return checked<LLVM::SMulWithOverflowOp>(a, b);
    case AffineExprKind::FloorDiv:
      return floorDivide(a, b).first;
    case AffineExprKind::Mod:
      return floorDivide(a, b).second;
    case AffineExprKind::CeilDiv: {
      auto [quotient, remainder] = floorDivide(a, b);
      Value more = compare(LLVM::ICmpPredicate::sgt, remainder, zero);
      Value next = LLVM::AddOp::create(builder, location, quotient, constant(1));
      return select(more, next, quotient);
    }
    default:
      llvm_unreachable("sizes are expressions of symbols");
    }
  }

  OpBuilder &builder;
  Location location;
  Value symbols;
  ProgramOp program;
  Type i64;
  Value bad, zero;
  DenseMap<AffineExpr, Value> values, sizes;
};

/// Emits the body of plan.
class PlanBody {
public:
  PlanBody(ConstantData &data, LLVM::LLVMFuncOp plan, OpBuilder builder, ProgramOp program)
      : data(data), plan(plan), builder(builder),
        sizes(this->builder, data.location, plan.getArgument(0), program) {}

  void outputDims(ProgramOp program) {
    int64_t index = 0;
    for (AffineMap shape : program.getOutputShapes().getAsValueRange<AffineMapAttr>())
      for (AffineExpr dim : shape.getResults())
        outputs.push_back({index++, isKnown(dim, program) ? dim : AffineExpr()});
    for (auto &[index, dim] : outputs)
      dims.push_back(dim ? sizes.size(dim) : constant(ACCEL_UNKNOWN_DIM));
  }

  void values(const LaunchTable &table) {
    for (AffineExpr value : table.values)
      tableValues.push_back(sizes.size(value));
  }

  void parts(const LaunchTable &table) {
    for (const LaunchTable::Part &part : table.parts)
      begins.push_back(sizes.size(part.begin));
  }

  /// Stores the offsets of slots within others, once those of the others are known.
  void storeParts(const LaunchTable &table, OpBuilder &inside) {
    for (auto [part, begin] : llvm::zip_equal(table.parts, begins)) {
      Value whole = LLVM::LoadOp::create(inside, data.location, inside.getI64Type(),
                                         element(inside, 1, part.within));
      Value offset = LLVM::AddOp::create(inside, data.location, whole, begin);
      LLVM::StoreOp::create(inside, data.location, offset, element(inside, 1, part.number));
    }
  }

  /// Stores everything and returns the arena's bytes, `arena()`.
  void finish(const LaunchTable &table, llvm::function_ref<Value(OpBuilder &)> arena) {
    auto *fail = new Block(), *store = new Block();
    plan.getBody().push_back(store);
    plan.getBody().push_back(fail);
    // What does not fit together may be why a size is negative, so it is said first.
    Value broken = sizes.firstBroken(), zero = constant(0);
    auto isNegative = [&](Value code) {
      return LLVM::ICmpOp::create(builder, data.location, LLVM::ICmpPredicate::slt, code, zero);
    };
    Value bad = LLVM::SelectOp::create(builder, data.location, sizes.isBad(), constant(-1), zero);
    Value code = LLVM::SelectOp::create(builder, data.location, isNegative(broken), broken, bad);
    LLVM::CondBrOp::create(builder, data.location, isNegative(code), fail, store);
    builder.setInsertionPointToEnd(fail);
    LLVM::ReturnOp::create(builder, data.location, code);
    builder.setInsertionPointToEnd(store);
    for (auto [output, value] : llvm::zip_equal(outputs, dims))
      put(2, output.first, value);
    for (auto [i, value] : llvm::enumerate(tableValues))
      put(1, table.numSlots + i, value);
    LLVM::ReturnOp::create(builder, data.location, arena(builder));
  }

  Value element(OpBuilder &at, unsigned argument, int64_t index) {
    auto pointer = LLVM::LLVMPointerType::get(at.getContext());
    return LLVM::GEPOp::create(at, data.location, pointer, at.getI64Type(),
                               plan.getArgument(argument), ArrayRef<LLVM::GEPArg>{int32_t(index)});
  }
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(builder, data.location, builder.getI64Type(),
                                    builder.getI64IntegerAttr(value));
  }

private:
  static bool isKnown(AffineExpr dim, ProgramOp program) {
    bool known = true;
    dim.walk([&](AffineExpr part) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
        known &= symbol.getPosition() < program.getNumSymbols();
    });
    return known;
  }
  void put(unsigned argument, int64_t index, Value value) {
    LLVM::StoreOp::create(builder, data.location, value, element(builder, argument, index));
  }

  ConstantData &data;
  LLVM::LLVMFuncOp plan;
  OpBuilder builder;
  Sizes sizes;
  SmallVector<std::pair<int64_t, AffineExpr>> outputs;
  SmallVector<Value> dims, tableValues, begins;
};

bool hasConstantOutputs(ProgramOp program) {
  return llvm::all_of(program.getOutputShapes().getAsValueRange<AffineMapAttr>(),
                      [](AffineMap shape) { return shape.isConstant() || shape.isEmpty(); });
}

} // namespace

Address accel::exec::emitPlan(ConstantData &data, ModuleOp module, ProgramOp program,
                              const LaunchTable &table) {
  if (program.getNumSymbols() == 0 && table.isStatic && hasConstantOutputs(program))
    return {};
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  auto plan = LLVM::LLVMFuncOp::create(
      builder, data.location, data.symbol("plan"),
      LLVM::LLVMFunctionType::get(i64, {pointer, pointer, pointer}), LLVM::Linkage::Internal,
      /*dsoLocal=*/true);
  PlanBody body(data, plan, OpBuilder::atBlockEnd(plan.addEntryBlock(builder)), program);
  body.outputDims(program);
  if (table.isStatic) {
    body.finish(table, [&](OpBuilder &) { return body.constant(table.arenaBytes); });
    return {plan.getSymName().str(), 0};
  }
  body.values(table);
  body.parts(table);
  Address slots = data.words("slots", ArrayRef<int32_t>(table.slots));
  auto planner =
      data.function("accel_rt_plan_arena",
                    LLVM::LLVMFunctionType::get(i64, {pointer, i32, pointer, pointer, pointer}));
  body.finish(table, [&](OpBuilder &inside) -> Value {
    Value count = LLVM::ConstantOp::create(inside, data.location, i32,
                                           inside.getI32IntegerAttr(table.slots.size() / 3));
    Value work = body.element(inside, 1, table.numSlots + table.values.size());
    Value offsets = plan.getArgument(1);
    Value bytes =
        LLVM::CallOp::create(inside, data.location, planner,
                             ValueRange{data.load(inside, slots), count, offsets, offsets, work})
            .getResult();
    body.storeParts(table, inside);
    return bytes;
  });
  return {plan.getSymName().str(), 0};
}
