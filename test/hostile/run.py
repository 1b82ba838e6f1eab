# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives every hostile file to accel-compile, with and without --check, under limits of time, memory and file size.

The compiler must end with status 1 and a message that a person can read, or, for files that are merely odd, accept
them. A signal, a hang, an empty message, an escape sequence out of a model's name or an output left behind is a failure.
"""

import functools
import os
import resource
import subprocess
import sys
import tempfile
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import make
import suite

CPU_SECONDS, WALL_SECONDS, MEMORY, FILE = 20, 40, 4 << 30, 256 << 20
# Control, format, surrogate, unassigned; separators of lines and paragraphs.
UNPRINTABLE = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
CRASHES = (
    "LLVM ERROR",
    "Assertion",
    "Stack dump",
    "PLEASE submit",
    "terminate called",
    "Sanitizer",
    "runtime error:",
    "UNREACHABLE",
    "Segmentation",
)


def limit(memory):
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def judge(done, refused):
    """What is wrong with how the compiler ended, or None."""
    if done.returncode == 0:
        return "was accepted" if refused else None
    if done.returncode != 1:
        return f"ended with status {done.returncode}: {tail(done.stderr)}"
    try:
        text = done.stderr.decode()
    except UnicodeDecodeError:
        return f"the message is no UTF-8: {tail(done.stderr)}"
    if not text.strip():
        return "refused without a word"
    if any(word in text for word in CRASHES):
        return f"the message tells of a crash: {tail(done.stderr)}"
    if not any(
        line.startswith(("error:", "accel-compile: error:")) or ": error:" in line for line in text.splitlines()
    ):
        return f"no line says 'error:': {tail(done.stderr)}"
    if any(c not in "\n\t" and unicodedata.category(c) in UNPRINTABLE for c in text):
        return f"the message holds control characters: {tail(done.stderr)}"
    if len(text) > 20000:
        return f"the message has {len(text)} characters"
    return None


def tail(raw):
    return raw.decode(errors="backslashreplace").strip()[-300:].replace("\n", " | ")


def check(name, memory):
    refused = make.CASES[name].refused
    with tempfile.TemporaryDirectory() as folder:
        path = make.write(name, folder)
        output = os.path.join(folder, "out.so")
        for options in (["--check"], ["-o", output]):
            command = ["accel-compile", path, *options]
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    stdin=subprocess.DEVNULL,
                    timeout=WALL_SECONDS,
                    preexec_fn=lambda: limit(memory),
                )
            except subprocess.TimeoutExpired:
                return f"{options[0]}: took more than {WALL_SECONDS} s"
            if why := judge(done, refused):
                return f"{options[0]}: {why}"
            if done.returncode and os.path.exists(output):
                return f"{options[0]}: left an output behind"
    return None


def main():
    parser = suite.parser(__doc__)
    parser.add_argument("--no-memory-limit", action="store_true", help="for sanitizers, which reserve terabytes")
    args = suite.parse(parser)
    memory = None if args.no_memory_limit else MEMORY
    cases = {
        name: functools.partial(check, name, memory) for name, case in make.CASES.items() if args.all or not case.long
    }
    suite.finish(suite.run("hostile", cases, args))


if __name__ == "__main__":
    main()
