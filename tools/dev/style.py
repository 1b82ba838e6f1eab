# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what a reader would stumble over: format, licence lines, dead links, machine paths, stray files, long lines.

A case a rule; each looks at the files that git tracks. usage: style.py [--junit FILE] [--only RULE]
"""

import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "test", "support"))

import suite

SOURCES = (".c", ".cpp", ".h")
LICENSED = (*SOURCES, ".td", ".py", ".sh", ".cmake", ".mlir", ".test", "CMakeLists.txt")
LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
LONGEST_FILE, LONGEST_LINE = 700, 160


def tracked(*endings):
    # Not as the user who owns the files: git wants to be told that this is meant.
    command = ["git", "-c", f"safe.directory={os.path.realpath(ROOT)}", "ls-files", "-z"]
    try:
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError) as error:
        raise suite.Skip("no git repository, so nothing tells sources from the rest") from error
    return [n for n in names if n and n.endswith(endings or ("",)) and os.path.exists(os.path.join(ROOT, n))]


def text(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def listing(found, what):
    return (
        f"{what}: {', '.join(found[:8])}" + (f" and {len(found) - 8} more" if len(found) > 8 else "") if found else None
    )


def formatted():
    command = ["clang-format-22", "--dry-run", "-Werror", *tracked(*SOURCES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
    return listing(found, "run clang-format-22 -i on") if done.returncode else None


def licensed():
    return listing(
        [n for n in tracked(*LICENSED) if LICENCE not in "\n".join(text(n).splitlines()[:3])],
        f"no '{LICENCE}' in the first lines",
    )


def links():
    """Links of documents to files of the repository lead somewhere."""
    found = []
    for name in tracked(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(name)):
            if "://" not in target and not os.path.exists(os.path.join(ROOT, os.path.dirname(name), target)):
                found.append(f"{name} -> {target}")
    return listing(found, "links to nothing")


def machine_paths():
    pattern = re.compile(r"(^|[^\w.-])/(work|root|home/\w+)/")
    return listing(
        [n for n in tracked() if n not in ("tools/dev/style.py",) and pattern.search(text(n))], "paths of one machine"
    )


def whitespace():
    return listing(
        [
            n
            for n in tracked(*LICENSED, ".md", ".txt")
            if re.search(r"[ \t]+$|\t", text(n), re.M) or not text(n).endswith("\n")
        ],
        "tabs, blanks at the end of a line, or no last newline",
    )


def sizes():
    found = [
        f"{n} ({len(text(n).splitlines())} lines)"
        for n in tracked(*LICENSED)
        if len(text(n).splitlines()) > LONGEST_FILE
    ]
    return listing(found, f"more than {LONGEST_FILE} lines: look for a second subject")


def widths():
    found = [
        n
        for n in tracked(".py", ".td")
        if any(len(line) > LONGEST_LINE for line in text(n).splitlines() if "](" not in line)
    ]
    return listing(found, f"lines of more than {LONGEST_LINE} characters")


def binaries():
    # Inputs that fuzzing has found are what they are.
    found = [
        n
        for n in tracked()
        if not n.startswith("test/fuzz/corpus/")
        if os.path.getsize(os.path.join(ROOT, n)) > 200000 or b"\0" in open(os.path.join(ROOT, n), "rb").read(4096)
    ]
    return listing(found, "large or binary files (what a script can make is not kept)")


def main():
    args = suite.parse(suite.parser(__doc__))
    rules = (formatted, licensed, links, machine_paths, whitespace, sizes, widths, binaries)
    suite.finish(suite.run("style", {rule.__name__: rule for rule in rules}, args))


if __name__ == "__main__":
    main()
