"""Tables of spells: who left, restricted means, a Cox model with its test, and numbers beside those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.digits import number
from helpers.display import tables
from helpers.display.html import Html
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.survival.cox import CoxModel
from helpers.methods.survival.cox_checks import ProportionalHazardsTest
from helpers.methods.survival.survival_data import Durations
from helpers.methods.survival.survival_horizon import restricted_mean, restricted_mean_difference
from helpers.methods.survival.survival_tests import LogRank


def who_left(frame: pd.DataFrame, group: str, label: str, unit: str) -> Html:
    """Customers, the share that left, and the median duration of those who left and of those who stayed, by group.

    Parameters
    ----------
    frame : DataFrame
        Canonical spells: ``duration``, ``left`` and `group`.
    group, label : str
        Column, and what it is called.
    unit : str
        Of the durations.
    """
    rows = []
    for name, part in frame.groupby(group, observed=True):
        share = proportions.share(Counts.of(part["left"])).in_percentage_points()
        middle = part.groupby("left")["duration"].median()
        rows.append((str(name), len(part), tables.shown(share), middle.get(1), middle.get(0)))
    names = [label, "customers", "left, % [95 %]", "median: who left", "who stayed"]
    note = f"Medians of the durations, {unit}."
    return tables.table(pd.DataFrame(rows, columns=names), "Who left, raw", note)


def logrank(test: LogRank, label: str) -> Html:
    """Who left in each group, who would have been expected to, and the test of equal hazards."""
    found = test.to_frame().astype({"observed": int})
    names = [label, "customers", "left", "expected to leave, were all alike"]
    p = tables.p_value(test.p_value)
    note = f"Log-rank test of equal hazards: chi-squared({test.df}) = {test.statistic:,.1f}, {p}."
    return tables.table(found.set_axis(names, axis=1), "Log-rank test", note)


def restricted_means(spells: Durations, horizon: float, unit: str, label: str) -> Html:
    """Mean time up to a horizon by group, and the difference from the first group.

    Raises
    ------
    MethodError
        As `helpers.methods.survival.survival_horizon.restricted_mean`.
    """
    groups = list(spells.by_group())
    rows = []
    for name, part in groups:
        mean = restricted_mean(part, horizon, unit)
        first = name == groups[0][0]
        apart = None if first else tables.shown(restricted_mean_difference(part, groups[0][1], horizon, unit))
        rows.append((name, part.n, mean.events, tables.shown(mean), apart))
    names = [label, "customers", "left by then", "mean [95 %]", f"less {groups[0][0]} [95 %]"]
    title = f"Restricted means: {unit} of the first {horizon:g}"
    return tables.table(pd.DataFrame(rows, columns=names), title)


def cox_model(model: CoxModel, test: ProportionalHazardsTest) -> Html:
    """Hazard ratios with intervals, and for each the test that it is the same at all times; last the test of all.

    A covariate that is not 0 or 1 stands per standard deviation.
    """
    rows: list[tuple[str | None, ...]] = []
    for place, name in enumerate(model.names):
        values = model.spells.covariates[:, place]
        sd = float(values.std(ddof=1))
        binary = bool(np.isin(values, (0.0, 1.0)).all())
        label = name if binary else f"{name}, per standard deviation ({number(sd)})"
        ratio = model.hazard_ratio(name, per=1.0 if binary else sd)
        rows.append((label, tables.shown(ratio), *_tested(test, name)))
    rows.append(("all together", None, *_tested(test, "global")))
    names = ["covariate", "hazard ratio [95 %]", "chi-squared (df)", "p"]
    note = (
        f"{model.n:,} customers, {model.events:,} left; ties after Efron. Categories stand against the first of each. "
        "Chi-squared and p test that the ratio is the same at all times."
    )
    return tables.table(pd.DataFrame(rows, columns=names), "Cox model", note)


def _tested(test: ProportionalHazardsTest, term: str) -> tuple[str, str]:
    row = test.table["term"].tolist().index(term)
    chi_squared, p_value = (float(test.table[name].iloc[row]) for name in ("chi_squared", "p_value"))
    p = tables.p_value(p_value).removeprefix("p ").removeprefix("= ")  # the column is headed p
    return f"{chi_squared:.1f} ({test.table['df'].iloc[row]})", p


def beside(pairs: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], other: str) -> Html:
    """Numbers found here and by another program: how many, an example of each, and the largest relative difference.

    Parameters
    ----------
    pairs : mapping of str to (array-like, array-like)
        By what they are: ours and theirs, of one shape.
    other : str
        The other program.
    """
    rows = []
    for label, both in pairs.items():
        ours, theirs = (np.asarray(values, dtype=float).ravel() for values in both)
        apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
        rows.append(
            (
                label,
                len(ours),
                *(f"{values[-1]:.8g}".replace("-", "−") for values in (ours, theirs)),
                f"{apart.max():.0e}",
            )
        )
    names = ["number", "how many", "the last here", f"in {other}", "apart at most"]
    right = dict.fromkeys(names[1:], "right")
    note = "Apart at most: the largest relative difference among all of a row."
    return tables.table(pd.DataFrame(rows, columns=names), f"The same numbers in {other}", note, right)


def readings(curves: Mapping[str, Sequence[float]], times: Sequence[float], unit: str, note: str) -> Html:
    """Shares still there at some times under several readings of one file, per cent."""
    frame = pd.DataFrame({label: [100 * value for value in values] for label, values in curves.items()})
    frame.insert(0, f"after, {unit}", [f"{time:g}" for time in times])
    title = "Share still there under two readings of the file, %"
    return tables.table(frame, title, note)
