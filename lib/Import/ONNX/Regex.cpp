// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses patterns and writes their automata. Code is relative while it is put together: an operand
// of a split counts from the split itself, so that a part can be repeated by copying it.
#include "lib/Import/ONNX/Regex.h"
#include "include/accel-rt/Ops.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <map>

using namespace accel::onnx_import;
using namespace llvm;

namespace {

using Range = std::pair<int32_t, int32_t>;
using Ranges = std::vector<Range>;

struct UnicodeCategory {
  StringLiteral name;
  std::vector<Range> ranges;
};
#include "UnicodeCategories.h"

struct unicode_case {
  int32_t first, last, step, delta;
};
#include "UnicodeCase.h"

constexpr int32_t kLastPoint = 0x10ffff;
constexpr int kMostRepeats = 1000; ///< As in RE2.
constexpr size_t kMostCode = 1 << 18;
constexpr int kMostDepth = 200;

struct Instruction {
  int32_t op, a, b;
};
using Code = std::vector<Instruction>;

/// Ascending, and apart from each other.
Ranges normalized(Ranges ranges) {
  llvm::sort(ranges);
  Ranges result;
  for (Range range : ranges)
    if (!result.empty() && range.first <= result.back().second + 1)
      result.back().second = std::max(result.back().second, range.second);
    else
      result.push_back(range);
  return result;
}

Ranges complement(const Ranges &ranges) {
  Ranges result;
  int32_t next = 0;
  for (Range range : normalized(ranges)) {
    if (range.first > next)
      result.push_back({next, range.first - 1});
    next = range.second + 1;
  }
  if (next <= kLastPoint)
    result.push_back({next, kLastPoint});
  return result;
}

/// With the other case of each code point.
Ranges folded(const Ranges &ranges) {
  Ranges result = ranges;
  // Twice: the lower case of an upper case may be another letter than what was there.
  for (int round = 0; round < 2; ++round) {
    Ranges found = normalized(result);
    for (ArrayRef<unicode_case> rows : {ArrayRef(unicode_lower), ArrayRef(unicode_upper)})
      for (const unicode_case &row : rows)
        for (auto [first, last] : found) {
          int32_t from = std::max(row.first, first), to = std::min(row.last, last);
          from += (row.step - (from - row.first) % row.step) % row.step;
          for (int32_t c = from; c <= to; c += row.step)
            result.push_back({c + row.delta, c + row.delta});
        }
    // What is mapped to one of them.
    for (ArrayRef<unicode_case> rows : {ArrayRef(unicode_lower), ArrayRef(unicode_upper)})
      for (const unicode_case &row : rows)
        for (auto [first, last] : found) {
          int32_t from = std::max(row.first, first - row.delta),
                  to = std::min(row.last, last - row.delta);
          from += (row.step - (from - row.first) % row.step) % row.step;
          for (int32_t c = from; c <= to; c += row.step)
            result.push_back({c, c});
        }
  }
  return normalized(result);
}

const Ranges kDigits = {{'0', '9'}}, kSpaces = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}},
             kWords = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};

const std::pair<StringLiteral, Ranges> kPosixClasses[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", {{0, 127}}},
    {"blank", {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", {{0, 31}, {127, 127}}},
    {"digit", {{'0', '9'}}},
    {"graph", {{'!', '~'}}},
    {"lower", {{'a', 'z'}}},
    {"print", {{' ', '~'}}},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", {{'\t', '\r'}, {' ', ' '}}},
    {"upper", {{'A', 'Z'}}},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

struct Flags {
  bool ignoresCase = false, isMultiline = false, dotTakesNewline = false;
};

class Parser {
public:
  Parser(ArrayRef<int32_t> pattern, std::string &error) : text(pattern), error(error) {}

  std::optional<Automaton> run() {
    Code code = alternatives();
    if (error.empty() && at < text.size())
      fail("unexpected ')'");
    if (!error.empty())
      return std::nullopt;
    code.push_back({ACCEL_REGEX_MATCH, 0, 0});
    Automaton result;
    for (auto [i, instruction] : llvm::enumerate(code)) {
      auto [op, a, b] = instruction;
      if (op == ACCEL_REGEX_SPLIT) {
        a += int32_t(i);
        b += int32_t(i);
      }
      result.code.insert(result.code.end(), {op, a, b});
    }
    result.ranges = std::move(ranges);
    return result;
  }

private:
  bool has() const { return error.empty() && at < text.size(); }
  bool is(int32_t c) const { return has() && text[at] == c; }
  bool take(int32_t c) {
    bool found = is(c);
    at += found;
    return found;
  }
  bool take(StringRef word) {
    if (!error.empty() || text.size() - at < word.size())
      return false;
    for (auto [i, c] : llvm::enumerate(word))
      if (text[at + i] != uint8_t(c))
        return false;
    at += word.size();
    return true;
  }
  Code fail(const Twine &reason) {
    if (error.empty())
      error = (reason + " at character " + Twine(at)).str();
    return {};
  }

  static void append(Code &code, const Code &more) {
    code.insert(code.end(), more.begin(), more.end());
  }
  static Code split(int32_t a, int32_t b) { return {{ACCEL_REGEX_SPLIT, a, b}}; }

  Code oneOf(const Ranges &wanted) {
    Ranges all = normalized(wanted);
    auto [place, isNew] = known.try_emplace(all, int32_t(ranges.size() / 2));
    if (isNew)
      for (auto [first, last] : all)
        ranges.insert(ranges.end(), {first, last});
    return {{ACCEL_REGEX_RANGES, place->second, int32_t(all.size())}};
  }
  Code literal(int32_t c) {
    Ranges one = {{c, c}};
    return oneOf(flags.ignoresCase ? folded(one) : one);
  }

  Code alternatives() {
    if (++depth > kMostDepth)
      return fail("groups are nested too deep");
    Flags before = flags;
    Code code = sequence();
    while (take('|')) {
      Code other = sequence();
      Code both = split(1, int32_t(code.size()) + 2);
      append(both, code);
      append(both, split(int32_t(other.size()) + 1, int32_t(other.size()) + 1));
      append(both, other);
      code = std::move(both);
      if (code.size() > kMostCode)
        return fail("the pattern is too large");
    }
    flags = before;
    --depth;
    return code;
  }

  Code sequence() {
    Code code;
    while (has() && !is('|') && !is(')')) {
      append(code, repeated());
      if (code.size() > kMostCode)
        return fail("the pattern is too large");
    }
    return code;
  }

  std::optional<int> number() {
    if (!has() || text[at] < '0' || text[at] > '9')
      return std::nullopt;
    int value = 0;
    for (; has() && text[at] >= '0' && text[at] <= '9'; ++at)
      value = std::min(value * 10 + int(text[at] - '0'), kMostRepeats + 1);
    return value;
  }

  /// {n}, {n,} or {n,m}; anything else is text.
  bool bounds(int &least, int &most) {
    size_t begin = at;
    if (!take('{'))
      return false;
    std::optional<int> first = number(), second = first;
    most = -1;
    if (first && take(','))
      second = number();
    if (!first || !take('}')) {
      at = begin;
      return false;
    }
    least = *first;
    most = second.value_or(-1);
    if (least > kMostRepeats || most > kMostRepeats || (most >= 0 && most < least))
      fail("expected at most 1000 repeats, and the least of them first,");
    return true;
  }

  Code repeated() {
    Code part = atom();
    bool wasRepeated = false;
    while (has()) {
      int least = 0, most = -1;
      if (take('+'))
        least = 1;
      else if (take('?'))
        most = 1;
      else if (!take('*') && !bounds(least, most))
        break;
      if (wasRepeated)
        return fail("a repetition of a repetition");
      wasRepeated = true;
      take('?'); // a whole text matches or does not, whatever is tried first
      part = repeat(part, least, most);
    }
    return part;
  }

  Code repeat(const Code &part, int least, int most) {
    size_t copies = size_t(std::max(least, most)) + 1;
    if ((part.size() + 2) * copies > kMostCode)
      return fail("the pattern is too large");
    Code code;
    int32_t size = int32_t(part.size());
    for (int i = 0; i < least; ++i)
      append(code, part);
    if (most < 0) { // any number: a split, the part, and back to the split
      append(code, split(1, size + 2));
      append(code, part);
      append(code, split(-size - 1, -size - 1));
      return code;
    }
    for (int i = least; i < most; ++i) {
      append(code, split(1, (most - i) * (size + 1)));
      append(code, part);
    }
    return code;
  }

  Code atom() {
    int32_t c = text[at];
    if (take('('))
      return group();
    if (take('['))
      return oneOf(charClass());
    if (take('.'))
      return oneOf(flags.dotTakesNewline ? Ranges{{0, kLastPoint}} : complement({{'\n', '\n'}}));
    if (take('^'))
      return edge(flags.isMultiline ? ACCEL_REGEX_BEGIN_LINE : ACCEL_REGEX_BEGIN_TEXT);
    if (take('$'))
      return edge(flags.isMultiline ? ACCEL_REGEX_END_LINE : ACCEL_REGEX_END_TEXT);
    if (is('*') || is('+') || is('?'))
      return fail("a repetition of nothing");
    if (take('\\'))
      return escape();
    ++at;
    return literal(c);
  }

  static Code edge(int32_t kind) { return {{ACCEL_REGEX_EDGE, kind, 0}}; }

  Code group() {
    Flags before = flags;
    if (take("?P<") || take("?<")) {
      size_t begin = at;
      while (has() && !is('>')) {
        if (text[at] > 127 || !(isAlnum(char(text[at])) || text[at] == '_'))
          return fail("expected a group's name of letters, digits and _");
        ++at;
      }
      if (at == begin || !take('>'))
        return fail("expected a group's name and '>'");
    } else if (take('?')) {
      bool on = true;
      for (; has() && !is(':') && !is(')'); ++at) {
        if (is('-') && on)
          on = false;
        else if (is('i'))
          flags.ignoresCase = on;
        else if (is('m'))
          flags.isMultiline = on;
        else if (is('s'))
          flags.dotTakesNewline = on;
        else if (!is('U'))
          return fail("expected the flags i, m, s or U of a group");
      }
      if (take(')')) // from here to the end of the group around it
        return {};
      if (!take(':'))
        return fail("expected ')'");
    }
    Code code = alternatives();
    if (!take(')'))
      return fail("expected ')'");
    flags = before;
    return code;
  }

  /// The code point that an escape stands for, whose backslash has been taken; nullopt if it is
  /// none.
  std::optional<int32_t> escapedPoint() {
    if (!has()) {
      fail("expected something behind '\\'");
      return std::nullopt;
    }
    int32_t c = text[at];
    auto isOctal = [&](size_t place) {
      return place < text.size() && text[place] >= '0' && text[place] <= '7';
    };
    if (c >= '0' && c <= '7' && (c == '0' || isOctal(at + 1))) {
      int32_t value = 0;
      for (int i = 0; i < 3 && isOctal(at); ++i)
        value = 8 * value + (text[at++] - '0');
      return value;
    }
    if (c == 'x') {
      ++at;
      bool isBraced = take('{');
      int32_t value = 0, digits = 0;
      for (; has() && text[at] < 128 && isHexDigit(char(text[at])) && (isBraced || digits < 2);
           ++at, ++digits)
        value =
            std::min<int32_t>(16 * value + int32_t(hexDigitValue(char(text[at]))), kLastPoint + 1);
      if (!digits || (isBraced && !take('}')) || (!isBraced && digits < 2) || value > kLastPoint) {
        fail("expected two hexadecimal digits, or a code point in {}, behind '\\x'");
        return std::nullopt;
      }
      return value;
    }
    StringRef names = "aftnrv";
    const int32_t points[] = {7, 12, 9, 10, 13, 11};
    if (c < 128 && names.contains(char(c))) {
      ++at;
      return points[names.find(char(c))];
    }
    if (c < 128 && isPunct(char(c))) {
      ++at;
      return c;
    }
    return std::nullopt;
  }

  /// \d, \s, \w, \p{..} and what they are not; nullopt if it is none of them.
  std::optional<Ranges> escapedClass() {
    if (!has())
      return std::nullopt;
    for (auto [name, set] :
         {std::pair('d', &kDigits), std::pair('s', &kSpaces), std::pair('w', &kWords)}) {
      if (take(name))
        return *set;
      if (take(toUpper(name)))
        return complement(*set);
    }
    bool isNegated = is('P');
    if (!take('p') && !take('P'))
      return std::nullopt;
    std::string name;
    if (take('{')) {
      if (take('^'))
        isNegated = !isNegated;
      for (; has() && !is('}'); ++at)
        name += text[at] < 128 ? char(text[at]) : '?';
      if (!take('}'))
        fail("expected '}'");
    } else if (has()) {
      name = text[at] < 128 ? char(text[at]) : '?';
      ++at;
    }
    if (name == "Any")
      return isNegated ? Ranges{} : Ranges{{0, kLastPoint}};
    for (const UnicodeCategory &category : kCategories)
      if (category.name == name)
        return isNegated ? complement(category.ranges) : category.ranges;
    fail("expected a general category of Unicode, such as L or Nd, found '" + name + "'");
    return std::nullopt;
  }

  Code escape() {
    if (take('Q')) {
      Code code;
      while (has() && !take("\\E"))
        append(code, literal(text[at++]));
      return code;
    }
    if (take('A'))
      return edge(ACCEL_REGEX_BEGIN_TEXT);
    if (take('z'))
      return edge(ACCEL_REGEX_END_TEXT);
    if (take('b'))
      return edge(ACCEL_REGEX_WORD_EDGE);
    if (take('B'))
      return edge(ACCEL_REGEX_NO_WORD_EDGE);
    if (std::optional<Ranges> set = escapedClass())
      return oneOf(flags.ignoresCase ? folded(*set) : *set);
    if (std::optional<int32_t> point = escapedPoint())
      return literal(*point);
    return fail("expected an escape sequence of RE2");
  }

  /// One member of a class that is a set itself.
  std::optional<Ranges> classSet() {
    if (take("[:")) {
      bool isNegated = take('^');
      for (const auto &[name, set] : kPosixClasses)
        if (take((name + ":]").str()))
          return isNegated ? complement(set) : set;
      fail("expected the name of a class and ':]'");
      return std::nullopt;
    }
    size_t begin = at;
    if (take('\\')) {
      if (std::optional<Ranges> set = escapedClass())
        return set;
      at = begin;
    }
    return std::nullopt;
  }

  std::optional<int32_t> classPoint() {
    if (take('\\')) {
      std::optional<int32_t> point = escapedPoint();
      if (!point)
        fail("expected an escape sequence of RE2");
      return point;
    }
    if (has())
      return text[at++];
    fail("expected ']'");
    return std::nullopt;
  }

  Ranges charClass() {
    bool isNegated = take('^');
    Ranges all;
    for (bool isFirst = true; error.empty() && (isFirst || !take(']')); isFirst = false) {
      if (std::optional<Ranges> set = classSet()) {
        all.insert(all.end(), set->begin(), set->end());
        continue;
      }
      std::optional<int32_t> first = classPoint(), last = first;
      if (first && is('-') && at + 1 < text.size() && text[at + 1] != ']') {
        ++at;
        last = classPoint();
      }
      if (!first || !last)
        break;
      if (*last < *first) {
        fail("expected a range whose end is not before its beginning");
        break;
      }
      all.push_back({*first, *last});
    }
    if (flags.ignoresCase)
      all = folded(all);
    return isNegated ? complement(all) : all;
  }

  ArrayRef<int32_t> text;
  std::string &error;
  size_t at = 0;
  int depth = 0;
  Flags flags;
  std::vector<int32_t> ranges;
  std::map<Ranges, int32_t> known;
};

} // namespace

std::optional<Automaton> accel::onnx_import::compileRegex(StringRef pattern, std::string &error) {
  SmallVector<UTF32> points(pattern.size());
  const UTF8 *from = reinterpret_cast<const UTF8 *>(pattern.data());
  UTF32 *to = points.data();
  if (ConvertUTF8toUTF32(&from, from + pattern.size(), &to, to + points.size(), strictConversion) !=
      conversionOK) {
    error = "it is not valid UTF-8";
    return std::nullopt;
  }
  SmallVector<int32_t> text(points.begin(), points.begin() + (to - points.data()));
  return Parser(text, error).run();
}
