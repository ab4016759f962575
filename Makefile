# make check   the one-hour check of the Guangzhou region     make test   every check of the code
# make bench   the searches against SciPy and other libraries; takes some minutes
# make notebooks   runs the notebooks anew
# All need Python 3.11 with venv, and a package index; they set up .venv once.

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help check test bench notebooks lint format clean

help:
	@sed -n 's/^# //p' Makefile

check: $(STAMP)
	$(BIN)/onehour check

test: lint
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/peers
	$(BIN)/python -m benchmarks

notebooks: $(STAMP)
	$(BIN)/python tools/run_notebooks.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

$(VENV)/peers: $(STAMP)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
