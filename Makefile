# `make run` and `make test` set up everything that they need.
PYTHON ?= python3
VENV   ?= .venv
PIP     = $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet

.PHONY: run demo test lint format clean

run: $(VENV)/.installed
	$(VENV)/bin/python -m chatbot

demo: $(VENV)/.installed
	$(VENV)/bin/python -m chatbot demo

test: $(VENV)/.installed-dev
	$(VENV)/bin/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
	  "songnet needs Python 3.11 or newer; this is " + sys.version.split()[0] + \
	  ". Install one and run: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing songnet into $(VENV) (a few minutes the first time) ..."
	$(PIP) --constraint constraints.txt --editable .
	@$(VENV)/bin/python -m songnet.evidence
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@
