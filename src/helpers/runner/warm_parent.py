"""The parent of warm kernels: it imports what studies import, once, and forks a kernel for each request.

`helpers.runner.warm` starts this file as a script, with a listening socket's number as its argument. Nothing of
`helpers` is imported here, so that a kernel reads the package as it is when its run begins, and no thread is started,
so that a fork copies a process at rest.

For each connection the parent forks a keeper, and the keeper the kernel. The keeper alone waits for the kernel, passes
signals on to it, tells how it ended, and kills it when the other end is gone or the batch is.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # this folder, whose modules would hide others of the same name from a study

import atexit
import builtins
import contextlib
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import threading
from types import SimpleNamespace
from typing import Any, NoReturn

#: What studies reach, by way of the package, without what acts on a kernel while it is imported (matplotlib's backend,
#: tqdm.auto) or looks for the network.
STACK = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "numpy.random",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "pandas.io.formats.style",
    "scipy.stats",
    "scipy.optimize",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "statsmodels.api",
    "statsmodels.miscmodels.ordinal_model",
    "statsmodels.stats.multitest",
    "statsmodels.stats.power",
    "statsmodels.stats.proportion",
    "statsmodels.stats.weightstats",
    "great_tables",
    "pydantic",
    "yaml",
    "pandera.pandas",
    "ibis",
    "duckdb",
)
INLINE = "module://matplotlib_inline.backend_inline"
REQUEST_SECONDS = 10.0

Request = dict[str, Any]


def main() -> None:
    """Serve until the batch is gone; in a forked kernel, be that kernel instead."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    load_stack()
    request = serve(listener)
    if request is not None:
        become_kernel(request)
        leave()


def load_stack() -> None:
    """Import `STACK` as a kernel would.

    Two libraries look around while they are imported, and keep what they saw: pandas shortens wide frames to the
    terminal's width unless there is a kernel, and matplotlib draws no figures unless the backend is named.
    """
    os.environ.setdefault("MPLBACKEND", INLINE)  # as ipykernel does
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="UTF-8")):  # a kernel's encoding
        for name in STACK:
            importlib.import_module(name)
    del builtins.get_ipython  # type: ignore[attr-defined]
    gc.collect()
    gc.freeze()  # a collection in a kernel would write to, and so copy, every page that holds an object


def serve(listener: socket.socket) -> Request | None:
    """Fork a keeper for each connection until standard input, whose other end the batch holds, is closed.

    Returns
    -------
    dict or None
        In a kernel, the request that it answers; None in the parent.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return keep(connection)
        connection.close()


def keep(connection: socket.socket) -> Request:
    """Fork a kernel and wait for it; returns in the kernel only, with the request."""
    connection.settimeout(REQUEST_SECONDS)
    request = receive(connection)
    kernel = os.fork()
    if kernel == 0:
        os.setsid()  # a group of its own, which signals reach as a whole
        connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        connection.close()
        return request
    for descriptor in request["streams"]:
        os.close(descriptor)
    ending = watch(kernel, connection)
    try:
        connection.sendall(json.dumps(ending).encode() + b"\n")
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # nobody asks any more
    os._exit(0)


def receive(connection: socket.socket) -> Request:
    """One line of JSON (``arguments``, ``environment``, ``cwd``), and with it the streams for stdout and stderr."""
    text, streams, _, _ = socket.recv_fds(connection, 1 << 16, 2)
    while not text.endswith(b"\n"):
        more = connection.recv(1 << 16)
        if not more:
            os._exit(1)
        text += more
    return {**json.loads(text), "streams": streams}


def watch(kernel: int, connection: socket.socket) -> dict[str, int]:
    """Pass signals on, a byte each, until the kernel ends; its exit code (minus the signal's number) and peak memory.

    The end of the connection or of the batch ends the kernel.
    """
    ended = os.pidfd_open(kernel)
    sources = [ended, connection, sys.stdin]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if ended in ready:
            break
        signals = b"" if sys.stdin in ready else received(connection)
        if not signals:
            sources = [ended]
        for number in signals or [signal.SIGKILL]:
            send_signal(kernel, number)
    _, status, used = os.wait4(kernel, 0)
    return {"returncode": os.waitstatus_to_exitcode(status), "peak_bytes": used.ru_maxrss * 1024}


def received(connection: socket.socket) -> bytes:
    """What came; nothing if the other end is gone, in whatever way."""
    try:
        return connection.recv(1 << 10)
    except OSError:
        return b""


def send_signal(kernel: int, number: int) -> None:
    """Send a signal to the kernel and to what it has started."""
    try:
        os.killpg(kernel, number)
    except ProcessLookupError:  # it has not begun its group yet
        os.kill(kernel, number)


def become_kernel(request: Request) -> None:
    """Take the request's streams, environment, folder and arguments, and run ipykernel as its launcher does."""
    import ipykernel_launcher  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415  STACK has it
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415

    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, source in enumerate((nothing, *request["streams"])):
        os.dup2(source, number)
        os.close(source)
    parent = os.getppid()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(parent))
    os.chdir(request["cwd"])
    sys.modules.pop("__mp_main__", None)  # this script, by the name that multiprocessing gives it
    sys.argv = [str(ipykernel_launcher.__file__), *request["arguments"]]
    np.random.seed()  # otherwise all kernels would draw the same numbers; Python's `random` sees to that itself
    IPKernelApp.launch_instance(parent_handle=parent)  # ends with its parent: what ipykernel read on import is not true


def leave() -> NoReturn:
    """End this process as the interpreter does, but for freeing its objects one by one.

    Those are the parent's: each page of memory that holds one would be copied first.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # waits for what a study left at work
    atexit._run_exitfuncs()  # IPython's empties the study's namespace, so files that were left open are written
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
