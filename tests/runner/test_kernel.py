"""How a run is followed on disk while its cells are at work."""

from __future__ import annotations

import pytest

from helpers.runner import kernel


class Manager:
    """Counts how often it would write the notebook."""

    written = 0

    def save(self) -> None:
        self.written += 1


@pytest.fixture
def clock(monkeypatch):
    times = [0.0]
    monkeypatch.setattr(kernel.time, "monotonic", lambda: times[-1])
    return times


def test_a_notebook_is_written_at_most_once_a_second_and_only_where_it_has_changed(clock):
    manager = Manager()
    saves = kernel._Saves(manager)
    for _ in range(10):
        manager.save()
    assert manager.written == 0
    clock.append(1.5)
    saves.catch_up()
    saves.catch_up()
    assert manager.written == 1
    clock.append(9.0)
    saves.catch_up()
    assert manager.written == 1
    manager.save()
    assert manager.written == 2
    saves.end()
    manager.save()
    assert manager.written == 3


def test_what_a_full_disk_refused_is_written_later(clock):
    manager = Manager()
    saves = kernel._Saves(manager)
    clock.append(1.5)
    saves._write = _refuse
    with pytest.raises(OSError, match="full"):
        manager.save()
    saves._write = lambda: Manager.save(manager)
    saves.catch_up()
    assert manager.written == 1


def _refuse() -> None:
    raise OSError("full")
