# One command each: `make run` and `make test` bring what they need (see README.md); `make help` lists the rest.

CARGO ?= cargo
# Only as an argument: some systems have a NAME of their own in the environment.
ifneq ($(origin NAME),command line)
NAME := dev
endif
export CARGO RELEASE

.DEFAULT_GOAL := help
.PHONY: help run dev demo test ci fmt fmt-check lint build bench deny docs stack-up stack-down clean-local

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start everything with demonstration data; Ctrl-C stops it (PORT=…, DEMO_PASSWORD=…, RELEASE=1)
	@bash deploy/local/run.sh run

dev: ## The same, rebuilt and restarted when a source file changes
	@bash deploy/local/run.sh dev

demo: ## Only migrate and fill the development database with the demonstration data
	@bash deploy/local/run.sh demo

test: ## Run every test on servers made for the run (ARGS="-p domain" narrows it)
	@bash deploy/local/test.sh $(ARGS)

ci: ## What a change must pass: format, lints without warnings, tests
	@$(MAKE) --no-print-directory fmt-check
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

fmt: ## Format the sources
	$(CARGO) fmt --all

fmt-check: ## Say what is not formatted
	$(CARGO) fmt --all --check

lint: ## Clippy on everything; a warning is an error
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

build: ## Build both programs (RELEASE=1 for an optimised build)
	$(CARGO) build --workspace --bins --locked $(if $(filter 1,$(RELEASE)),--release)

bench: ## Measure against pgbench on this machine and write the table of docs/performance.md
	@bash bench/run.sh

deny: ## Licences, sources and known vulnerabilities of the dependencies (needs cargo-deny and the network)
	$(CARGO) deny --locked check

docs: ## Generate the pages of docs/ that come from the code
	$(CARGO) run -q --locked -p api-actix -- docs

stack-up: ## Start only PostgreSQL and Redis (NAME=dev or test); addresses in .local/NAME/env
	@bash deploy/local/stack.sh up $(NAME)

stack-down: ## Stop them; the data stay
	@bash deploy/local/stack.sh down $(NAME)

clean-local: ## Stop everything that runs from here and delete its data
	@bash deploy/local/clean.sh
