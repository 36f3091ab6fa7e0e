"""Notebooks that read what is not theirs: answers, checks, other learners' work, the machine."""

from tests.attacks.registry import HONEST, WRONG, WRONG_SHOWS, added, answer

MISSING = "No such file or directory"


@added(because=("solutions met FileNotFoundError", "checks met FileNotFoundError"))
def solutions_and_checks():
    """Lists the course's folders of solutions and of hidden checks."""
    return """
        import os

        attempt("solutions", lambda: os.listdir("$ROOT/solutions"))
        attempt("checks", lambda: os.listdir("$ROOT/autograder/exercises"))
        attempt("tests", lambda: os.listdir("$ROOT/tests"))
        attempt("parent", lambda: os.listdir("$ROOT/.."))
    """


@added(because="texts with answers: 0")
def every_file_searched():
    """Walks through every file that it can see, in search of answers to this course."""
    return """
        import os

        found = []
        for folder, folders, names in os.walk("/"):
            folders[:] = [
                name
                for name in folders
                if name not in ("proc", "sys", "usr", "site-packages", "lib", "dev")
            ]
            for name in names:
                try:
                    text = open(os.path.join(folder, name), errors="ignore").read(100_000)
                except OSError:
                    continue
                if "BEGIN SOLU" + "TION" in text or "BEGIN HIDDEN " + "TESTS" in text:
                    found.append(os.path.join(folder, name))
                    print(text[text.find("BEGIN HIDDEN") :][:500])
        print("texts with answers:", len(found), found[:5])
    """


@added(because=f"secret met FileNotFoundError [Errno 2] {MISSING}")
def another_learners_work():
    """Reads the folder of another learner."""
    return """
        import os

        attempt("secret", lambda: open("$CANARY/secret.txt").read())
        attempt("folder", lambda: os.listdir("$CANARY"))
    """


@added(because=("users met FileNotFoundError", "shadow met FileNotFoundError"))
def files_of_the_system():
    """Reads the users of the machine, their passwords, its name and its keys."""
    return """
        attempt("users", lambda: open("/etc/passwd").read())
        attempt("shadow", lambda: open("/etc/shadow").read())
        attempt("hosts", lambda: open("/etc/hosts").read())
        attempt("key of the machine", lambda: open("/etc/ssh/ssh_host_ed25519_key").read())
    """


@added(because=("keys of 0 homes",))
def keys_in_homes():
    """Reads the keys and tokens of whoever grades."""
    return """
        import glob
        import os

        found = []
        for home in ("/root", *glob.glob("/home/*"), os.path.expanduser("~0"), "$HOME"):
            for name in (".ssh", ".netrc", ".config", ".bash_history", ".jupyter", ".gitconfig"):
                found += [home] if os.path.exists(os.path.join(home, name)) else []
        print("keys of", len(found), "homes", found)
    """


@added(because="variables that say something: []")
def environment():
    """Prints the environment, which may hold tokens."""
    return """
        import os

        ours = ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "PATH", "PYTHONPATH", "LANG")
        known = ("CUDA_", "MPL", "MKL_", "OMP_", "PYTHON", "LC_", "LD_", "KMP_", "PWD", "TORCH")
        odd = [name for name in os.environ if name not in ours and not name.startswith(known)]
        print("variables that say something:", odd)
    """


@added(because="secrets of 0 processes")
def environments_of_other_processes():
    """Reads the environment, the memory and the files of every process that it can see."""
    return """
        import os

        found = []
        for number in [name for name in os.listdir("/proc") if name.isdigit()]:
            if int(number) == os.getpid():
                continue
            for what in ("environ", "mem", "cmdline", "maps"):
                try:
                    open(f"/proc/{number}/{what}", "rb").read(10)
                    found.append((number, what))
                except OSError:
                    pass
        print("secrets of", len(found), "processes", found[:9])
    """


@added(because="modules met ModuleNotFoundError")
def answers_imported():
    """Imports the misconceptions and the right answers as modules."""
    return """
        import importlib
        import sys

        sys.path.insert(0, "$ROOT")
        name = "autograder.exercises.ch02_self_attention.stable_softmax"
        attempt("modules", lambda: importlib.import_module(name).exercise.items)
        attempt("notebook", lambda: importlib.import_module("tests.autograder.small_chapter"))
    """


@added(because="texts of checks in memory: 0")
def own_memory_searched():
    """Searches its own memory, inherited from the warm parent, for texts of the checks."""
    return """
        import re

        # Patterns that do not match themselves.
        texts = [rb"You squ[a]red: twice", rb"Twice a whol[e] number is", rb"BEGIN SOL[U]TION"]
        found = 0
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                start, end, rights = re.match(r"(\\w+)-(\\w+) (\\S+)", line).groups()
                start, end = int(start, 16), int(end, 16)
                if not rights.startswith("rw") or end - start > 1 << 28:
                    continue
                try:
                    memory.seek(start)
                    data = memory.read(end - start)
                except (OSError, ValueError, OverflowError):
                    continue
                found += sum(bool(re.search(text, data)) for text in texts)
                del data
        print("texts of checks in memory:", found)
    """


@added(because="places outside: 0")
def mounts_read():
    """Reads the mounts, which name the folders of the host, and tries to enter them."""
    return """
        import os

        named = {line.split()[3] for line in open("/proc/self/mountinfo")} - {"/"}
        inside = [name for name in named if os.path.isdir(name) and "solutions" in os.listdir(name)]
        inside += [name for name in ("$ROOT",) if os.path.exists(name + "/pyproject.toml")]
        print("places outside:", len(inside), inside)
    """


@added(because="roots that differ: 0")
def links_of_the_kernel():
    """Leaves by the kernel's own links: to the root, the folder and the files of each process."""
    return """
        import os

        found = []
        for number in [name for name in os.listdir("/proc") if name.isdigit()]:
            for way in ("root/../..", "cwd/../../..", "root/proc/1/root"):
                try:
                    seen = os.listdir(f"/proc/{number}/{way}")
                except OSError:
                    continue
                found += [(number, way)] if sorted(seen) != sorted(os.listdir("/")) else []
        print("roots that differ:", len(found), found)
    """


@added(because="open files: []")
def files_left_open():
    """Looks for files that the grader left open in its process."""
    return """
        import os

        seen = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
                if os.path.exists(f"/proc/self/fd/{n}")]
        known = ("/dev/null", "socket:", "/proc/", "anon_inode:", "pipe:")
        print("open files:", [name for name in seen if not name.startswith(known)])
    """


@added(because="left behind: []")
def earlier_learners_files():
    """Looks for what an earlier learner left in the scratch folder and in shared memory."""
    return """
        import os

        left = [f"{folder}/{name}" for folder in ("/scratch", "/dev/shm")
                for name in os.listdir(folder)]
        print("left behind:", [name for name in left if "ipython" not in name])
        for folder in ("/scratch", "/dev/shm", "/var/tmp"):
            attempt(folder, lambda: open(f"{folder}/left-by-mallory", "w").write("for the next"))
    """


@added(because=("the answer is not told", WRONG_SHOWS), points=HONEST, double=WRONG)
def inputs_told_outside():
    """Writes the arguments that it is called with wherever the next submission might look."""
    return """
        import os

        def tell(x):
            for folder in ("/scratch", "/dev/shm", "/tmp", "/var/tmp", "$CANARY", "$HOME"):
                try:
                    with open(os.path.join(folder, "inputs"), "a") as file:
                        file.write(repr(x))
                except OSError:
                    pass

        tell("60.0")
        print("the answer is not told")
    """


@answer(because=("has 0 secrets", "expected"))
def source_of_the_caller():
    """Asks for the source of everything on the stack and in the modules around."""
    return """
        import inspect
        import sys

        def double(x):
            found = 0
            for module in list(sys.modules.values()):
                if getattr(module, "__name__", "").startswith(("autograder", "tests")):
                    try:
                        text = inspect.getsource(module)
                    except (OSError, TypeError):
                        continue
                    found += ".misconcep" + "tion(" in text or "learner." + "double(" in text
            return f"has {found} secrets"
    """
