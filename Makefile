# Thin: each target prepares what it needs in .venv, with Python 3.11+ only.

PYTHON ?= python3
BIN = .venv/bin
RUN = $(BIN)/python

.PHONY: demo test coverage lint bench requirements clean

demo: .venv/demo
	$(BIN)/opendk-ledger demo

test: .venv/dev
	# Two at once, each with a server of its own: most of the API and its pages, and all else.
	$(RUN) -m pytest tests/api --ignore=tests/api/compat --ignore-glob='tests/api/test_[bc]*.py' \
		>.tests-api.log 2>&1 & api=$$!; \
	$(RUN) -m pytest --ignore-glob='tests/api/test_[!bc]*.py'; rest=$$?; \
	wait $$api; api=$$?; cat .tests-api.log; exit $$((rest || api))

# The same, and which lines were run; it takes half as long again.
coverage: .venv/dev
	$(BIN)/coverage erase
	$(MAKE) test RUN="$(BIN)/coverage run"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/dev
	$(BIN)/python -m tests.bench.append
	$(BIN)/python -m tests.bench.checkpoints
	$(BIN)/python -m tests.bench.replay
	$(BIN)/python -m tests.bench.gateway
	$(BIN)/python -m tests.bench.dashboard
	$(BIN)/python -m tests.bench.pages
	$(BIN)/python -m tests.bench.mutu
	$(BIN)/python -m tests.bench.backup
	$(BIN)/python -m tests.bench.rebuild
	$(BIN)/python -m tests.bench.kills

# What is installed is pinned with hashes; `make requirements` pins it anew.
.venv/demo: requirements.txt setup.cfg
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

.venv/dev: .venv/demo requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

requirements:
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url setup.cfg -o requirements.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --extra dev setup.cfg -o requirements-dev.txt

clean:
	rm -rf .venv build *.egg-info
