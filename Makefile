# Every command of the project. On a fresh machine these need Python 3.11 or newer and make, nothing else.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help install install-dev run demo test check fix lock bench clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Set everything up in .venv

install-dev: $(VENV)/.installed-dev

run: install ## Run the service on the embedded default, until Ctrl-C
	$(BIN)/marsad run

demo: install ## Run the whole path on the shipped corpus, without the internet
	$(BIN)/marsad demo

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

clean: ## Remove what the commands made (the environment, not the data)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Marsad needs Python 3.11 or newer: none was found on PATH (or name one: make PYTHON=/path/to/python)" >&2; exit 1; }
	@if [ -n "$(UV)" ]; then uv venv -q --python "$(PYTHON)" $(VENV); \
	elif ! $(PYTHON) -m venv $(VENV) 2>$(VENV).log; then \
		echo "$(PYTHON) cannot make a virtual environment; install its venv module (on Debian: apt-get install python3-venv)" >&2; \
		cat $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; exit 1; fi; rm -f $(VENV).log

$(VENV)/.installed: $(BIN)/python requirements.txt pyproject.toml
	@echo "installing what Marsad runs on into $(VENV) …"
	@if [ -n "$(UV)" ]; then uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; fi
	@if [ -n "$(UV)" ]; then uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; fi
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "installing what the tests need …"
	@if [ -n "$(UV)" ]; then uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.txt; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; fi
	@touch $@
