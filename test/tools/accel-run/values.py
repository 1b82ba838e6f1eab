# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Values that are no tensors of numbers: strings, sequences, optionals and maps, from ONNX's .pb files.
# REQUIRES: onnx
# RUN: rm -rf %t && mkdir %t
# RUN: %modelstrings.c -o %t/strings.so
# RUN: %modelecho.c -DKIND=ACCEL_SEQUENCE -DCODE=2 -DBITS=32 -o %t/sequence.so
# RUN: %modelecho.c -DKIND=ACCEL_OPTIONAL -DCODE=2 -DBITS=32 -o %t/optional.so
# RUN: %modelecho.c -DKIND=ACCEL_MAP -DCODE=2 -DBITS=32 -o %t/map.so
# RUN: cd %t && %python %s
import subprocess

import numpy as np
from onnx import helper, numpy_helper

rng = np.random.default_rng(11)


def run(*words, status=0):
    done = subprocess.run(["accel-run", *words], capture_output=True, text=True)
    assert done.returncode == status, done
    return done.stdout + done.stderr


def save(name, proto):
    open(name, "wb").write(proto.SerializeToString())


words = np.array([["a", "", "gr\u00fc\u00df"], ["b c", "x" * 50, "\u65e5\u672c"]], object)
save("strings.pb", numpy_helper.from_array(words))
np.save("strings.npy", words.astype(str))
np.save("fortran.npy", np.asfortranarray(words.astype(str)))
for file in ("strings.pb", "strings.npy", "fortran.npy"):
    run("strings.so", file, "--output", "out")
    assert np.load("out/y.npy").tolist() == words.tolist(), file
assert "equal" in run("strings.so", "strings.npy", "--reference", "strings.pb")
words[1, 2] = "z"
save("other.pb", numpy_helper.from_array(words))
assert 'the first at [1,2]: got "\u65e5\u672c", expected "z"' in run("strings.so", "strings.npy", "--reference", "other.pb", status=2)

items = [rng.standard_normal(shape, np.float32) for shape in ((2, 3), (4,), ())]
save("sequence.pb", numpy_helper.from_list(items))
assert "y: sequence of 3\n  0: float32[2x3]" in run("sequence.so", "sequence.pb", "--output", "out")
for i, item in enumerate(items):
    np.testing.assert_array_equal(np.load(f"out/y_{i}.npy"), item)
run("sequence.so", "sequence.pb", "--reference", "sequence.pb")
items[1] += 1
save("changed.pb", numpy_helper.from_list(items))
assert "4 of 11 elements are wrong, largest error 1" in run("sequence.so", "sequence.pb", "--reference", "changed.pb", status=2)
assert "cannot be made up; give --input 'x=file.pb'" in run("sequence.so", status=1)

save("optional.pb", numpy_helper.from_optional(items[0]))
assert "y: optional float32[2x3]" in run("optional.so", "optional.pb")
assert "y: empty optional" in run("optional.so")

save("map.pb", numpy_helper.from_dict({3: np.float32(1.5), 7: np.float32(-2)}))
assert "y: map of 2\n  0: int64[2]  {3, 7}" in run("map.so", "map.pb")

# A string may not steer the terminal.
save("strings.pb", numpy_helper.from_array(np.array([["\x1b[2J\x07bell"]], object)))
assert '"\\x1b[2J\\x07bell"' in run("strings.so", "strings.pb")
