// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .npy files: a magic number, a Python dict as text, the elements.

#include "lib/Run/Npy.h"
#include "lib/Run/DType.h"
#include "lib/Run/WriteFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Endian.h"
#include <cstring>

using namespace accel::run;
using llvm::createStringError;
using llvm::StringRef;

namespace {
/// A dtype as .npy spells it: byte order, kind, bytes.
struct Descr {
  char order = '|', kind = 0;
  int64_t bytes = 0;
};
struct Header {
  Descr descr;
  bool fortran = false;
  std::vector<int64_t> shape;
  StringRef data;
};
} // namespace

/// What stands behind 'key': in the header's dict.
static StringRef entry(StringRef dict, StringRef key) {
  size_t at = dict.find(("'" + key + "':").str());
  return at == StringRef::npos ? StringRef() : dict.drop_front(at + key.size() + 3).ltrim();
}

static llvm::Error parseDescr(StringRef dict, Descr &descr) {
  StringRef text = entry(dict, "descr");
  if (!text.consume_front("'"))
    return createStringError("a structured dtype, expected plain elements");
  text = text.take_until([](char c) { return c == '\''; });
  StringRef rest = text;
  if (!rest.empty() && StringRef("<>|=").contains(rest[0])) {
    descr.order = rest[0];
    rest = rest.drop_front();
  }
  if (rest.starts_with("O"))
    return createStringError("Python objects, expected numbers; save strings with dtype str");
  if (rest.empty() || rest.drop_front().getAsInteger(10, descr.bytes) || descr.bytes < 0)
    return createStringError("dtype '%s', expected one like '<f4'", text.str().c_str());
  descr.kind = rest[0];
  return llvm::Error::success();
}

static llvm::Expected<Header> parseHeader(StringRef bytes) {
  const auto *raw = reinterpret_cast<const uint8_t *>(bytes.data());
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 12)
    return createStringError("it is no .npy file");
  size_t start = raw[6] == 1 ? 10 : 12;
  size_t length = raw[6] == 1 ? llvm::support::endian::read16le(raw + 8)
                              : llvm::support::endian::read32le(raw + 8);
  if (bytes.size() - start < length)
    return createStringError("its header is cut short");
  StringRef dict = bytes.substr(start, length);
  Header header;
  header.data = bytes.drop_front(start + length);
  if (llvm::Error error = parseDescr(dict, header.descr))
    return std::move(error);
  header.fortran = entry(dict, "fortran_order").starts_with("True");
  StringRef shape = entry(dict, "shape");
  if (!shape.consume_front("("))
    return createStringError("its header has no shape");
  llvm::SmallVector<StringRef> dims;
  shape.take_until([](char c) { return c == ')'; }).split(dims, ',');
  for (StringRef dim : dims) {
    int64_t size;
    dim = dim.trim();
    if (dim.empty())
      continue; // behind the comma of (3,)
    if (dim.getAsInteger(10, size) || size < 0)
      return createStringError("a dim of '%s'", dim.str().c_str());
    header.shape.push_back(size);
  }
  return header;
}

static std::optional<accel_dtype> toDtype(Descr descr) {
  auto make = [&](uint8_t code) {
    return accel_dtype{code, static_cast<uint8_t>(descr.bytes * 8), 1};
  };
  bool power = descr.bytes == 1 || descr.bytes == 2 || descr.bytes == 4 || descr.bytes == 8;
  switch (descr.kind) {
  case 'f': // of one byte: some of ml_dtypes' types call themselves so, without saying which
    return power ? std::optional(make(descr.bytes > 1 ? ACCEL_FLOAT : ACCEL_OPAQUE)) : std::nullopt;
  case 'i':
    return power ? std::optional(make(ACCEL_INT)) : std::nullopt;
  case 'u':
    return power ? std::optional(make(ACCEL_UINT)) : std::nullopt;
  case 'b':
    return make(ACCEL_BOOL);
  case 'c':
    return descr.bytes == 8 || descr.bytes == 16 ? std::optional(make(ACCEL_COMPLEX))
                                                 : std::nullopt;
  case 'V':
    return descr.bytes <= 2 ? std::optional(make(ACCEL_OPAQUE)) : std::nullopt;
  default:
    return std::nullopt;
  }
}

/// Strings of one width: "S" holds bytes, "U" UTF-32; both are filled up with zeros.
static llvm::Expected<Value> parseStrings(const Header &header, int64_t count) {
  int64_t width = header.descr.bytes * (header.descr.kind == 'U' ? 4 : 1);
  if (width && count > static_cast<int64_t>(header.data.size()) / width)
    return createStringError("its elements are cut short");
  Value value;
  value.kind = ACCEL_STRING_TENSOR;
  value.shape = header.shape;
  for (int64_t i = 0; i < count; ++i) {
    StringRef bytes = header.data.substr(i * width, width);
    std::string text;
    if (header.descr.kind == 'S') {
      text = bytes.rtrim('\0').str();
    } else {
      std::vector<llvm::UTF32> points(header.descr.bytes);
      if (width)
        std::memcpy(points.data(), bytes.data(), width);
      while (!points.empty() && points.back() == 0)
        points.pop_back();
      if (header.descr.order == '>')
        for (llvm::UTF32 &point : points)
          point = llvm::byteswap(point);
      if (!llvm::convertUTF32ToUTF8String(llvm::ArrayRef(points), text))
        return createStringError("string number %lld is no Unicode", static_cast<long long>(i));
    }
    value.strings.push_back(std::move(text));
  }
  return value;
}

static void swapBytes(Value &value) {
  // A complex number is two that are swapped each for itself.
  int64_t bytes = elementBytes(value.dtype) / (isComplex(value.dtype) ? 2 : 1);
  for (size_t at = 0; at + bytes <= value.data.size(); at += bytes)
    std::reverse(value.data.data() + at, value.data.data() + at + bytes);
}

/// From first-index-fastest to last-index-fastest.
static Value fromFortran(const Value &value) {
  Value result = value;
  const bool isText = value.kind == ACCEL_STRING_TENSOR;
  int64_t bytes = isText ? 0 : elementBytes(value.dtype), rank = value.shape.size();
  std::vector<int64_t> index(rank, 0), strides(rank, 1);
  for (int64_t axis = 1; axis < rank; ++axis)
    strides[axis] = strides[axis - 1] * value.shape[axis - 1];
  for (int64_t i = 0, e = value.elements(); i < e; ++i) {
    int64_t from = 0;
    for (int64_t axis = 0; axis < rank; ++axis)
      from += index[axis] * strides[axis];
    if (isText)
      result.strings[i] = value.strings[from];
    else
      std::memcpy(result.data.data() + i * bytes, value.data.data() + from * bytes, bytes);
    for (int64_t axis = rank - 1; axis >= 0 && ++index[axis] == value.shape[axis]; --axis)
      index[axis] = 0;
  }
  return result;
}

llvm::Expected<Value> accel::run::parseNpy(StringRef bytes) {
  llvm::Expected<Header> header = parseHeader(bytes);
  if (!header)
    return header.takeError();
  bool strings = header->descr.kind == 'U' || header->descr.kind == 'S';
  std::optional<accel_dtype> dtype =
      strings ? accel_dtype{ACCEL_UINT, 8, 1} : toDtype(header->descr);
  if (!dtype)
    return createStringError("elements of kind '%c' and %lld bytes, which no model takes",
                             header->descr.kind, static_cast<long long>(header->descr.bytes));
  // Sizes are compared with the file before memory is taken for them.
  int64_t bytesLeft = static_cast<int64_t>(header->data.size()), count = 1;
  int64_t width = strings ? 1 : elementBytes(*dtype);
  bool empty = llvm::is_contained(header->shape, 0);
  for (int64_t dim : header->shape) {
    if (!empty && count > bytesLeft / width / std::max<int64_t>(dim, 1))
      return createStringError("its elements are cut short: %s of %lld bytes each, in %lld bytes",
                               formatShape(header->shape).c_str(), static_cast<long long>(width),
                               static_cast<long long>(bytesLeft));
    count = empty ? 0 : count * dim;
  }
  if (strings) {
    llvm::Expected<Value> value = parseStrings(*header, count);
    return value && header->fortran && count ? fromFortran(*value) : std::move(value);
  }
  if (count * width > bytesLeft)
    return createStringError("its elements are cut short");
  llvm::Expected<Value> value = makeTensor(*dtype, header->shape);
  if (!value)
    return value;
  if (value->data.size())
    std::memcpy(value->data.data(), header->data.data(), value->data.size());
  if (header->descr.order == '>')
    swapBytes(*value);
  return header->fortran ? fromFortran(*value) : std::move(*value);
}

/// The elements of a tensor of strings as UTF-32 of one width, in code points.
static std::vector<llvm::UTF32> toPoints(const Value &value, size_t &width) {
  std::vector<std::vector<llvm::UTF32>> rows;
  width = 1;
  for (const std::string &text : value.strings) {
    std::vector<llvm::UTF32> row(text.size());
    const auto *from = reinterpret_cast<const llvm::UTF8 *>(text.data());
    llvm::UTF32 *to = row.data();
    llvm::ConvertUTF8toUTF32(&from, from + text.size(), &to, to + row.size(),
                             llvm::lenientConversion);
    row.resize(to - row.data());
    width = std::max(width, row.size());
    rows.push_back(std::move(row));
  }
  std::vector<llvm::UTF32> points(rows.size() * width, 0);
  for (size_t i = 0; i < rows.size(); ++i)
    std::copy(rows[i].begin(), rows[i].end(), points.begin() + i * width);
  return points;
}

static std::string descrOf(accel_dtype dtype) {
  int64_t bytes = elementBytes(dtype);
  std::string size = std::to_string(bytes);
  bool plain = dtype.bits == bytes * 8;
  if (plain && dtype.code == ACCEL_FLOAT)
    return "<f" + size;
  if (plain && dtype.code == ACCEL_COMPLEX)
    return "<c" + size;
  if (dtype.code == ACCEL_BOOL)
    return "|b1";
  if (plain && isInteger(dtype))
    return (bytes == 1 ? "|" : "<") + std::string(dtype.code == ACCEL_INT ? "i" : "u") + size;
  return (bytes == 1 ? "|V" : "<V") + size;
}

llvm::Error accel::run::writeNpy(StringRef path, const Value &value) {
  std::vector<llvm::UTF32> points;
  StringRef data(value.data.data(), value.data.size());
  std::string descr;
  if (value.kind == ACCEL_STRING_TENSOR) {
    size_t width;
    points = toPoints(value, width);
    data = StringRef(reinterpret_cast<const char *>(points.data()), points.size() * 4);
    descr = "<U" + std::to_string(width);
  } else if (value.kind == ACCEL_TENSOR) {
    descr = descrOf(value.dtype);
  } else {
    return createStringError("a %s is no array", describeType(value).c_str());
  }
  std::string shape;
  for (int64_t dim : value.shape)
    shape += std::to_string(dim) + ", ";
  if (value.shape.size() > 1)
    shape.resize(shape.size() - 2);
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The elements begin at a multiple of 64.
  size_t start = 10;
  header.append(63 - (start + header.size()) % 64, ' ');
  header += '\n';
  return writeFile(path, [&](llvm::raw_ostream &os) {
    os << "\x93NUMPY" << '\x01' << '\0' << static_cast<char>(header.size() & 0xff)
       << static_cast<char>(header.size() >> 8) << header << data;
  });
}
