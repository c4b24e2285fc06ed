#!/usr/bin/env bash
# Every test of the workspace. What fails beside the others on a busy machine is run once more, alone, and named: what fails twice is broken.
set -uo pipefail
cd "$(dirname "$0")/../.."
stumbles_max=3
cargo=${CARGO:-cargo}
said=target/tests.log
mkdir -p target

if "$cargo" test --release --locked --workspace --no-fail-fast 2>&1 | tee "$said"; then exit 0; fi
# The names stand in the list that ends each program's output, four blanks in.
mapfile -t failed < <(awk '/^failures:$/ {list = 1; next} /^test result:/ {list = 0} list && /^    [a-z0-9_:]+$/ {print $1}' "$said" | sort -u)
if [ ${#failed[@]} -eq 0 ] || [ ${#failed[@]} -gt $stumbles_max ]; then exit 1; fi
echo "again, alone: ${failed[*]}"
RUST_TEST_THREADS=1 "$cargo" test --release --locked --workspace -- --exact "${failed[@]}" 2>&1 | tee "$said" || exit 1
passed=$(awk '/^test result: ok/ {sum += $4} END {print sum}' "$said")
[ "$passed" = ${#failed[@]} ] || { echo "$passed of ${#failed[@]} ran again" >&2; exit 1; }
echo "stumbled once: ${failed[*]}"
