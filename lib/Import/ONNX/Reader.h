// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opens ONNX files and the files of their external data, mapped and never copied.
#pragma once
#include "lib/Import/ONNX/Wire.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <onnx-ml.pb.h>

namespace accel::onnx_import {

/// A regular file mapped for reading.
class MappedFile {
public:
  /// Takes the descriptor over; null, and the reason, if it is no regular file or cannot be mapped.
  static std::shared_ptr<MappedFile> map(int descriptor, std::string &error);
  ~MappedFile();
  llvm::StringRef bytes() const { return {data, size}; }

private:
  const char *data = nullptr;
  size_t size = 0;
};

/// Bytes that stay valid as long as `owner` lives.
struct Bytes {
  llvm::StringRef bytes;
  std::shared_ptr<const void> owner;
};

/// A parsed model and the mapped files behind it.
class ModelFile {
public:
  /// Null, and one clear error, if `path` is no readable ONNX model of a known version.
  static std::unique_ptr<ModelFile> open(llvm::StringRef path, std::string &error);

  const onnx::ModelProto &model() const { return proto; }
  /// The bytes that splitWeights left out.
  Bytes span(uint64_t index) const;
  uint64_t spanCount() const { return spans.size(); }
  /// Bytes [offset, offset + length) of a file of external data; an error if `location` is not a
  /// file inside the model's folder or too short.
  bool external(llvm::StringRef location, uint64_t offset, uint64_t length, Bytes &result,
                std::string &error);

  /// The number of a string in the tensors of the model; a new one where it is met first.
  int64_t numberOf(llvm::StringRef text);
  /// What the numbers stand for. The first is the empty string.
  llvm::ArrayRef<std::string> strings() const { return texts; }

  /// Paths of the files that external() has opened, sorted.
  std::vector<std::string> externalFiles() const;

private:
  std::string folder; ///< Canonical path of the folder that holds the model.
  std::shared_ptr<MappedFile> file;
  std::vector<Span> spans;
  onnx::ModelProto proto;
  llvm::StringMap<std::shared_ptr<MappedFile>> externals;
  llvm::StringMap<int64_t> numbers{{"", 0}};
  std::vector<std::string> texts{""};
};

} // namespace accel::onnx_import
