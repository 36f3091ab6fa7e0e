"""Versions are compared with those at home; a scheduler and workers are in `test_cluster.py`."""

from importlib.metadata import PackageNotFoundError, version

import pytest
from distributed.versions import get_package_info

from autograder.cluster import connection
from autograder.errors import CourseError


class OneWorker:
    """A client of a cluster whose only worker has other versions than this machine."""

    def __init__(self, **others):
        self.others = others

    def nthreads(self):
        return {"tcp://there:1": 1}

    def get_versions(self, packages):
        versions = get_package_info(packages) | self.others
        return {"workers": {address: {"packages": versions} for address in self.nthreads()}}


def compare(**others):
    return connection.Cluster(OneWorker(**others), "tcp://here:8786", "a name")


def test_the_same_versions_are_taken():
    assert compare().jobs == connection.PER_WORKER


@pytest.mark.parametrize("library", ["torch", "numpy", "triton"])
@pytest.mark.parametrize(("theirs", "told"), [("0.9", "0.9"), (None, "missing")])
def test_another_version_and_none_are_refused(library, theirs, told):
    with pytest.raises(CourseError) as refused:
        compare(**{library: theirs})
    sentence = f"Worker tcp://there:1 has {library} {told}, and this machine has {library} "
    assert str(refused.value).startswith(f"{sentence}{version(library)}: ")


def test_what_is_not_installed_at_home_is_not_asked_for(monkeypatch):
    def without_triton(library):
        if library == "triton":
            raise PackageNotFoundError(library)
        return version(library)

    monkeypatch.setattr(connection, "version", without_triton)
    assert compare(triton=None).jobs == connection.PER_WORKER
    with pytest.raises(CourseError, match=r"has torch 0\.9,"):
        compare(torch="0.9")
