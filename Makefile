# Two commands are enough: `make report` and `make test`. Nothing but python3 (3.11 to 3.14) and make is assumed.
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
JOBS ?= 2
export UV_NO_PROGRESS = 1

.DEFAULT_GOAL := report
.PHONY: report test lint lab lock clean

report: .venv/.installed
	$(BIN)/loyalty run --jobs $(JOBS)

test: .venv/.installed-dev lint
	$(BIN)/pytest -q -n $(JOBS) -m "not slow"
	$(BIN)/pytest -q -n $(JOBS) -m slow

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

lab: .venv/.installed
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(BIN)/nbstripout --install; fi
	$(BIN)/jupyter lab --ServerApp.root_dir=notebooks

# Writes both locks anew from pyproject.toml; needs a network.
lock: .venv/.made
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" -c requirements.lock -q -o requirements-dev.lock

# Keeps what was downloaded (data/raw) and the committed ledger.
clean:
	rm -rf .venv reports data/processed/tables data/processed/runs data/processed/runs.sqlite* data/processed/*.lock
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# A stamp is written last, so an installation that was interrupted is made anew.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || { \
	  echo "$(PYTHON) is missing or not Python 3.11 to 3.14: install one of these, or name it: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: install its venv package (on Debian and Ubuntu: apt install python3-venv)" >&2; \
	  exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.installed: .venv/.made requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src  # some machines forbid that kernels write it
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.lock
	@touch $@
