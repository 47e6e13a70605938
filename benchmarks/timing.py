"""Timing that all benchmarks share: the median of five runs, here, in R and in an environment of peers, as ratios.

On a busy machine take ``cpu=True``: seconds of the processor, which others' work hardly changes, in place of those on
the wall. Set OMP_NUM_THREADS=1, so that the two agree on a quiet one.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

RUNS = 5


def median_seconds(call: Callable[[], object], runs: int = RUNS, *, cpu: bool = False) -> float:
    """Median time of a call in seconds, after one run to warm up."""
    clock = time.process_time if cpu else time.perf_counter
    call()
    seconds = []
    for _ in range(runs):
        start = clock()
        call()
        seconds.append(clock() - start)
    return statistics.median(seconds)


def median_seconds_in_r(setup: str, expression: str, runs: int = RUNS, *, cpu: bool = False) -> float | str:
    """Median time of an R expression after `setup`, or the sentence that says why there is none."""
    if shutil.which("Rscript") is None:
        return "R is not installed"
    seconds = f"sum(system.time({expression})[{'1:2' if cpu else '3'}])"
    code = f"{setup}\ninvisible({expression})\ncat(median(replicate({runs}, {seconds})))"
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else f"R failed: {done.stderr.strip().splitlines()[-1]}"


def peers_option() -> argparse.ArgumentParser:
    """A parser of the option that all benchmarks with peers of another environment have."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--peers", type=Path, help="an environment that has the Python peers, with pandas below 3")
    return parser


def median_seconds_in(
    peers: Path | None,
    package: str,
    data: pd.DataFrame,
    setup: str,
    expression: str,
    runs: int = RUNS,
    *,
    cpu: bool = False,
) -> float | str:
    """Median time of a Python expression in the environment of peers, or the sentence that says why there is none.

    The setup finds numpy as ``np``, pandas as ``pd`` and the numbers of `data` as ``data``, a frame of floats.
    """
    if peers is None:
        return f"{package} is not timed: name an environment that has it with --peers"
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "data.npy"
        np.save(kept, data.to_numpy(dtype=float))
        clock = "process_time" if cpu else "perf_counter"
        code = f"""import statistics, warnings
from time import {clock} as clock
import numpy as np
import pandas as pd
warnings.simplefilter("ignore")
data = pd.DataFrame(np.load({str(kept)!r}), columns={list(data.columns)!r})
{setup}
seconds = []
for _ in range({runs + 1}):
    start = clock()
    {expression}
    seconds.append(clock() - start)
print(statistics.median(seconds[1:]))"""
        command = [str(peers.resolve() / "bin" / "python"), "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{package} failed: {done.stderr.strip().splitlines()[-1]}"
    return float(done.stdout.splitlines()[-1])


def memory_over_input(call: Callable[[], object], input_bytes: int) -> float:
    """Largest memory that Python and numpy hold during a call, the input included, over the input's."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return 1 + peak / input_bytes


def report(title: str, ours: float, peers: Mapping[str, float | str]) -> None:
    """Print our median, and each peer's with how many times ours it is, or the sentence that says why it has none."""
    print(f"{title}: {ours:.3f} s")
    for name, seconds in peers.items():
        line = seconds if isinstance(seconds, str) else f"{seconds:.3f} s, {seconds / ours:.1f} times ours"
        print(f"  {name}: {line}")
