import contextlib
import socket
import sys
import threading

import pytest
from distributed.config import config

from autograder.cluster import connection, dask_client
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


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "127.0.0.1:x", "nonsense://a:1", "tls://127.0.0.1:1"]
)
def test_a_scheduler_that_does_not_answer_is_named(address, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_S", 1.0)
    refused(address)


def test_an_address_without_encryption_is_refused_where_dasks_configuration_wants_it(
    monkeypatch,
):
    monkeypatch.setitem(config["distributed"]["comm"], "require-encryption", True)
    assert "encryption required" in refused("tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("greeting", "said"), [(b"", "TimeoutError"), (b"SSH-2.0-OpenSSH_9.2\r\n", "is no scheduler")]
)
def test_what_is_no_scheduler_is_not_waited_for_without_end(greeting, said, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_S", 0.5)
    monkeypatch.setattr(dask_client, "GRACE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            with contextlib.suppress(OSError), server.accept()[0] as visitor:
                visitor.sendall(greeting)
                visitor.recv(1)
                closed.wait(20)

        closed, thread = threading.Event(), threading.Thread(target=greet)
        thread.start()
        assert said in refused(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        closed.set()
        thread.join()


def refused(address):
    """What is said of an address."""
    with pytest.raises(CourseError) as told, places_on(address, "ch02", False):
        pass
    said = str(told.value)
    assert said.startswith(f"The scheduler {address} does not answer (")
    assert "\n" not in said
    return said
