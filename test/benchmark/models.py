# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times whole models on Accel and on its peers, with what it costs to compile, load and hold them.

docs/performance.md says how it measures and what the columns mean.
"""

import sys

import bench
import catalogue
import zoo


def add(run, path):
    try:
        cases = catalogue.load(path, run.args.dim, run.args.all_sizes)
    except Exception as error:  # a broken file shall not end a long run
        run.skip(zoo.stem(path), f"cannot be read: {type(error).__name__}: {error}")
        return
    for case in cases:
        run.add(case)


def main():
    parser = bench.parser(__doc__)
    parser.add_argument("--models", nargs="*", default=[], help="files or folders (default: those of $ACCEL_ZOO)")
    parser.add_argument("--all-sizes", action="store_true", help="every size of a model, not its first only")
    parser.add_argument(
        "--dim", action=bench.Sizes, default={}, metavar="NAME=SIZE", help="the size of a named dim, of all models"
    )
    run = bench.Run("models", parser)
    paths = [path for path in catalogue.files(run.args.models) if run.chosen(zoo.stem(path))]
    if not paths:
        print("no models: none in $ACCEL_ZOO/models (../shared/models) or in --models goes by such a name")
    with run.measuring():
        for path in paths:
            add(run, path)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
