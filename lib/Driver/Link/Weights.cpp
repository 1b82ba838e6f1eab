// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights of any size in ELF files: the linker sees a section without contents, and the bytes are
// appended to what it wrote.

#include "lib/Driver/Link/Weights.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/xxhash.h"
#include <atomic>
#include <cstring>
#include <thread>

using namespace llvm;
using namespace llvm::ELF;

namespace accel::link {

StringRef objectWeightsSection(const TargetInfo &target, uint64_t size) {
  return target.machine == EM_X86_64 && size >= kLargeSection ? ".lrodata.accel_weights"
                                                              : ".rodata.accel_weights";
}

Error checkWeights(const WeightImage &weights) {
  auto failure = [](const Twine &what) {
    return createStringError("internal error: weights: " + what);
  };
  if (!isPowerOf2_64(weights.alignment) || weights.alignment > 4096)
    return failure("expected an alignment that is a power of two up to 4096, found " +
                   Twine(weights.alignment));
  uint64_t end = 0;
  for (const WeightSegment &segment : weights.segments) {
    if (segment.offset < end)
      return failure("the segment at " + Twine(segment.offset) + " starts before " + Twine(end) +
                     ", where the one before it ends");
    if (segment.size > weights.size || segment.offset > weights.size - segment.size)
      return failure("the segment at " + Twine(segment.offset) + " with " + Twine(segment.size) +
                     " bytes passes the end at " + Twine(weights.size));
    end = segment.offset + segment.size;
  }
  return Error::success();
}

Image makePlaceholder(const TargetInfo &target, const LinkInput &input, StringRef section,
                      uint64_t alignment) {
  const bool none = input.weights.size == 0;
  const std::string zeros(64, '\0');
  StringTable strings;
  Elf::Sym symbols[2];
  std::memset(symbols, 0, sizeof symbols);
  symbols[1].st_name = strings.add(weightsSymbol(input.prefix));
  symbols[1].setBindingAndType(STB_GLOBAL, STT_OBJECT);
  symbols[1].st_other = STV_HIDDEN;
  symbols[1].st_shndx = 1;
  symbols[1].st_size = none ? zeros.size() : input.weights.size;

  ElfSection body;
  if (none) {
    body = {".rodata.accel_weights", SHT_PROGBITS, SHF_ALLOC, 64, zeros};
  } else {
    const bool large = section.starts_with(".lrodata");
    body = {section,   SHT_NOBITS, SHF_ALLOC | (large ? uint64_t(SHF_X86_64_LARGE) : 0),
            alignment, "",         input.weights.size};
  }
  enum { Strtab = 3 }; // Its place in the list below.
  return writeElf(
      target, ET_REL,
      {body,
       {".symtab", SHT_SYMTAB, 0, 8, rawBytes(ArrayRef(symbols)), 0, Strtab, 1, sizeof(Elf::Sym)},
       {".strtab", SHT_STRTAB, 0, 1, strings.bytes()},
       {".note.GNU-stack", SHT_PROGBITS, 0, 1, ""}});
}

Expected<uint64_t> placeWeights(Image &image, StringRef name) {
  Expected<object::ELFFile<Elf>> file =
      object::ELFFile<Elf>::create(StringRef(image.data(), image.size()));
  if (!file)
    return file.takeError();
  Expected<Elf::ShdrRange> sections = file->sections();
  if (!sections)
    return sections.takeError();
  const Elf::Shdr *found = nullptr;
  for (const Elf::Shdr &section : *sections) {
    Expected<StringRef> sectionName = file->getSectionName(section);
    if (!sectionName)
      return sectionName.takeError();
    if (*sectionName == name)
      found = &section;
  }
  if (!found || found->sh_type != SHT_NOBITS)
    return createStringError("internal error: the linked file has no empty section " + name);

  // The headers lie in `image`, which is ours to change.
  auto *section = const_cast<Elf::Shdr *>(found);
  Elf::Phdr *segment = nullptr;
  Expected<Elf::PhdrRange> segments = file->program_headers();
  if (!segments)
    return segments.takeError();
  for (const Elf::Phdr &candidate : *segments)
    if (candidate.p_type == PT_LOAD && candidate.p_vaddr == section->sh_addr)
      segment = const_cast<Elf::Phdr *>(&candidate);
  if (!segment && !segments->empty())
    return createStringError("internal error: the section " + name + " got no segment of its own");

  uint64_t offset = alignTo(image.size(), std::max<uint64_t>(section->sh_addralign, 1));
  if (segment) {
    if (segment->p_filesz != 0 || segment->p_memsz != section->sh_size)
      return createStringError("internal error: the section " + name + " shares its segment");
    const uint64_t page = segment->p_align, address = segment->p_vaddr;
    offset = alignTo(image.size(), page, address % page);
    // Alignment by 2 MB costs nothing where the address allows it, see linkImage.
    if (address % kHugePage == offset % kHugePage && section->sh_size >= kHugeWeights)
      segment->p_align = std::max(page, kHugePage);
    segment->p_offset = offset;
    segment->p_filesz = uint64_t(segment->p_memsz);
  }
  section->sh_offset = offset;
  section->sh_type = SHT_PROGBITS;
  return offset;
}

namespace {

/// Gathers a segment into chunks of a fixed size, so that neither the digest nor the number of
/// writes depends on how the producer cuts it.
class ChunkWriter {
public:
  ChunkWriter(OutputFile &file, uint64_t offset) : file(file), offset(offset) {}

  Error add(ArrayRef<uint8_t> bytes) {
    while (!bytes.empty()) {
      if (buffer.empty() && bytes.size() >= kChunk) {
        if (Error error = write(bytes.take_front(kChunk)))
          return error;
        bytes = bytes.drop_front(kChunk);
        continue;
      }
      ArrayRef<uint8_t> part = bytes.take_front(kChunk - buffer.size());
      buffer.insert(buffer.end(), part.begin(), part.end());
      bytes = bytes.drop_front(part.size());
      if (buffer.size() == kChunk)
        if (Error error = flush())
          return error;
    }
    return Error::success();
  }

  Expected<WeightDigest> finish() {
    if (Error error = flush())
      return std::move(error);
    return digest.final();
  }

private:
  Error flush() {
    Error error = buffer.empty() ? Error::success() : write(buffer);
    buffer.clear();
    return error;
  }

  Error write(ArrayRef<uint8_t> chunk) {
    // SHA-256 of all bytes would take ten times as long as writing them.
    XXH128_hash_t hash = xxh3_128bits(chunk);
    support::ulittle64_t words[2];
    words[0] = hash.low64;
    words[1] = hash.high64;
    digest.update(rawBytes(ArrayRef(words)));
    if (Error error = file.write(offset, chunk))
      return error;
    offset += chunk.size();
    return Error::success();
  }

  static constexpr size_t kChunk = 1 << 20;
  OutputFile &file;
  uint64_t offset;
  std::vector<uint8_t> buffer;
  SHA256 digest;
};

Expected<WeightDigest> writeSegment(const WeightSegment &segment, OutputFile &file,
                                    uint64_t offset) {
  ChunkWriter writer(file, offset);
  uint64_t left = segment.size;
  bool tooLong = false;
  Error error = segment.write([&](ArrayRef<uint8_t> bytes) -> Error {
    tooLong = bytes.size() > left;
    if (tooLong)
      return createStringError("too long");
    left -= bytes.size();
    return writer.add(bytes);
  });
  if (tooLong || (!error && left)) {
    consumeError(std::move(error));
    return createStringError("internal error: the weights at " + Twine(segment.offset) + " gave " +
                             (tooLong ? "more" : "less") + " than their " + Twine(segment.size) +
                             " bytes");
  }
  if (error)
    return std::move(error);
  return writer.finish();
}

} // namespace

Expected<WeightDigest> writeWeights(const WeightImage &weights, OutputFile &file, uint64_t offset) {
  // Each thread takes the largest segment that is left. Which one does not matter to the bits.
  const std::vector<WeightSegment> &segments = weights.segments;
  auto order = to_vector<0>(seq(segments.size()));
  sort(order, [&](size_t a, size_t b) {
    return std::pair(segments[b].size, a) < std::pair(segments[a].size, b);
  });
  std::vector<WeightDigest> digests(segments.size());
  std::vector<Error> errors;
  for (size_t i = 0; i < segments.size(); ++i)
    errors.push_back(Error::success());
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto work = [&] {
    for (size_t i; !failed && (i = next++) < order.size();) {
      const WeightSegment &segment = segments[order[i]];
      if (Expected<WeightDigest> digest = writeSegment(segment, file, offset + segment.offset)) {
        digests[order[i]] = *digest;
      } else {
        errors[order[i]] = joinErrors(std::move(errors[order[i]]), digest.takeError());
        failed = true;
      }
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min<size_t>(std::max(weights.threads, 1u), segments.size()); ++i)
    helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers)
    helper.join();

  Error first = Error::success();
  for (Error &error : errors) {
    if (!error)
      continue;
    if (first)
      consumeError(std::move(error));
    else
      first = std::move(error);
  }
  if (first)
    return std::move(first);
  SHA256 digest;
  for (auto [segment, own] : zip_equal(segments, digests)) {
    support::ulittle64_t words[2];
    words[0] = segment.offset;
    words[1] = segment.size;
    digest.update(rawBytes(ArrayRef(words)));
    digest.update(own);
  }
  return digest.final();
}

} // namespace accel::link
