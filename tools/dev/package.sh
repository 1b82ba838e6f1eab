#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Makes packages for machines that have neither LLVM nor any other library that Accel uses but the C library: a tarball
# that may be unpacked anywhere, and a Python wheel. The same sources give the same bytes.
#   tools/dev/package.sh [--out DIR]      in build/dist unless another folder is named
#   tools/dev/package.sh --quick          hardly compressed, to try them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=build/dist effort=6
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?--out needs a folder}; shift ;;
    --quick) effort=0 ;;
    -h | --help) sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "package.sh: unknown option '$1'; see --help" >&2; exit 2 ;;
  esac
  shift
done
die() { printf 'package.sh: %s\n' "$@" >&2; exit 1; }
for program in dpkg-query readelf tar xz; do
  command -v "$program" >/dev/null || die "this needs $program; it is made for Debian 12"
done

# What is written carries the time of the last commit, or of none.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
umask 022
mkdir -p "$out"
out=$(realpath "$out")

tools/dev/build.sh release AccelStandalone AccelCompletionScripts
cached() { sed -n "s/^$1:[^=]*=//p" build/CMakeCache.txt; }
version=$(cached CMAKE_PROJECT_VERSION)
machine=$(uname -m)
name=accel-$version-linux-$machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/$name

for component in devel python shell doc; do
  cmake --install build --prefix "$stage" --component $component >/dev/null
done
install -D -m 755 -t "$stage/bin" build/standalone/all/accel-compile build/standalone/bin/accel-run
ln -s accel-compile "$stage/bin/accel-opt"
ln -s accel-compile "$stage/bin/accel-lsp-server"

# Whose code is in the programs: Debian's packages of the libraries, C++'s library, what is linked into models, and the
# ONNX schema. One text a source package.
licences=$stage/share/doc/accel/third-party
mkdir -p "$licences"
clang=$(cached CMAKE_CXX_COMPILER)
{
  cat build/standalone/archives.txt
  find build/lib/Runtime/CPU/Images -name archives.txt -exec cat {} +
  for file in libstdc++.a libgcc.a crt1.o; do "$clang" -print-file-name=$file; done
  "$clang" --rtlib=compiler-rt -print-libgcc-file-name
} | xargs realpath | sort -u | xargs dpkg-query -S | cut -d: -f1 | sort -u | while read -r package; do
  source=$(dpkg-query -W -f '${source:Package}\n' "$package" | head -n 1)
  [ -e "/usr/share/doc/$package/copyright" ] || die "the licence of $package is missing: /usr/share/doc/$package/copyright"
  install -m 644 "/usr/share/doc/$package/copyright" "$licences/$source"
done
"$(cached ACCEL_PYTHON)" - "$licences/onnx" <<'PY'
import importlib.metadata, sys
files = [f for f in importlib.metadata.files("onnx") if f.name == "LICENSE" and "dist-info" in str(f)]
with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write(files[0].locate().read_text(encoding="utf-8"))
PY

# Debian's texts refer to licences of which each machine has one copy.
grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$licences" | sort -u | while read -r text; do
  if [ -f "$text" ]; then install -D -m 644 -t "$licences/common-licenses" "$text"; fi
done

# Only the C library may be needed, and its newest version that is asked for names the wheel's platform.
for program in "$stage"/bin/accel-{compile,run} build/standalone/bin/accel-compile; do
  needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|libm)\.so\.6$|^ld-linux' || true)
  [ -z "$needed" ] || die "$program needs $needed"
  readelf -V "$program"
done | grep -oE 'GLIBC_[0-9]+\.[0-9]+' | sort -Vu >"$work/glibc"
glibc=$(tail -n 1 "$work/glibc")
glibc=${glibc#GLIBC_}

tarball=$out/$name.tar.xz
# The number of threads decides how xz cuts its blocks, so it is fixed.
tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$name" |
  xz -T2 --x86 --lzma2=preset=$effort >"$tarball.part"
mv "$tarball.part" "$tarball"

cp "$stage/share/doc/accel/LICENSE" "$licences/LICENSE"
wheel=$("$(cached ACCEL_PYTHON)" tools/dev/wheel.py "$stage" build/standalone/bin "$licences" \
  "manylinux_${glibc/./_}_$machine" "$out" $((effort ? 9 : 1)))

for file in "$tarball" "$wheel"; do
  printf '%6.1f MB  %s\n' "$(stat -c %s "$file" | awk '{print $1 / 1e6}')" "$file"
done
printf '%6.1f MB  unpacked; needs glibc %s\n' "$(du -sb "$stage" | awk '{print $1 / 1e6}')" "$glibc"
