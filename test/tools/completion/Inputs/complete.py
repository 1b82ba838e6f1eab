# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a shell offers after a part of a command line: complete.py SHELL LINE prints it sorted, a candidate a line.

The shell reads the script that the tool, the line's first word, writes for it.
"""

import os
import pty
import re
import subprocess
import sys
import tempfile
import time


def bash(script, line):
    """Calls the function as bash does: with words that are cut at blanks and at '='."""
    words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith(" ") else [])
    program = (
        f"source {script}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _{words[0].replace('-', '_')} 2>/dev/null\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "--norc", "--noprofile", "-c", program, "bash", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def fish(script, line):
    command = ["fish", "--no-config", "-c", f"source {script}; complete -C $argv[1]", line]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]


ZSH = r"""
PROMPT=; unsetopt beep
autoload -U compinit; compinit -D -u
compadd() {
  # Calls that only fill arrays are zsh's own.
  if [[ ${(M)@:#-[OAD]*} == '' ]]; then
    local -a hits
    builtin compadd -O hits "$@"
    print -rl -- $hits >>$FOUND
  fi
  builtin compadd "$@"
}
finish() { : >$FOUND.done }
zle -N finish; bindkey '^T' finish; bindkey '^I' complete-word
"""


def zsh(script, line):
    """Types the line and a tab in a terminal; what zsh adds is written down, too."""
    folder = os.path.dirname(script)
    os.rename(script, os.path.join(folder, "_" + line.split()[0]))
    setup, found = os.path.join(folder, "setup"), os.path.join(folder, "found")
    with open(setup, "w", encoding="utf-8") as file:
        file.write(ZSH)
    child, terminal = pty.fork()
    if not child:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "dumb", "FOUND": found, "FPATH": ""}
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    functions = subprocess.run(["zsh", "-fc", "print -r -- $FPATH"], check=True, capture_output=True, text=True)
    os.write(terminal, f"FPATH={folder}:{functions.stdout.strip()}; source {setup}\n".encode())
    # Keys are read in order, so the second says when the first is done with.
    os.write(terminal, f"{line}\t\x14".encode())
    os.set_blocking(terminal, False)
    deadline = time.monotonic() + 30
    while not os.path.exists(found + ".done") and time.monotonic() < deadline:
        try:
            os.read(terminal, 65536)
        except BlockingIOError:
            time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    if not os.path.exists(found):
        return []
    with open(found, encoding="utf-8") as file:
        return file.read().splitlines()


def main():
    shell, line = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        with open(script, "w", encoding="utf-8") as file:
            subprocess.run([line.split()[0], f"--completion={shell}"], check=True, stdout=file)
        found = {"bash": bash, "fish": fish, "zsh": zsh}[shell](script, line)
    print("\n".join(sorted({candidate.strip() for candidate in found if candidate.strip()})))


if __name__ == "__main__":
    main()
