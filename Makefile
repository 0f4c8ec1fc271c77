# Two commands for newcomers: make demo, make test. The rest is for those who change the code.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types layers notebooks bench lock proto pythons clean

VENV ?= .venv
BIN := $(VENV)/bin
PACKET := tests/data/standalone-load-a.zip
OUT := out/demo
JOBS ?= 2

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

$(VENV)/.runtime: requirements.lock pyproject.toml
	@if [ -f $(VENV)/.dev ] && [ $(VENV)/.dev -nt requirements.lock ] && [ $(VENV)/.dev -nt pyproject.toml ]; then touch $@; else tools/venv requirements.lock $@; fi

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@tools/venv requirements-dev.lock $@

demo: $(VENV)/.runtime ## triage the bundled packet: report, charts, findings, frames
	@$(BIN)/supportpacket triage $(PACKET) -o $(OUT) --force; code=$$?; [ $$code -le 1 ] || exit $$code

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest -q -n $(JOBS)

check: lint types layers test notebooks ## everything CI checks

lint: $(VENV)/.dev ## ruff: lint and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	@$(BIN)/mypy

layers: $(VENV)/.dev ## the one-way flow between rooms
	@$(BIN)/lint-imports

notebooks: $(VENV)/.dev ## execute every notebook from top to bottom
	@$(BIN)/python tools/run_notebooks.py notebooks/*.ipynb

bench: $(VENV)/.dev ## figures and ratios against peers, in one run
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

lock: $(VENV)/.dev ## compile the lock files anew, with hashes and no index address
	@tools/lock $(BIN)/uv

proto: $(VENV)/.dev ## generate the protobuf classes from proto/profile.proto
	@$(BIN)/python -m grpc_tools.protoc -Ianalyzer/profiles=proto --python_out=. --pyi_out=. analyzer/profiles/profile.proto

pythons: ## run the tests on every Python from 3.11 to 3.14 that this machine has
	@tools/pythons

clean: ## remove what make made
	@rm -rf $(VENV) .venv-3.* out .mypy_cache .ruff_cache .hypothesis .pytest_cache
