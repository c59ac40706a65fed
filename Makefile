# `make demo` and `make test` set up everything they need in .venv first.
# The first of these that runs and is CPython 3.11 or 3.12 (a name on the path may be an empty shim).
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# A system is a dozen processes: without bytecode each of them compiles a hundred modules anew.
unexport PYTHONDONTWRITEBYTECODE
PACKAGES := flows operators rules schema sources sinks brokers config embedded
ARGS ?=
MINUTES ?= 10
SIGNALS ?= 10000000

.PHONY: env demo test long torture mutants fuzz soak references lint types alerts bench fmt docs lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.venv/.installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tradecast needs CPython 3.11 or 3.12, and none was found on PATH; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@# What setuptools says of editable installations is no news here.
	PYTHONWARNINGS="ignore:Editable installation" $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

env: .venv/.installed ## make .venv from the hash-pinned requirements

demo: env ## run the main job on real parts and print what came of it
	@$(BIN)/tradecast demo $(ARGS)

test: env ## run all tests, those that take minutes in their short form
	$(BIN)/python -m pytest -n 4 --dist loadscope --no-loadscope-reorder $(ARGS)

long: env ## run the long forms of tests that have a short one
	TRADECAST_LONG=1 $(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m long $(ARGS)

torture: env ## strike the running system at random for MINUTES, and check it by the brokers' books
	$(BIN)/python -m tests.torture --minutes $(MINUTES) $(ARGS)

mutants: env ## break each law on purpose; the tests must see it
	$(BIN)/python -m tests.mutants $(ARGS)

fuzz: env ## search for entries that break what reads them, for MINUTES
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(ARGS)

soak: env ## trade SIGNALS signals over 24 days whose clock is moved, and see that nothing grows for ever
	$(BIN)/python -m tests.soak --signals $(SIGNALS) $(ARGS)

references: env ## ask other libraries for their KPIs again (needs a Python 3.12 too)
	$(BIN)/python -m tests.kpi_reference $(ARGS)

lint: env ## ruff and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: env ## mypy --strict
	$(BIN)/mypy

alerts: ## check and test the alert rules (needs promtool)
	promtool check rules docs/alerts/tradecast.rules.yml
	promtool test rules docs/alerts/tradecast.test.yml

fmt: env ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: env ## measure decide, dispatch and signal-to-order
	$(BIN)/python -m benchmarks $(ARGS)

docs: env ## write the generated reference pages
	$(BIN)/tradecast schema docs docs/reference

lock: ## pin requirements.txt anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements.txt

clean: ## remove what was built
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache
