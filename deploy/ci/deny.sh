#!/usr/bin/env bash
# Licences, sources and bans of every crate we build with. The advisory list lives on a host that a closed
# network does not reach; then the rest is checked and that is said.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v cargo-deny >/dev/null; then
  echo "cargo-deny is not installed: skipped (cargo install cargo-deny --locked)"
  exit 0
fi
cargo deny --offline --all-features check bans licenses sources
