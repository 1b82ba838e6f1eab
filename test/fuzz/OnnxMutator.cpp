// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Changes ONNX files as trees of protobuf fields, so that what comes out is parsed to its end,
// mostly: bytes that are changed at random nearly always break a length.
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

/// The messages of onnx.proto; Leaf is a string, bytes or packed numbers.
enum Message {
  Leaf,
  Model,
  Opset,
  Entry,
  Metadata,
  Graph,
  Node,
  Attribute,
  Tensor,
  External,
  ValueInfo,
  Type,
  TensorType,
  SequenceType,
  MapType,
  OptionalType,
  Shape,
  Dim,
  Function
};

struct Child {
  Message in;
  uint32_t field;
  Message is;
};

/// Which fields are messages.
constexpr Child kChildren[] = {
    {Model, 7, Graph},       {Model, 8, Opset},       {Model, 14, Metadata},
    {Model, 25, Function},   {Graph, 1, Node},        {Graph, 5, Tensor},
    {Graph, 11, ValueInfo},  {Graph, 12, ValueInfo},  {Graph, 13, ValueInfo},
    {Node, 5, Attribute},    {Attribute, 5, Tensor},  {Attribute, 6, Graph},
    {Attribute, 10, Tensor}, {Attribute, 11, Graph},  {Attribute, 14, Type},
    {Attribute, 15, Type},   {Tensor, 13, Entry},     {ValueInfo, 2, Type},
    {Type, 1, TensorType},   {Type, 4, SequenceType}, {Type, 5, MapType},
    {Type, 9, OptionalType}, {TensorType, 2, Shape},  {SequenceType, 1, Type},
    {MapType, 2, Type},      {OptionalType, 1, Type}, {Shape, 1, Dim},
    {Function, 7, Node},     {Function, 9, Opset},    {Function, 11, Attribute},
};

Message childOf(Message in, uint32_t field) {
  for (const Child &child : kChildren)
    if (child.in == in && child.field == field)
      return child.is;
  return Leaf;
}

enum Wire : uint8_t { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

struct Field {
  uint32_t number = 0;
  Wire wire = Varint;
  Message message = Leaf;
  uint64_t value = 0;          ///< of Varint, Fixed64 and Fixed32
  std::string bytes;           ///< of a Leaf
  std::vector<Field> children; ///< of a message
};

bool readVarint(llvm::StringRef &in, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    uint8_t byte = in.front();
    in = in.drop_front();
    value |= uint64_t(byte & 127) << shift;
    if (byte < 128)
      return true;
  }
  return false;
}

bool parse(llvm::StringRef in, Message message, std::vector<Field> &fields, unsigned depth = 0) {
  while (!in.empty()) {
    uint64_t key;
    Field field;
    if (depth > 40 || !readVarint(in, key))
      return false;
    field.number = uint32_t(key >> 3);
    field.wire = Wire(key & 7);
    switch (field.wire) {
    case Varint:
      if (!readVarint(in, field.value))
        return false;
      break;
    case Fixed64:
    case Fixed32: {
      size_t size = field.wire == Fixed64 ? 8 : 4;
      if (in.size() < size)
        return false;
      std::memcpy(&field.value, in.data(), size);
      in = in.drop_front(size);
      break;
    }
    case Length: {
      uint64_t size;
      if (!readVarint(in, size) || size > in.size())
        return false;
      field.message = childOf(message, field.number);
      if (field.message == Leaf ||
          !parse(in.take_front(size), field.message, field.children, depth + 1)) {
        field.message = Leaf;
        field.children.clear();
        field.bytes = in.take_front(size).str();
      }
      in = in.drop_front(size);
      break;
    }
    default:
      return false;
    }
    fields.push_back(std::move(field));
  }
  return true;
}

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 128; value >>= 7)
    out += char(value | 128);
  out += char(value);
}

std::string write(const std::vector<Field> &fields) {
  std::string out;
  for (const Field &field : fields) {
    writeVarint(out, uint64_t(field.number) << 3 | field.wire);
    if (field.wire == Varint) {
      writeVarint(out, field.value);
    } else if (field.wire == Length) {
      std::string inside = field.message == Leaf ? field.bytes : write(field.children);
      writeVarint(out, inside.size());
      out += inside;
    } else {
      out.append(reinterpret_cast<const char *>(&field.value), field.wire == Fixed64 ? 8 : 4);
    }
  }
  return out;
}

/// A field, and the list that it is in.
struct Place {
  std::vector<Field> *list;
  size_t index;
  Message in;
  Field &field() const { return (*list)[index]; }
};

void collect(std::vector<Field> &fields, Message in, std::vector<Place> &places) {
  for (size_t i = 0; i < fields.size(); ++i) {
    places.push_back({&fields, i, in});
    if (fields[i].message != Leaf)
      collect(fields[i].children, fields[i].message, places);
  }
}

class Mutator {
public:
  Mutator(std::vector<Field> &root, unsigned seed) : random(seed) { collect(root, Model, places); }

  bool mutate() {
    if (places.empty())
      return false;
    Place at = any();
    switch (random() % 6) {
    case 0:
      at.list->erase(at.list->begin() + at.index);
      return true;
    case 1:
      at.list->insert(at.list->begin() + random() % (at.list->size() + 1), Field(at.field()));
      return true;
    case 2:
      std::swap(at.field(), (*at.list)[random() % at.list->size()]);
      return true;
    case 3:
      return takeFromAnother(at);
    default:
      return change(at.field());
    }
  }

private:
  Place any() { return places[random() % places.size()]; }

  /// A field of the same message takes the place: names of other values and ops, tensors, types.
  bool takeFromAnother(Place at) {
    for (int tries = 0; tries < 50; ++tries) {
      Place other = any();
      bool alike = other.in == at.in
                       ? other.field().number == at.field().number
                       : other.field().message == at.field().message && at.field().wire == Length;
      if (!alike || &other.field() == &at.field() || other.field().wire != at.field().wire)
        continue;
      Field copy = other.field();
      copy.number = at.field().number;
      if (copy.message != at.field().message)
        continue;
      at.field() = std::move(copy);
      return true;
    }
    return false;
  }

  bool change(Field &field) {
    if (field.wire == Length && field.message == Leaf) {
      field.bytes.resize(field.bytes.size() + 16);
      size_t size = LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(field.bytes.data()),
                                     field.bytes.size() - 16, field.bytes.size());
      field.bytes.resize(size);
      return true;
    }
    if (field.wire == Length) {
      field.children.clear();
      return true;
    }
    static constexpr int64_t kOdd[] = {
        0, 1, -1, 2, 3, 7, 16, 127, 255, 1 << 16, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    switch (random() % 3) {
    case 0:
      field.value = uint64_t(kOdd[random() % std::size(kOdd)]);
      return true;
    case 1:
      field.value += random() % 9 - 4;
      return true;
    default:
      field.value ^= uint64_t(1) << random() % 64;
      return true;
    }
  }

  std::minstd_rand random;
  std::vector<Place> places;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  std::vector<Field> root;
  if (!parse({reinterpret_cast<const char *>(data), size}, Model, root) || root.empty())
    return LLVMFuzzerMutate(data, size, maxSize);
  for (unsigned times = 1 + seed % 3; times > 0; --times)
    Mutator(root, seed + times).mutate();
  std::string out = write(root);
  if (out.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}
