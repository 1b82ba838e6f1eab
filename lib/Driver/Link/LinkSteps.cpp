// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What linking a library, linking an executable and writing an object have in common.

#include "lib/Driver/Link/LinkSteps.h"
#include "lib/Driver/Link/Embedded.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace accel::link {

std::string weightsSymbol(StringRef prefix) { return (prefix + "_weights").str(); }

static bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name[0]) &&
         all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

Expected<const TargetInfo &> checkInput(const LinkInput &input) {
  Expected<const TargetInfo &> target = targetInfo(input.triple);
  if (!target)
    return target.takeError();
  // Names reach linker scripts and options: only identifiers are safe there.
  std::vector<StringRef> names = {input.prefix};
  names.insert(names.end(), input.exports.begin(), input.exports.end());
  for (const auto &[alias, symbol] : input.aliases) {
    names.push_back(alias);
    names.push_back(symbol);
  }
  for (StringRef name : names)
    if (!isIdentifier(name))
      return createStringError("internal error: expected a C identifier as symbol, found '" + name +
                               "'");
  if (Error error = checkWeights(input.weights))
    return std::move(error);
  if (!embedded::machineFiles(target->arch)) {
    std::string built;
    for (const embedded::MachineFiles &row : embedded::machines())
      built +=
          (built.empty() ? "" : ", ") + Triple::getArchTypeName(row.machine).str() + "-linux-gnu";
    return createStringError("cannot link for '" + input.triple.str() +
                             "': this build has the runtime for " + built +
                             " only; it needs the headers of that C library when it is built");
  }
  return *target;
}

/// LLD ends for good on an object whose tables are damaged, so that is found out before.
static Error checkObject(MemoryBufferRef buffer) {
  auto failure = [&](Error error) {
    return createStringError("internal error: the object '" + buffer.getBufferIdentifier() +
                             "' is damaged: " + toString(std::move(error)));
  };
  Expected<std::unique_ptr<object::ObjectFile>> object =
      object::ObjectFile::createELFObjectFile(buffer);
  if (!object)
    return failure(object.takeError());
  for (const object::SectionRef &section : (*object)->sections())
    if (Expected<StringRef> contents = section.getContents(); !contents)
      return failure(contents.takeError());
  for (const object::SymbolRef &symbol : (*object)->symbols())
    if (Expected<StringRef> name = symbol.getName(); !name)
      return failure(name.takeError());
  return Error::success();
}

Error addObjects(LldCommand &command, const TargetInfo &target, const LinkInput &input,
                 StringRef weightsSection, uint64_t weightsAlignment) {
  for (MemoryBufferRef object : input.objects) {
    if (Error error = checkObject(object))
      return error;
    if (Error error = command.addFile("", object.getBufferIdentifier(), object.getBuffer()))
      return error;
  }
  Image placeholder = makePlaceholder(target, input, weightsSection, weightsAlignment);
  if (Error error =
          command.addFile("", "weights", StringRef(placeholder.data(), placeholder.size())))
    return error;
  const embedded::MachineFiles &files = *embedded::machineFiles(target.arch);
  if (input.addRuntime && !files.runtime.empty())
    if (Error error = command.addFile("", "the Accel runtime", files.runtime))
      return error;
  // As members of an archive: a model that calls none of their functions is linked without them.
  command.add("--start-lib");
  if (input.addRuntime && !files.ops.empty())
    if (Error error = command.addFile("", "the functions of scripts", files.ops))
      return error;
  if (input.addRuntime && !files.images.empty())
    if (Error error = command.addFile("", "the decoders of pictures", files.images))
      return error;
  if (Error error = command.addFile("", "the compiler's builtins", files.builtins))
    return error;
  command.add("--end-lib");
  return Error::success();
}

/// LLD's messages, with an explanation where the cause can only be ours.
static Error explain(Error error) {
  std::string text = toString(std::move(error));
  if (StringRef(text).contains("undefined symbol:"))
    text = "internal error: the generated code needs a symbol that neither the runtime has nor "
           "libc-symbols.txt lists; please report this\n" +
           text;
  return createStringError(text);
}

Expected<Image> runLink(LldCommand &command, OutputFile &output) {
  command.add("-o");
  command.add(output.temporaryPath());
  // One link of a few hundred kernels takes milliseconds, less than starting threads.
  command.add("--threads=1");
  if (Error error = command.run())
    return explain(std::move(error));
  if (Error error = output.reopen())
    return std::move(error);
  ErrorOr<std::unique_ptr<MemoryBuffer>> linked = MemoryBuffer::getFile(
      output.temporaryPath(), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!linked)
    return createStringError("cannot read back '" + output.temporaryPath() +
                             "': " + linked.getError().message());
  return Image((*linked)->getBufferStart(), (*linked)->getBufferEnd());
}

Expected<LinkResult> writeAll(OutputFile &output, const WeightImage &weights, StringRef head,
                              Image &image, Layout layout,
                              function_ref<Error(const WeightDigest &)> finishImage) {
  // Empty first: nothing of what the linker wrote may show in the gaps.
  if (Error error = output.resize(0))
    return std::move(error);
  if (Error error = output.resize(layout.end))
    return std::move(error);
  WeightDigest digest = {};
  if (weights.size) {
    Expected<WeightDigest> written = writeWeights(weights, output, layout.image + layout.weights);
    if (!written)
      return written.takeError();
    digest = *written;
  }
  if (Error error = finishImage(digest))
    return std::move(error);
  if (Error error = output.write(0, head))
    return std::move(error);
  if (Error error = output.write(layout.image, StringRef(image.data(), image.size())))
    return std::move(error);
  if (Error error = output.commit())
    return std::move(error);
  return LinkResult{layout.end, weights.size};
}

} // namespace accel::link
