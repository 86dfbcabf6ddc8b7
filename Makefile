# `make` lists what there is. Everything runs in a virtual environment of the project's own.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test browser check torture bench clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/core: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@

demo: $(VENV)/core  ## Synthetic people answer a real questionnaire; read the report
	$(BIN)/earshot demo

test: $(VENV)/dev  ## Everything that can run on this machine; what is skipped says why
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal

browser: $(VENV)/dev  ## The long walk through the form: every language, width and state of a page
	$(BIN)/python -m pytest -n 2 -m "long or not long" tests/browser

torture: $(VENV)/dev  ## What may lose an answer, done again and again; most of it wants root (docs/torture.md)
	$(BIN)/python -m tests.torture
	$(BIN)/python -m pytest -n 2 -m long tests/survey_app

bench: $(VENV)/dev  ## What the docs say was measured, measured again
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.snapshot
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.page_weight
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.coverage

check: $(VENV)/dev  ## Style and types only
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:  ## Remove the virtual environment and what the tools left behind
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
