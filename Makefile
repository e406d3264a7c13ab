# ragtune: `make demo` runs the main job on this machine, `make test` proves it. Needs Python 3.11+ and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Nothing is left outside the project folder but the package caches, and nothing is fetched at run time.
export MPLCONFIGDIR := $(CURDIR)/.ragtune/cache/matplotlib
export HF_HOME := $(CURDIR)/.ragtune/cache/huggingface
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help setup demo test check format bench soak clean lock
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the project's own environment in .venv

$(READY): requirements.txt requirements-setup.txt pyproject.toml
	@echo "setting up $(VENV) (once, about a minute; torch is the large part)"
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "ragtune needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $(READY)

lock: ## recompile the pinned requirement files from pyproject.toml
	$(BIN)/python -m tools.lock
