"""What a batch shows while it runs: one line that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import heapq
import shutil
import time
from collections.abc import Mapping
from typing import Protocol, TextIO

from helpers.evidence.record import RunRecord


class Report(Protocol):
    """Told of each event of a batch, in the parent process."""

    def begin(self, total: int) -> None:
        """The batch starts with that many runs."""

    def started(self, run: str) -> None:
        """A run has been given to a worker."""

    def finished(self, record: RunRecord) -> None:
        """A run has ended, well or not."""

    def tick(self) -> None:
        """Some time has passed."""

    def end(self) -> None:
        """No more runs."""


class Estimate:
    """How long a batch will still take.

    Parameters
    ----------
    expected : mapping of str to float or None
        Seconds that each run is expected to take, in the order in which they start; None where no earlier run of its
        study tells. Such a run is taken to last as long as the mean of those that have ended in this batch.
    lanes : int
        Runs side by side.
    """

    def __init__(self, expected: Mapping[str, float | None], lanes: int) -> None:
        self._waiting = dict(expected)
        self._lanes = lanes
        self._running: dict[str, tuple[float, float | None]] = {}  # start, expected seconds
        self._took: list[float] = []

    def started(self, run: str, now: float) -> None:
        """A run starts at that time (seconds of any clock that all calls share)."""
        self._running[run] = now, self._waiting.pop(run, None)

    def finished(self, run: str, now: float) -> None:
        """A run has ended; one that never started tells nothing of how long others take."""
        if run in self._running:
            self._took.append(now - self._running.pop(run)[0])

    def left(self, now: float) -> float | None:
        """Seconds until the last run ends, each lane taking the next one when it is free; None if nothing tells yet."""
        expected = [*self._waiting.values(), *(seconds for _, seconds in self._running.values())]
        if None in expected and not self._took:
            return None
        mean = sum(self._took) / len(self._took) if self._took else 0.0
        lanes = [
            max((mean if seconds is None else seconds) - (now - start), 0.0)
            for start, seconds in self._running.values()
        ]
        lanes += [0.0] * (self._lanes - len(lanes))
        heapq.heapify(lanes)
        for seconds in self._waiting.values():
            heapq.heapreplace(lanes, lanes[0] + (mean if seconds is None else seconds))
        return max(lanes)


class Progress:
    """The report of the command line.

    Parameters
    ----------
    stream : TextIO
        Where to write; the live line is drawn only if it is a terminal.
    estimate : Estimate
        Of the runs that it will be told of.
    """

    def __init__(self, stream: TextIO, estimate: Estimate) -> None:
        self._stream = stream
        self._estimate = estimate
        self._live = stream.isatty()
        self._running: list[str] = []
        self._total = self._ended = self._failed = 0
        self._begun = time.monotonic()

    def begin(self, total: int) -> None:
        self._total, self._begun = total, time.monotonic()

    def started(self, run: str) -> None:
        self._running.append(run)
        self._estimate.started(run, time.monotonic())
        self.tick()

    def finished(self, record: RunRecord) -> None:
        if record.run in self._running:
            self._running.remove(record.run)
        self._estimate.finished(record.run, time.monotonic())
        self._ended += 1
        self._failed += record.status == "failed"
        left = "" if self._live else self._left()  # a terminal shows it in the line that is redrawn
        self._line(f"[{self._ended}/{self._total}] {told(record)}{left}")
        self.tick()

    def tick(self) -> None:
        if self._live and self._running:
            failed = f", {self._failed} failed" if self._failed else ""
            elapsed = in_words(time.monotonic() - self._begun)
            text = f"{self._ended}/{self._total}{failed}, {elapsed}{self._left()}: {', '.join(self._running)}"
            self._stream.write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
            self._stream.flush()

    def end(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _left(self) -> str:
        seconds = self._estimate.left(time.monotonic()) if self._ended < self._total else None
        return "" if seconds is None or seconds < 1 else f"; about {in_words(seconds)} left"

    def _line(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._stream.flush()


def told(record: RunRecord) -> str:
    """A run's end in a line: name, status, seconds, and for a failure its cause and message."""
    if record.status == "done":
        return f"{record.run}: done, {record.seconds:.1f} s"
    cause = f" ({record.cause})" if record.cause else ""
    return f"{record.run}: {record.status}{cause}: {' '.join(record.message.split())}"


def in_words(seconds: float) -> str:
    """A duration as a person says it: seconds below two minutes, minutes below two hours, then hours."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
