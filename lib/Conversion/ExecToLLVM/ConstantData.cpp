// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant tables in the LLVM dialect: rows of fields, with shared pools for text and integers.
#include "lib/Conversion/ExecToLLVM/ConstantData.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace accel::exec;

ConstantData::ConstantData(ModuleOp module, StringRef prefix)
    : location(UnknownLoc::get(module.getContext())), module(module),
      builder(OpBuilder::atBlockEnd(module.getBody())), prefix(prefix),
      pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

Address ConstantData::text(StringRef value) {
  auto [entry, isNew] = texts.try_emplace(value, pool.size());
  if (isNew) {
    pool += value;
    pool += '\0';
  }
  return {pooled("text"), entry->second};
}

Address ConstantData::integers(ArrayRef<int64_t> values) {
  auto found = std::search(integerPool.begin(), integerPool.end(), values.begin(), values.end());
  int64_t index = found - integerPool.begin();
  if (found == integerPool.end())
    integerPool.append(values.begin(), values.end());
  return {pooled("integers"), 8 * index};
}

LLVM::GlobalOp ConstantData::global(StringRef symbol, Type type, Attribute value) {
  auto op = LLVM::GlobalOp::create(builder, location, type, /*isConstant=*/true,
                                   LLVM::Linkage::Internal, symbol, value, /*alignment=*/0);
  op.setDsoLocal(true);
  return op;
}

Address ConstantData::external(StringRef symbol) {
  auto op = global(symbol, LLVM::LLVMArrayType::get(builder.getI8Type(), 0), Attribute());
  op.setLinkage(LLVM::Linkage::External);
  op.setVisibility_(LLVM::Visibility::Hidden);
  return {symbol.str(), 0};
}

LLVM::LLVMFuncOp ConstantData::function(StringRef symbol, LLVM::LLVMFunctionType type) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol))
    return known;
  auto op = LLVM::LLVMFuncOp::create(builder, location, symbol, type);
  op.setVisibility_(LLVM::Visibility::Hidden);
  op.setDsoLocal(true);
  return op;
}

Type ConstantData::typeOf(const Field &field) {
  struct Visitor {
    OpBuilder &builder;
    Type pointer;
    Type operator()(int8_t) { return builder.getI8Type(); }
    Type operator()(int16_t) { return builder.getI16Type(); }
    Type operator()(int32_t) { return builder.getI32Type(); }
    Type operator()(int64_t) { return builder.getI64Type(); }
    Type operator()(double) { return builder.getF64Type(); }
    Type operator()(const Address &) { return pointer; }
    Type operator()(const RelativeAddress &) { return builder.getI64Type(); }
  };
  return std::visit(Visitor{builder, pointer}, field);
}

Value ConstantData::load(OpBuilder &builder, const Address &address) {
  if (address.symbol.empty())
    return LLVM::ZeroOp::create(builder, location, pointer);
  Value base = LLVM::AddressOfOp::create(builder, location, pointer, address.symbol);
  if (address.offset == 0)
    return base;
  return LLVM::GEPOp::create(builder, location, pointer, builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{int32_t(address.offset)});
}

Value ConstantData::valueOf(OpBuilder &builder, const Field &field, LLVM::GlobalOp self,
                            int64_t at) {
  Type i64 = builder.getI64Type();
  if (auto *address = std::get_if<Address>(&field))
    return load(builder, *address);
  if (auto *relative = std::get_if<RelativeAddress>(&field)) {
    Value to = load(builder, {relative->symbol, 0});
    Value from = load(builder, {self.getSymName().str(), at});
    return LLVM::SubOp::create(builder, location,
                               LLVM::PtrToIntOp::create(builder, location, i64, to),
                               LLVM::PtrToIntOp::create(builder, location, i64, from));
  }
  Type type = typeOf(field);
  TypedAttr value = std::visit(
      [&](auto number) -> TypedAttr {
        if constexpr (std::is_same_v<decltype(number), double>)
          return builder.getF64FloatAttr(number);
        else if constexpr (std::is_integral_v<decltype(number)>)
          return builder.getIntegerAttr(type, number);
        else
          llvm_unreachable("addresses are handled above");
      },
      field);
  return LLVM::ConstantOp::create(builder, location, type, value);
}

static int64_t bytesOf(Type type) {
  return type.isIntOrFloat() ? type.getIntOrFloatBitWidth() / 8 : 8;
}

Address ConstantData::table(StringRef name, ArrayRef<Row> rows) {
  if (rows.empty())
    return {};
  SmallVector<Type> types;
  SmallVector<int64_t> offsets;
  int64_t bytes = 0;
  for (const Field &field : rows.front()) {
    types.push_back(typeOf(field));
    assert(bytes % bytesOf(types.back()) == 0 && "structs of the contract have no holes");
    offsets.push_back(bytes);
    bytes += bytesOf(types.back());
  }
  auto type = LLVM::LLVMArrayType::get(
      LLVM::LLVMStructType::getLiteral(builder.getContext(), types), rows.size());
  LLVM::GlobalOp op = global(symbol(name), type, Attribute());
  OpBuilder inside = OpBuilder::atBlockEnd(&op.getInitializerRegion().emplaceBlock());
  Value all = LLVM::UndefOp::create(inside, location, type);
  for (auto [i, row] : llvm::enumerate(rows))
    for (auto [k, field] : llvm::enumerate(row))
      all = LLVM::InsertValueOp::create(inside, location, all,
                                        valueOf(inside, field, op, i * bytes + offsets[k]),
                                        ArrayRef<int64_t>{int64_t(i), int64_t(k)});
  LLVM::ReturnOp::create(inside, location, all);
  return {op.getSymName().str(), 0};
}

template <typename T> static Attribute dense(Type element, ArrayRef<T> values) {
  return DenseElementsAttr::get(RankedTensorType::get({int64_t(values.size())}, element), values);
}

Address ConstantData::words(StringRef name, ArrayRef<int32_t> values) {
  if (values.empty())
    return {};
  Type i32 = builder.getI32Type();
  auto type = LLVM::LLVMArrayType::get(i32, values.size());
  return {global(symbol(name), type, dense(i32, values)).getSymName().str(), 0};
}

Address ConstantData::words(StringRef name, ArrayRef<int64_t> values) {
  if (values.empty())
    return {};
  Type i64 = builder.getI64Type();
  auto type = LLVM::LLVMArrayType::get(i64, values.size());
  return {global(symbol(name), type, dense(i64, values)).getSymName().str(), 0};
}

void ConstantData::finish() {
  pool += '\0'; // an array of one byte or more, whatever was asked for
  integerPool.push_back(0);
  global(pooled("text"), LLVM::LLVMArrayType::get(builder.getI8Type(), pool.size()),
         builder.getStringAttr(pool));
  words("integers", ArrayRef<int64_t>(integerPool));
}
