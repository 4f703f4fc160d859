# Six words, each of which sets up what it needs. Wanted: make, and Python 3.11 or newer.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check bench lock reference

bin := .venv/bin
src := src tests bench scripts

help:
	@echo 'make setup      the environment, from requirements.lock'
	@echo 'make demo       a made-up company keeps a promise, breaks one, and is caught; under a minute'
	@echo 'make test       the tests; under six minutes'
	@echo 'make test-all   the slow ones; under forty-five minutes'
	@echo 'make check      formatting, lint, types, imports, docs'
	@echo 'make bench      the figures, each against its goal'

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh

demo: setup
	@$(bin)/upheld demo

test: setup
	$(bin)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow and not bench'

test-all: setup
	$(bin)/pytest -n 2 -m 'slow and not bench'

check: setup
	$(bin)/ruff format --check $(wildcard $(src))
	$(bin)/ruff check $(wildcard $(src))
	$(bin)/mypy
	$(bin)/lint-imports --no-cache
	for policy in $(wildcard src/upheld/examples/*/policy.yaml src/upheld/demo/company/policy.yaml); do \
	    $(bin)/upheld policy check $$policy --offline --json > /dev/null || exit 1; done
	$(bin)/pytest -q -m 'not slow' tests/house

bench: setup
	$(bin)/python -m bench

# For whoever changes a dependency or a command; both write files that belong in the same commit.
lock:
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links --group dev pyproject.toml -o requirements.lock

reference: setup
	$(bin)/python -m scripts.reference
