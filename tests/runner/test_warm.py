"""Forked kernels: they look like ordinary ones, end when they should, and nothing of them stays behind.

Each test of the first part stands for a trap: something that goes wrong, often silently, where kernels are forked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from helpers.runner import batch, kernel, temporary, warm, worker
from helpers.runner.outcome import Outcome

from .conftest import list_runs, write_study

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not warm.possible(), reason="kernels cannot be forked here")]

#: All that libraries keep of what they saw while they were imported, and what a process inherits.
STATE = """import decimal, gc, json, locale, logging, os, random, signal, sys, threading
import matplotlib, numpy, pandas, pandera.pandas  # the last leaves something in the environment
from pandas._config import config
own = {"JPY_PARENT_PID", "IPYTHONDIR", "PWD", "OLDPWD", "_"}
defaults = {name: getattr(signal.getsignal(name), "__qualname__", signal.getsignal(name))
            for name in signal.valid_signals()}
print(json.dumps(dict(
    pandas={name: pandas.get_option(name) for name in config._registered_options if name.startswith(("disp", "sty"))},
    matplotlib=dict(matplotlib.rcParams, backend=matplotlib.get_backend()),
    numpy=numpy.get_printoptions(),
    environment={name: value for name, value in os.environ.items() if name not in own},
    process=[os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), os.getcwd(), signal.pthread_sigmask(0, [])],
    signals=defaults,
    arguments=[sys.argv[0], *(word for word in sys.argv[1:] if not word.endswith(".json"))],
    path=sys.path, flags=list(sys.flags), hash=hash("x"),
    main=[getattr(sys.modules.get(name), "__file__", None) for name in ("__main__", "__mp_main__")],
    helpers=[name for name in sys.modules if name.startswith("helpers")],
    asks=callable(get_ipython), builtin=hasattr(__builtins__, "get_ipython"),
    threads=sorted(type(thread).__name__ for thread in threading.enumerate()),
    streams=[type(sys.stdin).__name__, type(sys.stdout).__name__, type(sys.stderr).__name__],
    other=[gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(), locale.getlocale(), logging.getLogger().level],
    decimal=str(decimal.getcontext()),
), default=str, indent=1, sort_keys=True))"""
LEFT_OPEN = """import atexit, functools, pathlib, threading, time, weakref
def write(name): (pathlib.Path({folder!r}) / name).write_text("written")
left = (pathlib.Path({folder!r}) / "a file").open("w")
left.write("written")
atexit.register(write, "at exit")
class Held: pass
held = Held()
_ = weakref.finalize(held, write, "a finalizer")
threading.Thread(target=lambda: [time.sleep(0.5), write("a thread")]).start()"""
FIGURE = "import matplotlib.pyplot as plt\n_, axes = plt.subplots()\naxes.plot([1, 3, 2]);"
SEABORN = "import seaborn\nseaborn.histplot(pandas.DataFrame({'x': [1, 1, 2]}), x='x');"
WIDE_FRAME = "pandas.DataFrame([range(40)] * 3).add_prefix('a column with a long name ')"
WARNING = "import warnings\nwarnings.warn('mind')\nprint('all', file=sys.stderr)\n1 / 0"


@dataclass
class Ran:
    outcome: Outcome
    outputs: list[dict]

    @property
    def printed(self) -> str:
        return "".join("".join(output["text"]) for output in self.outputs if output["output_type"] == "stream")


def execute(folder: Path, *cells: str, cell_limit: float = 60, run_limit: float = 60) -> Ran:
    """Run cells in a kernel, forked if the parent runs."""
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    code = [empty | {"id": f"c{number}", "source": cell} for number, cell in enumerate(cells)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": code, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    study, target = folder / "study.ipynb", folder / "executed.ipynb"
    study.write_text(json.dumps(notebook), encoding="utf-8")
    watch = kernel.Watch(cell_limit, run_limit, folder / "stop")
    outcome = kernel.execute(study, target, {}, folder, watch)
    done = json.loads(target.read_text(encoding="utf-8"))
    return Ran(outcome, [output for cell in done["cells"] for output in cell.get("outputs", [])])


@contextlib.contextmanager
def running_parent() -> Iterator[Path]:
    """A parent in the environment of a batch, and the folder of its socket."""
    with temporary.folder() as sockets, pytest.MonkeyPatch.context() as patch:
        for variable, value in worker.environment(Path("/nowhere"), sockets).items():
            patch.setenv(variable, value)
        with warm.parent(sockets, {}):
            yield sockets


@pytest.fixture(scope="module")
def sockets() -> Iterator[Path]:
    with running_parent() as folder:
        yield folder


def fork(sockets: Path, folder: Path) -> warm.Kernel:
    """A kernel without a client."""
    arguments = ["-f", str(folder / "connection.json"), "--transport=ipc", f"--ip={sockets / folder.name}"]
    with (folder / "log").open("wb") as log:
        return warm.Kernel(sockets, arguments, os.environ, str(folder), (log, log))


def gone(pid: int, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_forked_kernel_is_in_the_state_of_an_ordinary_one_and_shows_the_same(sockets, tmp_path, monkeypatch):
    cells = (STATE, FIGURE, SEABORN, WIDE_FRAME, WARNING)
    forked = execute(tmp_path, *cells)
    with TemporaryDirectory() as elsewhere:
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", elsewhere)
        ordinary = execute(tmp_path, *cells)
    state, expected = (_flat(json.loads("".join(ran.outputs.pop(0)["text"]))) for ran in (forked, ordinary))
    for found in (state, expected):
        del found["environment.JUPYTER_RUNTIME_DIR"]
    assert state == expected
    assert state["helpers."] == []
    assert _without_process(forked) == _without_process(ordinary)
    assert sum("image/png" in output.get("data", {}) for output in forked.outputs) == 2


def _flat(state: dict) -> dict:
    """Each item under the name of its group and its own, so that a difference can be read."""
    groups = {group: found if isinstance(found, dict) else {"": found} for group, found in state.items()}
    return {f"{group}.{name}": value for group, found in groups.items() for name, value in found.items()}


def _without_process(ran: Ran) -> str:
    """Outputs and outcome; a warning names the process in the path of its cell."""
    return re.sub(r"ipykernel_\d+", "ipykernel", json.dumps([ran.outputs, ran.outcome.message], indent=1))


@pytest.mark.parametrize("forked", [True, False])
def test_what_a_study_leaves_open_or_at_work_is_ended_in_order(request, tmp_path, forked):
    if forked:
        request.getfixturevalue("sockets")
    kept = tmp_path / "kept"
    kept.mkdir()
    ran = execute(tmp_path, LEFT_OPEN.format(folder=str(kept)))
    assert not ran.outcome.cause, ran
    assert {path.name: path.read_text() for path in kept.iterdir()} == dict.fromkeys(
        ["a file", "at exit", "a finalizer", "a thread"], "written"
    )


def test_random_numbers_without_a_seed_differ_between_kernels(sockets, tmp_path):
    draw = "import random, numpy\nprint(random.random(), numpy.random.rand(), numpy.random.default_rng().random())"
    first, second = (execute(tmp_path, draw).printed.split() for _ in range(2))
    assert not set(first) & set(second)


def test_an_interrupt_reaches_the_cell_and_keeps_what_it_has_done(sockets, tmp_path):
    ran = execute(tmp_path, "import time\nprint('so far')\ntime.sleep(600)", cell_limit=1)
    assert ran.outcome == Outcome("time limit", "cell In [1] (import time) took longer than 1 s; no cell before it")
    assert ran.printed == "so far\n"
    assert states(tmp_path) == [(1, "failed")]
    assert ran.outputs[-1]["ename"] == "KeyboardInterrupt"


def test_a_run_limit_counts_all_cells_and_is_told_from_a_cell_limit(sockets, tmp_path):
    ran = execute(tmp_path, "import time\ntime.sleep(2)", "time.sleep(600)", cell_limit=60, run_limit=4)
    assert ran.outcome.cause == "time limit"
    assert ran.outcome.message == (
        "the run took longer than 4 s, stopped at cell In [2] (time.sleep(600)); last good: cell In [1] (import time)"
    )


def test_a_kernel_that_ignores_the_interrupt_is_killed_and_the_message_says_so(sockets, tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "GRACE_SECONDS", 0.5)
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    ran = execute(tmp_path, stubborn, cell_limit=1)
    assert ran.outcome.cause == "time limit"
    assert "took longer than 1 s, ignored the interrupt and was killed" in ran.outcome.message


def test_a_run_that_is_stopped_between_two_cells_says_after_which(sockets, tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "POLL_SECONDS", 60)  # so that the watch sees it only when the next cell is to begin
    ran = execute(tmp_path, "first = 1", "open('stop', 'w').close()", "never = 1")
    assert ran.outcome.cause == "interrupted"
    assert ran.outcome.message.startswith("the batch was stopped after cell In [2] (open('stop', 'w').close())")
    assert states(tmp_path) == [(1, "completed"), (2, "completed"), (None, "completed")]


def states(folder: Path) -> list[tuple[int | None, str]]:
    """Of each code cell its number and how papermill says that it ended; one that was not reached has no number."""
    cells = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))["cells"]
    return [
        (cell["execution_count"], cell["metadata"]["papermill"]["status"])
        for cell in cells
        if cell["cell_type"] == "code"
    ]


def test_the_end_of_a_kernel_is_told_with_signal_or_exit_code_and_peak_memory(sockets, tmp_path):
    ran = execute(tmp_path, "import os, signal\nheld = b'1' * 400_000_000\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert ran.outcome.cause == "killed"
    before, _, after = ran.outcome.message.partition(" by SIGSEGV (peak memory ")
    assert before == "the kernel was ended in cell In [1] (import os, signal)"
    assert 400 < int(after.split()[0]) < 2000
    assert states(tmp_path) == [(1, "failed")]
    assert "with exit code 3" in execute(tmp_path, "import os\nos._exit(3)").outcome.message


def test_a_forked_kernel_dies_with_the_process_that_asked_for_it(sockets, tmp_path):
    forked = fork(sockets, tmp_path)
    assert os.getsid(forked.pid) == forked.pid
    forked._connection.close()  # as the system does when that process is killed
    assert gone(forked.pid)


def test_a_forked_kernel_dies_with_its_keeper(sockets, tmp_path):
    forked = fork(sockets, tmp_path)
    while not (tmp_path / "connection.json").exists():  # before that it does not look
        time.sleep(0.05)
    os.kill(parent_of(forked.pid), signal.SIGKILL)
    assert forked.wait() == 1
    assert gone(forked.pid)


def test_the_end_of_one_kernel_is_heard_at_once_while_another_goes_on(sockets, tmp_path):
    """A connection that a later kernel has inherited stays open until that kernel ends."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    first, second = (fork(sockets, folder) for folder in folders)
    connection = first._connection.dup()
    connection.settimeout(10)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert connection.recv(1 << 10) == b""
    assert second.poll() is None
    second.terminate()
    assert second.wait() in (0, -signal.SIGTERM)


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_batch_without_work_or_interrupted_while_it_plans_leaves_no_parent(project, interrupted):
    before = parents()
    with contextlib.suppress(KeyboardInterrupt), batch.opened(project):
        assert len(parents() - before) == 1
        if interrupted:
            raise KeyboardInterrupt
    assert parents() == before


def test_a_dry_run_starts_no_parent(project):
    before = parents()
    with batch.opened(project, dry_run=True):
        assert parents() == before


def parents() -> set[int]:
    """The parents of warm kernels that this process has started."""
    lines = {int(path.parent.name): _read(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
    return {pid for pid, line in lines.items() if "warm_parent.py" in line and parent_of(pid) == os.getpid()}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has just ended
        return ""


def test_the_parent_has_one_thread_when_it_forks(sockets, tmp_path):
    forked = fork(sockets, tmp_path)
    keeper = parent_of(forked.pid)
    assert len(list(Path(f"/proc/{parent_of(keeper)}/task").iterdir())) == 1
    forked.kill()


def test_a_dead_parent_leaves_its_kernels_running_and_new_ones_are_ordinary(tmp_path):
    with running_parent() as folder:
        forked = fork(folder, tmp_path)
        os.kill(parent_of(parent_of(forked.pid)), signal.SIGKILL)
        time.sleep(0.2)
        assert forked.poll() is None
        with pytest.raises(OSError, match="refused"):
            fork(folder, tmp_path)
        assert execute(tmp_path, "print('well')").printed == "well\n"
    assert gone(forked.pid)  # the batch has ended


def test_where_forking_is_not_possible_kernels_are_ordinary(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not warm.possible()
    with running_parent() as folder:
        assert list(folder.iterdir()) == []
        with pytest.raises(FileNotFoundError):
            fork(folder, tmp_path)


def test_a_parent_that_closes_without_an_answer_is_an_error(tmp_path):
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/warm")
        listener.listen()
        asking = subprocess.Popen([sys.executable, "-c", _ASK, folder], stdout=subprocess.PIPE, text=True)
        listener.accept()[0].close()
        assert asking.communicate(timeout=30)[0].strip() in ("ConnectionResetError", "BrokenPipeError")


_ASK = """import sys
from pathlib import Path
from helpers.runner import warm
try:
    warm.Kernel(Path(sys.argv[1]), [], {}, "/", (sys.stderr, sys.stderr))
except OSError as fault:
    print(type(fault).__name__)"""


@pytest.mark.parametrize("n_runs", [1, 2])  # one run has an ordinary kernel
def test_a_killed_batch_leaves_no_process_behind(project, n_runs):
    asleep = "import pathlib, os, time\npathlib.Path(os.environ['LOYALTY_ROOT'], 'asleep' + dataset).touch()\n"
    write_study(project, "sleeps", [f"{asleep}time.sleep(600)"])
    datasets = ", ".join(["simulated_survey", "second_survey"][:n_runs])
    list_runs(project, f"- {{study: sleeps, datasets: [{datasets}]}}\n")
    command = [sys.executable, "-c", "from helpers.cli import main; main()", "run", "--jobs", "2"]
    batch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(project.root.glob("asleep*"))) < n_runs and time.monotonic() < deadline:
        time.sleep(0.1)
    begun = _processes_with(project.root)
    batch.kill()
    batch.wait()
    assert len(begun) > n_runs
    assert [pid for pid in begun if not gone(pid)] == []


def _processes_with(root: Path) -> list[int]:
    """The processes whose environment names the project."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(root).encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]
