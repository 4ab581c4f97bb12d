# Works on a bare Debian with python3, python3-venv and make; everything lands in .venv.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
DEMO := sample_exports/qq-pc-txt/reading-club-12-weeks.txt

.PHONY: demo test check golden docs bench fuzz clean

demo: .venv/run.stamp
	$(BIN)/cq analyze $(DEMO)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n auto

# Format, lint, types, import rules, generated documentation current.
check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

# Write the golden rows beside the samples anew; read the diff before committing it.
golden: .venv/dev.stamp
	$(BIN)/python tests/golden.py

docs: .venv/dev.stamp
	$(BIN)/python docs/generate.py

bench: .venv/dev.stamp
	$(BIN)/python benchmarks/run.py

# Every reader for FUZZ_SECONDS under a coverage-guided fuzzer (Linux; not part of the tests).
FUZZ_SECONDS ?= 30
fuzz: .venv/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python tests/fuzz/fuzz_format.py --all $(FUZZ_SECONDS)

.venv/run.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
