"""Each line of "Stops" in `autograder.sandbox.namespaces`, tried from inside."""

import pytest

LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def denied(confined, call):
    """Make a system call and give the name of the error, or what it gave."""
    source = (
        f"{LIBC}import errno\nr = libc.{call}\nprint(errno.errorcode.get(ctypes.get_errno(), r))"
    )
    reply = confined().run_cell(source, 5.0)
    assert reply.error == ""
    return reply.text.strip()


def test_each_learner_is_process_1_and_sees_nobody_else(confined):
    assert confined().run_cell("import os\nprint(os.getpid(), os.getppid())", 5.0).text == "1 0\n"


def test_nothing_is_left_of_an_earlier_learner(confined):
    leave = (
        "import subprocess\nopen('note', 'w').write('hello')\n"
        "p = subprocess.Popen(['sleep', '1000'], start_new_session=True)"
    )
    assert confined().run_cell(leave, 5.0).error == ""
    look = "import os, glob\nprint(glob.glob('*'), [p for p in os.listdir('/proc') if p.isdigit()])"
    assert confined().run_cell(look, 5.0).text == "[] ['1']\n"


def test_a_daemon_that_left_its_session_dies_too(confined, warm_parent):
    from autograder.judge.watch import descendants

    daemon = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(1000)\n    os._exit(0)\ntime.sleep(0.2)"
    )
    process = confined()
    assert process.run_cell(daemon, 5.0).error == ""
    assert len(descendants(warm_parent.pid)) >= 3, "the learner, its waiting parent, the daemon"
    process.end()
    assert descendants(warm_parent.pid) == []


def test_no_capability_is_left_and_none_comes_back(confined):
    status = confined().run_cell("print(open('/proc/self/status').read())", 5.0).text
    sets = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Cap"))
    assert {sets[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",  # a user namespace of one's own
        "unshare(0x00020000)",
        "mount(b't', b'/scratch', b'tmpfs', 0, b'')",
        "umount2(b'/scratch', 2)",
        "chroot(b'/scratch')",
        "setns(0, 0)",
    ],
)
def test_no_namespace_and_no_mount_of_ones_own(confined, call):
    assert denied(confined, call) in ("EPERM", "ENOSPC", "EBADF", "EINVAL")


@pytest.mark.parametrize(
    "call",
    [
        "memfd_create(b'x', 0)",
        "shmget(0, 1 << 30, 0o1600)",
        "ptrace(16, 1, 0, 0)",
        "process_vm_readv(1, None, 0, None, 0, 0)",
        "syscall(248, b'user', b'x', b'y', 1, -3)",  # add_key
        "syscall(321, 0, None, 0)",  # bpf
        "syscall(323, 0)",  # userfaultfd
        "syscall(425, 1, None)",  # io_uring_setup
    ],
)
def test_the_refused_system_calls(confined, call):
    assert denied(confined, call) == "EPERM"


@pytest.mark.parametrize("family", ["AF_VSOCK", "AF_PACKET", "AF_ALG", "AF_CAN", "AF_TIPC"])
def test_sockets_that_reach_past_the_namespace_are_refused(confined, family):
    tried = f"import socket\nsocket.socket(socket.{family}, socket.SOCK_RAW)"
    assert "PermissionError" in confined().run_cell(tried, 5.0).error


def test_memory_files_of_python_are_refused(confined):
    assert "PermissionError" in confined().run_cell("import os\nos.memfd_create('x')", 5.0).error


def test_the_scratch_folder_is_small_and_holds_few_files(confined):
    process = confined(file_bytes=4 * 2**20)
    fill = "for i in range(8):\n    open(f'f{i}', 'wb').write(bytes(1 << 20))"
    assert "No space left on device" in process.run_cell(fill, 5.0).error
    process = confined()
    assert (
        "No space left"
        in process.run_cell("for i in range(5000):\n    open(f'f{i}', 'w').close()", 5.0).error
    )
