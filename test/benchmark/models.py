# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times whole models on Accel and on its peers, with what it costs to compile, load and hold them.

docs/performance.md says how it measures and what the columns mean.
"""

import sys

import bench
import catalogue
import engines
import report
import zoo


class Run(bench.Run):
    """With --against-static the only peer is Accel itself, where the compiler knows all sizes."""

    def wanted(self, made):
        if not self.args.against_static:
            return super().wanted(made)
        self.name = "dynamic"  # the markers of its table
        return [engines.STATIC]

    def sections(self, form):
        if not self.args.against_static:
            yield from super().sections(form)
            return
        for threads in self.threads:
            rows = [row for row in self.rows if row["threads"] == threads]
            if any(map(report.compared, rows)):
                yield self.circumstances(threads, rows)
                yield form(report.against_static(rows))
                yield from report.slowdowns(rows)


def add(run, path):
    try:
        cases = catalogue.load(path, run.args.dim, run.args.all_sizes)
    except Exception as error:  # a broken file shall not end a long run
        run.skip(zoo.stem(path), f"cannot be read: {type(error).__name__}: {error}")
        return
    for case in cases:
        if case.open or not run.args.against_static:
            run.add(case)


def main():
    parser = bench.parser(__doc__)
    parser.add_argument("--models", nargs="*", default=[], help="files or folders (default: those of $ACCEL_ZOO)")
    parser.add_argument("--all-sizes", action="store_true", help="every size of a model, not its first only")
    parser.add_argument(
        "--dim", action=bench.Sizes, default={}, metavar="NAME=SIZE", help="the size of a named dim, of all models"
    )
    parser.add_argument(
        "--against-static",
        action="store_true",
        help="instead of peers: each model whose sizes only the run knows, beside itself compiled for its sizes alone",
    )
    run = Run("models", parser)
    paths = [path for path in catalogue.files(run.args.models) if run.chosen(zoo.stem(path))]
    if not paths:
        print("no models: none in $ACCEL_ZOO/models (../shared/models) or in --models goes by such a name")
    with run.measuring():
        for path in paths:
            add(run, path)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
