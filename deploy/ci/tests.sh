#!/usr/bin/env bash
# Every test of the workspace. What fails beside the others on a busy machine is run once more, alone, and named: what fails twice is broken.
#   tests.sh [build]   only builds them
# The server that the tests start is the one that people get; what only tests it is built fast instead of built to be fast, which halves the wait.
set -uo pipefail
cd "$(dirname "$0")/../.."
stumbles_max=3
said=target/tests.log
mkdir -p target

tests() { "${CARGO:-cargo}" test --release --locked --workspace "$@"; }
whole() { tests --test '*' --config 'profile.release.package.tests.opt-level=0' "$@"; }
units() { tests --exclude tests --lib --config 'profile.release.package.daylight.opt-level=0' "$@"; }

if [ "${1:-}" = build ]; then whole --no-run && units --no-run; exit; fi

if { units --no-fail-fast; of_units=$?; whole --no-fail-fast && [ $of_units = 0 ]; } 2>&1 | tee "$said"; then exit 0; fi
# The names stand in the list that ends each program's output, four blanks in.
mapfile -t failed < <(awk '/^failures:$/ {list = 1; next} /^test result:/ {list = 0} list && /^    [a-z0-9_:]+$/ {print $1}' "$said" | sort -u)
if [ ${#failed[@]} -eq 0 ] || [ ${#failed[@]} -gt $stumbles_max ]; then exit 1; fi
echo "again, alone: ${failed[*]}"
export RUST_TEST_THREADS=1
{ units -- --exact "${failed[@]}" && whole -- --exact "${failed[@]}"; } 2>&1 | tee "$said" || exit 1
passed=$(awk '/^test result: ok/ {sum += $4} END {print sum}' "$said")
[ "$passed" = ${#failed[@]} ] || { echo "$passed of ${#failed[@]} ran again" >&2; exit 1; }
echo "stumbled once: ${failed[*]}"
