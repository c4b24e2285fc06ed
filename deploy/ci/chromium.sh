#!/usr/bin/env bash
# Makes sure that there is a Chromium for the journeys: Debian's, installed when it is missing.
set -euo pipefail
if command -v chromium >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
  echo "The journeys need Chromium: apt-get install chromium" >&2
  exit 1
fi
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji >/dev/null
