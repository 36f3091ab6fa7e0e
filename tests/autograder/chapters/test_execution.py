import asyncio
import contextlib
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import zmq
import zmq.asyncio
from nbformat.v4 import new_code_cell, new_notebook

from autograder.chapters import execution as module
from autograder.chapters.cells import ChapterError
from autograder.chapters.execution import execute

SLUG = "ch07_small"


def test_a_cell_that_may_raise_does_not_stop_the_chapter():
    notebook = new_notebook(cells=[new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})])
    execute(notebook, SLUG)
    assert notebook.cells[0].outputs[0].ename == "ZeroDivisionError"


def test_a_cell_that_never_ends(monkeypatch):
    monkeypatch.setattr(module, "CELL_TIMEOUT_S", 1)
    notebook = new_notebook(cells=[new_code_cell("while True:\n    pass")])
    with pytest.raises(ChapterError, match=r"cell 1 .*'while True:'\): still running after 1 s"):
        execute(notebook, SLUG)


def test_a_kernel_that_dies():
    notebook = new_notebook(cells=[new_code_cell("import os\nos._exit(3)")])
    with pytest.raises(ChapterError, match=r"cell 1 .*: the kernel died"):
        execute(notebook, SLUG)


def test_the_kernel_runs_elsewhere_with_one_thread_and_fixed_hashes():
    source = "import os\nprint(sorted(os.listdir()), *(os.environ[n] for n in {names}), hash('a'))"
    names = ["OMP_NUM_THREADS", "PYTHONHASHSEED"]
    outputs = []
    for _ in range(2):
        notebook = new_notebook(cells=[new_code_cell(source.replace("{names}", repr(names)))])
        execute(notebook, SLUG)
        outputs.append(notebook.cells[0].outputs[0].text)
    assert outputs[0].startswith("['.ipython', '.matplotlib'] 1 0 ")
    assert outputs[0] == outputs[1]


def test_plot_styles_and_lists_of_fonts_of_the_machine_stay_outside(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    (tmp_path / "matplotlibrc").write_text("figure.facecolor: red\n")
    listing = (
        "import matplotlib.font_manager as fonts\nfonts.fontManager.ttflist.clear()\n"
        "fonts.json_dump(fonts.fontManager, fonts.Path(fonts.mpl.get_cachedir()) / "
        "f'fontlist-v{fonts.FontManager.__version__}.json')"
    )
    subprocess.run([sys.executable, "-c", listing], check=True)
    source = (
        "import matplotlib as mpl\nfrom matplotlib import font_manager\n"
        "print(mpl.rcParams['figure.facecolor'], font_manager.findfont('STIXGeneral')[-15:])"
    )
    notebook = new_notebook(cells=[new_code_cell(source)])
    execute(notebook, SLUG)
    assert notebook.cells[0].outputs[0].text == "white STIXGeneral.ttf\n"


def test_a_reply_is_noticed_that_the_loop_was_not_told_of():
    """As nbclient does when a widget has output: it uses the socket without pyzmq's loop."""
    late_s = 20.0

    async def wait_for_a_reply() -> float:
        with contextlib.ExitStack() as stack:
            context = stack.enter_context(zmq.asyncio.Context())
            ours, theirs = (stack.enter_context(context.socket(zmq.PAIR)) for _ in range(2))
            ours.bind("inproc://replies")
            zmq.Socket.shadow(theirs.underlying).connect("inproc://replies")

            async def run(env: dict[str, str]) -> None:
                reply = asyncio.ensure_future(ours.poll(1000 * late_s))
                await asyncio.sleep(0.1)
                zmq.Socket.shadow(theirs.underlying).send(b"the reply")
                time.sleep(0.1)
                zmq.Socket.shadow(ours.underlying).get(zmq.EVENTS)
                await reply

            kernel = SimpleNamespace(shell_channel=SimpleNamespace(socket=ours))
            began = time.perf_counter()
            await module._run(SimpleNamespace(kc=kernel, async_execute=run), {})
            return time.perf_counter() - began

    assert asyncio.run(wait_for_a_reply()) < late_s / 2
