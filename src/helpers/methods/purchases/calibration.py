"""Whether a buy-till-you-die model foretells the purchases of a period that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.result import Result


class PurchaseModel(Protocol):
    """What calibration needs of a model: `BGNBD` and `ParetoNBD` have it."""

    def expected(self, time: npt.ArrayLike) -> Array:
        """Expected repeat purchases of a new customer up to `time`."""

    def conditional(self, histories: Histories, time: float) -> Array:
        """Expected purchases in the next `time` units, given each history."""


@dataclass(frozen=True, eq=False)
class Calibration(Result):
    """Expected against observed repeat purchases.

    Attributes
    ----------
    by_week : DataFrame
        One row a time unit, counted from the end of calibration both ways: ``end``, ``expected``, ``observed``, their
        running sums ``expected_total`` and ``observed_total``, and ``holdout`` (whether the unit lies in the hold-out
        period).
    by_frequency : DataFrame
        Index ``frequency`` in the calibration period, the last class open to the top: ``customers``, ``expected`` and
        ``observed`` purchases a customer in the hold-out period, with a 95 % interval of the latter's mean.
    ratio : Estimate
        Measure ``calibration_ratio``: expected over observed purchases of the whole hold-out period, ``scale="log"``.
    """

    by_week: pd.DataFrame
    by_frequency: pd.DataFrame
    ratio: Estimate


def calibrate(model: PurchaseModel, log: pd.DataFrame, end: float, holdout_end: float, *, most: int = 7) -> Calibration:
    """Set a model's expectations beside what happened.

    Parameters
    ----------
    model : BGNBD or ParetoNBD
        Fitted to the log up to `end`.
    log : DataFrame
        Columns ``customer`` and ``time``, see `purchase_log`; who enters after `end` is not used.
    end, holdout_end : float
        Ends of the calibration and of the hold-out period, in the log's time unit.
    most : int
        Frequencies from here on are one class.

    Returns
    -------
    Calibration

    Raises
    ------
    MethodError
        See `customer_summary`; or nobody ordered in the hold-out period, so that there is nothing to foretell.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24, 275-284, figures 4 and 5.
    """
    summary = customer_summary(log, end, holdout_end=holdout_end)
    return Calibration(
        _by_week(model, log, summary["entry"], end, holdout_end),
        _by_frequency(model, summary, holdout_end - end, most),
        _ratio(model, summary, holdout_end - end),
    )


def _by_week(
    model: PurchaseModel, log: pd.DataFrame, entries: pd.Series, end: float, holdout_end: float
) -> pd.DataFrame:
    before = end - np.arange(np.ceil(end - entries.min()) + 1)[::-1]
    after = np.append(np.arange(end + 1, holdout_end - 1e-9), holdout_end)
    bounds = np.concatenate([before, after])
    entry, count = np.unique(entries.to_numpy(), return_counts=True)
    since = np.maximum(bounds[:, None] - entry, 0)
    expected_total = model.expected(since.ravel()).reshape(since.shape) @ count
    repeat = (log["time"] > log["customer"].map(entries)) & (log["time"] <= holdout_end)
    unit = np.searchsorted(bounds, log.loc[repeat, "time"].to_numpy(), side="left") - 1  # its end belongs to a unit
    observed = np.bincount(unit, minlength=len(bounds) - 1)
    return pd.DataFrame(
        {
            "end": bounds[1:],
            "expected": np.diff(expected_total),
            "observed": observed,
            "expected_total": expected_total[1:],
            "observed_total": observed.cumsum(),
            "holdout": bounds[1:] > end + 1e-9,
        }
    )


def _by_frequency(model: PurchaseModel, summary: pd.DataFrame, time: float, most: int) -> pd.DataFrame:
    expected = pd.Series(model.conditional(Histories.of(summary), time), index=summary.index)
    grouped = pd.DataFrame({"expected": expected, "observed": summary["holdout"]}).groupby(
        summary["frequency"].clip(upper=most)
    )
    table = grouped.mean()
    half = 1.96 * grouped["observed"].sem()
    table.insert(0, "customers", grouped.size())
    return table.assign(ci_low=table["observed"] - half, ci_high=table["observed"] + half)


def _ratio(model: PurchaseModel, summary: pd.DataFrame, time: float) -> Estimate:
    """Its SE is that of a ratio of means over customers; the parameters count as given."""
    expected, observed = model.conditional(Histories.of(summary), time), summary["holdout"].to_numpy(dtype=float)
    if observed.sum() == 0:
        raise MethodError("nobody ordered in the hold-out period; take a longer one")
    influence = expected / expected.mean() - observed / observed.mean()
    return Estimate.from_se(
        float(expected.sum() / observed.sum()),
        float(influence.std(ddof=1) / np.sqrt(len(influence))),
        scale="log",
        measure="calibration_ratio",
        unit="expected per observed purchase",
        n=len(summary),
        events=int(observed.sum()),
        variance="linearised over customers, parameters as given",
    )
