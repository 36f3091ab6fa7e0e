"""The guide to grading on a cluster says what the code does."""

import ast
import re
import tomllib
from pathlib import Path

import distributed
import pytest
import yaml

from autograder.cluster import connection, on_worker

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "book" / "howto" / "cluster.md").read_text(encoding="utf-8")
DASKS_OWN = yaml.safe_load(Path(distributed.__file__).with_name("distributed.yaml").read_text())
NUMBERS = {"two": 2, "five": 5}
SLURM = "from dask_jobqueue import SLURMCluster"


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        (r"there are (\w+) submissions in flight for each worker", connection.PER_WORKER),
        (r"the run waits (\w+) minutes for others", connection.NO_WORKER_S / 60),
        (r"nobody has asked them for (\w+) minutes", on_worker.IDLE_S / 60),
    ],
)
def test_numbers_are_those_of_the_code(sentence, number):
    (word,) = re.findall(sentence, GUIDE)
    assert NUMBERS[word] == number


def test_deaths_that_a_scheduler_allows_are_dasks_own_default():
    (most,) = re.findall(r"`distributed\.scheduler\.allowed-failures`, by default (\d)", GUIDE)
    assert DASKS_OWN["distributed"]["scheduler"]["allowed-failures"] == int(most)


def test_the_folder_on_a_worker_is_the_one_that_is_named():
    assert f"`~/.cache/{on_worker.FOLDER}`" in GUIDE


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_examples_can_be_read():
    (slurm,) = blocks("python")
    assert slurm.startswith(SLURM)
    ast.parse(slurm)
    kubernetes, security = map(yaml.safe_load, blocks("yaml"))
    assert kubernetes["kind"] == "DaskCluster"
    known = DASKS_OWN["distributed"]["comm"]
    told = security["distributed"]["comm"]
    assert told.keys() <= known.keys()
    assert told["tls"].keys() <= known["tls"].keys()
    for party in ("scheduler", "worker", "client"):
        assert told["tls"][party].keys() == known["tls"][party].keys()


def test_what_a_worker_installs_is_what_is_compared_and_what_the_project_names():
    ((extras, more),) = re.findall(
        r"pip install -c constraints\.txt '\.\[(.+)\]' (.+)$", GUIDE, re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {*extras.split(",")} <= project["optional-dependencies"].keys()
    (sentence,) = re.findall(
        r"^- (.+) in the versions that you have at home\.", GUIDE, re.MULTILINE
    )
    assert set(re.findall(r"[a-z]+", sentence.lower())) >= {"python", *connection.COMPARED}
    assert more in connection.COMPARED
