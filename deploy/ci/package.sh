#!/usr/bin/env bash
# The Debian package in a clean root: built, installed, started as its own user, asked, stopped, removed. What cannot be had here is said.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=$(deploy/debian/build.sh)
echo "built $package ($(du -h "$package" | cut -f1))"
if command -v systemd-analyze >/dev/null; then
  systemd-analyze security --offline=yes --threshold=25 --no-pager deploy/daylight.service >/dev/null ||
    { echo "the unit is more exposed than 2.5" >&2; exit 1; }
fi
if [ "$(id -u)" != 0 ]; then echo "skipped: only root can make a clean root" >&2; exit 0; fi
if ! command -v debootstrap >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null; } ||
    { echo "skipped: debootstrap cannot be installed" >&2; exit 0; }
fi
base=$PWD/target/debian/base
root=$PWD/target/debian/clean
if [ ! -e "$base/made" ]; then
  rm -rf "$base"
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase --include=adduser "$suite" "$base" >target/debian/debootstrap.log 2>&1 ||
    { tail -3 target/debian/debootstrap.log >&2; echo "skipped: no clean root can be made here" >&2; exit 0; }
  touch "$base/made"
fi
rm -rf "$root"
cp -a "$base" "$root"
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
must() { echo "not so: $1" >&2; exit 1; }

cp "$package" "$root/tmp/daylight.deb"
inside dpkg -i /tmp/daylight.deb >"$root/tmp/said" 2>&1 || { cat "$root/tmp/said" >&2; must "it installs"; }
grep -q "^ok    the configuration" "$root/tmp/said" || { cat "$root/tmp/said" >&2; must "the doctor was asked"; }
[ "$(inside stat -c '%U %a' /var/lib/daylight)" = "daylight 700" ] || must "its folder is its own"

# As the unit starts it: the same command, the same user, the same environment.
start=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/daylight.service")
data=$(sed -n 's/^Environment=//p' "$root/lib/systemd/system/daylight.service")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
inside setpriv --reuid daylight --regid daylight --clear-groups --no-new-privs \
  env "$data" DAYLIGHT_LISTEN="127.0.0.1:$port" $start >"$root/tmp/log" 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  if curl -fs "http://127.0.0.1:$port/readyz" >/dev/null; then break; fi
  sleep 0.1
done
curl -fs "http://127.0.0.1:$port/" | grep -q '<title>Daylight' || { cat "$root/tmp/log" >&2; must "it serves the client"; }
grep -q "/#/setup/" "$root/tmp/log" || must "it prints the link of the first admin"
inside env "$data" daylight --config /etc/daylight/daylight.toml doctor || must "the doctor finds nothing"

kill -TERM "$(pgrep -P $server -x daylight || echo $server)"
wait $server || { cat "$root/tmp/log" >&2; must "it stops cleanly"; }
inside dpkg -r daylight >/dev/null 2>&1 || must "it can be removed"
[ ! -e "$root/usr/bin/daylight" ] || must "its program is gone"
inside dpkg -P daylight 2>&1 | grep -q "/var/lib/daylight is left" || must "what stays is said"
[ -d "$root/var/lib/daylight/keys" ] || must "the record stays"
rm -rf "$root"
echo "the package installs, runs, stops and goes, and the record stays"
