#!/usr/bin/env bash
# Gets the strangers who check our log in the tests: Go with golang.org/x/mod, pymerkle, openssl, and readers in Python. What cannot be had is
# said here, and again by the test that then skips it.
set -euo pipefail
cd "$(dirname "$0")/../.."
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
missing=()
command -v go >/dev/null || missing+=(golang-go)
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || missing+=(golang-golang-x-mod-dev)
command -v openssl >/dev/null || missing+=(openssl)
# Not strangers, but as strange: they make the kernel and the clock say no.
command -v strace >/dev/null || missing+=(strace)
command -v faketime >/dev/null || missing+=(faketime)
# What stands in front of Daylight elsewhere.
[ -x /usr/sbin/nginx ] || missing+=(nginx-light)
# Who certifies that it is who it says.
command -v pebble >/dev/null || missing+=(pebble)
# What looks at its files.
[ -x /usr/sbin/clamd ] || missing+=(clamav-daemon)
# A company's directory of people.
[ -x /usr/sbin/slapd ] || missing+=(slapd)
# What reads its figures.
command -v promtool >/dev/null || missing+=(prometheus)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  { as_root apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } ||
    echo "Not installed: ${missing[*]}. Tests that need them will be skipped, and say so." >&2
fi
venv=target/strangers/venv
if ! "$venv/bin/python" -c 'import pymerkle, cryptography, jsonschema, slack_export_viewer, schemathesis, sslyze, aiosmtpd, moto.server, scim2_tester, httpx2' 2>/dev/null; then
  { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pymerkle==7.0.0' 'cryptography>=42,<100' 'jsonschema>=4.18,<5' 'slack-export-viewer==3.5.0' 'schemathesis==4.32.5' 'sslyze==6.3.1' 'aiosmtpd==1.4.6' 'moto[server]==5.2.5' 'scim2-tester==0.5.2' 'scim2-client[httpx2]==0.13.2'; } ||
    echo "Not installed: pymerkle, cryptography, jsonschema, slack-export-viewer, schemathesis, sslyze, aiosmtpd, moto or scim2-tester. The tests that need them are skipped, and say so." >&2
fi
bash deploy/ci/autobahn.sh || echo "Not installed: Autobahn's WebSocket suite. The test that needs it is skipped, and says so." >&2
