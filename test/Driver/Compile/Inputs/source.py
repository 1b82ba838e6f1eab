# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a library holds the SHA-256 of files: source.py LIBRARY FILE..."""
import hashlib
import sys

library, *files = sys.argv[1:]
want = hashlib.sha256(b"".join(open(path, "rb").read() for path in files)).hexdigest()
if want.encode() not in open(library, "rb").read():
    sys.exit(f"{library} does not hold {want}")
