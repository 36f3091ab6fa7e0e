"""A scheduler and workers as processes of their own, on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

START_S = 60.0


class Processes:
    """A scheduler with some workers; all end with the block."""

    def __init__(self, folder, allowed_failures=1):
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._started = contextlib.ExitStack()
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DASK"))},
            "XDG_CACHE_HOME": str(folder / "cache"),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
        }
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--no-dashboard")
        self.address = self._when(lambda: json.loads(self._file.read_text())["address"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._started.close()

    def worker(self, name, **environment):
        """Start a worker with one thread and nobody to start it again."""
        return self._start(
            *("dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny", "--name", name),
            *("--local-directory", str(self._folder / name)),
            **environment,
        )

    def _start(self, program, *arguments, **environment):
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1"]
        with open(self._folder / f"{program}.log", "ab") as log:
            process = subprocess.Popen(
                [*command, "--scheduler-file", str(self._file), *arguments],
                cwd=self._folder,  # nothing of the repository lies there
                env={**self._environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._started.callback(_end, process)
        return process

    def _when(self, look):
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError, ValueError, KeyError):
                return look()
            if time.monotonic() > deadline:
                raise TimeoutError(Path(self._folder, "dask_scheduler.log").read_text())
            time.sleep(0.1)


def _end(process):
    process.kill()
    process.wait()
