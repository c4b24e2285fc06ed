#!/usr/bin/env bash
# Builds the Debian package out of the release binary: target/debian/daylight_VERSION_ARCH.deb. Prints its path.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:-target/release/daylight}
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
arch=$(dpkg --print-architecture)
root=target/debian/root
rm -rf "$root"
install -D -m 755 "$binary" "$root/usr/bin/daylight"
strip --strip-debug "$root/usr/bin/daylight"
install -D -m 644 deploy/daylight.service "$root/lib/systemd/system/daylight.service"
install -D -m 755 deploy/restore-drill.sh "$root/usr/lib/daylight/restore-drill"
install -D -m 644 deploy/example.toml "$root/etc/daylight/daylight.toml"
# The unit says where the data is; the example's relative path is for those who try it out.
sed -i 's/^data = .*/# data = "\/var\/lib\/daylight"/' "$root/etc/daylight/daylight.toml"
install -d "$root/usr/share/doc/daylight"
install -m 644 README.md docs/*.md "$root/usr/share/doc/daylight"
gzip -9nf "$root/usr/share/doc/daylight/"*.md
install -m 644 deploy/debian/copyright "$root/usr/share/doc/daylight/copyright"
install -d "$root/DEBIAN"
install -m 755 deploy/debian/{postinst,prerm,postrm} "$root/DEBIAN"
echo /etc/daylight/daylight.toml >"$root/DEBIAN/conffiles"
# The oldest C library that has all that the program calls.
libc=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
size=$(du -sk "$root" | cut -f1)
cat >"$root/DEBIAN/control" <<EOF
Package: daylight
Version: $version
Architecture: $arch
Maintainer: The Daylight team <packages@daylight.invalid>
Depends: libc6 (>= ${libc#GLIBC_}), libgcc-s1, adduser
Recommends: ca-certificates
Section: net
Priority: optional
Installed-Size: $size
Description: team chat whose record proves itself
 A company runs it instead of the WhatsApp groups its people use behind its
 back: as easy for employees, one program for IT, and a record for legal that
 nobody can quietly change.
EOF
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
# The same source gives the same package.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
package=target/debian/daylight_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
echo "$package"
