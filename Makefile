# `make help` lists the targets. A fresh machine needs git, make and Python 3.11–3.13; nothing else.

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(if $(shell $(name) -c 'import sys; print((3,11) <= sys.version_info[:2] <= (3,13) or "")' 2>/dev/null),$(name))))
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000
export FIELDSURVEY_DATA ?= $(CURDIR)/data
# Both cores, but no more: a test starts servers of its own.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test check fix db seed reset bench docs client clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

run: $(VENV)/.ready ## start the server with the demo commune (PORT, FIELDSURVEY_DATA); Ctrl-C stops it
	@$(BIN)/python -m fieldsurvey.start

test: $(VENV)/.ready-test ## the whole suite: lint, types, floors, SQLite, PostgreSQL, and a browser where Chromium is
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n $(WORKERS) tests/rules --cov --cov-report=
	@$(BIN)/python -m coverage report --skip-covered --fail-under=100
	@$(BIN)/python -m pytest -n $(WORKERS) --ignore=tests/rules $(ARGS)

check: $(VENV)/.ready-test ## style, types, floors, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m xlsforms.build --check
	@$(BIN)/python -m docs.generate --check

fix: $(VENV)/.ready-test ## format, mend what can be mended, build the questionnaire and the generated docs
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m xlsforms.build
	@$(BIN)/python -m docs.generate

db: $(VENV)/.ready ## bring the database to the newest schema
	@$(BIN)/fieldsurvey migrate

seed: db ## make the demo commune where there is no round yet
	@$(BIN)/fieldsurvey seed demo

reset: ## throw the data folder away (asks first)
	@read -r -p "Delete $(FIELDSURVEY_DATA)? [y/N] " answer && [ "$$answer" = y ] && rm -rf "$(FIELDSURVEY_DATA)"

bench: $(VENV)/.ready-test ## measure intake and pages (see bench/README.md)
	@$(BIN)/python -m bench.ingest $(ARGS)
	@$(BIN)/python -m bench.pages

docs: $(VENV)/.ready-test ## make the generated docs anew
	@$(BIN)/python -m docs.generate

client: $(VENV)/.ready ## build the phone app (fieldsurvey/web/client); fails above its budgets
	@bash fieldsurvey/web/client/tools/build.sh $(BIN)

clean: ## remove the environment and caches, keep the data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

$(VENV)/.ready: setup.cfg constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11, 3.12 or 3.13 is needed."; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Making the environment with $(PYTHON) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing what the server needs …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@
