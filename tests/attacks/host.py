"""Notebooks that harm: other people's files and processes, and the grader."""

from tests.attacks.registry import added, answer

OUT_OF_REACH = "No such file or directory"


@added(because="wrote 0 files", harmful=True)
def files_written_outside():
    """Writes into the course, its libraries, the home folder and other learners' work."""
    return """
        import os
        import site

        folders = ["$ROOT", "$ROOT/course_lib", "$ROOT/autograder", "$ROOT/notebooks", "$CANARY"]
        folders += ["$HOME", "/etc", "/usr", "/usr/lib", "/bin", "/", *site.getsitepackages()]
        written, errors = [], set()
        for folder in folders:
            try:
                with open(os.path.join(folder, "owned-by-mallory"), "w") as file:
                    written.append(file.name)
            except OSError as error:
                errors.add(error.strerror)
        print("wrote", len(written), "files", written, sorted(errors))
    """


@added(because=f"canary met FileNotFoundError [Errno 2] {OUT_OF_REACH}", harmful=True)
def another_learners_work_deleted():
    """Deletes the folder of another learner."""
    return """
        import shutil

        attempt("canary", lambda: shutil.rmtree("$CANARY"))
    """


@added(because=("canary met", "changed 0 files"), harmful=True)
def another_learners_work_rewritten():
    """Rewrites the answers of the others with wrong ones, and its own points in the gradebook."""
    return """
        import os
        import sqlite3

        def rewrite():
            for folder, _, names in os.walk(os.path.join("$CANARY", "..")):
                for name in names:
                    if name.endswith((".ipynb", ".txt")):
                        with open(os.path.join(folder, name), "w") as file:
                            file.write("{}")
                        changed.append(name)
            return open("$CANARY/secret.txt", "a").write("rewritten")

        changed = []
        attempt("canary", rewrite)
        print("changed", len(changed), "files")
        attempt("gradebook", lambda: sqlite3.connect("$ROOT/gradebook.db").execute(
            "update grade set auto_score = 60, manual_score = 60"
        ))
    """


@added(because="deleted 0 of 2", harmful=True)
def libraries_deleted():
    """Deletes the course's library and torch from the disk."""
    return """
        import os

        import course_lib
        import torch

        deleted = []
        for module in (course_lib, torch):
            path = os.path.join(os.path.dirname(module.__file__), "__init__.py")
            try:
                os.rename(path, path + ".gone")
                deleted.append(path)
                os.rename(path + ".gone", path)
            except OSError as error:
                print(error)
        print("deleted", len(deleted), "of 2")
    """


@added(because="for the next kernel: 0", harmful=True)
def start_up_files():
    """Writes files that Python and IPython run when they start the next time."""
    return """
        import os
        import site

        places = ["$HOME/.ipython/profile_default/startup/owned-by-mallory.py"]
        places += [f"{folder}/owned-by-mallory.pth" for folder in site.getsitepackages()]
        places += ["$CANARY/torch.py", "$CANARY/ipykernel_launcher.py", "$CANARY/sitecustomize.py"]
        written = []
        for place in places:
            try:
                if "startup" in place:  # the other folders are there, if they can be seen
                    os.makedirs(os.path.dirname(place), exist_ok=True)
                open(place, "w").write("double = lambda x: 2 * x")
                written.append(place)
            except OSError as error:
                print(error)
        print("for the next kernel:", len(written))
    """


@added(because="torch of my own was imported by nobody else", harmful=True)
def library_beside_the_notebook():
    """Writes a `torch.py` into its own folder, which the next process there would import."""
    return """
        for name in ("torch", "numpy", "autograder", "ipykernel_launcher", "struct", "json"):
            attempt(name, lambda: open(f"{name}.py", "w").write("raise SystemExit('60.0')"))
        print("torch of my own was imported by nobody else")
    """


@added(because="killed 0", harmful=True)
def every_process_killed():
    """Kills every process that it may, one by one, but its own."""
    return """
        import os
        import signal

        killed = []
        for number in range(1, 40_000):
            if number != os.getpid():
                try:
                    os.kill(number, signal.SIGKILL)
                    killed.append(number)
                except (ProcessLookupError, PermissionError):
                    pass
        print("killed", len(killed))
    """


@added(because="all met ProcessLookupError", harmful=True)
def everybody_killed_at_once():
    """Kills everybody at once by the process number -1, and its parent."""
    return """
        import os
        import signal

        print("parent", os.getppid())
        attempt("parent", lambda: os.getppid() and os.kill(os.getppid(), signal.SIGKILL))
        attempt("all", lambda: os.kill(-1, signal.SIGKILL))
    """


@added(because="still alive", harmful=True)
def own_group_killed():
    """Kills its own process group, in which a careless grader would be too."""
    return """
        import os
        import signal

        os.killpg(0, signal.SIGKILL)
        print("still alive")
    """


@added(because=("links made", "nothing outside"), harmful=True)
def links_for_whoever_cleans_up():
    """Leaves links to other folders behind, for the one who deletes the scratch folder."""
    return """
        import os

        for number, target in enumerate(("$CANARY", "$ROOT", "/", "/proc/self/fd", "..")):
            os.symlink(target, f"link-{number}")
        os.makedirs("locked/inside")
        os.chmod("locked", 0)
        print("links made, nothing outside")
        attempt("hard link", lambda: os.link("/etc/ld.so.cache", "hard"))
    """


@answer(because="the process that ran the code ended", harmful=True)
def crash_in_c():
    """Writes to address zero in the middle of a call."""
    return """
        import ctypes

        def double(x):
            ctypes.memset(0, 0, 1)
    """


@answer(because="its process was ended by SIG", harmful=True)
def abort():
    """Aborts, with a dump of its memory if there were one."""
    return """
        import os
        import faulthandler

        faulthandler.enable(open("dump", "w"))

        def double(x):
            os.abort()
    """


@answer(because="its process ended early, with exit code 0", harmful=True)
def exit_of_success():
    """Ends the process with the exit code of success, as if all had been judged."""
    return """
        import os

        def double(x):
            os._exit(0)
    """


@answer(because="the process that ran the code ended", harmful=True)
def descriptors_closed():
    """Closes every file of the process."""
    return """
        import os

        def double(x):
            os.closerange(0, 65536)
            return 2 * x
    """
