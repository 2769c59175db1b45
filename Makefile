# `make` lists the recipes. Environments are created on first use and again when their lock file changes.
# PYTHON=/path/to/python selects the interpreter (3.11 or newer).

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Variables that the shell has set for another Spark or another project must not affect this one.
unexport SPARK_HOME SPARK_CONF_DIR SPARK_REMOTE PYSPARK_SUBMIT_ARGS PYTHONPATH PYTHONHOME VIRTUAL_ENV

TOOLS := .venv-tools/bin
# Spark starts Python workers, which must use the interpreter of the driver.
PYTHON4 := PYSPARK_PYTHON=$(CURDIR)/.venv/bin/python .venv/bin/python
MLFLOW := PYSPARK_PYTHON=$(CURDIR)/.venv-mlflow/bin/python .venv-mlflow/bin/python
PYTHON35 := PYSPARK_PYTHON=$(CURDIR)/.venv-spark35/bin/python .venv-spark35/bin/python
# Installation compiles the C module; this command compiles it again when its source has changed.
NATIVE := .venv/bin/python setup.py --quiet build_ext --inplace
COMPILE := $(TOOLS)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)
# The Spark 3.5 half runs the Python fallback, the Spark 4 half runs the C module.
FALLBACK := SPARKLET_NATIVE=0
# For thousands of short jobs the C1 compiler and the serial collector suffice; results are the same.
QUICK := JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Run two or three commands even if one fails; then fail if one of them failed.
ALL = status=0; $(1) || status=1; $(2) || status=1; $(if $(3),$(3) || status=1;) exit $$status

.PHONY: help setup demo test parity fuzz sanitize shim lint format bench golden lock clean machine

help:  ## show this list
	@echo "sparklet: make <recipe>     (needs Python 3.11+; those marked * also Java 17+)"
	@sed -n 's/^\([a-z]*\):.*##\(.*\)/  \1\t\2/p' Makefile | expand -t 12

setup: .venv/ready .venv-spark35/ready .venv-mlflow/ready  ## create all environments: .venv (Spark 4), .venv-spark35, .venv-mlflow, .venv-tools

demo: machine .venv/ready  ## * fit, save and score a pipeline, and compare with Spark
	$(PYTHON4) -m examples.demo

test: machine .venv/ready .venv-spark35/ready .venv-mlflow/ready shim  ## * run every test except parity: with Spark 3.5, with MLflow, then with Spark 4
	@$(NATIVE)
	@$(call ALL,$(FALLBACK) $(PYTHON35) -m pytest -m "(spark or golden) and not parity and not mlflow",$(MLFLOW) -m pytest -m mlflow tests/mlflow,$(PYTHON4) -m pytest)

parity: machine .venv/ready .venv-spark35/ready shim  ## * run the long comparison with live Spark 3.5 and 4
	@$(call ALL,$(QUICK) $(PYTHON35) -m pytest -m parity,$(QUICK) $(PYTHON4) -m pytest -m parity)

fuzz: .venv/ready  ## score mutated models and rows: each must be refused or scored; resumes where it stopped
	@$(NATIVE)
	.venv/bin/python -m tests.fuzz

sanitize: .venv/ready  ## run the tests of the C module under ASan and UBSan
	@tools/sanitize.sh .venv/bin/python

shim: machine .venv/ready .venv-spark35/ready  ## * compile the JVM engine for Spark 3.5 and 4 with the compiler in PySpark
	@$(call ALL,.venv-spark35/bin/python tools/build_shim.py,.venv/bin/python tools/build_shim.py)

lint: .venv-tools/ready  ## run ruff, mypy, and the checks of reductions in kernels and of imports between packages
	$(TOOLS)/ruff check .
	$(TOOLS)/ruff format --check .
	$(TOOLS)/mypy
	$(TOOLS)/python tools/lint_kernels.py
	$(TOOLS)/python tools/imports.py

format: .venv-tools/ready  ## apply ruff's fixes and format
	$(TOOLS)/ruff check --fix .
	$(TOOLS)/ruff format .

bench: machine .venv/ready  ## * compare sparklet with other libraries; see also `python -m benchmarks --help`
	@$(NATIVE)
	$(PYTHON4) -m benchmarks

golden: machine .venv/ready .venv-spark35/ready  ## * write tests/golden again with Spark 3.5 and 4
	$(PYTHON35) tests/golden/generate.py
	$(PYTHON4) tests/golden/generate.py

lock: .venv-tools/ready  ## write locks/ from pyproject.toml (UPGRADE=1: newest versions)
	$(COMPILE) --group lint -o locks/tools.txt
	$(COMPILE) --group spark4 -o locks/spark4.txt
	$(COMPILE) --group spark35 -o locks/spark35.txt
	$(COMPILE) --group mlflow -o locks/mlflow.txt

clean:  ## remove environments, caches and build output
	rm -rf .venv .venv-spark35 .venv-mlflow .venv-tools build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		benchmarks/.cache src/sparklet/engines/jvm/jars target scala-shim/target scala-shim/bench/target project/target .sbt-launch

# The recipes marked * report all missing requirements before they install anything.
machine:
	@$(call ALL,tools/find_python.sh > /dev/null,tools/check_java.sh)

.venv-tools/ready: locks/tools.txt
.venv/ready: locks/spark4.txt
.venv-spark35/ready: locks/spark35.txt
.venv-mlflow/ready: locks/mlflow.txt
.venv/ready .venv-spark35/ready .venv-mlflow/ready: pyproject.toml setup.py | .venv-tools/ready
.venv-tools/ready .venv/ready .venv-spark35/ready .venv-mlflow/ready: tools/sync_env.sh
	@tools/sync_env.sh $(@D) $(filter locks/%,$^)
