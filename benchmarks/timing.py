"""Timing that all benchmarks share: the median of five runs, here and in R, printed as ratios.

On a busy machine take ``cpu=True``: seconds of the processor, which others' work hardly changes, in place of those on
the wall. Set OMP_NUM_THREADS=1, so that the two agree on a quiet one.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Mapping

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
