# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes ONNX files of models in ONNX's text syntax, and runs a command on each.

usage: onnxtxt.py FILE FOLDER COMMAND...

FILE holds models between lines of `# ---`. Each becomes FOLDER/GRAPH.onnx, and COMMAND is run with it as the last
argument, and with what a line `# OPTIONS: ...` in the model says. Prints `== GRAPH`, what the command wrote, and
`exit N` where that is not 0.
"""

import os
import re
import shlex
import subprocess
import sys

import onnx.parser


def main():
    source, folder, *command = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with open(source, encoding="utf-8") as file:
        sections = re.split(r"^# ---.*$", file.read(), flags=re.MULTILINE)
    for section in sections:
        if not re.search(r"^[^#\s]", section, flags=re.MULTILINE):
            continue
        model = onnx.parser.parse_model(section)
        path = os.path.join(folder, model.graph.name + ".onnx")
        onnx.save(model, path)
        options = shlex.split(" ".join(re.findall(r"^# OPTIONS: (.*)$", section, flags=re.MULTILINE)))
        # Relative, so that messages hold no folder.
        done = subprocess.run(
            [*command, *options, os.path.basename(path)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(f"== {model.graph.name}")
        print(done.stdout, end="")
        if done.returncode:
            print(f"exit {done.returncode}")


if __name__ == "__main__":
    main()
