# Each target works alone, from a bare machine with Python 3.10 to 3.13 and make.
PYTHON ?= python3
BIN := .venv/bin
MANIFESTS := plugins/nets/pyproject.toml $(wildcard plugins/*/*/pyproject.toml) datasets/pyproject.toml
PLUGINS := $(patsubst %/pyproject.toml,%,$(MANIFESTS))
SOURCES := vtcore datasets/src plugins/nets/src $(wildcard plugins/*/*/src)

# The packages' own folders, so that each module has one name whatever is installed.
space := $(subst ,, )

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lint types docs bench clean

help:
	@echo "make demo       install everything, run the quick start, say where the video and the report are"
	@echo "make test       the tests (make test-all: the slow ones too)"
	@echo "make install    .venv with vtcore, every plugin and the tools"
	@echo "make lint types docs bench clean"

install: .venv/installed

# One pip call for all: the packages depend on each other and none need be on an index.
.venv/installed: pyproject.toml constraints.txt $(MANIFESTS)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt --group dev -e ".[av,supervision,sweep]" $(addprefix -e ./,$(PLUGINS))
	@touch $@

demo: install
	$(BIN)/vtcore run examples/quickstart.toml --overwrite

test: install
	$(BIN)/python -m pytest

test-all: install
	$(BIN)/python -m pytest -m "slow or not slow"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	MYPYPATH="$(subst $(space),:,$(filter %/src,$(SOURCES)))" $(BIN)/mypy $(SOURCES)

docs: install .venv-docs/installed
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	$(BIN)/python -m pytest tests/docs

# What builds the site needs nothing of vtcore: docstrings are read, not imported.
.venv-docs/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv-docs/bin/python -m pip install --quiet -c constraints.txt --group docs
	@touch $@

bench: install .venv-peers/installed
	$(BIN)/python benchmarks/association.py --peer-python .venv-peers/bin/python
	$(BIN)/python benchmarks/dropped_frames.py
	$(BIN)/python benchmarks/memory.py
	for name in yolox yolox-deepsort onnx; do for video in "" -video; do \
	$(BIN)/vtcore benchmark benchmarks/overlap/$$name$$video.toml || exit 1; done; done

# The packages we are measured against, in an environment of their own.
.venv-peers/installed:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet attrs trackers
	@touch $@

clean:
	rm -rf .venv .venv-docs .venv-peers runs dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
