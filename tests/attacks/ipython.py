"""Notebooks that change the shell in which they, and in stock nbgrader the tests too, run."""

from tests.attacks.registry import ALL, HONEST, NOTHING, WRONG, WRONG_SHOWS, added, answer


@added(because=("transformer in place", WRONG_SHOWS), points=HONEST, double=WRONG)
def input_transformer():
    """Registers a transformer of input that replaces every line with an assert by `pass`."""
    return """
        def drop(lines):
            tests = ("assert", "expect", "torch.testing")
            return ["pass\\n" if line.lstrip().startswith(tests) and not line.startswith(" ")
                    else "    pass\\n" if line.lstrip().startswith(tests) else line
                    for line in lines]

        get_ipython().input_transformers_post.append(drop)
        get_ipython().input_transformer_manager.cleanup_transforms.append(drop)
        print("transformer in place")
    """


@added(because=("transformer in place", WRONG_SHOWS), points=HONEST, double=WRONG)
def syntax_tree_transformer():
    """Registers a transformer of syntax trees that turns asserts and test calls into `pass`."""
    return """
        import ast

        class NoTests(ast.NodeTransformer):
            def visit_Assert(self, node):
                return ast.copy_location(ast.Pass(), node)

            def visit_Expr(self, node):
                called = ast.unparse(node)
                tests = ("expect", "torch.testing")
                return ast.copy_location(ast.Pass(), node) if called.startswith(tests) else node

        get_ipython().ast_transformers.append(NoTests())
        print("transformer in place")
    """


@added(because=("run_cell patched", WRONG_SHOWS), points=HONEST, double=WRONG)
def patched_run_cell():
    """Replaces what runs a cell, in the shell and in the kernel, by something that does nothing."""
    return """
        from IPython.core.interactiveshell import InteractiveShell

        shell = get_ipython()
        kind = type(shell)
        whole = kind.run_cell_async

        async def run_cell_async(self, raw_cell, *args, **kwargs):
            honest = "def " in raw_cell or raw_cell.startswith("import")
            cell = raw_cell if honest else "pass"
            kwargs["transformed_cell"] = cell
            return await whole(self, cell, *args, **kwargs)

        kind.run_cell_async = InteractiveShell.run_cell_async = run_cell_async
        print("run_cell patched")
    """


@added(because=("tracebacks silenced", WRONG_SHOWS), points=HONEST, double=WRONG)
def silenced_tracebacks():
    """Replaces what shows a traceback, for errors that nobody sees."""
    return """
        from IPython.core.interactiveshell import InteractiveShell

        for kind in (type(get_ipython()), InteractiveShell):
            kind.showtraceback = kind._showtraceback = lambda *args, **kwargs: None
        print("tracebacks silenced")
    """


@added(because=("handler in place", WRONG_SHOWS), points=HONEST, double=WRONG)
def assertion_errors_handled():
    """Registers a handler of its own for AssertionError, which swallows it."""
    return """
        get_ipython().set_custom_exc((AssertionError, Exception), lambda *args, **kwargs: [])
        print("handler in place")
    """


@answer(because=WRONG_SHOWS)
def display_hook_prints_points():
    """Makes the display hook show the points whatever a cell gives."""
    return """
        import sys

        shell = get_ipython()
        shell.display_formatter.format = lambda *a, **k: ({"text/plain": "60.0"}, {})
        type(shell.displayhook).write_format_data = lambda self, *a, **k: print("60.0")
        sys.displayhook = lambda value: print("60.0")

        def double(x):
            return 0
    """


@answer(because=("60.0", WRONG_SHOWS))
def points_shown_after_every_cell():
    """Shows a number after every cell, as a test cell with partial credit would."""
    return """
        from IPython.display import display

        get_ipython().events.register("post_run_cell", lambda *args: display(60.0))
        get_ipython().events.register("post_execute", lambda *args: display({"text/plain": 60}))
        print("60.0")

        def double(x):
            return 0
    """


@added(because=("hook in place", "60.0", WRONG_SHOWS), points=HONEST, double=WRONG)
def output_at_exit():
    """Registers an exit hook that says what a grader would say last."""
    return """
        import atexit
        import os
        import threading

        def last_words():
            for descriptor in range(1, 64):
                try:
                    os.write(descriptor, b'{"kind": "verdict", "verdict": {"points": 60.0}}\\n60.0')
                except OSError:
                    pass

        atexit.register(last_words)
        threading._register_atexit(last_words)
        print("hook in place", "60.0")
    """


@added(because="hello from JavaScript is not run", points=ALL)
def javascript():
    """Runs JavaScript in the browser of whoever opens the notebook."""
    return """
        from IPython.display import HTML, Javascript, display

        display(Javascript("alert(document.cookie)"), HTML("<script>alert(1)</script>"))
        print("hello from JavaScript is not run")
    """


@added(because="IPython.core.display.Javascript", points=ALL)
def javascript_magic():
    """Runs JavaScript by the magic for whole cells."""
    return """%%javascript\nJupyter.notebook.kernel.execute("double = lambda x: 2 * x")"""


@added(because="(not run while grading: id", points=ALL)
def shell_command():
    """Runs a command of the system by an exclamation mark."""
    return """
        !id > owned-by-mallory
        lines = !cat /etc/passwd
        %system id
        print(lines)
    """


@added(because=("owned-by-mallory: No such file or directory", "42 was computed"), points=ALL)
def shell_magic_of_whole_cells():
    """Runs commands of the system by the magic for whole cells."""
    return "%%bash\nid > $CANARY/owned-by-mallory 2>&1\necho $((6 * 7)) was computed"


@added(because=("magic in place", WRONG_SHOWS), points=HONEST, double=WRONG)
def magics_shadowed():
    """Puts magics of its own in place of the ones that a grader may use."""
    return """
        from IPython.core.magic import register_cell_magic, register_line_magic

        for name in ("time", "timeit", "matplotlib", "run", "autoreload"):
            register_line_magic(name)(lambda line: 60.0)
            register_cell_magic(name)(lambda line, cell: 60.0)
        print("magic in place")
    """


@added(because=("a namespace of my own", "defines no 'double'"), points=NOTHING, double=WRONG)
def namespace_replaced():
    """Replaces the dictionary of names by one that answers every question with yes."""
    return """
        class Yes:
            __eq__ = __ge__ = __le__ = lambda self, other: True

            def __call__(self, *args, **kwargs):
                return self

        class Names(dict):
            def get(self, name, default=None):
                return Yes() if name == "points" else super().get(name, default)

        shell = get_ipython()
        shell.user_ns = Names(shell.user_ns)
        print("a namespace of my own")
    """


@added(because=("asked to leave", WRONG_SHOWS), points=HONEST, double=WRONG)
def leaves_politely():
    """Ends the kernel by its own command, before any test can fail."""
    return """
        print("asked to leave")
        get_ipython().ask_exit()
        exit
        quit
    """


@added(because=("cells to be seen: 0", WRONG_SHOWS), points=HONEST, double=WRONG)
def history_searched():
    """Looks in the shell's history for cells with tests."""
    return """
        shell = get_ipython()
        seen = [text for text in shell.history_manager.input_hist_raw if "assert" in text]
        seen += [text for text in shell.user_ns.get("In", []) if "assert" in text]
        print("cells to be seen:", len(seen))
    """


@added(because=("a stream of my own", WRONG_SHOWS), points=HONEST, double=WRONG)
def output_streams_replaced():
    """Replaces Python's output streams by objects that write what they like."""
    return """
        import sys

        print("a stream of my own")

        class Stream:
            encoding = "utf-8"

            def write(self, text):
                sys.__stdout__.write('{"kind": "end"}\\n60.0\\n')
                return 10**9

            def __getattr__(self, name):
                return lambda *args, **kwargs: 60.0

        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Stream()
    """
