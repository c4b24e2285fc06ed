# Two commands are enough: `make run` and `make test`. The rest serves those who work on Daylight.
SHELL := /bin/bash
CARGO ?= cargo
TOOLS := .tools

.PHONY: run build test check web e2e bench clean

## Builds everything and starts the server on its defaults; prints where to open it.
run: build
	./target/release/daylight serve

build:
	$(CARGO) build --release --locked -p daylight

## Installs what the tests need (Chromium too) and runs everything.
test: check
	$(CARGO) test --release --locked --workspace --exclude tests
	$(CARGO) test --release --locked -p tests
	$(MAKE) e2e

## What needs no server: formats, lints, bans, the client's own tests and budgets.
check: web
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	cd web && npm run --silent check && npm run --silent build && npm run --silent budget
	deploy/ci/deny.sh

web: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

## The journeys, in a real browser against the real binary.
e2e: build web
	deploy/ci/chromium.sh
	cd tests/e2e && node run.mjs

## The table of figures, against a bare server in the same run. `make bench FULL=1` takes 1 M messages.
bench: build
	$(CARGO) build --release --locked -p tests --bins
	$(CARGO) build --release --locked -p migrations-free-store --examples
	./target/release/bench $(if $(FULL),full,quick)

clean:
	$(CARGO) clean
	rm -rf web/node_modules web/dist $(TOOLS)
