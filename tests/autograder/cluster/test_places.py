import sys

import pytest

from autograder.cluster import connection
from autograder.cluster.places import places_on
from autograder.errors import CourseError


def test_without_an_address_there_is_no_cluster_and_no_dask():
    import subprocess

    source = (
        "import sys\nfrom autograder.cluster.places import places_on\n"
        "with places_on('', 'ch02', False) as places:\n    assert places is None\n"
        "sys.exit('distributed' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch):
    for module in list(sys.modules):
        if module.startswith("autograder.cluster.") and "places" not in module:
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match=r"pip install 'attention-course\[cluster\]'"):
        places_on("tcp://127.0.0.1:1", "ch02", False).__enter__()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:x", "nonsense://a:1"])
def test_a_scheduler_that_does_not_answer_is_named(address, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_S", 1.0)
    with pytest.raises(CourseError) as told, places_on(address, "ch02", False):
        pass
    assert str(told.value).startswith(f"The scheduler {address} does not answer (")
    assert "\n" not in str(told.value)
