# Every command of the project. On a fresh machine these need Python 3.11 or newer and make, nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist worksteal

.PHONY: help install install-dev run demo test check fix lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Set everything up in .venv

install-dev: $(VENV)/.installed-dev ## Also what the tests need

run: install ## Run the service on the embedded default, until Ctrl-C
	$(BIN)/marsad run

demo: install ## Run the whole path on the shipped corpus, without the internet (DEMO=--once ends by itself)
	$(BIN)/marsad demo $(DEMO)

test: install-dev ## Set everything up and pass the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: install-dev ## Style checks and tests, as CI runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) test

fix: install-dev ## Format, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Resolve requirements*.in into the hashed files (needs uv)
	uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	uv pip compile requirements-dev.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.txt

bench: install-dev ## Measure the log and its projections (BENCH_ARGS="--quick --scale 10000,100000,1000000")
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

bench-alerts: install-dev ## Measure alerts (latency, 10,000 deliveries, matching) and the API (BENCH_EVENTS=1000000)
	$(BIN)/python -m tests.bench.alerts $(BENCH_ARGS)
	$(BIN)/python -m tests.bench.api --events $(or $(BENCH_EVENTS),100000)

bench-pages: install-dev ## Measure each page and its queries on a log of a million events on PostgreSQL (BENCH_ARGS="--events 100000")
	$(BIN)/python -m tests.bench.pages $(BENCH_ARGS)

bench-fleet: install-dev ## Measure a fleet: articles a second, latency of alerts, idle polls, memory (BENCH_ARGS="--only latency")
	$(BIN)/python -m tests.bench.fleet $(BENCH_ARGS)

bench-reading: install-dev ## Measure the extractor: speed, start, memory, growth, worst inputs
	$(BIN)/python -m tests.gold.bench

bench-clean: install-dev ## Measure cleaning on pages drawn after the templates that outlets use
	$(BIN)/python -m tests.pages.bench

chaos: install-dev ## Hurt a fleet in every way that is known, 200 kills among them; prints a table (ARGS="--only Redis")
	$(BIN)/python -m tests.fault.chaos $(ARGS)

bench-copies: install-dev ## Measure how copies of a story are told and found (BENCH_ARGS="10000 100000 1000000")
	$(BIN)/python -m tests.bench.stories $(BENCH_ARGS)

clean: ## Remove what the commands made (the environment, not the data)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Marsad needs Python 3.11 or newer: none was found on PATH (or name one: make PYTHON=/path/to/python)" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) >$(VENV).log 2>&1 || { rm -rf $(VENV); uv venv -q --python "$(PYTHON)" $(VENV) 2>/dev/null; } || { \
		cat $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; \
		echo "$(PYTHON) cannot make a virtual environment; install its venv module (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	@rm -f $(VENV).log

# uv is quicker where it is there and gets through; pip, which every environment has, otherwise
define get
uv pip install -q --python $(BIN)/python $(1) 2>$(VENV)/uv.log || { \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	$(BIN)/python -m pip install -q --disable-pip-version-check $(1); }
endef

$(VENV)/.installed: $(BIN)/python requirements.txt requirements.in pyproject.toml
	@echo "installing what Marsad runs on into $(VENV) …"
	@$(call get,--require-hashes -r requirements.txt)
	@$(call get,--no-deps --no-build-isolation -e .)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "installing what the tests need …"
	@$(call get,--require-hashes -r requirements-dev.txt)
	@touch $@
