# What a developer runs. `make` alone lists the targets.

SHELL := /bin/bash
# Rust at its usual place too, so that a bare PATH finds it.
export PATH := $(PATH):$(HOME)/.cargo/bin
BENCH = $(or $(CARGO_TARGET_DIR),target)/release
BURSAR = $(or $(CARGO_TARGET_DIR),target)/debug/bursar
# Java's is made when it is built: it is twenty times as long as the others'.
GENERATED_CLIENTS = python typescript go
GENERATED = proto/src/gen docs/api.md clients/python/src clients/typescript/src/gen clients/go/generated

.DEFAULT_GOAL := help
.PHONY: help run test test-clients bench bench-quick bench-clients bench-tracing migrate docs proto proto-check lint fmt db.psql db.reset install-tools build

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Serve from an embedded PostgreSQL with a demo tenant; needs only Rust and a C compiler
	@exec $(BURSAR) serve --demo

test: ## Install the test tools, then run all tests
	@tests/setup/install.sh
	@tests/run.sh

test-clients: ## Carry the clients' scenarios out in every language that is installed, and print language by scenario
	@cargo test --locked -p bursar-conformance --test clients

bench: ## Measure all workloads beside their baselines, into target/bench; about 30 minutes on a quiet machine
	@tests/setup/pgbench.sh
	@cargo build --locked --release -p bursar -p bursar-bench --bins
	@$(BENCH)/bench --server $(BENCH)/bursar

bench-quick: ## The same with smaller sizes, in under 3 minutes
	@tests/setup/pgbench.sh
	@cargo build --locked --release -p bursar -p bursar-bench --bins
	@$(BENCH)/bench --server $(BENCH)/bursar --quick

bench-clients: ## Measure what each client costs above its raw stub; about 5 minutes
	@cargo build --locked --release -p bursar --bin bursar
	@clients/bench.sh $(BENCH)/bursar

bench-tracing: ## Compare the rate of transfers with tracing at 10 % with none; about 10 minutes
	@cargo build --locked --release -p bursar -p bursar-bench --bins
	@$(BENCH)/bench-tracing $(BENCH)/bursar

migrate: build ## Bring the database up to the newest migration
	@$(BURSAR) migrate up

proto: ## Regenerate the checked-in code of server and clients, and docs/api.md, from the protos
	@cargo run --quiet --locked -p bursar-proto-gen
	@for client in $(GENERATED_CLIENTS); do "clients/$$client/generate.sh" || [ $$? = 3 ] || exit 1; done

docs: build ## Regenerate the pages that the program writes about itself
	@$(BURSAR) config reference > docs/configuration.md

proto-check: ## Fail when the checked-in code or docs/api.md is not what the protos give
	@old=$$(mktemp -d) && trap 'rm -rf "$$old"' EXIT && cp -R --parents $(GENERATED) "$$old" \
	  && $(MAKE) --no-print-directory proto \
	  && for path in $(GENERATED); do diff -r -x __pycache__ "$$old/$$path" "$$path" || exit 1; done \
	  || { echo "what is generated from the protos was not up to date; if regenerated now, commit it" >&2; exit 1; }

lint: proto-check ## Check format, lints, protos, migrations and deployment files
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@tests/setup/buf.sh lint || [ $$? = 3 ]
	@tests/setup/squawk.sh || [ $$? = 3 ]
	@tests/setup/deploy-lint.sh

fmt: ## Format the Rust code
	@cargo fmt --all

db.psql: build ## Open psql on the database, as its administrator
	@deploy/psql.sh $(BURSAR)

db.reset: build ## Throw the development database away and make a new one
	@$(BURSAR) db reset --yes

install-tools: ## Install the test tools into the cache folder
	@tests/setup/install.sh

build:
	@cargo build --locked --bin bursar
