#!/usr/bin/env bash
# Gets Autobahn's WebSocket suite, which judges our frames in the tests. It runs on Python 2.7, which Debian carried up
# to 11: its packages are unpacked beside the build, and nothing is installed. Whoever cannot have it is told by the
# test that then skips it.
set -euo pipefail
cd "$(dirname "$0")/../.."
into=$PWD/target/strangers/autobahn
[ -x "$into/wstest" ] && exit 0
rm -rf "$into" && mkdir -p "$into"/{apt/lists,apt/archives/partial,debian,boot,site,wheels}
cd "$into"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] http://deb.debian.org/debian bullseye main" >apt/sources.list
old() { apt-get -qq -o Dir::Etc::sourcelist="$into/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$into/apt/lists" -o Dir::Cache="$into/apt" -o APT::Sandbox::User=root "$@"; }
old update
(cd apt && old download python2.7 python2.7-minimal libpython2.7-minimal libpython2.7-stdlib libssl1.1 libffi7)
for package in apt/*.deb; do dpkg -x "$package" debian; done
python3 -m pip download --quiet --disable-pip-version-check --no-deps -d wheels pip==20.3.4 setuptools==44.1.1 wheel==0.37.1 autobahntestsuite==0.8.2
for wheel in wheels/pip-* wheels/setuptools-* wheels/wheel-*; do python3 -m zipfile -e "$wheel" boot; done
libs=$into/debian/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch)
two() { env LD_LIBRARY_PATH="$libs" PYTHONHOME="$into/debian/usr" PYTHONNOUSERSITE=1 PYTHONPATH="$1" "$into/debian/usr/bin/python2.7" "${@:2}"; }
two "$into/boot" -m pip install --quiet --target site --no-build-isolation --prefer-binary autobahn==0.10.9 twisted==20.3.0 klein==20.6.0 'werkzeug<2' 'jinja2<3' 'pyopenssl<22' 'service_identity<22' unittest2 'txaio<=2.1.0' 2>wheels/log || { tail -3 wheels/log >&2; exit 1; }
python3 -m zipfile -e wheels/autobahntestsuite-* site
touch site/zope/__init__.py
two "$into/site" -m autobahntestsuite.wstest --autobahnversion >/dev/null 2>wheels/log || { tail -3 wheels/log >&2; exit 1; }
cat >wstest <<END
#!/bin/sh
exec env LD_LIBRARY_PATH='$libs' PYTHONHOME='$into/debian/usr' PYTHONNOUSERSITE=1 PYTHONPATH='$into/site' '$into/debian/usr/bin/python2.7' -m autobahntestsuite.wstest "\$@"
END
chmod +x wstest
rm -rf apt boot wheels
