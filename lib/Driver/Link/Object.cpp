// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes relocatable objects and static archives.

#include "lib/Driver/Link/LinkSteps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/ObjCopy/CommonConfig.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace accel::link {

/// Makes all definitions local but the exports, so that two models, or two versions of the
/// runtime, never meet in one program.
static Expected<Image> keepGlobal(const Image &image, ArrayRef<std::string> exports) {
  objcopy::ConfigManager config;
  auto never = [](Error error) { return error; };
  for (const std::string &name : exports)
    if (Error error = config.Common.SymbolsToKeepGlobal.addMatcher(
            objcopy::NameOrPattern::create(name, objcopy::MatchStyle::Literal, never)))
      return std::move(error);
  // With no name to keep, objcopy would keep all.
  config.ELF.LocalizeHidden = true;

  Expected<std::unique_ptr<object::ObjectFile>> object = object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(image.data(), image.size()), "model.o"));
  if (!object)
    return object.takeError();
  Image result;
  raw_svector_ostream stream(result);
  if (Error error = objcopy::executeObjcopyOnBinary(config, **object, stream))
    return std::move(error);
  return result;
}

/// The same promise that -z defs gives to libraries: nothing is missing but the C library.
static Error checkSymbols(const Image &image, ArrayRef<std::string> exports) {
  Expected<std::unique_ptr<object::ObjectFile>> object = object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(image.data(), image.size()), "model.o"));
  if (!object)
    return object.takeError();
  StringSet<> known, missing;
  for (const LibcSymbol &symbol : libcSymbols())
    known.insert(symbol.name);
  for (const std::string &name : exports)
    missing.insert(name);
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags || !name)
      return joinErrors(flags.takeError(), name.takeError());
    if (!(*flags & object::SymbolRef::SF_Undefined)) {
      if (*flags & object::SymbolRef::SF_Global)
        missing.erase(*name);
    } else if (!name->empty() && *name != "_GLOBAL_OFFSET_TABLE_" && *name != "__dso_handle" &&
               !(*flags & object::SymbolRef::SF_Weak) && !known.contains(*name)) {
      return createStringError(
          "internal error: the generated code needs the symbol '" + *name +
          "', which neither the runtime has nor libc-symbols.txt lists; please report this");
    }
  }
  if (!missing.empty())
    return createStringError("internal error: no object defines the exported symbol '" +
                             missing.begin()->getKey() + "'");
  return Error::success();
}

namespace {
/// An object without the bytes of its weights, and where those go.
struct Relocatable {
  Image image;
  uint64_t weightsOffset = 0;
  uint64_t size = 0;
};
} // namespace

static Expected<Relocatable> makeObject(const LinkInput &input, OutputFile &output) {
  Expected<const TargetInfo &> target = checkInput(input);
  if (!target)
    return target.takeError();
  StringRef section = objectWeightsSection(*target, input.weights.size);
  LldCommand command;
  command.add("-m");
  command.add(target->emulation);
  command.add("-r");
  // What the model does not use of the runtime is left out here; the rest stays in sections of its
  // own, for the --gc-sections of the program's link.
  command.add("--gc-sections");
  for (const std::string &name : input.exports)
    command.add("--undefined=" + name);
  command.add("--force-group-allocation");
  if (Error error = addObjects(command, *target, input, section,
                               std::max<uint64_t>(input.weights.alignment, 64)))
    return std::move(error);
  Expected<Image> linked = runLink(command, output);
  if (!linked)
    return linked.takeError();
  Expected<Image> image = keepGlobal(*linked, input.exports);
  if (!image)
    return image.takeError();
  if (Error error = checkSymbols(*image, input.exports))
    return std::move(error);

  Relocatable result;
  if (input.weights.size) {
    Expected<uint64_t> offset = placeWeights(*image, section);
    if (!offset)
      return offset.takeError();
    result.weightsOffset = *offset;
  }
  result.image = std::move(*image);
  result.size =
      input.weights.size ? result.weightsOffset + input.weights.size : result.image.size();
  return result;
}

static Error unchanged(const WeightDigest &) { return Error::success(); }

Expected<LinkResult> writeObject(const LinkInput &input, StringRef path) {
  Expected<OutputFile> output = OutputFile::create(path, OutputFile::Data);
  if (!output)
    return output.takeError();
  Expected<Relocatable> object = makeObject(input, *output);
  if (!object)
    return object.takeError();
  return writeAll(*output, input.weights, "", object->image,
                  {0, object->weightsOffset, object->size}, unchanged);
}

/// The 60 bytes before each member; no time, owner or path, so that bits do not depend on them.
static std::string memberHeader(StringRef name, uint64_t size) {
  auto pad = [](StringRef text, size_t width) {
    return text.str() + std::string(width - text.size(), ' ');
  };
  return pad(name, 16) + pad("0", 12) + pad("0", 6) + pad("0", 6) + pad("644", 8) +
         pad(utostr(size), 10) + "`\n";
}

Expected<LinkResult> writeArchive(const LinkInput &input, StringRef path) {
  Expected<OutputFile> output = OutputFile::create(path, OutputFile::Data);
  if (!output)
    return output.takeError();
  Expected<Relocatable> object = makeObject(input, *output);
  if (!object)
    return object.takeError();
  if (object->size > 9999999999)
    return createStringError("cannot write '" + path +
                             "': a member of an archive cannot pass 9999999999 bytes; write an "
                             "object (.o) or a shared library (.so)");

  // The index: how many symbols, the offset of the member of each, their names.
  std::string index(4 + 4 * input.exports.size(), '\0');
  for (const std::string &name : input.exports)
    index += name + '\0';
  // The member begins on a multiple of 8 bytes, for readers that map its headers.
  const size_t before = 8 + 60;
  index.resize(alignTo(before + index.size() + 60, 8) - 60 - before, '\0');
  const uint32_t member = before + index.size();
  support::endian::write32be(index.data(), input.exports.size());
  for (size_t i = 0; i < input.exports.size(); ++i)
    support::endian::write32be(index.data() + 4 + 4 * i, member);
  std::string name = input.prefix.size() <= 13 ? input.prefix + ".o/" : "model.o/";
  std::string head =
      "!<arch>\n" + memberHeader("/", index.size()) + index + memberHeader(name, object->size);
  const uint64_t end = alignTo(head.size() + object->size, 2);
  return writeAll(*output, input.weights, head, object->image,
                  {head.size(), object->weightsOffset, end}, unchanged);
}

} // namespace accel::link
