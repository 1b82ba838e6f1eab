# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where the CMake package is that came with this one."""
import os

from .errors import NoSuchFile

_HERE = os.path.dirname(os.path.abspath(__file__))


def cmake_dir():
    """The folder for CMake's accel_DIR: cmake -Daccel_DIR=$(python -c 'import accel; print(accel.cmake_dir())')."""
    for prefix in (_HERE, os.path.join(_HERE, "..", "..", "..", "..")):  # a wheel, an installation
        folder = os.path.normpath(os.path.join(prefix, "lib", "cmake", "accel"))
        if os.path.exists(os.path.join(folder, "accelConfig.cmake")):
            return folder
    raise NoSuchFile("there is no CMake package beside this Python package: install Accel or its wheel")
