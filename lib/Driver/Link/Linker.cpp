// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links shared libraries and executables.

#include "lib/Driver/Link/Linker.h"
#include "lib/Driver/Link/Embedded.h"
#include "lib/Driver/Link/LinkSteps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"
#include <cstring>

using namespace llvm;

namespace accel::link {

namespace {
enum class Kind { SharedLibrary, Executable };
} // namespace

/// Bytes of the build identifier; 20 is what tools expect to see.
static constexpr size_t kIdBytes = 20;

static Error addOptions(LldCommand &command, const TargetInfo &target, const LinkInput &input,
                        Kind kind) {
  command.add("-m");
  command.add(target.emulation);
  if (kind == Kind::SharedLibrary) {
    command.add("-shared");
    if (!input.soname.empty())
      command.add("--soname=" + input.soname);
    std::string script = "{ global:";
    for (const std::string &name : input.exports)
      script += " " + name + ";";
    for (const auto &[alias, symbol] : input.aliases)
      script += " " + alias + ";";
    script += " local: *; };\n";
    if (Error error = command.addFile("--version-script=", "the list of exports", script))
      return error;
  } else {
    command.add("-pie");
    command.add(std::string("--dynamic-linker=") + target.interpreter);
  }
  for (const auto &[alias, symbol] : input.aliases)
    command.add("--defsym=" + alias + "=" + symbol);
  for (const char *option : {"--hash-style=gnu", "-z", "now", "-z", "relro", "-z", "defs",
                             "--gc-sections", "--no-undefined-version"})
    command.add(option);
  // Room for our own identifier: LLD's would not cover the weights.
  command.add("--build-id=0x" + std::string(2 * kIdBytes, '0'));
  return Error::success();
}

/// Links once, with the weights `base` bytes past a multiple of 2 MB if they are huge.
static Expected<Image> linkImage(const TargetInfo &target, const LinkInput &input, Kind kind,
                                 OutputFile &output, uint64_t base) {
  LldCommand command;
  if (Error error = addOptions(command, target, input, kind))
    return std::move(error);
  if (kind == Kind::Executable) {
    const embedded::MachineFiles &files = *embedded::machineFiles(target.arch);
    if (Error error = command.addFile("", "the start code", files.start))
      return std::move(error);
    if (input.addRuntime && !files.main.empty())
      if (Error error = command.addFile("", "the runtime's command line", files.main))
        return std::move(error);
  }
  if (Error error = addObjects(command, target, input, kWeightsSection, target.maxPageSize))
    return std::move(error);

  // Libraries after all that needs them: only those that are used become NEEDED.
  command.add("--as-needed");
  for (const StubLibrary &stub : makeStubs(target))
    if (Error error =
            command.addFile("", stub.soname, StringRef(stub.image.data(), stub.image.size())))
      return std::move(error);

  if (input.weights.size) {
    // Last in memory, and read-only after writable data: so the section gets a segment of its own.
    std::string address = input.weights.size >= kHugeWeights
                              ? "ALIGN(" + utostr(kHugePage) + ") + " + utostr(base)
                              : "ALIGN(" + utostr(target.maxPageSize) + ")";
    std::string script = std::string("SECTIONS { ") + kWeightsSection + " " + address +
                         " : { KEEP(*(" + kWeightsSection + ")) } } INSERT AFTER .bss;\n";
    if (Error error = command.addFile("--script=", "the weights' script", script))
      return std::move(error);
  }
  return runLink(command, output);
}

/// Fills in the identifier: a hash of the image, in which it is still zero, and of the weights.
static Error setBuildId(Image &image, const WeightDigest &weights) {
  Expected<object::ELFFile<Elf>> file =
      object::ELFFile<Elf>::create(StringRef(image.data(), image.size()));
  if (!file)
    return file.takeError();
  Expected<Elf::ShdrRange> sections = file->sections();
  if (!sections)
    return sections.takeError();
  for (const Elf::Shdr &section : *sections) {
    Expected<StringRef> name = file->getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name != ".note.gnu.build-id")
      continue;
    SHA256 hash;
    hash.update(StringRef(image.data(), image.size()));
    hash.update(weights);
    std::array<uint8_t, 32> id = hash.final();
    // The note: three words, "GNU\0", the identifier.
    std::memcpy(image.data() + section.sh_offset + 16, id.data(), kIdBytes);
    return Error::success();
  }
  return createStringError("internal error: the linked file has no build identifier");
}

static Expected<LinkResult> link(const LinkInput &input, StringRef path, Kind kind) {
  Expected<const TargetInfo &> target = checkInput(input);
  if (!target)
    return target.takeError();
  Expected<OutputFile> output = OutputFile::create(path, OutputFile::Executable);
  if (!output)
    return output.takeError();

  Expected<Image> image = linkImage(*target, input, kind, *output, 0);
  if (image && input.weights.size >= kHugeWeights) {
    // A file offset and an address that agree modulo 2 MB need no padding if the address is chosen
    // to suit the end of the file, whose length is known now.
    uint64_t base = alignTo(image->size(), target->maxPageSize) % kHugePage;
    image = linkImage(*target, input, kind, *output, base);
  }
  if (!image)
    return image.takeError();
  Layout layout;
  layout.end = image->size();
  if (input.weights.size) {
    Expected<uint64_t> offset = placeWeights(*image, kWeightsSection);
    if (!offset)
      return offset.takeError();
    layout.weights = *offset;
    layout.end = *offset + input.weights.size;
  }
  return writeAll(*output, input.weights, "", *image, layout,
                  [&](const WeightDigest &digest) { return setBuildId(*image, digest); });
}

Expected<LinkResult> linkSharedLibrary(const LinkInput &input, StringRef path) {
  return link(input, path, Kind::SharedLibrary);
}

Expected<LinkResult> linkExecutable(const LinkInput &input, StringRef path) {
  return link(input, path, Kind::Executable);
}

} // namespace accel::link
