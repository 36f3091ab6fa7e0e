"""A PostgreSQL server of Debian's package for the tests, on loopback and under a plain user."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, create_engine, text

PASSWORD = "hush"  # stands in every URL, so that a sentence which shows one is seen
# Nothing need outlive the tests, nor be big.
SETTINGS = ["fsync=off", "shared_buffers=16MB", "max_connections=40", "unix_socket_directories="]


def programs():
    """Where `initdb` and `pg_ctl` are; Debian keeps them out of the path. None without them."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: one.parent.name)
    there = [one for one in folders if (one / "initdb").exists()]
    return Path(found).resolve().parent if found else (there[-1] if there else None)


@dataclass(frozen=True)
class Server:
    """A server that runs, or has been stopped.

    Attributes:
        folder: Its data, its log and its password.
        port: On 127.0.0.1.
    """

    folder: Path
    port: int

    def url(self, database="postgres", user="postgres", password=PASSWORD):
        return URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, database)

    def database(self, like="template0"):
        """Make a database, and give its URL as text; `like` names another one to copy."""
        name = f"book_{uuid4().hex[:12]}"
        self.tell(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def tell(self, statement):
        """Run a statement as the server's master."""
        with connected(self.url()) as connection:
            return connection.execute(text(statement))

    def control(self, *arguments):
        """Run `pg_ctl`."""
        settings = " ".join(f"-c {one}" for one in SETTINGS)
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} {settings}"
        where = ["-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options]
        self._run("pg_ctl", *where, "-w", *arguments)

    def make(self):
        """Make its files, begin, and let nobody in without the password."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        plain = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
        entry = ["--auth=scram-sha-256", f"--pwfile={secret}"]
        if os.geteuid() == 0:
            os.chown(secret, *_plain_user())
        self._run("initdb", f"--pgdata={self.folder / 'data'}", *plain, *entry)
        self.control("start")

    def _run(self, program, *arguments):
        # PostgreSQL refuses to run as root.
        uid, gid = _plain_user()
        become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        command = [*(become if os.geteuid() == 0 else []), str(programs() / program), *arguments]
        # To a file: the server inherits the streams, and a pipe would never end.
        with open(self.folder.with_suffix(".out"), "a+") as out:
            done = subprocess.run(command, cwd="/", stdout=out, stderr=out, check=False)
            out.seek(0)
            assert done.returncode == 0, out.read()


@contextlib.contextmanager
def running():
    """Start a server of its own, and end it."""
    # Not in pytest's folder, which a plain user may not enter when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="course-postgres-"))
    if os.geteuid() == 0:
        os.chown(folder, *_plain_user())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder, port)
    try:
        server.make()
        yield server
    finally:
        with contextlib.suppress(AssertionError):  # one that never began, or was stopped
            server.control("stop", "--mode=immediate")
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".out").unlink(missing_ok=True)


@contextlib.contextmanager
def connected(url):
    """Open a connection on which every statement is a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _plain_user():
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
