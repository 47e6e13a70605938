"""What a batch shows while it runs: one line that is redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import time
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


class Progress:
    """The report of the command line.

    Parameters
    ----------
    stream : TextIO
        Where to write; the live line is drawn only if it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._running: list[str] = []
        self._total = self._ended = self._failed = 0
        self._begun = time.monotonic()

    def begin(self, total: int) -> None:
        self._total, self._begun = total, time.monotonic()

    def started(self, run: str) -> None:
        self._running.append(run)
        self.tick()

    def finished(self, record: RunRecord) -> None:
        if record.run in self._running:
            self._running.remove(record.run)
        self._ended += 1
        self._failed += record.status == "failed"
        self._line(f"[{self._ended}/{self._total}] {told(record)}")
        self.tick()

    def tick(self) -> None:
        if self._live and self._running:
            seconds = time.monotonic() - self._begun
            failed = f", {self._failed} failed" if self._failed else ""
            text = f"{self._ended}/{self._total}{failed}, {seconds:.0f} s: {', '.join(self._running)}"
            self._stream.write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
            self._stream.flush()

    def end(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _line(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._stream.flush()


def told(record: RunRecord) -> str:
    """A run's end in a line: name, status, seconds, and for a failure its cause and message."""
    if record.status == "done":
        return f"{record.run}: done, {record.seconds:.1f} s"
    cause = f" ({record.cause})" if record.cause else ""
    return f"{record.run}: {record.status}{cause}: {record.message}"
