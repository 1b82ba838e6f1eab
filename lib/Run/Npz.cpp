// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .npz files: a zip archive (PKWARE's APPNOTE.TXT) of .npy files, stored or deflated.

#include "lib/Run/Npy.h"
#include "llvm/Support/Endian.h"
#include <zlib.h>

using namespace accel::run;
using llvm::createStringError;
using llvm::StringRef;
using namespace llvm::support::endian;

namespace {
struct Member {
  std::string name;
  uint32_t method = 0, crc = 0;
  uint64_t packed = 0, size = 0, offset = 0;
};
} // namespace

static llvm::Error broken(const char *what) {
  return createStringError("it is no whole .npz file: %s", what);
}

/// Sizes that did not fit 32 bits stand in an extra field, in this order, only those.
static void readZip64(StringRef extra, Member &member) {
  while (extra.size() >= 4) {
    uint16_t id = read16le(extra.data()), size = read16le(extra.data() + 2);
    StringRef field = extra.substr(4, size);
    extra = extra.drop_front(std::min<size_t>(extra.size(), 4 + size));
    if (id != 1)
      continue;
    for (uint64_t *value : {&member.size, &member.packed, &member.offset})
      if (*value == 0xffffffffu && field.size() >= 8) {
        *value = read64le(field.data());
        field = field.drop_front(8);
      }
  }
}

/// Where the central directory begins, and how many members it has.
static llvm::Expected<std::pair<uint64_t, uint64_t>> findDirectory(StringRef bytes) {
  size_t end = bytes.rfind(StringRef("PK\x05\x06", 4));
  if (end == StringRef::npos || bytes.size() - end < 22)
    return broken("its directory is missing");
  uint64_t count = read16le(bytes.data() + end + 10), start = read32le(bytes.data() + end + 16);
  if ((count == 0xffff || start == 0xffffffffu) && end >= 20) {
    const char *locator = bytes.data() + end - 20;
    uint64_t at = read64le(locator + 8);
    if (StringRef(locator, 4) != StringRef("PK\x06\x07", 4) || at > bytes.size() ||
        bytes.size() - at < 56 || bytes.substr(at, 4) != StringRef("PK\x06\x06", 4))
      return broken("its directory is missing");
    count = read64le(bytes.data() + at + 32);
    start = read64le(bytes.data() + at + 48);
  }
  return std::make_pair(start, count);
}

static llvm::Expected<std::vector<Member>> readDirectory(StringRef bytes) {
  auto place = findDirectory(bytes);
  if (!place)
    return place.takeError();
  auto [at, count] = *place;
  std::vector<Member> members;
  for (uint64_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < 46 ||
        bytes.substr(at, 4) != StringRef("PK\x01\x02", 4))
      return broken("its directory is cut short");
    const char *head = bytes.data() + at;
    Member member;
    member.method = read16le(head + 10);
    member.crc = read32le(head + 16);
    member.packed = read32le(head + 20);
    member.size = read32le(head + 24);
    member.offset = read32le(head + 42);
    size_t name = read16le(head + 28), extra = read16le(head + 30), comment = read16le(head + 32);
    member.name = bytes.substr(at + 46, name).str();
    readZip64(bytes.substr(at + 46 + name, extra), member);
    members.push_back(std::move(member));
    at += 46 + name + extra + comment;
  }
  return members;
}

static llvm::Expected<std::string> inflateMember(StringRef packed, uint64_t size) {
  // Deflate cannot do better than 1032:1; more than that is a lie that would cost memory.
  if (size / 1032 > packed.size() + 1)
    return broken("a member claims an impossible size");
  if (packed.size() > UINT32_MAX || size > UINT32_MAX)
    return createStringError("a compressed member of more than 4 GiB; use numpy.savez");
  std::string data(size, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return createStringError("zlib does not start");
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef *>(data.data());
  stream.avail_out = static_cast<uInt>(size);
  int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.avail_out)
    return broken("a member does not decompress");
  return data;
}

static llvm::Expected<Value> readMember(StringRef bytes, const Member &member) {
  if (member.offset > bytes.size() || bytes.size() - member.offset < 30 ||
      bytes.substr(member.offset, 4) != StringRef("PK\x03\x04", 4))
    return broken("a member is missing");
  const char *head = bytes.data() + member.offset;
  uint64_t start = member.offset + 30 + read16le(head + 26) + read16le(head + 28);
  if (start > bytes.size() || bytes.size() - start < member.packed)
    return broken("a member is cut short");
  StringRef data = bytes.substr(start, member.packed);
  std::string unpacked;
  if (member.method == 8) {
    llvm::Expected<std::string> inflated = inflateMember(data, member.size);
    if (!inflated)
      return inflated.takeError();
    unpacked = std::move(*inflated);
    data = unpacked;
  } else if (member.method != 0) {
    return createStringError("a member with compression method %u, expected 0 or 8", member.method);
  }
  if (crc32_z(0, reinterpret_cast<const Bytef *>(data.data()), data.size()) != member.crc)
    return broken("a member's checksum is wrong");
  return parseNpy(data);
}

llvm::Expected<std::vector<NamedValue>> accel::run::parseNpz(StringRef bytes) {
  auto members = readDirectory(bytes);
  if (!members)
    return members.takeError();
  std::vector<NamedValue> values;
  for (const Member &member : *members) {
    StringRef name = member.name;
    name.consume_back(".npy");
    llvm::Expected<Value> value = readMember(bytes, member);
    if (!value)
      return createStringError("member '%s': %s", member.name.c_str(),
                               llvm::toString(value.takeError()).c_str());
    values.push_back({name.str(), std::move(*value)});
  }
  return values;
}
