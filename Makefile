# What people type. `make setup` runs by itself where it is needed; ARGS passes options through:
#   make demo ARGS=--once      make test ARGS="tests/api -k grade"      make bench ARGS="--only single_post"

STAMP := .venv/.fenghuo-setup
RUN := .venv/bin/python -m
SYSTEM_UV := $(shell command -v uv 2>/dev/null)
UV := $(if $(SYSTEM_UV),$(SYSTEM_UV),.venv-uv/bin/uv)
SQL := .venv/migrations.sql

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check types style migrations openapi contract faults bench clean

help:  ## Shows this list.
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(STAMP)  ## Makes .venv with everything in it, .venv/bin/fenghuo first. Quick when nothing changed.

demo: $(STAMP)  ## Plays a crisis from the first post to the last verified webhook. ARGS="--once" or "--hold major".
	@.venv/bin/fenghuo demo $(ARGS)

up: $(STAMP)  ## Runs everything on this machine. Ctrl-C stops it.
	@.venv/bin/fenghuo up $(ARGS)

test: $(STAMP)  ## Runs the tests, on embedded services or on DATABASE_URL and REDIS_URL.
	@$(RUN) pytest -n 2 $(ARGS)

check: $(STAMP)  ## Style, types, import contracts, migrations, the committed contract.
	@$(MAKE) --no-print-directory --jobs 2 types style migrations

types: $(STAMP)
	$(RUN) mypy

style: $(STAMP)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/fenghuo openapi --check

migrations: $(STAMP)
	$(RUN) tests.support.migrations
	@.venv/bin/alembic upgrade head --sql > $(SQL) 2> $(SQL).log || { cat $(SQL).log; exit 1; }
	.venv/bin/squawk $(SQL)

openapi: $(STAMP)  ## Writes openapi/openapi.json and openapi.codegen.json from the routes.
	@.venv/bin/fenghuo openapi $(ARGS)

contract: $(STAMP)  ## Linters, generated clients and 20,000 odd requests against the contract. ARGS=--quick: fewer.
	@$(RUN) tests.contract $(ARGS)

faults: $(STAMP)  ## Clocks under kills, crashes, outages and wrong clocks, in 5 minutes. ARGS=--mutants, "--only calm".
	@$(RUN) tests.faults $(ARGS)

bench: $(STAMP)  ## Measures. ARGS="--only single_post --rounds 7 --json".
	@$(RUN) bench $(ARGS)

clean:  ## Removes what setup made. Data in .fenghuo stays.
	rm -rf .venv .venv-uv

$(STAMP): pyproject.toml uv.lock $(if $(SYSTEM_UV),,.venv-uv/bin/uv)
	$(UV) sync --extra embedded --frozen --compile-bytecode --quiet
	@touch $@

# For machines without uv: from PyPI, into a folder of its own.
.venv-uv/bin/uv:
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is needed: https://www.python.org"; exit 1; }
	python3 -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv
