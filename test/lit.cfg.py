# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""lit's configuration: what a test may call, and which features it may require."""

import importlib.util
import os
import platform
import shutil

import lit.formats

config.name = "accel"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py", ".onnxtxt"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.accel_binary_dir, "test")
# Helpers of tests, and the suites with a runner of their own (see check.sh).
config.excludes = ["Inputs", "support", "conformance", "e2e", "hostile", "benchmark", "package", "unit", "random", "fuzz", "lit.cfg.py"]

tools = os.path.join(config.accel_binary_dir, "bin")
config.environment["PATH"] = os.pathsep.join([tools, config.llvm_tools_dir, os.environ["PATH"]])
config.environment["PYTHONPATH"] = os.pathsep.join(
    [os.path.join(config.accel_binary_dir, "python"), os.path.join(config.accel_source_dir, "test", "support")]
)
# Tests are of the compiler, not of what it once did.
config.environment["ACCEL_KERNEL_CACHE"] = "off"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# FileCheck, not, count, readelf and llvm-nm come from LLVM 22's folder, which is on PATH above.
config.substitutions += [
    ("%python", config.python),
    ("%source", config.accel_source_dir),
    ("%build", config.accel_binary_dir),
    ("%cc", "/usr/bin/clang-22"),
    ("%cxx", "/usr/bin/clang++-22"),
]

config.available_features.add(platform.machine().replace("AMD64", "x86_64"))
for module in ("onnx", "onnxruntime", "ml_dtypes"):
    if importlib.util.find_spec(module):
        config.available_features.add(module)
for tool in ("accel-opt", "accel-compile", "accel-run", "accel-lsp-server"):
    if os.path.exists(os.path.join(tools, tool)):
        config.available_features.add(tool)
for program in ("bash", "zsh", "fish", "qemu-x86_64"):
    if shutil.which(program):
        config.available_features.add(program)
broken = os.path.join(config.accel_binary_dir, "test", "bin")
if os.path.exists(os.path.join(broken, "accel-compile-broken")):
    config.available_features.add("broken-compile")
    config.environment["PATH"] += os.pathsep + broken
if os.path.isdir(os.path.join(config.accel_binary_dir, "python", "accel")):
    config.available_features.add("python")
# A folder of real models and reference data that is no part of the repository.
zoo = os.path.abspath(os.environ.get("ACCEL_ZOO", os.path.join(config.accel_source_dir, "..", "shared")))
if os.path.isdir(os.path.join(zoo, "models")):
    config.available_features.add("zoo")
    config.substitutions.append(("%zoo", zoo))
# Machines that this build links models for, beside the architecture it runs on.
for machine in config.machines:
    config.available_features.add(f"{machine}-runtime")
if config.images:
    config.available_features.add("images")
if config.sanitize:
    config.available_features.add("sanitize")
