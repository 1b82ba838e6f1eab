# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes a virtual environment with PyTorch for the CPU and its ONNX exporters, from PyPI.

usage: python3 install.py [FOLDER]        (default: build/exported/venv)

PyPI's wheel of PyTorch for Linux is the CUDA build, and what it depends on is another 2.5 GB to download. The exporters
run on the CPU and call none of NVIDIA's libraries, but the loader wants each of them to be there. So this installs what
python/requirements-exported.txt lists, without what those would add, and puts a stub in the place of each library that
the wheel links and that is not installed. Such an environment cannot use a GPU. One that was made by plain
`pip install torch torchvision transformers onnxscript` serves as well.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
DEFAULT = os.path.join(ROOT, "build", "exported", "venv")
REQUIREMENTS = os.path.join(ROOT, "python", "requirements-exported.txt")
# The sonames of NVIDIA's libraries but for the driver's, libcuda.so.1, which no wheel holds.
NVIDIA = re.compile(r"lib((?:cu(?!da\.)|nv|nccl)[a-z]*)")


def tool(*names):
    """The first that is found; Debian installs LLVM's tools with the version in their names."""
    for name in names:
        if path := shutil.which(name):
            return path
    sys.exit(f"install.py: none of {', '.join(names)} is on PATH")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wanted(libraries):
    """soname of NVIDIA's -> the symbols that `libraries` want of it, as (name, version or None)."""
    readelf, nm, found = tool("readelf", "llvm-readelf-22"), tool("nm", "llvm-nm-22"), {}
    for library in libraries:
        undefined = [
            tuple(symbol.split("@", 1)) if "@" in symbol else (symbol, None)
            for symbol in re.findall(r"\bU (\S+)", output(nm, "-D", "--undefined-only", library))
        ]
        for soname in re.findall(r"NEEDED.*\[(.*)\]", output(readelf, "-dW", library)):
            if named := NVIDIA.match(soname):
                # A symbol without a version says not where it is from; these libraries begin each name with their own.
                mine = {(n, v) for n, v in undefined if v == soname or n.lower().startswith(named.group(1))}
                found.setdefault(soname, set()).update(mine)
    return found


def write_stub(path, symbols):
    """A shared library that defines the symbols, and ends the process where one is called."""
    by_version = {}
    for name, version in sorted(symbols, key=lambda s: (s[1] or "", s[0])):
        by_version.setdefault(version, []).append(name)
    with tempfile.TemporaryDirectory() as folder:
        source, script = os.path.join(folder, "stub.c"), os.path.join(folder, "stub.map")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(f"void {name}(void) {{ __builtin_trap(); }}\n" for name, _ in sorted(symbols))
        with open(script, "w", encoding="utf-8") as file:
            for version, names in by_version.items():
                if version:
                    file.write(f"{version} {{ global: {'; '.join(names)}; }};\n")
        command = [tool("cc", "clang-22", "gcc"), "-shared", "-fPIC", "-nostdlib", "-o", path, source]
        command += ["-Wl,-soname," + os.path.basename(path)]
        if set(by_version) - {None}:
            command.append("-Wl,--version-script," + script)
        subprocess.run(command, check=True)


def stub_missing(site):
    """Puts a stub beside PyTorch's libraries for each of NVIDIA's that they link and that pip did not install."""
    home = os.path.join(site, "torch", "lib")
    installed = {os.path.basename(p) for p in glob.glob(home + "/*") + glob.glob(site + "/nvidia/*/lib/*")}
    made = []
    for soname, symbols in sorted(wanted(glob.glob(home + "/*.so*")).items()):
        if soname not in installed:
            write_stub(os.path.join(home, soname), symbols)
            made.append(soname)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=DEFAULT)
    folder = os.path.abspath(parser.parse_args().folder)
    python = os.path.join(folder, "bin", "python")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, "--no-deps", "-r", REQUIREMENTS], check=True)
    (site,) = glob.glob(os.path.join(folder, "lib", "python*", "site-packages"))
    if made := stub_missing(site):
        print(f"install.py: stubs for {', '.join(made)}")
    print(output(python, "-c", "import torch, torchvision; print('PyTorch', torch.__version__, 'in')").strip(), folder)


if __name__ == "__main__":
    main()
