# The commands of the course. Each first sets up what is missing; `make` lists them.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
READY := .venv/ready
# The stamp names the folder that was set up. The programs in a .venv that was moved or renamed
# still look for the old one: then it is emptied and set up again.
MOVED := $(shell test ! -e $(READY) || test "$$(cat $(READY))" = "$$(cd .venv && pwd -P)" || echo --clear)

.DEFAULT_GOAL := help
.PHONY: $(if $(MOVED),$(READY)) help run test check student slides posts site mutate portable audit lab full bench store images glossary lock clean

help:      ## list the commands
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/'
	@echo "CHAPTER=02 limits run, student, slides, posts, full and store to a chapter."

lab: $(READY)      ## open the course in JupyterLab
	@$(BIN)/jupyter lab --ServerApp.root_dir=. notebooks/01_gradient_descent.ipynb

run: $(READY)      ## execute every chapter; results and a summary in build/
	@$(BIN)/python -m tools run $(CHAPTER)

# Two test files at a time, with one thread each: two that want all threads would wait for each other.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export TF_NUM_INTRAOP_THREADS = 1
test: export TF_NUM_INTEROP_THREADS = 1
test: $(READY)     ## the whole test suite, every chapter included
	@$(BIN)/ruff check .
	@$(BIN)/ruff check --extend-select D helpers tools
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/python -m pytest --numprocesses=2 --dist=loadscope --no-loadscope-reorder

# Sets nothing up, since it explains why a set-up fails.
check:     ## what this machine offers the course, on one screen: begin a question with it
	@$(if $(wildcard $(BIN)/python $(BIN)/python.exe),$(BIN)/python,"$(PYTHON)") -m tools check

mutate: $(READY)   ## plant defects in copies of the course: which does the suite catch? (an hour)
	@$(BIN)/python -m tests.audit.mutate $(if $(ONLY),--only "$(ONLY)")

portable: $(READY) ## run the course as other machines would: threads, seeds, versions (two hours; ROWS="seed" for some)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m tests.audit.portable $(ROWS)

audit: $(READY)    ## look up known vulnerabilities of the packages in requirements.lock (needs a network)
	@$(BIN)/python -m pip install --quiet pip-audit
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement requirements.lock || \
		{ echo "Not audited, or vulnerabilities were found: the lines above say which."; exit 1; }

student: $(READY)  ## an edition to hand out, without solutions and outputs, in build/student
	@$(BIN)/python -m tools student $(CHAPTER)

slides: $(READY)   ## a deck of slides for each chapter, in build/slides
	@$(BIN)/python -m tools slides $(CHAPTER)

posts: $(READY)    ## a blog post for each chapter, in Markdown, with its pictures, in build/posts
	@$(BIN)/python -m tools posts $(CHAPTER)

site: $(READY)     ## the web edition of all chapters, in build/site
	@$(BIN)/python -m tools site

full: $(READY)     ## execute every chapter at its source's full settings and check the headline results (half an hour)
	@$(BIN)/python -m tools run --full $(CHAPTER)

bench: $(READY)    ## all benchmarks; their tables in build/benchmarks.md (half an hour; one: make bench ONLY=loading)
	@$(BIN)/python -m tests.audit.benchmarks.run_benchmarks $(ONLY)

store: $(READY)    ## execute every chapter, store the fresh outputs in notebooks/, write the glossary
	@$(BIN)/python -m tools run --store $(CHAPTER)
	@$(BIN)/python -m tools glossary

images: $(READY)   ## draw the pictures in images/ again
	@$(BIN)/python images/draw_images.py

glossary: $(READY) ## write notebooks/glossary.md, from the chapters' tables of words
	@$(BIN)/python -m tools glossary

lock: $(READY)     ## write requirements.lock again: the newest versions that the course admits
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet requirements-dev.txt --universal --fork-strategy fewest --python-version 3.11 --upgrade \
		--no-emit-package learning-machines-helpers --no-annotate --no-header --output-file requirements.lock

clean:     ## remove what the commands made: .venv and build
	rm -rf .venv build

# One set-up for all: made again only when the lists of dependencies change or its folder moved.
# The stamp comes last, so that an interrupted set-up is taken up again.
$(READY): requirements.txt requirements-dev.txt requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
		"The course needs Python 3.11 to 3.13, and " + sys.argv[1] + " is " + \
		sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 ...")' "$(PYTHON)"
	@echo "Setting up .venv (once, about 3 GB, a few minutes)"
	@"$(PYTHON)" -m venv $(MOVED) .venv
	@$(BIN)/python -m pip install --progress-bar off --requirement requirements-dev.txt --constraint requirements.lock
	@cd .venv && pwd -P > ready
