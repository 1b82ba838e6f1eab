// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Completion scripts for bash, zsh and fish.
#include "lib/Support/Completion.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace llvm;

namespace accel {
namespace {

/// An option as shells know options.
struct Entry {
  /// Glued: as in -O3.
  enum Value { None, Optional, Required, Glued };
  std::string flag; ///< with its dashes
  std::string help;
  Value value = None;
  bool files = false, folders = false; ///< what a value names
  std::vector<std::string> words;      ///< what else a value may be

  std::string wordList() const { return join(words, " "); }
  bool isLong() const { return StringRef(flag).starts_with("--"); }
};

/// The options that --help shows, by name.
std::vector<Entry> entriesOf(const OptionValues &values) {
  std::map<std::string, Entry> sorted;
  for (auto &registered : cl::getRegisteredOptions()) {
    std::string name = registered.first.str();
    const cl::Option &option = *registered.second;
    if (option.getOptionHiddenFlag() != cl::NotHidden)
      continue;
    Entry entry;
    entry.flag = (name.size() == 1 ? "-" : "--") + name;
    // An option of which each value is a flag of its own has one text for all.
    if (option.ArgStr == name)
      entry.help = option.HelpStr.split('\n').first.str();
    StringRef what = option.ValueStr;
    switch (option.getValueExpectedFlag()) {
    case cl::ValueRequired:
      entry.value = Entry::Required;
      break;
    case cl::ValueOptional: // all flags that are on or off, too: those name no value
      entry.value = what.empty() ? Entry::None : Entry::Optional;
      break;
    case cl::ValueDisallowed:
      break;
    }
    if (option.getFormattingFlag() == cl::Prefix || option.getFormattingFlag() == cl::AlwaysPrefix)
      entry.value = Entry::Glued;
    entry.files = what == "file" || what == "filename" || what.starts_with("file.");
    entry.folders = what == "folder" || what.starts_with("folder|") || what == "dir";
    for (const auto &[option, words] : values)
      if (option == name)
        entry.words = words;
    sorted[name] = std::move(entry);
  }
  std::vector<Entry> entries;
  for (auto &[name, entry] : sorted)
    entries.push_back(std::move(entry));
  return entries;
}

std::string replaced(StringRef text, ArrayRef<std::pair<char, StringRef>> what) {
  std::string result;
  for (char c : text) {
    const auto *found = find_if(what, [&](const auto &pair) { return pair.first == c; });
    result += found == what.end() ? std::string(1, c) : found->second.str();
  }
  return result;
}

std::string functionName(StringRef tool) { return "_" + replaced(tool, {{'-', "_"}}); }

/// A table for one function that all tools share: `case $option$joined in` with a row an option.
void printBash(raw_ostream &os, StringRef tool, ArrayRef<Entry> entries,
               ArrayRef<StringRef> suffixes) {
  std::string name = functionName(tool), flags, rows;
  for (const Entry &entry : entries) {
    if (entry.value == Entry::Glued) {
      for (const std::string &word : entry.words)
        flags += " " + entry.flag + word;
      continue;
    }
    flags += " " + entry.flag + (entry.value == Entry::Required && entry.isLong() ? "=" : "");
    if (entry.value == Entry::None)
      continue;
    // With an optional value, the next word is none of it.
    rows += "  " + entry.flag + (entry.value == Entry::Optional ? "=" : " | " + entry.flag + "=") +
            ") " + name + "_value '" + entry.wordList() + "'" +
            (entry.files     ? " -f"
             : entry.folders ? " -d"
                             : "") +
            " ;;\n";
  }
  std::string files;
  for (StringRef suffix : suffixes)
    files += formatv("compgen -f -X '!*.{0}' -- \"$cur\"; ", suffix);
  files += suffixes.empty() ? "compgen -f -- \"$cur\"" : "compgen -d -- \"$cur\"";
  os << formatv(R"(# bash completion of {0}, written by {0} --completion=bash
{1}_value() {{
  mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$1" -- "$cur")
  if [ -n "${{2:-}" ]; then
    compopt -o filenames 2>/dev/null
    local path
    while IFS= read -r path; do COMPREPLY+=("$prefix$path"); done < <(compgen "$2" -- "$cur")
  fi
}
{1}() {{
  # bash makes words of their own of '=' and what follows, unless COMP_WORDBREAKS was changed.
  local cur=${{COMP_WORDS[COMP_CWORD]} prefix='' option=''
  if [ "$COMP_CWORD" -gt 0 ]; then option=${{COMP_WORDS[COMP_CWORD - 1]}; fi
  if [[ $cur == -*=* ]]; then
    option=${{cur%%=*}= prefix=${{cur%%=*}= cur=${{cur#*=}
  elif [ "$cur" = = ]; then
    option=$option= cur=''
  elif [ "$option" = = ]; then
    option=${{COMP_WORDS[COMP_CWORD - 2]}=
  fi
  COMPREPLY=()
  case $option in
{2}  *=) ;;
  *)
    if [[ $cur == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W '{3}' -- "$cur")
      if [ "${{#COMPREPLY[@]}" -eq 1 ] && [[ ${{COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
    else
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <({4})
    fi
    ;;
  esac
}
complete -F {1} {0}
)",
                tool, name, rows, StringRef(flags).ltrim(), files);
}

void printZsh(raw_ostream &os, StringRef tool, ArrayRef<Entry> entries,
              ArrayRef<StringRef> suffixes) {
  std::string specs;
  for (const Entry &entry : entries) {
    std::string help = replaced(
        entry.help, {{'\'', "'\\''"}, {'[', "\\["}, {']', "\\]"}, {':', "\\:"}, {'\\', "\\\\"}});
    std::string action = entry.files            ? "_files"
                         : entry.folders        ? "_files -/"
                         : !entry.words.empty() ? "(" + entry.wordList() + ")"
                                                : "";
    std::string value;
    const char *how = "";
    switch (entry.value) {
    case Entry::None:
      break;
    case Entry::Optional:
      how = "=-", value = "::value:" + action;
      break;
    case Entry::Required:
      how = entry.isLong() ? "=" : "", value = ":value:" + action;
      break;
    case Entry::Glued:
      how = "-", value = ":value:" + action;
      break;
    }
    specs += "  '*" + entry.flag + how + (help.empty() ? "" : "[" + help + "]") + value + "' \\\n";
  }
  os << "#compdef " << tool << "\n# zsh completion of " << tool << ", written by " << tool
     << " --completion=zsh\n_arguments \\\n"
     << specs << "  '*:file:_files"
     << (suffixes.empty() ? "" : " -g \"*.(" + join(suffixes, "|") + ")\"") << "'\n";
}

void printFish(raw_ostream &os, StringRef tool, ArrayRef<Entry> entries,
               ArrayRef<StringRef> suffixes) {
  auto quoted = [](StringRef text) {
    return "'" + replaced(text, {{'\'', "\\'"}, {'\\', "\\\\"}}) + "'";
  };
  os << "# fish completion of " << tool << ", written by " << tool << " --completion=fish\n"
     << (suffixes.empty() ? "" : ("complete -c " + tool + " -f\n").str());
  for (StringRef suffix : suffixes)
    os << "complete -c " << tool << " -k -a '(__fish_complete_suffix ." << suffix << ")'\n";
  for (const Entry &entry : entries) {
    std::string help = entry.help.empty() ? "" : " -d " + quoted(entry.help);
    if (entry.value == Entry::Glued) {
      for (const std::string &word : entry.words)
        os << "complete -c " << tool << " -o " << StringRef(entry.flag).ltrim('-') << word << help
           << "\n";
      continue;
    }
    os << "complete -c " << tool << (entry.isLong() ? " -l " : " -s ")
       << StringRef(entry.flag).ltrim('-');
    if (entry.value == Entry::Required)
      os << " -r" << (entry.files ? " -F" : " -f");
    if (entry.folders)
      os << " -a '(__fish_complete_directories)'";
    else if (!entry.words.empty())
      os << " -a " << quoted(entry.wordList());
    os << help << "\n";
  }
}

} // namespace

CompletionOption::CompletionOption(StringRef tool, std::vector<StringRef> suffixes,
                                   std::function<OptionValues()> values)
    : option("completion", cl::Hidden, cl::value_desc("shell"),
             cl::desc("Print a script that completes this command line in bash, zsh or fish"),
             // When it is met, all options are registered, and positional ones not yet missed.
             cl::callback([=](const std::string &shell) {
               auto *print = shell == "bash"   ? printBash
                             : shell == "zsh"  ? printZsh
                             : shell == "fish" ? printFish
                                               : nullptr;
               if (!print) {
                 WithColor::error(errs(), tool)
                     << "--completion=" << shell << ": expected bash, zsh or fish\n";
                 exit(1);
               }
               print(outs(), tool, entriesOf(values ? values() : OptionValues()), suffixes);
               outs().flush();
               exit(0);
             })) {}

} // namespace accel
