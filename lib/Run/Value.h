// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values outside of a model: what inputs are read into, and what outputs are copied to.
//
#ifndef ACCEL_RUN_VALUE_H
#define ACCEL_RUN_VALUE_H

#include "accel-rt/Model.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace accel::run {

/// Bytes aligned as vector code likes them.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t size);
  Buffer(const Buffer &other);
  Buffer(Buffer &&) = default;
  Buffer &operator=(Buffer other);
  char *data() { return memory.get(); }
  const char *data() const { return memory.get(); }
  size_t size() const { return bytes; }

private:
  struct Free {
    void operator()(char *pointer) const;
  };
  std::unique_ptr<char, Free> memory;
  size_t bytes = 0;
};

/// A tensor, or a tree of them: a sequence's items, an optional's one or no item, a map's keys and
/// values.
struct Value {
  accel_kind kind = ACCEL_TENSOR;
  accel_dtype dtype = {};
  std::vector<int64_t> shape;
  Buffer data;                      ///< of a tensor, row-major
  std::vector<std::string> strings; ///< of a tensor of strings, row-major
  std::vector<Value> items;

  int64_t elements() const;
};

/// A value and the name that its file gave it, if any.
struct NamedValue {
  std::string name;
  Value value;
};

/// What an accel_value built by describe points to besides the Values themselves.
struct Storage {
  std::deque<std::vector<accel_value>> values;
  std::deque<std::vector<accel_string>> strings;
};

/// The argument that hands `value` to a model. Both must outlive it.
accel_value describe(const Value &value, Storage &storage);

/// A copy of a result.
Value copyResult(const accel_value &value);

/// A tensor of zeros; an error if its size overflows or memory is short.
llvm::Expected<Value> makeTensor(accel_dtype dtype, llvm::ArrayRef<int64_t> shape);

/// "float32[2x3]", "sequence of 3", ... for messages.
std::string describeType(const Value &value);

} // namespace accel::run

#endif // ACCEL_RUN_VALUE_H
