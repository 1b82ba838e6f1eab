// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants whose bytes are made when they are written: `#nn.deferred`.
#pragma once
#include "lib/Transforms/NN/Evaluate.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace accel::nn {

/// Results of so many bytes are deferred.
inline constexpr int64_t kDeferredBytes = 1 << 16;

/// The result of an op, if its operands have these values.
DeferredAttr defer(mlir::Operation *op, llvm::ArrayRef<mlir::ElementsAttr> operands);

/// Makes the bytes of a deferred constant. It reads the IR only while it is made; the bytes of the
/// constants that it starts from must outlive it.
class DeferredBytes {
public:
  /// Fails on what no pass makes: an attribute that was written by hand, or lost its bytes.
  static llvm::Expected<DeferredBytes> get(DeferredAttr value);

  uint64_t size() const;
  /// Ranges of bytes of about `bytes` each that cost no more when made alone.
  llvm::SmallVector<std::pair<uint64_t, uint64_t>> ranges(uint64_t bytes) const;
  /// Hands such a range to the sink, in pieces that fit a cache. Any thread may call it.
  llvm::Error write(std::pair<uint64_t, uint64_t> range,
                    llvm::function_ref<llvm::Error(llvm::ArrayRef<uint8_t>)> sink) const;
  /// All bytes at once.
  void make(char *to) const;

  struct Node;

private:
  explicit DeferredBytes(std::shared_ptr<const Node> node) : node(std::move(node)) {}
  std::shared_ptr<const Node> node;
};

} // namespace accel::nn
