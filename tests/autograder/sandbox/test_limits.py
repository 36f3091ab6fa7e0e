"""Each line of "Stops" in `autograder.sandbox.limits`, tried from inside."""

import pytest

MIB = 2**20


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ("x = bytearray(700 * 2**20)", "MemoryError"),
        ("import torch\nx = torch.ones(700 * 2**18)", "RuntimeError"),
        ("import mmap\nx = mmap.mmap(-1, 700 * 2**20)", "OSError: [Errno 12] Cannot allocate"),
        ("files = [open('/dev/null') for _ in range(300)]", "Too many open files"),
        (
            "import threading\n[threading.Timer(30, print).start() for _ in range(80)]",
            "can't start",
        ),
    ],
)
def test_more_than_allowed_is_refused_and_the_process_goes_on(confined, tried, said):
    process = confined(memory_bytes=512 * MIB)
    assert said in process.run_cell(tried, 5.0).error
    assert process.run_cell("print('on')", 5.0).text == "on\n"


def test_large_files_are_refused(confined):
    source = "import os\nfile = os.open('big', os.O_CREAT | os.O_RDWR)\nos.ftruncate(file, 2 << 20)"
    assert "File too large" in confined(file_bytes=1 * MIB).run_cell(source, 5.0).error


def test_a_fork_bomb_meets_the_limit(confined):
    process = confined()
    source = (
        "import os, time\nmade = 0\ntry:\n    while True:\n        if os.fork() == 0:\n"
        "            time.sleep(30)\n            os._exit(0)\n        made += 1\n"
        "except OSError as error:\n    print(made, error)"
    )
    made, _, error = process.run_cell(source, 10.0).text.partition(" ")
    assert 20 < int(made) <= 64
    assert "Resource temporarily unavailable" in error


def test_processor_time_has_a_last_limit_in_the_kernel(confined):
    process = confined(total_cpu_s=17.0)
    source = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU))"
    assert process.run_cell(source, 5.0).text == "(22, 22)\n"


def test_no_core_and_no_message_queues(confined):
    source = (
        "import resource\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(12))  # MSGQUEUE"
    )
    assert confined().run_cell(source, 5.0).text == "(0, 0) (0, 0)\n"


def test_limits_cannot_be_raised_again(confined):
    source = "import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (10_000, 10_000))"
    assert "not allowed to raise maximum limit" in confined().run_cell(source, 5.0).error
