// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the typed C++ header of a compiled model.

#include "lib/Driver/Link/Header.h"
#include "lib/Driver/Link/OutputFile.h"
#include "lib/Support/Sanitize.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace llvm;

namespace accel::link {

namespace {

/// How an element type appears in C++ and in DLPack. Types that C++17 lacks appear as their bits.
struct ElementType {
  const char *name, *cxx, *code;
  unsigned bits;
};

constexpr ElementType kElementTypes[] = {
    {"f32", "float", "ACCEL_FLOAT", 32},
    {"f64", "double", "ACCEL_FLOAT", 64},
    {"f16", "Float16", "ACCEL_FLOAT", 16},
    {"bf16", "BFloat16", "ACCEL_BFLOAT", 16},
    {"i1", "bool", "ACCEL_BOOL", 8},
    {"i4", "std::int8_t", "ACCEL_INT", 4},
    {"i8", "std::int8_t", "ACCEL_INT", 8},
    {"i16", "std::int16_t", "ACCEL_INT", 16},
    {"i32", "std::int32_t", "ACCEL_INT", 32},
    {"i64", "std::int64_t", "ACCEL_INT", 64},
    {"u4", "std::uint8_t", "ACCEL_UINT", 4},
    {"u8", "std::uint8_t", "ACCEL_UINT", 8},
    {"u16", "std::uint16_t", "ACCEL_UINT", 16},
    {"u32", "std::uint32_t", "ACCEL_UINT", 32},
    {"u64", "std::uint64_t", "ACCEL_UINT", 64},
    {"complex<f32>", "std::complex<float>", "ACCEL_COMPLEX", 64},
    {"complex<f64>", "std::complex<double>", "ACCEL_COMPLEX", 128},
    {"f8E4M3", "Float8", "ACCEL_FLOAT8_E4M3", 8},
    {"f8E3M4", "Float8", "ACCEL_FLOAT8_E3M4", 8},
    {"f8E4M3FN", "Float8", "ACCEL_FLOAT8_E4M3FN", 8},
    {"f8E4M3FNUZ", "Float8", "ACCEL_FLOAT8_E4M3FNUZ", 8},
    {"f8E4M3B11FNUZ", "Float8", "ACCEL_FLOAT8_E4M3B11FNUZ", 8},
    {"f8E5M2", "Float8", "ACCEL_FLOAT8_E5M2", 8},
    {"f8E5M2FNUZ", "Float8", "ACCEL_FLOAT8_E5M2FNUZ", 8},
    {"f8E8M0FNU", "Float8", "ACCEL_FLOAT8_E8M0FNU", 8},
    {"f6E2M3FN", "Float8", "ACCEL_FLOAT6_E2M3FN", 6},
    {"f6E3M2FN", "Float8", "ACCEL_FLOAT6_E3M2FN", 6},
    {"f4E2M1FN", "Float8", "ACCEL_FLOAT4_E2M1FN", 4},
};

const ElementType *elementType(StringRef name) {
  std::string key = name.starts_with("ui") ? "u" + name.drop_front(2).str() : name.str();
  for (const ElementType &type : kElementTypes)
    if (key == type.name)
      return &type;
  return nullptr;
}

/// An input or output with what the header calls it and how it passes it.
struct Parameter {
  const HeaderValue *value;
  std::string id;
  const ElementType *type; ///< null: a string tensor or no tensor
  bool isString;
  bool hasKnownShape; ///< The caller provides the memory, also of an output.
};

class HeaderWriter {
public:
  explicit HeaderWriter(const ModelSignature &signature);
  std::string text();

private:
  std::string symbolId(const HeaderDim &dim) const {
    auto found = find_if(symbols, [&](const auto &symbol) { return symbol.first == dim.name; });
    return found == symbols.end() ? "" : found->second;
  }
  std::string describe(const Parameter &parameter) const;
  std::string sizes(const Parameter &parameter) const;
  void includes(raw_ostream &os) const;
  void constants(raw_ostream &os, StringRef which, ArrayRef<Parameter> parameters) const;
  std::string declaration(const Parameter &parameter, bool isInput) const;
  void runDoc(raw_ostream &os) const;
  void run(raw_ostream &os) const;
  void model(raw_ostream &os) const;

  const ModelSignature &signature;
  std::vector<Parameter> inputs, outputs;
  /// {name in the model, identifier}, in the order of first use by the inputs.
  std::vector<std::pair<std::string, std::string>> symbols;
};

} // namespace

/// Text as the inside of a C++ string literal, all ASCII.
static std::string literal(StringRef text) {
  std::string result;
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      result += std::string("\\") + char(c);
    else if (c >= 0x20 && c < 0x7f && c != '?')
      result += char(c);
    else // Octal: unlike hexadecimal it ends after three digits. '?' could begin a trigraph.
      result +=
          "\\" + std::string(1, '0' + (c >> 6)) + char('0' + ((c >> 3) & 7)) + char('0' + (c & 7));
  }
  return result;
}

/// Text for the inside of a // comment: one line that does not continue on the next.
static std::string comment(StringRef text) {
  std::string result = literal(text);
  return StringRef(result).ends_with("\\") ? result + "." : result;
}

HeaderWriter::HeaderWriter(const ModelSignature &signature) : signature(signature) {
  IdentifierSet ids;
  // Names that the header gives to things of its own.
  for (const char *taken :
       {"Model", "run", "status", "message", "model", "context", "inputs", "outputs", "Tensor",
        "Strings", "Float16", "BFloat16", "Float8", "name", "type", "shape", "elements"})
    ids.add(taken);
  // An argument must not hide a function or type of Model.h either.
  auto identifier = [&](StringRef name) {
    return ids.add(name.starts_with_insensitive("accel") ? "x_" + name.str() : name.str());
  };
  for (const HeaderValue &value : signature.inputs)
    for (const HeaderDim &dim : value.dims)
      if (dim.kind == HeaderDim::Symbolic && symbolId(dim).empty())
        symbols.push_back({dim.name, identifier(dim.name)});
  auto parameter = [&](const HeaderValue &value) {
    bool known = all_of(value.dims, [&](const HeaderDim &dim) {
      return dim.kind == HeaderDim::Static ||
             (dim.kind == HeaderDim::Symbolic && !symbolId(dim).empty());
    });
    return Parameter{&value, identifier(value.name), elementType(value.dtype),
                     value.dtype == "string", known};
  };
  for (const HeaderValue &value : signature.inputs)
    inputs.push_back(parameter(value));
  for (const HeaderValue &value : signature.outputs)
    outputs.push_back(parameter(value));
}

/// "f32[batch, 3]" for comments.
std::string HeaderWriter::describe(const Parameter &parameter) const {
  std::string result = comment(parameter.value->dtype);
  if (!parameter.type && !parameter.isString)
    return result;
  ListSeparator comma;
  result += "[";
  for (const HeaderDim &dim : parameter.value->dims) {
    result += StringRef(comma).str();
    std::string id = symbolId(dim);
    result += dim.kind == HeaderDim::Static ? itostr(dim.size) : id.empty() ? "?" : id;
  }
  return result + "]";
}

/// "batch, 3": the sizes as expressions.
std::string HeaderWriter::sizes(const Parameter &parameter) const {
  return join(map_range(parameter.value->dims,
                        [&](const HeaderDim &dim) {
                          return dim.kind == HeaderDim::Static ? itostr(dim.size) : symbolId(dim);
                        }),
              ", ");
}

void HeaderWriter::includes(raw_ostream &os) const {
  std::set<StringRef> used;
  for (ArrayRef<Parameter> list : {ArrayRef(inputs), ArrayRef(outputs)})
    for (const Parameter &parameter : list)
      if (parameter.type)
        used.insert(parameter.type->cxx);
  os << "#include <accel-rt/Model.h>\n#include <array>\n";
  if (used.count("std::complex<float>") || used.count("std::complex<double>"))
    os << "#include <complex>\n";
  os << "#include <cstdint>\n#include <utility>\n\n";
  os << formatv("extern \"C\" const accel_model *{0}_model(void);\n\n", signature.prefix);
  os << formatv("namespace accel {{\nnamespace {0} {{\n\n", signature.prefix);
  for (auto [name, bits] : {std::pair("Float16", 16), {"BFloat16", 16}, {"Float8", 8}})
    if (used.count(name))
      os << formatv("/// The bits of an element of a type that C++17 lacks.\n"
                    "struct {0} {{\n  std::uint{1}_t bits;\n};\n\n",
                    name, bits);
  auto unknown = [](bool strings) {
    return [strings](const Parameter &parameter) {
      return strings ? parameter.isString : parameter.type && !parameter.hasKnownShape;
    };
  };
  if (any_of(outputs, unknown(false)))
    os << "/// An output whose shape is known after the run. It belongs to the model and is valid "
          "until\n/// the next run.\n"
          "template <typename T, std::size_t Rank> struct Tensor {\n"
          "  const T *data = nullptr;\n  std::array<std::int64_t, Rank> shape{};\n};\n\n";
  if (any_of(outputs, unknown(true)))
    os << "/// An output of strings. It belongs to the model and is valid until the next run.\n"
          "template <std::size_t Rank> struct Strings {\n"
          "  const accel_string *data = nullptr;\n  std::array<std::int64_t, Rank> "
          "shape{};\n};\n\n";
}

void HeaderWriter::constants(raw_ostream &os, StringRef which,
                             ArrayRef<Parameter> parameters) const {
  os << formatv("namespace {0} {{\n", which);
  for (const Parameter &parameter : parameters) {
    const HeaderValue &value = *parameter.value;
    os << formatv("/// {0}\nstruct {1} {{\n", describe(parameter), parameter.id);
    os << formatv("  static constexpr const char *name = \"{0}\";\n", literal(value.name));
    if (parameter.type || parameter.isString) {
      os << formatv("  using type = {0};\n", parameter.type ? parameter.type->cxx : "accel_string");
      // -1 stands for what the constants cannot know.
      os << formatv("  static constexpr std::array<std::int64_t, {0}> shape = {{{1}};\n",
                    value.dims.size(),
                    join(map_range(value.dims,
                                   [](const HeaderDim &dim) {
                                     return dim.kind == HeaderDim::Static ? itostr(dim.size)
                                                                          : std::string("-1");
                                   }),
                         ", "));
      if (all_of(value.dims, [](const HeaderDim &dim) { return dim.kind == HeaderDim::Static; })) {
        uint64_t elements = 1;
        for (const HeaderDim &dim : value.dims)
          elements *= uint64_t(dim.size);
        os << formatv("  static constexpr std::int64_t elements = {0};\n", elements);
      }
    }
    os << "};\n";
  }
  os << formatv("} // namespace {0}\n\n", which);
}

std::string HeaderWriter::declaration(const Parameter &parameter, bool isInput) const {
  const size_t rank = parameter.value->dims.size();
  if (parameter.isString)
    return isInput ? formatv("const accel_string *{0}", parameter.id).str()
                   : formatv("Strings<{0}> &{1}", rank, parameter.id).str();
  if (!parameter.type)
    return (isInput ? "const accel_value &" : "accel_value &") + parameter.id;
  if (isInput)
    return formatv("const {0} *{1}", parameter.type->cxx, parameter.id);
  if (parameter.hasKnownShape)
    return formatv("{0} *{1}", parameter.type->cxx, parameter.id);
  return formatv("Tensor<{0}, {1}> &{2}", parameter.type->cxx, rank, parameter.id);
}

void HeaderWriter::runDoc(raw_ostream &os) const {
  os << "  /// Runs the model once. Pointers are to dense row-major arrays:\n";
  for (const Parameter &parameter : inputs)
    os << formatv("  ///   in  {0}: {1}\n", parameter.id, describe(parameter));
  for (const Parameter &parameter : outputs)
    os << formatv("  ///   out {0}: {1}\n", parameter.id, describe(parameter));
  for (const auto &[name, id] : symbols)
    os << formatv("  ///   {0}: the size \"{1}\"\n", id, comment(name));
  os << "  /// Anything but ACCEL_OK is a failure that message() explains.\n";
}

void HeaderWriter::run(raw_ostream &os) const {
  std::vector<std::string> parameters;
  for (const auto &[name, id] : symbols)
    parameters.push_back("std::int64_t " + id);
  for (const Parameter &parameter : inputs)
    parameters.push_back(declaration(parameter, true));
  for (const Parameter &parameter : outputs)
    parameters.push_back(declaration(parameter, false));
  runDoc(os);
  os << formatv("  [[nodiscard]] accel_status run({0}) {{\n", join(parameters, ", "));
  os << "    if (!context_)\n      return status_;\n";

  // Identifiers of the model never end in an underscore unless they are keywords, so the names
  // made here meet none of them.
  auto shape = [&](const Parameter &parameter) {
    if (parameter.value->dims.empty())
      return std::string("nullptr");
    os << formatv("    std::int64_t {0}_shape_[] = {{{1}};\n", parameter.id, sizes(parameter));
    return parameter.id + "_shape_";
  };
  auto tensor = [&](const Parameter &parameter, bool isInput, const std::string &dims) {
    std::string data =
        isInput ? formatv("const_cast<{0} *>({1})", parameter.type->cxx, parameter.id).str()
                : parameter.id;
    return formatv("accel_tensor_value(accel_host_tensor({0}, {1}, {2}, {3}, {4}))", data,
                   parameter.type->code, parameter.type->bits, parameter.value->dims.size(), dims)
        .str();
  };
  std::string fill;
  os << formatv("    accel_value inputs_[{0}];\n", std::max<size_t>(inputs.size(), 1));
  os << formatv("    accel_value outputs_[{0}];\n", std::max<size_t>(outputs.size(), 1));
  for (const auto &[i, parameter] : enumerate(inputs)) {
    if (parameter.type) {
      fill += formatv("    inputs_[{0}] = {1};\n", i, tensor(parameter, true, shape(parameter)));
    } else if (parameter.isString) {
      std::string dims = shape(parameter);
      fill +=
          formatv("    inputs_[{0}] = accel_none();\n"
                  "    inputs_[{0}].kind = ACCEL_STRING_TENSOR;\n"
                  "    inputs_[{0}].u.strings = {{const_cast<accel_string *>({1}), {2}, {3}};\n",
                  i, parameter.id, parameter.value->dims.size(), dims);
    } else {
      fill += formatv("    inputs_[{0}] = {1};\n", i, parameter.id);
    }
  }
  for (const auto &[i, parameter] : enumerate(outputs)) {
    if (parameter.type && parameter.hasKnownShape)
      fill += formatv("    outputs_[{0}] = {1};\n", i, tensor(parameter, false, shape(parameter)));
    else if (parameter.type || parameter.isString)
      fill += formatv("    outputs_[{0}] = accel_none();\n", i);
    else
      fill += formatv("    outputs_[{0}] = {1};\n", i, parameter.id);
  }
  os << fill;
  os << formatv("    status_ = accel_run(context_, inputs_, {0}, outputs_, {1});\n", inputs.size(),
                outputs.size());
  std::string results;
  for (const auto &[i, parameter] : enumerate(outputs)) {
    if (parameter.type && parameter.hasKnownShape)
      continue;
    if (!parameter.type && !parameter.isString) {
      results += formatv("    {0} = outputs_[{1}];\n", parameter.id, i);
      continue;
    }
    const char *member = parameter.isString ? "strings" : "tensor";
    std::string type =
        parameter.isString ? "const accel_string" : formatv("const {0}", parameter.type->cxx).str();
    results += formatv("    {0}.data = static_cast<{1} *>(outputs_[{2}].u.{3}.data);\n",
                       parameter.id, type, i, member);
    for (size_t k = 0; k < parameter.value->dims.size(); ++k)
      results += formatv("    {0}.shape[{1}] = outputs_[{2}].u.{3}.shape[{1}];\n", parameter.id, k,
                         i, member);
  }
  if (!results.empty())
    os << "    if (status_ != ACCEL_OK)\n      return status_;\n" << results;
  os << "    return status_;\n  }\n";
}

void HeaderWriter::model(raw_ostream &os) const {
  os << "/// One user of the model: its memory and its outputs. Any number may exist; each belongs "
        "to one\n/// thread at a time.\n"
        "class Model {\npublic:\n"
        "  /// Check status() before the first run. options may be NULL: all processors.\n"
        "  explicit Model(const accel_options *options = nullptr) {\n"
     << formatv("    status_ = accel_create({0}_model(), options, &context_, reason_, sizeof "
                "reason_);\n",
                signature.prefix)
     << "  }\n"
        "  Model(const Model &) = delete;\n  Model &operator=(const Model &) = delete;\n"
        "  ~Model() { accel_destroy(context_); }\n\n"
        "  /// Of the last call: ACCEL_OK or why message() is not empty.\n"
        "  accel_status status() const { return status_; }\n"
        "  const char *message() const { return context_ ? accel_message(context_) : reason_; "
        "}\n\n";
  run(os);
  os << "\n  /// For the rest of accel-rt/Model.h: plans, profiles, cancellation.\n"
     << formatv("  static const accel_model *model() {{ return {0}_model(); }\n", signature.prefix)
     << "  accel_context *context() { return context_; }\n\n"
        "private:\n  accel_context *context_ = nullptr;\n  accel_status status_ = ACCEL_OK;\n"
        "  char reason_[256] = \"\";\n};\n\n";
}

std::string HeaderWriter::text() {
  std::string result;
  raw_string_ostream os(result);
  std::string guard = "ACCEL_MODEL_" + StringRef(signature.prefix).upper() + "_H";
  // Upper case alone would let "a" and "A" share a guard.
  if (StringRef(signature.prefix).lower() != signature.prefix)
    guard = "ACCEL_MODEL_" + signature.prefix + "_h";
  os << formatv("// The model \"{0}\", compiled by Accel. Generated: changes will be lost.\n",
                comment(signature.name));
  os << formatv("#ifndef {0}\n#define {0}\n\n", guard);
  includes(os);
  constants(os, "inputs", inputs);
  constants(os, "outputs", outputs);
  model(os);
  os << formatv("} // namespace {0}\n} // namespace accel\n\n#endif // {1}\n", signature.prefix,
                guard);
  return result;
}

std::string headerText(const ModelSignature &signature) { return HeaderWriter(signature).text(); }

Error writeHeader(const ModelSignature &signature, StringRef path) {
  Expected<OutputFile> output = OutputFile::create(path, OutputFile::Data);
  if (!output)
    return output.takeError();
  if (Error error = output->write(0, headerText(signature)))
    return error;
  return output->commit();
}

} // namespace accel::link
