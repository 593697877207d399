# The commands of the course. Each one sets up what is missing first; `make` lists them.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help run test seeds lab full bench store images lock clean

help:      ## list the commands
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/'

run: $(READY)      ## execute every chapter; results and a summary in build/  (one chapter: make run CHAPTER=02)
	@$(BIN)/python tests/run_course.py $(CHAPTER)

test: $(READY)     ## the whole test suite, every chapter included
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m pytest

seeds: $(READY)    ## every chapter with other seeds: do the checkpoints still hold? (35 minutes)
	@$(BIN)/python -m pytest -m seeds

lab: $(READY)      ## open the course in JupyterLab
	@$(BIN)/jupyter lab notebooks/01_gradient_descent.ipynb

full: $(READY)     ## execute every chapter at its source's full settings and check the headline results (half an hour)
	@$(BIN)/python tests/run_course.py --full $(CHAPTER)

bench: $(READY)    ## time chapter 3's network against other libraries, and chapter 5's against two others (20 minutes)
	@$(BIN)/python tests/benchmarks/epoch.py
	@$(BIN)/python tests/benchmarks/time_to_accuracy.py

store: $(READY)    ## execute every chapter and keep the fresh outputs in notebooks/
	@$(BIN)/python tests/run_course.py --store $(CHAPTER)

images: $(READY)   ## draw the pictures in images/ again
	@$(BIN)/python images/draw_images.py

lock: $(READY)     ## write requirements.lock anew: the newest versions that requirements.txt admits
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet requirements.txt --universal --fork-strategy fewest --python-version 3.11 --upgrade \
		--no-emit-package learning-machines-helpers --no-annotate --no-header --output-file requirements.lock

clean:     ## remove what the commands made: .venv and build
	rm -rf .venv build

# One set-up for all: made again only when the lists of dependencies change. The stamp comes last,
# so that an interrupted set-up is taken up again.
$(READY): requirements.txt requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
		"The course needs Python 3.11 to 3.13, and $(PYTHON) is " + sys.version.split()[0] + \
		". Name another one: make PYTHON=python3.12 ...")'
	@echo "Setting up .venv (once, about 2 GB, a few minutes)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --progress-bar off --requirement requirements.txt --constraint requirements.lock
	@touch $(READY)
