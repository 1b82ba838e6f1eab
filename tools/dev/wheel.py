# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the Python package, with the programs it calls, as a wheel. The same input gives the same bytes.

usage: wheel.py PREFIX PROGRAMS LICENCES TAG OUT EFFORT

PREFIX    an installation of Accel (tools/dev/package.sh makes one)
PROGRAMS  the folder of the programs that go into the package; each is a command of the wheel
LICENCES  a folder of texts
TAG       the platform's, such as manylinux_2_36_x86_64
OUT       the folder for the wheel, whose path is printed
EFFORT    of compression, 1 to 9
"""

import base64
import hashlib
import os
import stat
import sys
import time
import tomllib
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


# The program of a command takes its process over. Not by an entry point, which would import the package and NumPy.
COMMAND = """#!python
import importlib.util, os, sys
folder = importlib.util.find_spec("accel").submodule_search_locations[0]
program = os.path.join(folder, "bin", "{name}")
os.environ.setdefault("ACCEL_PYTHON", sys.executable)  # accel-run --compare needs the packages that are beside this one
try:
    os.execv(program, [program, *sys.argv[1:]])
except OSError as error:
    sys.exit(f"cannot run '{{program}}': {{error.strerror}}")
"""


def files_below(folder):
    """(path below the folder, path) of each file, in a fixed order."""
    found = []
    for place, _, names in os.walk(folder):
        found += [os.path.join(place, name) for name in names if not name.endswith(".pyc")]
    return sorted((os.path.relpath(path, folder), path) for path in found)


def contents(prefix, programs, licences, info, tag):
    """Name in the wheel -> (bytes, whether it is a program)."""
    with open(os.path.join(ROOT, "python", "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)["project"]
    entries = {}

    def add(name, path, program=False):
        with open(path, "rb") as file:
            entries[name] = file.read(), program

    for name, path in files_below(os.path.join(prefix, "lib", "accel", "python", "accel")):
        add(f"accel/{name}", path)
    for folder in ("include", os.path.join("lib", "cmake")):
        for name, path in files_below(os.path.join(prefix, folder)):
            add(f"accel/{folder}/{name}", path)
    for name, path in files_below(programs):
        add(f"accel/bin/{name}", path, program=True)
        entries[f"{info}.data/scripts/{name}"] = COMMAND.format(name=name).encode(), True
    for name, path in files_below(licences):
        add(f"{info}.dist-info/licenses/{name}", path)

    name, version = info.split("-")
    extras = project.get("optional-dependencies", {})
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        "License: Apache-2.0 WITH LLVM-exception",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {need}" for need in project["dependencies"]),
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f'Requires-Dist: {need}; extra == "{extra}"' for extra, needs in extras.items() for need in needs),
        "Description-Content-Type: text/markdown",
    ]
    with open(os.path.join(ROOT, "python", "README.md"), encoding="utf-8") as file:
        readme = file.read()
    for file, text in {
        "METADATA": "\n".join(metadata) + "\n\n" + readme,
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: accel\nRoot-Is-Purelib: false\nTag: py3-none-{tag}\n",
        "top_level.txt": "accel\n",
    }.items():
        entries[f"{info}.dist-info/{file}"] = text.encode(), False
    return entries


def version_of(prefix):
    """Accel's, as the package says it and the CMake package repeats it."""
    scope = {}
    with open(os.path.join(prefix, "lib", "accel", "python", "accel", "__init__.py"), encoding="utf-8") as file:
        exec(next(line for line in file if line.startswith("__version__")), scope)
    with open(os.path.join(prefix, "lib", "cmake", "accel", "accelConfigVersion.cmake"), encoding="utf-8") as file:
        if f'"{scope["__version__"]}"' not in file.read():
            sys.exit(f"wheel.py: python/accel is version {scope['__version__']}, and CMakeLists.txt says another")
    return scope["__version__"]


def main():
    prefix, programs, licences, tag, out, effort = sys.argv[1:]
    info = f"accel-{version_of(prefix)}"
    entries = contents(prefix, programs, licences, info, tag)
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, (data, _) in entries.items()
    )
    entries[f"{info}.dist-info/RECORD"] = (record + f"{info}.dist-info/RECORD,,\n").encode(), False

    # A zip knows no time before 1980.
    date = max(time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])), time.gmtime(315532800))[:6]
    path = os.path.join(out, f"{info}-py3-none-{tag}.whl")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, (data, program) in entries.items():
            entry = zipfile.ZipInfo(name, date)
            entry.external_attr = (stat.S_IFREG | (0o755 if program else 0o644)) << 16
            wheel.writestr(entry, data, zipfile.ZIP_DEFLATED, int(effort))
    print(path)


if __name__ == "__main__":
    main()
