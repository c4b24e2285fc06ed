#!/usr/bin/env bash
# Licences, sources and bans of every crate we build with. The advisory list lives on a host that a closed
# network does not reach; then the rest is checked and that is said.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v cargo-deny >/dev/null; then
  tools="$PWD/target/tools"
  [ -x "$tools/bin/cargo-deny" ] || cargo install cargo-deny --version 0.20.2 --locked --debug --quiet --root "$tools"
  PATH="$tools/bin:$PATH"
fi
cargo deny check bans licenses sources
if cargo deny fetch db >/dev/null 2>&1; then
  cargo deny check --disable-fetch advisories
else
  echo "The list of advisories cannot be reached: not checked."
fi
