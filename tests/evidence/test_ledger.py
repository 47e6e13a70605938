"""The ledger keeps what was found, says what changed, and never overwrites silently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import DataInvalid
from helpers.evidence import ledger
from helpers.evidence.record import Row, RunRecord

ROW = Row(
    claim="satisfaction-raises-loyalty",
    component="attitude",
    study="satisfaction_loyalty",
    dataset="csibank",
    role="primary",
    specification="alone, HC3",
    parameters="",
    design="cross-sectional",
    measure="standardised_slope",
    unit="SD per SD",
    estimate=0.5,
    se=0.02,
    ci_low=0.46,
    ci_high=0.54,
    ci90_low=0.467,
    ci90_high=0.533,
    n=1707,
    n_dropped=0,
    events=None,
    clusters=None,
    verdict="supported",
    rule_version="1.abcdef01",
    run_key="k1",
)


def record(*rows: Row, run: str = "satisfaction_loyalty.csibank", **changes) -> RunRecord:
    content = {
        "run": run,
        "study": "satisfaction_loyalty",
        "values": {},
        "listed": True,
        "reality": "real",
        "status": "done",
        "evidence": rows,
    }
    return RunRecord(**(content | changes))


LISTED = {"satisfaction_loyalty.csibank", "satisfaction_loyalty.ecsi_mobi"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["csibank", "ecsi_mobi", "corp_rep"]), st.floats(-9, 9), st.text("ab ,\"'x", max_size=9)
        ),
        unique_by=lambda item: (item[0], item[2]),
    )
)
@pytest.mark.property
def test_a_ledger_reads_back_as_it_was_written_up_to_nine_digits(tmp_path_factory, items):
    path = tmp_path_factory.mktemp("ledger") / "ledger.csv"
    rows = [replace(ROW, dataset=dataset, estimate=value, specification=words) for dataset, value, words in items]
    ledger.write(path, rows)
    back = ledger.read(path)
    assert [row.identity for row in back] == sorted(row.identity for row in rows)
    wanted = {row.identity: row for row in rows}
    assert all(ledger.same(row, wanted[row.identity]) for row in back)


def test_new_rows_are_added_and_the_same_batch_again_changes_nothing(path):
    first = ledger.update(path, [record(ROW)], LISTED, accept=False)
    assert first.added == (ROW,)
    before = path.read_bytes()
    again = ledger.update(path, [record(replace(ROW, run_key="k2", estimate=0.5 * (1 + 1e-9)))], LISTED, accept=False)
    assert (again.added, again.changed, again.removed) == ((), (), ())
    assert path.read_bytes() == before


def test_a_changed_row_is_told_by_how_much_and_kept_until_accepted(path):
    ledger.update(path, [record(ROW)], LISTED, accept=False)
    moved = record(replace(ROW, estimate=0.51))
    changes = ledger.update(path, [moved], LISTED, accept=False)
    assert changes.open
    assert "estimate 0.5 -> 0.51" in changes.lines()[0]
    assert ledger.read(path)[0].estimate == 0.5
    accepted = ledger.update(path, [moved], LISTED, accept=True)
    assert not accepted.open
    assert ledger.read(path)[0].estimate == 0.51


def test_a_changed_rule_counts_as_a_change_even_with_equal_numbers(path):
    ledger.update(path, [record(ROW)], LISTED, accept=False)
    changes = ledger.update(path, [record(replace(ROW, rule_version="2.00000000"))], LISTED, accept=False)
    assert "rule_version 1.abcdef01 -> 2.00000000" in changes.lines()[0]


def test_a_row_that_its_run_no_longer_gives_is_told_and_goes_only_with_acceptance(path):
    other = replace(ROW, role="alternative", specification="beside rivals")
    ledger.update(path, [record(ROW, other)], LISTED, accept=False)
    changes = ledger.update(path, [record(ROW)], LISTED, accept=False)
    assert changes.removed == (other,)
    assert len(ledger.read(path)) == 2
    ledger.update(path, [record(ROW)], LISTED, accept=True)
    assert len(ledger.read(path)) == 1


def test_rows_of_runs_that_were_not_made_now_stay_unless_no_longer_listed(path):
    ledger.update(path, [record(ROW)], LISTED, accept=False)
    assert ledger.update(path, [], LISTED, accept=True).removed == ()
    assert ledger.update(path, [], set(), accept=False).removed == (ROW,)


@pytest.mark.parametrize("change", [{"listed": False}, {"reality": "simulated"}, {"status": "failed"}])
def test_only_listed_finished_runs_on_real_data_enter(path, change):
    assert ledger.update(path, [record(ROW, **change)], LISTED, accept=True).added == ()
    assert not path.exists()


def test_a_number_that_is_none_is_told_with_its_line(path):
    ledger.write(path, [ROW])
    path.write_text(path.read_text().replace("1707", "many"))
    with pytest.raises(DataInvalid, match=r"ledger\.csv:2: n is 'many', not a number"):
        ledger.read(path)


def test_a_ledger_with_other_columns_is_refused(path):
    path.write_text("claim,component\na,b\n")
    with pytest.raises(DataInvalid, match="the columns are claim, component; expected claim, component, study"):
        ledger.read(path)


def test_nothing_half_written_stays_when_writing_fails(path, monkeypatch):
    ledger.write(path, [ROW])
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ledger.write(path, [replace(ROW, estimate=0.7)])
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == ["ledger.csv"]
