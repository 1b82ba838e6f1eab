# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times whole models on Accel and on its peers, with what it costs to compile, load and hold them.

docs/performance.md says how it measures and what the columns mean.
"""

import sys

import bench
import catalogue


def main():
    parser = bench.parser(__doc__)
    parser.add_argument("--models", nargs="*", default=[], help="files or folders (default: those of $ACCEL_ZOO)")
    parser.add_argument("--all-sizes", action="store_true", help="every size of a model, not its first only")
    run = bench.Run("models", parser)
    paths = [path for path in catalogue.files(run.args.models) if run.chosen(catalogue.stem(path))]
    if not paths:
        print("no models: none in $ACCEL_ZOO/models (../shared/models) or in --models goes by such a name")
    for path in paths:
        try:
            cases = catalogue.load(path)
        except Exception as error:  # a broken file shall not end a long run
            run.skip(catalogue.stem(path), f"{type(error).__name__}: {error}")
            continue
        for case in cases if run.args.all_sizes else cases[:1]:
            run.add(case)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
