# make help lists the targets. Everything runs in .venv, which the first target that needs it creates.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
NAME ?= quickstart
EXP ?= documents,natural,clip_stage1

.PHONY: help setup quickstart test test-all smoke table lint gpu bench clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## create .venv and install docclf with its test packages

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $(STAMP)

quickstart: $(STAMP)  ## train and evaluate on the embedded documents, offline, on the CPU (ARGS="key=value ...")
	$(BIN)/python train.py name=$(NAME) $(ARGS)
	@echo; echo "On the same test documents with the same network untrained:"
	@$(BIN)/python evaluate.py model=untrained ckpt=experiments/$(NAME)/seed0/best.ckpt \
		hydra.run.dir=experiments/$(NAME)/untrained
	@echo; echo "and with gradient and colour histograms (HOG):"
	@$(BIN)/python evaluate.py model=hog ckpt=experiments/$(NAME)/seed0/best.ckpt hydra.run.dir=experiments/$(NAME)/hog
	@echo; echo "A photo of an unseen document on a desk:"
	@$(BIN)/python -m experiments.found experiments/$(NAME)/seed0
	@echo; echo "Trained model: experiments/$(NAME)/seed0/report.html"

test: $(STAMP)  ## run the tests but the slowest (ARGS="-k name")
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

test-all: $(STAMP)  ## run every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(STAMP)  ## ruff, and mypy over the public surface
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

smoke: $(STAMP)  ## two batches of the recipes that need no packs or teacher, or of some: make smoke EXP=name
	$(BIN)/python train.py -m trainer=smoke data=synthetic evaluate_on=own results=null "experiment=$(EXP)"

table: $(STAMP)  ## rebuild experiments/TABLE.md and TABLE.html from experiments/results
	$(BIN)/python -m experiments.table

gpu: $(STAMP)  ## everything that needs a CUDA device, into gpu.json (ARGS=--toy: the same flow at toy size on the CPU)
	$(BIN)/python experiments/gpu.py $(ARGS)

bench: $(STAMP)  ## every benchmark, one after the other
	@for file in experiments/bench/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean:  ## remove .venv and caches, not results
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache
