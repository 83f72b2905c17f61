#!/bin/sh
# Builds the kernels and their driver with the sanitizers and runs them, for each instruction
# set that this machine has. Needs g++ or clang++ (CXX); neither Python nor JAX. Only
# ffi.cc is left out: it needs the headers of XLA.
#
#   tests/native/run.sh                      address and undefined, then thread
#   tests/native/run.sh thread               one of: address, thread, plain
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kernels="$here/../../src/unrolled/kernels/cpp"
cxx=${CXX:-g++}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

flags_of() {
  case $1 in
    avx512) echo "-mavx512f -mavx2 -mfma" ;;
    avx2) echo "-mavx2 -mfma" ;;
    *) echo "" ;;
  esac
}

feature_of() {
  if [ "$1" = avx512 ]; then echo avx512f; else echo "$1"; fi
}

case $(uname -m) in
  x86_64 | amd64) sets="portable avx2 avx512" x86=-DUNROLLED_X86 ;;
  *) sets="portable" x86= ;;
esac

# GCC 12 takes its own intrinsics for uninitialized.
build() { # name, flags
  common="-std=c++20 -O1 -g -Wall -Wextra -Werror -Wno-maybe-uninitialized"
  common="$common -ffp-contract=fast -I$kernels $2"
  objects=
  for set in $sets; do
    for cell in run/instruction_set cells/lstm_forward cells/lstm_backward cells/gru_forward \
      cells/gru_backward cells/gru_reset_before_forward cells/gru_reset_before_backward; do
      object="$out/$1_${set}_$(basename "$cell").o"
      # shellcheck disable=SC2046,SC2086
      $cxx $common $(flags_of "$set") -DISA="$set" -c "$kernels/$cell.cc" -o "$object"
      objects="$objects $object"
    done
  done
  # shellcheck disable=SC2086
  $cxx $common $x86 "$here/driver.cc" "$kernels/entry/calls.cc" "$kernels/entry/library.cc" \
    "$kernels/memory/residuals.cc" "$kernels/memory/slab.cc" "$kernels/run/dispatch.cc" \
    "$kernels/run/layer.cc" "$kernels/run/run.cc" "$kernels/run/stepper.cc" \
    "$kernels/run/threads.cc" $objects -pthread -o "$out/$1"
}

run() { # name
  for set in $sets; do
    if [ "$set" != portable ] && ! grep -qw "$(feature_of "$set")" /proc/cpuinfo 2>/dev/null; then
      continue
    fi
    UNROLLED_ISA=$set "$out/$1"
  done
}

case ${1:-all} in
  address | all)
    build address "-fsanitize=address,undefined -fno-sanitize-recover=all"
    run address
    ;;
esac
case ${1:-all} in
  thread | all)
    build thread "-fsanitize=thread"
    run thread
    ;;
esac
case ${1:-all} in
  plain)
    build plain ""
    run plain
    ;;
esac
