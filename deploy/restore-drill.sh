#!/usr/bin/env bash
# Shows that a backup comes back: restores it into a folder that is thrown away, verifies the whole log, starts a server on it that reaches
# nobody, asks it, stops it, verifies again, and overwrites the keys. The backup is only read.
#
#   restore-drill.sh CONTENT KEYS [FOLDER]
#
# FOLDER: where there is room for it all, on a disk that may hold the keys; default: the folder for temporary files.
set -euo pipefail
daylight=${DAYLIGHT:-daylight}
[ $# -ge 2 ] || { sed -n '5p' "$0" | cut -c5- >&2; exit 2; }
content=$(realpath -e "$1") keys=$(realpath -e "$2")
umask 077
trial=$(mktemp -d "${3:-${TMPDIR:-/tmp}}/daylight-drill.XXXXXX")
server=
finish() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  find "$trial" -path '*/keys/*' -type f -exec shred --zero --force {} + 2>/dev/null || true
  rm -rf "$trial"
}
trap finish EXIT
trap 'exit 1' INT TERM
# Neither a configuration nor an environment of the real server: the trial calls no witness, no authority and no push service.
alone=(env -i PATH="$PATH" DAYLIGHT_PUSH_ENABLED=false "$daylight" --data "$trial/data")
step() { printf '\n== %s\n' "$*"; }
began=$SECONDS

step "restore"
# A server that goes on talking has more in its log than its newest backup; how much is said.
"${alone[@]}" restore "$content" --keys "$keys" --accept-shorter
step "verify"
"${alone[@]}" verify "$trial/data"

step "start"
for port in $(shuf -i 20000-32000 -n 20) none; do
  [ "$port" != none ] || { echo "no port is free" >&2; exit 1; }
  "${alone[@]}" serve --listen "127.0.0.1:$port" --public-url "http://127.0.0.1:$port" >"$trial/said" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    if curl -fs "http://127.0.0.1:$port/readyz" >/dev/null; then break 2; fi
    sleep 0.1
  done
  if kill -0 "$server" 2>/dev/null; then echo "it does not answer within a minute" >&2; exit 1; fi
  grep -qi 'address already in use' "$trial/said" || { cat "$trial/said" >&2; exit 1; }
done
curl -fs "http://127.0.0.1:$port/api/v1/site" | grep -q '"setup_needed":false' || { echo "it knows nobody" >&2; exit 1; }
curl -fs "http://127.0.0.1:$port/" | grep -q '<title>Daylight' || { echo "it serves no client" >&2; exit 1; }
echo "it answers, and knows its people"

step "stop, and verify again"
kill -TERM "$server"
wait "$server" || { cat "$trial/said" >&2; exit 1; }
server=
"${alone[@]}" verify "$trial/data"
printf '\nThe backup comes back, in %s seconds.\n' "$((SECONDS - began))"
