"""Warm kernels as the batch and its workers see them: start their parent, ask it for a kernel, follow that kernel."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from helpers.project import Project
from helpers.runner import temporary, worker

#: What every kernel's command line begins with; one with options between is not what the parent is.
LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]
_PARENT = Path(__file__).with_name("warm_parent.py")
_SOCKET = "warm"
_START_SECONDS = 60.0  # the parent may still be importing


def possible() -> bool:
    """Whether kernels can be forked here: on Linux, since macOS forbids what numerical libraries do after a fork."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


@contextlib.contextmanager
def kernels(project: Project) -> Iterator[Path]:
    """A folder for the sockets of a batch's kernels, with the parent of warm ones at work.

    Entered before a batch is planned: the parent imports for seconds, and the first kernels wait for it.
    """
    with temporary.folder() as sockets, parent(sockets, worker.environment(project.root, sockets)):
        yield sockets


@contextlib.contextmanager
def parent(sockets: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run the parent of warm kernels while the body runs; where that is not possible, nothing.

    Parameters
    ----------
    sockets : Path
        A folder of this user alone, to hold the socket.
    environment : mapping of str to str
        What the kernels' environment sets, since libraries read it while they are imported.
    """
    if not possible():
        yield
        return
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(sockets / _SOCKET))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, str(_PARENT), str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,  # ends with the batch, however that ends
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | dict(environment),
            start_new_session=True,  # the interrupt of a terminal is the batch's business
        )
    try:
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()  # the keepers end their kernels
        process.kill()  # it may still be importing
        process.wait()


class Kernel:
    """A kernel that the parent has forked, with the methods of `subprocess.Popen` that Jupyter uses.

    Parameters
    ----------
    sockets : Path
        The folder given to `parent`.
    arguments : sequence of str
        The kernel's, from behind `LAUNCHER`.
    environment : mapping of str to str
        All of its environment.
    cwd : str
        Its working folder.
    streams : sequence of file
        Its stdout and stderr.

    Attributes
    ----------
    pid : int
        Its process, which leads a session and a group of its own.
    returncode : int or None
        None while it runs; minus the signal's number if one ended it, 1 if nobody could tell.
    peak_bytes : int or None
        The most memory that it held at once, known at its end.

    Raises
    ------
    OSError
        There is no parent, or it ended.
    """

    stdin = stdout = stderr = None  # nothing to close

    def __init__(
        self,
        sockets: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        cwd: str,
        streams: Sequence[IO[bytes]],
    ) -> None:
        self.returncode: int | None = None
        self.peak_bytes: int | None = None
        self._said = b""
        request = {"arguments": arguments, "environment": dict(environment), "cwd": cwd}
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.settimeout(_START_SECONDS)
            self._connection.connect(str(sockets / _SOCKET))
            text = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(self._connection, [text], [stream.fileno() for stream in streams])
            self._connection.sendall(text[sent:])
            begun = self._next_line()
            if "pid" not in begun:
                raise ConnectionResetError("the kernel ended before it began")
            self.pid = begun["pid"]
            self._connection.settimeout(0)
        except OSError:
            self._connection.close()
            raise

    def poll(self) -> int | None:
        """The exit code, None while the kernel runs."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                ending = self._next_line()
                self.returncode = ending.get("returncode", 1)
                self.peak_bytes = ending.get("peak_bytes")
                self._connection.close()
        return self.returncode

    def wait(self) -> int | None:
        """Wait for the kernel's end."""
        if self.returncode is None:
            self._connection.settimeout(None)
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and to what it has started."""
        if self.poll() is None:
            with contextlib.suppress(OSError):  # it has just ended
                self._connection.send(bytes([number]))

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _next_line(self) -> dict[str, int]:
        """What the keeper says next; nothing if it is gone.

        Raises
        ------
        BlockingIOError
            It says nothing yet, and nobody wants to wait.
        """
        while b"\n" not in self._said:
            try:
                more = self._connection.recv(1 << 10)
            except ConnectionError:
                more = b""
            if not more:
                return {}
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return json.loads(line)
