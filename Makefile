# Two commands are enough: `make run` and `make test`. The rest serves those who work on Daylight.
SHELL := /bin/bash
CARGO ?= cargo

.PHONY: run build test check web bench package clean

## Builds everything and starts the server on its defaults; prints where to open it.
run: build
	./target/release/daylight serve

## The whole workspace's features, so that nothing is built twice, but only the server.
build:
	$(CARGO) build --release --locked --workspace --bin daylight

## Installs what the tests need (three browsers too) and runs everything.
test: check
	# Installing is mostly waiting: all is built meanwhile, the server once for people and once for its own tests.
	(deploy/ci/strangers.sh && deploy/ci/chromium.sh && deploy/ci/browsers.sh) & installed=$$!; \
	  deploy/ci/tests.sh build && wait $$installed
	# So are many tests: more of them at once, packing and reading licences fill what they leave.
	(deploy/ci/image.sh && deploy/ci/package.sh && deploy/ci/deny.sh) & packed=$$!; \
	  RUST_TEST_THREADS=4 deploy/ci/tests.sh && wait $$packed
	node tests/e2e/run.mjs
	node tests/e2e/others.mjs
	node tests/e2e/budgets.mjs

## What needs no server: formats, lints, the client's own tests and budgets.
check: web
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --quiet
	cd web && npm run --silent check && npm run --silent build && npm run --silent budget

web: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

## The table of figures, against a bare server in the same run. `make bench FULL=1` takes 1 M messages.
bench:
	$(CARGO) build --release --locked --workspace --examples --bins
	./target/release/bench $(if $(FULL),full,quick)

## The Debian package: target/debian/daylight_VERSION_ARCH.deb
package: build
	deploy/debian/build.sh

clean:
	$(CARGO) clean
	rm -rf web/node_modules web/dist
