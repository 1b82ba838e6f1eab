// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes constants of equal bytes one.
#include "dialects/NN/NNOps.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/xxhash.h"

namespace accel {
#define GEN_PASS_DEF_NNSHARECONSTANTS
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// Constants that differ do so, but for rare ones, in so many bytes at their ends.
static constexpr size_t kEnd = 4096;

namespace {
class NNShareConstants : public accel::impl::NNShareConstantsBase<NNShareConstants> {
  void runOnOperation() override {
    DenseMap<std::pair<size_t, uint64_t>, SmallVector<DenseResourceElementsAttr, 1>> known;
    getOperation().walk([&](nn::ConstantOp op) {
      auto value = dyn_cast<DenseResourceElementsAttr>(op.getValue());
      AsmResourceBlob *blob = value ? value.getRawHandle().getBlob() : nullptr;
      if (!blob)
        return;
      ArrayRef<char> bytes = blob->getData();
      auto end = [](ArrayRef<char> part) {
        return llvm::xxh3_64bits(
            ArrayRef(reinterpret_cast<const uint8_t *>(part.data()), part.size()));
      };
      size_t ends = std::min(bytes.size(), kEnd);
      auto &alike =
          known[{bytes.size(), end(bytes.take_front(ends)) * 31 + end(bytes.take_back(ends))}];
      for (DenseResourceElementsAttr other : alike) {
        DenseResourceElementsHandle handle = other.getRawHandle();
        if (handle.getKey() != value.getRawHandle().getKey() &&
            handle.getBlob()->getData() != bytes)
          continue;
        op.setValueAttr(DenseResourceElementsAttr::get(cast<ShapedType>(value.getType()), handle));
        return;
      }
      alike.push_back(value);
    });
  }
};
} // namespace
