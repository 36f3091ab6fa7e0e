# Tasks of the course. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SAMPLE := _build/sample_class
MODULES := $(filter-out %/__init__.py,$(wildcard course_lib/*.py))
N := 25

.DEFAULT_GOAL := help
.PHONY: help course test test-full test-fast lint format notebooks chapters book epub pdf serve lighthouse sample-class bench mutants \
        checkpoints constraints student-bundle system clean

help:  ## list the tasks
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

course: notebooks book sample-class  ## environment, student notebooks, executed book, graded sample class
	@echo
	@echo "The book:      _build/html/index.html   (or: make serve)"
	@echo "The notebooks: notebooks/"
	@echo "The report:    $(SAMPLE)/graded/ch02_self_attention/report.html, feedback beside it in feedback/"

system:
	@PYTHON=$(PYTHON) .ci/system_packages.sh

$(INSTALLED): pyproject.toml constraints.txt | system
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "The course needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]'
	@touch $(INSTALLED)

notebooks: $(INSTALLED)  ## student notebooks from solutions/
	$(BIN)/python -m autograder.source

chapters: $(INSTALLED)
	$(BIN)/python -m autograder.chapters.publish

book: chapters  ## the site in _build/html (a chapter is executed only when what it needs changed)
	$(BIN)/jupyter-book build book --config _config.yml --path-output . --quiet -W -n --keep-going \
	    || { rm -rf _build/html; echo "The book was not built: see the warnings above."; exit 1; }

epub: book  ## the book for e-readers, _build/attention-course.epub (needs Chromium)
	$(BIN)/python -m book.epub

pdf: book  ## the whole book as _build/attention-course.pdf (some minutes; Chromium prints it)
	$(BIN)/python -m book.print

serve: book  ## the site on http://localhost:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lighthouse: book  ## Lighthouse on every page, against the bars (some minutes; needs npm)
	$(BIN)/python -m tests.book.lighthouse

sample-class: $(INSTALLED)
	$(BIN)/python -m tests.sample_class $(SAMPLE)/submissions
	@# Exit code 1 is right: some of the sample's notebooks are broken on purpose.
	$(BIN)/course grade $(SAMPLE)/submissions --chapter ch02 --out $(SAMPLE)/graded || test $$? -eq 1

# `loadfile`: a file goes to one process, which makes what its tests share once.
test: lint book  ## everything: lint, types, units, chapters, selftest, grader, pages in Chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not load"

test-full: test  ## everything, and what takes minutes: large classes, all mutants, checkpoints made again
	$(BIN)/python -m pytest -n 2 --dist worksteal -m load -p tests.full_run

test-fast: $(INSTALLED)  ## the loop of daily work: under two minutes
	$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not load"

lint: $(INSTALLED)  ## ruff, pyright, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/codespell

format: $(INSTALLED)  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

student-bundle: notebooks  ## _build/student_bundle.zip: what a class gets (with the book, if it was built)
	$(BIN)/python -m autograder.student_bundle

bench: $(INSTALLED)  ## speed side by side with peers; all times in _build/bench
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

mutants: $(INSTALLED)  ## slips of the pen that the library's tests miss (N= for all; MODULES=course_lib/masks.py)
	$(BIN)/python -m tests.library_mutants $(N:%=--sample %) --out _build/mutants.json $(MODULES)

checkpoints: $(INSTALLED)  ## train the small committed models again
	$(BIN)/python -m course_lib.checkpoints.reference_resolution
	$(BIN)/python -m course_lib.checkpoints.recall_runs
	$(BIN)/python -m course_lib.checkpoints.mixing_runs
	$(BIN)/python -m course_lib.checkpoints.position_runs
	$(BIN)/python -m course_lib.checkpoints.tale_decoder
	$(BIN)/python -m course_lib.checkpoints.mini_gpt
	$(BIN)/python -m course_lib.checkpoints.tale_sampling_runs
	$(BIN)/python -m course_lib.checkpoints.gap_fillers
	$(BIN)/python -m course_lib.checkpoints.depth_runs
	$(BIN)/python -m course_lib.checkpoints.scaling_runs
	$(BIN)/python -m course_lib.checkpoints.alignment_runs
	$(BIN)/python -m course_lib.checkpoints.copying_runs
	$(BIN)/python -m course_lib.checkpoints.reasoning_runs
	$(BIN)/python -m course_lib.checkpoints.needle_readers
	$(BIN)/python -m course_lib.checkpoints.sum_runs
	$(BIN)/python -m course_lib.checkpoints.tries_runs
	$(BIN)/python -m course_lib.checkpoints.page_readers
	$(BIN)/python -m course_lib.checkpoints.digit_painters
	$(BIN)/python -m course_lib.checkpoints.digit_pairs
	$(BIN)/python -m course_lib.checkpoints.tone_writers
	$(BIN)/python -m course_lib.checkpoints.expert_runs
	$(BIN)/python -m course_lib.checkpoints.tale_experts
	$(BIN)/python -m course_lib.data.python_source
	$(BIN)/python -m tests.course_lib.checkpoints.record_architectures

constraints:  ## take the newest versions that pyproject.toml allows (then run make test)
	rm -rf _build/constraints && $(PYTHON) -m venv _build/constraints
	_build/constraints/bin/python -m pip install --quiet torch==2.13.0 '.[all]'
	_build/constraints/bin/python -m pip freeze --exclude attention-course \
	    | sed -E 's/\+cpu$$//' | (head -n 2 constraints.txt; cat) > _build/constraints.txt
	mv _build/constraints.txt constraints.txt

clean:  ## remove what was built, keep the environment
	rm -rf _build book/chapters/*.ipynb
