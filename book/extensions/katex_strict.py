"""Mathematics rendered at build time: a mistake in TeX stops the build, a busy machine does not.

`sphinxcontrib-katex` 0.9.11 takes its options from a module constant when it renders at build
time, and that constant says `throwOnError: False`: a mistake would be printed in red on a published
page, with exit code 0. It also connects to its renderer as soon as the socket's file exists, which
on a busy machine is before anybody listens, so that builds fail now and then. And a renderer that
is left behind holds the build's output open: whoever waits for its end waits for ever.

Here the macros of the book are added, mistakes raise, the connection is tried until it is answered,
and the renderer writes to nobody's output and dies with the build.
"""

import ctypes
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

PATIENCE_S = 60.0  # for the renderer to start, and for one formula
PAUSE_S = 0.01
PR_SET_PDEATHSIG = 1


def use_strict_options(app: Sphinx) -> None:
    """Give KaTeX the book's macros and tell it to raise."""
    if shutil.which(katex.NODEJS_BINARY) is None:
        raise ExtensionError("Node is needed to render formulas: install nodejs and build again.")
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, macros=dict(app.config.katex_macros))
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE_S


def die_with_the_build() -> None:
    """Have the operating system end this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_renderer(cls: type, folder: Path, timeout: float) -> tuple[Popen, socket.socket]:
    """Start the renderer and connect to it as soon as it listens."""
    address = str(folder / "katex.sock")
    process = Popen(
        cls.build_command(socket=address),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd=folder,
        preexec_fn=die_with_the_build,
    )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(PAUSE_S)
        else:
            return process, connection
    process.kill()
    raise ExtensionError(f"KaTeX's renderer did not start within {timeout:.0f} s.")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension with Sphinx."""
    app.add_config_value("katex_macros", {}, "env")
    app.connect("builder-inited", use_strict_options)
    katex.KaTeXServer.start_server_process = classmethod(start_renderer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
