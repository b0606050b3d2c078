# `make train` and `make test` install what they need into .venv, and nothing outside it.

PYTHON ?= python3
CONFIG ?= configs/train_quickstart.yaml
# The configuration to train next, from the best checkpoint: dialogues, if there is such a file.
CHAT ?= $(wildcard $(CONFIG:.yaml=_chat.yaml))
PROMPT ?= $(if $(CHAT),<|user|>Write a Python function that adds two numbers.<|assistant|>,def)

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUN_DIR = $(shell sed -n 's/^output_dir: *//p' $(lastword $(CONFIG) $(CHAT)))
# Importing these modules compiles the kernels. Numba caches them on disk, if it can write there.
KERNELS := corpusforge.near.search, corpusforge.redaction.lines.find, corpusforge.redaction.secrets.find, corpusforge.tokenizer.cached_encoder

.PHONY: setup train test soak check bench bench-gpu docs clean

# runtime.stamp: packages to run the programs. dev.stamp: packages to develop them, too.
$(VENV)/runtime.stamp: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "corpusforge needs Python 3.11 or later; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	-$(BIN)/python -c 'import $(KERNELS)'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp
	$(INSTALL) --editable '.[dev]'
	@touch $@

setup: $(VENV)/dev.stamp

train: $(VENV)/runtime.stamp
	$(BIN)/corpusforge build $(CONFIG)
	$(BIN)/python -m trainer train --config $(CONFIG)
	$(if $(CHAT),$(BIN)/python -m trainer train --config $(CHAT))
	$(BIN)/python -m trainer generate --checkpoint $(RUN_DIR)/checkpoints/best.pt --prompt '$(PROMPT)'

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest

# Tests that take minutes each.
soak: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m soak

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) test

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.backbone
	$(BIN)/python -m benchmarks.dedup --cache runs/benchmarks
	$(BIN)/python -m benchmarks.licenses --cache runs/benchmarks
	$(BIN)/python -m benchmarks.evidence
	$(BIN)/python -m benchmarks.provenance
	$(BIN)/python -m benchmarks.loader
	$(BIN)/python -m benchmarks.training
	$(MAKE) train
	$(BIN)/python -m benchmarks.export runs/quickstart
	$(BIN)/python -m benchmarks.encode --cache runs/benchmarks
	$(BIN)/python -m benchmarks.quality runs/quickstart

bench-gpu: $(VENV)/runtime.stamp
	$(BIN)/python -m benchmarks.gpu

docs: $(VENV)/dev.stamp
	$(BIN)/python docs/generate_cli.py

clean:
	rm -rf $(VENV) runs build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
