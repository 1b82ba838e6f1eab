// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A recursive walk over protobuf's wire format that knows which fields hold messages on the way to
// tensors. Every length is checked against what contains it.
#include "lib/Import/ONNX/Wire.h"
#include "llvm/ADT/Twine.h"

using namespace accel::onnx_import;
using llvm::StringRef;

namespace {

enum Message { Other, Model, Graph, Node, Attribute, Tensor, SparseTensor, Function };

/// Deeper nesting is refused; protobuf's own limit is 100.
constexpr unsigned kMaxDepth = 64;
constexpr uint64_t kSmallTensor = 64;
/// protobuf cannot parse more than 2 GiB.
constexpr uint64_t kMaxStructure = (uint64_t(1) << 31) - (1 << 20);
constexpr unsigned kLengthBytes = 5;

Message child(Message parent, uint64_t field) {
  switch (parent) {
  case Model:
    return field == 7 ? Graph : field == 25 ? Function : Other;
  case Graph:
    return field == 1 ? Node : field == 5 ? Tensor : field == 15 ? SparseTensor : Other;
  case Node:
    return field == 5 ? Attribute : Other;
  case Attribute:
    return field == 5 || field == 10    ? Tensor
           : field == 6 || field == 11  ? Graph
           : field == 22 || field == 23 ? SparseTensor
                                        : Other;
  case SparseTensor:
    return field == 1 || field == 2 ? Tensor : Other;
  case Function:
    return field == 7 ? Node : field == 11 ? Attribute : Other;
  case Tensor:
  case Other:
    return Other;
  }
  return Other;
}

class Splitter {
public:
  Splitter(StringRef file, Structure &structure, std::string &error)
      : file(file), out(structure.bytes), spans(structure.spans), error(error) {}

  bool message(uint64_t at, uint64_t end, Message kind, unsigned depth) {
    if (depth > kMaxDepth)
      return fail(at, "messages are nested more than " + llvm::Twine(kMaxDepth) + " deep");
    while (at < end) {
      uint64_t start = at, tag, value;
      if (!varint(at, end, tag))
        return false;
      uint64_t field = tag >> 3;
      if (field == 0 || field > (1u << 29))
        return fail(start, "field number " + llvm::Twine(field) + " does not exist");
      switch (tag & 7) {
      case 0:
        if (!varint(at, end, value))
          return false;
        break;
      case 1:
      case 5:
        value = (tag & 7) == 1 ? 8 : 4;
        if (end - at < value)
          return truncated(start, field, value, end - at);
        at += value;
        break;
      case 2:
        if (!varint(at, end, value))
          return false;
        if (end - at < value)
          return truncated(start, field, value, end - at);
        at += value;
        break;
      default:
        return fail(start, "wire type " + llvm::Twine(tag & 7) + " is not used by ONNX");
      }
      if (!emit(start, at, (tag & 7) == 2 ? at - value : at, field, tag, kind, depth))
        return false;
    }
    return true;
  }

private:
  /// Writes one field, whose payload (if it has a length) is [payload, end).
  bool emit(uint64_t start, uint64_t end, uint64_t payload, uint64_t field, uint64_t tag,
            Message kind, unsigned depth) {
    bool hasLength = (tag & 7) == 2;
    if (kind == Model && field == 20)
      return true; // Training graphs are not compiled.
    if (kind == Tensor) {
      if (field == kRawDataSpan || field == kPackedDataSpan)
        return true; // Only we write these.
      bool raw = field == 9, packed = field == 4 || field == 10;
      if (hasLength && (raw || packed) && end - payload >= kSmallTensor) {
        writeVarint(uint64_t(raw ? kRawDataSpan : kPackedDataSpan) << 3);
        writeVarint(spans.size());
        spans.push_back({payload, end - payload});
        return true;
      }
    }
    if (Message inner = child(kind, field); inner != Other && hasLength) {
      writeVarint(tag);
      // The length is known after the content: leave room for the longest form, which is valid.
      size_t lengthAt = out.size();
      out.append(kLengthBytes, 0);
      if (!message(payload, end, inner, depth + 1))
        return false;
      uint64_t length = out.size() - lengthAt - kLengthBytes;
      for (unsigned i = 0; i < kLengthBytes; ++i, length >>= 7)
        out[lengthAt + i] = char((length & 127) | (i + 1 < kLengthBytes ? 128 : 0));
      return true;
    }
    if (out.size() + (end - start) > kMaxStructure)
      return fail(start, "the model without its raw weights exceeds 2 GiB");
    out.append(file.data() + start, end - start);
    return true;
  }

  bool varint(uint64_t &at, uint64_t end, uint64_t &value) {
    value = 0;
    uint64_t start = at;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at == end)
        return fail(start, "the file ends early, or a length is wrong");
      uint8_t byte = file[at++];
      if (shift == 63 && byte > 1)
        break;
      value |= uint64_t(byte & 127) << shift;
      if (!(byte & 128))
        return true;
    }
    return fail(start, "a number is too long");
  }

  void writeVarint(uint64_t value) {
    for (; value > 127; value >>= 7)
      out.push_back(char((value & 127) | 128));
    out.push_back(char(value));
  }

  bool truncated(uint64_t at, uint64_t field, uint64_t need, uint64_t have) {
    return fail(at, "the file ends early, or a length is wrong: field " + llvm::Twine(field) +
                        " needs " + llvm::Twine(need) + " bytes, " + llvm::Twine(have) +
                        " are left");
  }

  bool fail(uint64_t at, const llvm::Twine &what) {
    error = ("at byte " + llvm::Twine(at) + ": " + what).str();
    return false;
  }

  StringRef file;
  std::string &out;
  std::vector<Span> &spans;
  std::string &error;
};

} // namespace

bool accel::onnx_import::splitWeights(StringRef file, Structure &structure, std::string &error) {
  return Splitter(file, structure, error).message(0, file.size(), Model, 0);
}
