"""Each line of "Stops" in `autograder.sandbox.bubblewrap`, tried from inside the walls."""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap

ROOT = Path(__file__).parents[3]
INSIDE = {"dev", "etc", "lib", "lib32", "lib64", "bin", "sbin", "proc", "scratch", "tmp", "usr"}


def said(confined, source):
    reply = confined().run_cell(source, 10.0)
    return reply.text.strip() or reply.error


def test_only_python_and_what_learners_need_is_to_be_seen(confined):
    """Whatever else lies in the repository's folder, this is all of it inside."""
    hidden = [str(ROOT / "course_lib"), str(ROOT / "autograder" / "sandbox"), sys.prefix]
    source = (
        f"import os\nleave_out = {hidden}\nseen = []\n"
        f"for folder, below, files in os.walk({str(ROOT)!r}):\n"
        "    below[:] = [b for b in below if os.path.join(folder, b) not in leave_out]\n"
        "    seen += [os.path.join(folder, file) for file in files]\nprint(seen)"
    )
    inside = {
        Path(one).relative_to(ROOT).as_posix() for one in ast.literal_eval(said(confined, source))
    }
    files = [name for name in bubblewrap.VISIBLE_MODULES if name.endswith(".py")]
    assert inside == {f"autograder/{name}" for name in files}


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "solutions" / "ch02_self_attention.md",
        ROOT / "autograder" / "exercises" / "base.py",
        ROOT / "autograder" / "judge" / "judging.py",
        ROOT / "notebooks",
        ROOT / ".git",
        Path("/etc/passwd"),
        Path("/etc/shadow"),
        Path("/home"),
        Path("/sys"),
        Path("/var"),
    ],
    ids=str,
)
def test_the_rest_is_not_there(confined, path):
    assert said(confined, f"import os\nos.stat({str(path)!r})").startswith("FileNotFoundError")


def test_at_the_top_there_is_nothing_but_the_system_and_folders_on_the_way(confined):
    top = set(ast.literal_eval(said(confined, "import os\nprint(os.listdir('/'))")))
    on_the_way = {Path(p).parts[1] for p in (str(ROOT), sys.prefix, sys.base_prefix)}
    assert top <= INSIDE | on_the_way


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "course_lib" / "attention.py",
        ROOT / "autograder" / "compare.py",
        Path(sys.prefix) / "sitecustomize.py",
        Path("/usr/bin/evil"),
        Path("/evil"),
        Path("/dev/shm/evil"),
    ],
    ids=str,
)
def test_nothing_can_be_written_but_in_the_scratch_folder(confined, path):
    assert "Read-only file system" in said(confined, f"open({str(path)!r}, 'w')")
    assert said(confined, "open('mine', 'w').write('x')") == "1"


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ("socket.create_connection(('1.1.1.1', 53), 2)", "Network is unreachable"),
        ("socket.create_connection(('2606:4700:4700::1111', 53), 2)", "Network is unreachable"),
        ("socket.create_connection(('127.0.0.1', 22), 2)", "Connection refused"),
        ("socket.getaddrinfo('example.org', 80)", "gaierror"),
    ],
)
def test_there_is_no_network(confined, tried, expected):
    assert expected in said(confined, f"import socket\n{tried}")


def test_no_listener_of_this_machine_is_reached(confined):
    """A service on the machine's own loopback is as far away as any other."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        tried = f"socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
        assert "Connection refused" in said(confined, f"import socket\n{tried}")


def test_processes_outside_cannot_be_seen_or_signalled(confined):
    assert said(confined, "import os\nprint([p for p in os.listdir('/proc') if p.isdigit()])") == (
        "['1']"
    )
    tried = f"import os\nos.kill({os.getpid()}, 9)"
    assert said(confined, tried).startswith("ProcessLookupError")


def test_nobody_is_root(confined):
    assert said(confined, "import os\nprint(os.getuid(), os.geteuid(), os.getgroups())") in (
        "65534 65534 [65534]",
        "65534 65534 []",
    )
    assert said(confined, "import os\nos.setuid(0)") == (
        "OSError: [Errno 22] Invalid argument (line 2 of the cell)"
    ), "there is no root in its namespace"


@pytest.mark.skipif(os.geteuid() != 0, reason="only a grader that runs as root has root to give up")
def test_root_is_given_up_for_the_kernel_too(warm_parent):
    import psutil

    assert set(psutil.Process(warm_parent.pid).uids()) == {bubblewrap.NOBODY}


def test_what_the_untrusted_side_imports_is_all_visible():
    """The list of visible modules is what the imports need."""
    visible = {f"autograder.{name.removesuffix('.py')}" for name in bubblewrap.VISIBLE_MODULES}
    assert imported_by_the_visible() <= visible


def imported_by_the_visible():
    """Give what the visible modules import of the grader, by the name of module or package."""
    found = set()
    for name in bubblewrap.VISIBLE_MODULES:
        path = bubblewrap.PACKAGE / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                    "autograder."
                ):
                    found.add(".".join(node.module.split(".")[:2]))
                elif isinstance(node, ast.ImportFrom) and node.module == "autograder":
                    found |= {f"autograder.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("in_tmp", [True, False], ids=["in /tmp", "elsewhere"])
def test_the_course_may_lie_anywhere(in_tmp, monkeypatch):
    """Both layers of walls need a /tmp, whether something to be seen lies there or not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as course:
        Path(course).chmod(0o755)
        seen = [*map(Path, bubblewrap._SYSTEM), *([Path(course)] if in_tmp else [])]
        monkeypatch.setattr(bubblewrap, "_paths", lambda: iter(seen))
        listed = subprocess.run(
            bubblewrap.confined(["/usr/bin/stat", "--format", "%F", "/tmp"]),
            capture_output=True,
            text=True,
        )
    assert listed.stdout.strip() == ("directory" if in_tmp else "symbolic link"), listed.stderr


def test_the_environment_holds_nothing_of_the_graders(confined, warm_parent):
    names = said(confined, "import os\nprint(sorted(os.environ))")
    for forbidden in ("SECRET", "TOKEN", "KEY", "SSH", "USER"):
        assert forbidden not in names
