#!/usr/bin/env bash
# Gets the browsers that are not Chromium: Debian's Firefox ESR and WebKitGTK's, with a screen that nobody sees. What cannot be had is said
# here, and again by the journey that then skips it.
set -euo pipefail
missing=()
command -v firefox-esr >/dev/null || missing+=(firefox-esr)
command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || missing+=(xvfb)
fc-list 2>/dev/null | grep -q NotoColorEmoji || missing+=(fonts-noto-color-emoji)
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
{ as_root apt-get update -qq &&
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } ||
  echo "Not installed: ${missing[*]}. What needs them is skipped, and says so." >&2
