"""One notebook in one kernel: executed by papermill, watched for its time limit and for a wish to stop.

Imports papermill, which takes more than a second: only worker processes import this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from nbclient.exceptions import DeadKernelError
from papermill import execute_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from helpers.runner.outcome import DONE, Outcome, is_disk
from helpers.runner.warm_provisioner import WarmProvisioner

ENGINE = "watched"
POLL_SECONDS = 0.2
GRACE_SECONDS = 5.0  # between the interrupt, which lets a cell keep what it has, and the kill
START_SECONDS = 60
SAVE_SECONDS = 1.0
CELL_LIMIT, RUN_LIMIT, STOP = "cell limit", "run limit", "stop"

#: Errors of a study that are not the fault of its code.
_CAUSES = {
    "ParameterError": "parameters",
    "DataInvalid": "data",
    "DataUnavailable": "data",
    "CatalogueError": "data",
    "MethodError": "data",  # a statistic is not defined for them
}


class Stopped(Exception):
    """The watch has interrupted the run, and the kernel raised nothing."""


class _Saves:
    """Keeps the notebook on disk at most about a second behind its cells, in case this process is killed.

    papermill would write all of it whenever a cell begins or ends, which takes longer than most cells do.

    Parameters
    ----------
    manager : NotebookExecutionManager
        papermill's; while its cells are executed it asks here.
    """

    def __init__(self, manager: NotebookExecutionManager) -> None:
        self._manager, self._write = manager, manager.save
        self._written, self._due = time.monotonic(), False
        manager.save = self.ask

    def ask(self) -> None:
        """Something has changed."""
        self._due = True
        self.catch_up()

    def catch_up(self) -> None:
        """Write what has changed, unless the last time is less than `SAVE_SECONDS` ago."""
        if self._due and time.monotonic() > self._written + SAVE_SECONDS:
            self._write()
            self._written, self._due = time.monotonic(), False

    def end(self) -> None:
        """Let papermill write at once again, as it does at the end."""
        del self._manager.save


@dataclass
class Watch:
    """Interrupts a running cell at a limit or when `stop` appears, and kills the kernel if it ignores that.

    While a cell runs it also has what the cells before it left written (see `_Saves`).

    Parameters
    ----------
    cell_limit : float
        Seconds that a cell may take.
    run_limit : float
        Seconds that the run may take, from its first cell to its last; the kernel's start has a limit of its own.
    stop : Path
        A file whose existence means that the batch wants to stop. A file, because it works the same whatever executor
        brought the run here.
    """

    cell_limit: float
    run_limit: float
    stop: Path
    reason: str = ""  # why the watch interrupted: `CELL_LIMIT`, `RUN_LIMIT` or `STOP`
    cell: str = ""  # the cell that runs or ran last, in words
    last_good: str = ""
    manager: Any = None
    _client: Any = None
    _saves: Any = None
    _timer: asyncio.TimerHandle | None = None
    _killed: bool = False
    _cell_ends: float = math.inf  # at these times, on the clock of `time.monotonic`
    _run_ends: float = math.inf
    _killed_at: float = math.inf
    _pending: asyncio.Future[Any] | None = None
    _peak_bytes: int | None = None  # of a cold kernel, as seen last

    def attach(self, client: PapermillNotebookClient) -> None:
        """Follow the cells of a client."""
        self._client = client
        self._saves = _Saves(client.nb_man)
        client.on_cell_execute = self._begin_cell
        client.on_cell_executed = self._end_cell

    def detach(self) -> None:
        """Stop looking; a timer left behind would look at the next run in the same process."""
        self._rest()
        self._saves.end()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _begin_cell(self, cell: Any, cell_index: int) -> None:
        self.manager = self._client.km
        self._cell_ends = math.inf
        self._run_ends = min(self._run_ends, time.monotonic() + self.run_limit)
        self.reason = self.reason or self._due()
        if self.reason:
            raise Stopped
        self.cell = f"cell In [{self._client.code_cells_executed + 1}] ({_first_line(cell.source)})"
        cell.metadata.papermill.status = "failed"  # until it has run through: papermill tells only of what raised
        self._cell_ends = time.monotonic() + self.cell_limit
        self._look()

    def _end_cell(self, cell: Any, cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        self._rest()
        if execute_reply["content"]["status"] == "ok" and not self.reason:  # else it swallowed the interrupt
            self.last_good = self.cell
            cell.metadata.papermill.status = "running"  # which papermill makes "completed"

    def _look(self) -> None:
        self._peak_bytes = _peak_bytes(_process(self.manager)) or self._peak_bytes
        with contextlib.suppress(Exception):  # it is met again, and told, where the cell ends
            self._saves.catch_up()
        if not self.reason:
            self.reason = self._due()
            if self.reason:
                self._killed_at = time.monotonic() + GRACE_SECONDS
                self._pending = asyncio.ensure_future(self.manager.interrupt_kernel())
        elif time.monotonic() > self._killed_at:
            self._killed = True
            self._pending = asyncio.ensure_future(self.manager.signal_kernel(signal.SIGKILL))
            return
        self._timer = asyncio.get_running_loop().call_later(POLL_SECONDS, self._look)

    def _due(self) -> str:
        """Why the run has to stop now; empty if it may go on."""
        now = time.monotonic()
        if self.stop.exists():
            return STOP
        if now > self._cell_ends:
            return CELL_LIMIT
        return RUN_LIMIT if now > self._run_ends else ""

    def outcome(self) -> Outcome:
        """Why the watch stopped the run."""
        where = self.cell or "the start of its kernel"
        then = f"{', ignored the interrupt and was killed' if self._killed else ''}{self.after()}"
        place = f"{'after' if self.cell and self.cell == self.last_good else 'at'} {where}"
        if self.reason == STOP:
            return Outcome("interrupted", f"the batch was stopped {place}{then}")
        if self.reason == RUN_LIMIT:
            return Outcome("time limit", f"the run took longer than {self.run_limit:g} s, stopped {place}{then}")
        return Outcome("time limit", f"{where} took longer than {self.cell_limit:g} s{then}")

    def after(self) -> str:
        """The last cell that ended well, to end a message with."""
        return f"; last good: {self.last_good}" if self.last_good else "; no cell before it"

    def exit_signal(self) -> str:
        """The signal that ended the kernel and the memory that it held, in words, where the operating system tells."""
        process = _process(self.manager)
        code = getattr(process, "returncode", None)
        peak = getattr(process, "peak_bytes", None) or self._peak_bytes
        held = f" (peak memory {peak / 1e6:.0f} MB)" if peak else ""
        if code is None or code >= 0:
            return (f"with exit code {code}" if code is not None else "unexpectedly") + held
        name = signal.Signals(-code).name
        return f"by {name}{held}" + (", as the system does when memory runs out" if name == "SIGKILL" else "")


class _KernelClient(AsyncKernelClient):
    """Jupyter's own, which does not wait for what nobody needs."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs arrive.

        Jupyter's own goes on until a fifth of a second has brought no message, and drops what came until then; nbclient
        passes over all that is not of its cell.
        """
        ends = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(timeout=0.2)
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > ends:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")


class _Client(PapermillNotebookClient):
    """papermill's client of a kernel that is warm where that is to be had."""

    def create_kernel_manager(self):
        manager = super().create_kernel_manager()
        manager.client_factory = _KernelClient
        manager.provisioner = WarmProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
        return manager


class WatchedEngine(NBClientEngine):
    """papermill's own engine, with a `Watch` on its client."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, watch: Watch, kernel_log: Path, start_timeout: int = START_SECONDS, **_
    ):
        """Execute the notebook's cells in order until one fails.

        What the kernel process itself says goes to `kernel_log` and not to the terminal: a kernel is interrupted before
        it is asked to end, and often says so, though nothing was lost.
        """
        # Sockets rather than ports: others cannot listen, and two kernels that start at once cannot choose the same.
        sockets = Config(KernelManager={"transport": "ipc"})
        client = _Client(
            nb_man,
            config=sockets,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            log=logging.getLogger("papermill"),
        )
        watch.attach(client)
        try:
            with kernel_log.open("ab") as log:
                client.execute(stdout=log, stderr=log)
        finally:
            watch.detach()


papermill_engines.register(ENGINE, WatchedEngine)
logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it reports stands in the outcome


def execute(notebook: Path, target: Path, values: Mapping[str, Any], scratch: Path, watch: Watch) -> Outcome:
    """Execute a notebook with values in a kernel of its own.

    Parameters
    ----------
    notebook, target : Path
        The study, and the file to write, at most about a second behind the cells.
    values : mapping of str to object
        Its parameters.
    scratch : Path
        The kernel's working folder.
    watch : Watch
        Limit and stop file.

    Returns
    -------
    Outcome
        Also for a run that failed in any way: its cause, and a message that names cell and last good cell.

    Raises
    ------
    OSError
        The disk refused to be written.
    """
    try:
        execute_notebook(
            notebook,
            target,
            dict(values),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=START_SECONDS,
            cwd=scratch,
            watch=watch,
            kernel_log=_log_beside(target),
        )
        if watch.reason:  # the last cell swallowed the interrupt: what it left is not what it would have left
            raise Stopped
    except Exception as fault:
        if is_disk(fault):
            raise
        return _failure(fault, watch, _log_beside(target))
    return DONE


def _log_beside(target: Path) -> Path:
    return target.with_name("kernel.log")


def _failure(fault: Exception, watch: Watch, kernel_log: Path) -> Outcome:
    if watch.manager is None:
        said = kernel_log.read_text(encoding="utf-8", errors="replace").strip() if kernel_log.exists() else ""
        last = f"; it said last: {said.splitlines()[-1]}" if said else ""
        return Outcome("kernel", f"the kernel did not start: {str(fault) or type(fault).__name__}{last}")
    if watch.reason:
        return watch.outcome()
    after = watch.after()
    if isinstance(fault, DeadKernelError):
        return Outcome("killed", f"the kernel was ended in {watch.cell} {watch.exit_signal()}{after}")
    if isinstance(fault, PapermillExecutionError):
        cause = _CAUSES.get(fault.ename, "cell")
        return Outcome(cause, f"{watch.cell} stopped with {fault.ename}: {fault.evalue}{after}")
    return Outcome("cell", f"{watch.cell} stopped with {type(fault).__name__}: {fault}{after}")


def _process(manager: Any) -> Any:
    """The kernel's process: a Popen, or a `warm.Kernel`, whose parent tells its peak memory when it has ended."""
    return getattr(getattr(manager, "provisioner", None), "process", None)


def _peak_bytes(process: Any) -> int | None:
    """Peak memory of a living process; None where the operating system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
    except (AttributeError, OSError):
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines()]
    code = next((line for line in lines if line and not line.startswith("#")), "")
    return code if len(code) <= 60 else f"{code[:57]}..."
