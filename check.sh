#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs, builds and runs the tests. The last line is 'N passed, N failed, N skipped'; the exit status is 1 if any failed.
#   ./check.sh                  everything that fits in half an hour on two cores
#   ./check.sh --all            the long parts too
#   ./check.sh --build-only     install and build, no tests
#   ./check.sh --only lit,e2e   some suites (their names are in the table below)
set -euo pipefail
cd "$(dirname "$0")"

build_only='' all='' only=''
while [ $# -gt 0 ]; do
  case $1 in
    --build-only) build_only=1 ;;
    --all) all=--all ;;
    --only) only=,${2:?--only needs the names of suites},; shift ;;
    -h | --help) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "check.sh: unknown option '$1'; see --help" >&2; exit 2 ;;
  esac
  shift
done

python=.venv/bin/python jobs=$(nproc) results=$PWD/build/test-results
# One row a suite: its name, and a command that writes JUnit XML into $xml (tools/dev/junit.py counts it).
suites=(
  "style        $python tools/dev/style.py --junit \$xml"
  "lit          .venv/bin/lit -sv -j $jobs --xunit-xml-output \$xml build/test"
  "unit         ctest --test-dir build -j $jobs --output-on-failure --no-tests=error --output-junit \$xml"
  "python       $python -m pytest -q --junitxml \$xml python/tests test/benchmark/tests"
  "ops          $python test/e2e/ops.py --jobs $jobs --junit \$xml $all"
  "sweep        $python test/e2e/sweep.py --jobs $jobs --junit \$xml $all"
  "accuracy     $python test/e2e/accuracy.py --jobs $jobs --junit \$xml $all"
  "attention    $python test/e2e/attention.py --jobs $jobs --junit \$xml $all"
  "draws        $python test/e2e/draws.py --jobs $jobs --junit \$xml $all"
  "gradient     $python test/e2e/gradient.py --jobs $jobs --junit \$xml $all"
  "state        $python test/e2e/state.py --jobs $jobs --junit \$xml $all"
  "e2e          $python test/e2e/run.py --jobs $jobs --junit \$xml $all"
  "random       $python test/random/run.py --jobs $jobs --junit \$xml $all"
  "cross        $python test/e2e/cross.py --jobs $jobs --junit \$xml $all"
  "large        $python test/e2e/large.py --junit \$xml $all"
  "conformance  $python test/conformance/run.py --jobs $jobs --junit \$xml $all"
  "dtypes       $python test/conformance/dtypes.py --jobs $jobs --junit \$xml $all"
  "package      $python test/package/run.py --jobs $jobs --junit \$xml $all"
  "hostile      $python test/hostile/run.py --jobs $jobs --junit \$xml $all"
)

begin=$SECONDS
tools/dev/install.sh
tools/dev/build.sh release
if [ -n "$build_only" ]; then exit 0; fi

# Tests are of the compiler, not of what it once did: no kernel cache.
export PATH=$PWD/build/bin:$PATH PYTHONPATH=$PWD/build/python ACCEL_KERNEL_CACHE=off
rm -rf "$results"
mkdir -p "$results"
rows=()
for suite in "${suites[@]}"; do
  read -r name command <<<"$suite"
  case $only in '' | *",$name,"*) ;; *) continue ;; esac
  xml=$results/$name.xml status=0 start=$SECONDS
  printf '\n== %s\n' "$name"
  # ctest leaves its own log in build/Testing; the rest write only where they are told
  eval "${command//\$xml/\"$xml\"}" || status=$?
  rows+=("$name $((SECONDS - start)) $status $xml")
done
printf '\n'
exec $python tools/dev/junit.py --seconds $((SECONDS - begin)) "${rows[@]}"
