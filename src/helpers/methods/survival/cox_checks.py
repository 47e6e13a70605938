"""Are hazards proportional? The exact score test, the residuals of its plot, and effects that change over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.result import Result
from helpers.methods.survival.cox import CoxModel, cox
from helpers.methods.survival.cox_risk_sets import Moments
from helpers.methods.survival.survival_data import Codes, Durations
from helpers.methods.survival.survival_risk import at_risk, event_times, events_at

TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True, eq=False, kw_only=True)
class ProportionalHazardsTest(Result):
    """Whether log hazard ratios change with a function of time.

    Attributes
    ----------
    transform : str
        The function of time: ``km``, ``rank``, ``identity`` or ``log``.
    table : DataFrame
        One row a term and last ``global``: ``term``, ``chi_squared``, ``df``, ``p_value``.
    """

    transform: str
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def proportional_hazards_test(
    model: CoxModel, *, transform: str = "km", terms: Mapping[str, Sequence[str]] | None = None
) -> ProportionalHazardsTest:
    """Exact score test of proportional hazards, per term and for all covariates.

    Each covariate's product with a function g of time is added to the model with a coefficient of zero, and the score
    of that coefficient is tested. The test is model based, also where the model's variance is robust. A small p-value
    says that a hazard ratio changes, not that its average is wrong; never choose the analysis by it.

    Parameters
    ----------
    model : CoxModel
    transform : {"km", "rank", "identity", "log"}
        g(t): one less the Kaplan-Meier estimate just before t (of all rows, unweighted), the mean rank of t among all
        times, t, log t. ``km`` and ``rank`` are robust against a few late events.
    terms : mapping of str to sequence of str, optional
        Covariates that are tested together, such as the columns of a category; by default each alone.

    Returns
    -------
    ProportionalHazardsTest
        Costs three passes over the rows.

    Raises
    ------
    MethodError
        An unknown transform or covariate; an event at time 0 with ``log``; fewer distinct event times than are needed
        to see a change.

    References
    ----------
    Grambsch and Therneau (1994), Biometrika 81, 515-526, and the exact form in R survival since 3.0, ``cox.zph``.
    Checked against R survival 3.5-3 (tests/reference/cox.json).
    """
    fitted, p = model.moments, len(model.names)
    members = {name: [name] for name in model.names} if terms is None else terms
    places = {term: [model.place(name) for name in names] for term, names in members.items()}
    g = transformed_times(model, transform)
    sets = fitted.sets
    score = (sets.event_x * sets.event_weight) @ np.repeat(g, sets.tied) - fitted.expected() @ g
    first, second = fitted.information(g), fitted.information(g**2)
    # The score of the products, less what it shares with the fitted coefficients, has the covariance below.
    covariance = second - first @ np.linalg.solve(fitted.information(), first)
    rows = []
    for term, chosen in (*places.items(), ("global", list(range(p)))):
        part = covariance[np.ix_(chosen, chosen)]
        if np.linalg.matrix_rank(part, hermitian=True, tol=1e-9 * np.trace(second)) < len(chosen):
            raise MethodError(
                f"the {len(sets.time)} event times are too few to see whether the effect of {term!r} changes with time"
            )
        chi_squared = float(score[chosen] @ np.linalg.solve(part, score[chosen]))
        rows.append((term, chi_squared, len(chosen), float(stats.chi2.sf(chi_squared, len(chosen)))))
    table = pd.DataFrame(rows, columns=["term", "chi_squared", "df", "p_value"])
    return ProportionalHazardsTest(transform=transform, table=table)


def scaled_schoenfeld(model: CoxModel, *, transform: str = "km") -> pd.DataFrame:
    """Scaled Schoenfeld residuals, whose smooth course over time is that of each log hazard ratio.

    Parameters
    ----------
    model : CoxModel
    transform : {"km", "rank", "identity", "log"}
        Of the time axis, as in `proportional_hazards_test`.

    Returns
    -------
    DataFrame
        One row an event, by stratum and time: ``stratum`` (label; empty without strata), ``time``, ``transformed``
        (the transformed time) and one column a covariate, in units of its log hazard ratio; missing where the
        covariate does not vary in the stratum.

    Raises
    ------
    MethodError
        An unknown transform, or an event at time 0 with ``log``.

    References
    ----------
    Grambsch and Therneau (1994), Biometrika 81, 515-526. Scaled with the average information over the events, as R
    survival 3.5-3 ``cox.zph`` does, against which it is checked.
    """
    fitted, sets = model.moments, model.moments.sets
    average, varies = _average_information(model)
    group = sets.last[sets.events]
    raw = sets.event_x - (fitted.expected() / (sets.mean_weight * sets.tied))[:, group]
    own = _stratum_of_times(fitted)
    scaled = np.full(raw.shape, np.nan)
    for pattern in np.unique(varies, axis=0):
        columns = np.flatnonzero(pattern)
        rows = np.flatnonzero((varies == pattern).all(axis=1)[own[group]])
        cell = np.ix_(columns, rows)
        scaled[cell] = np.linalg.solve(average[np.ix_(columns, columns)], raw[cell])
    log_ratios = (scaled + fitted.coefficients[:, None]) / sets.scale[:, None]
    labels = np.array(model.spells.strata_labels or ("",), dtype=object)
    axis = {
        "stratum": labels[sets.stratum[group]],
        "time": sets.time[group],
        "transformed": transformed_times(model, transform, centred=False)[group],
    }
    return pd.DataFrame(axis | dict(zip(model.names, log_ratios, strict=True)))


def residual_variance(model: CoxModel) -> Array:
    """Variance of one event's scaled Schoenfeld residual of each covariate if hazards are proportional, shape (p,)."""
    average, _ = _average_information(model)
    return np.diag(np.linalg.inv(average)) / model.moments.sets.scale**2


def transformed_times(model: CoxModel, transform: str, *, centred: bool = True) -> Array:
    """The transformed event times, shape (g,), less their mean over the events where asked."""
    if transform not in TRANSFORMS:
        raise MethodError(f"transform cannot be {transform!r}; it is one of {', '.join(TRANSFORMS)}")
    sets = model.moments.sets
    if transform == "log" and sets.time.min() <= 0:
        raise MethodError("an event at time 0 has no logarithm; use the transform km, rank or identity")
    spells = replace(model.spells, weight=None)
    if transform == "km":
        times = event_times(spells)
        kept = 1 - events_at(spells, times) / at_risk(spells, times)
        before = np.concatenate([[1.0], np.cumprod(kept)[:-1]])
        g = (1 - before)[np.searchsorted(times, sets.time)]
    elif transform == "rank":
        ordered = np.sort(spells.time)
        g = (np.searchsorted(ordered, sets.time) + np.searchsorted(ordered, sets.time, side="right") + 1) / 2
    else:
        g = np.log(sets.time) if transform == "log" else sets.time
    return g - np.average(g, weights=sets.tied) if centred else g


def _average_information(model: CoxModel) -> tuple[Array, Array]:
    """Information per event at which both covariates vary, shape (p, p), and in which strata they do (`_varying`)."""
    fitted, varies = model.moments, _varying(model.moments)
    events_in = np.bincount(np.repeat(_stratum_of_times(fitted), fitted.sets.tied), minlength=len(varies))
    informed = np.minimum(varies[:, :, None], varies[:, None, :]).transpose(1, 2, 0) @ events_in
    return fitted.information() / np.maximum(informed, 1), varies


def _stratum_of_times(fitted: Moments) -> Codes:
    """Place of each event time's stratum among those with an event, shape (g,)."""
    starts = fitted.sets.stratum_starts
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _varying(fitted: Moments) -> Array:
    """1 where a covariate has several values in a stratum, else 0; shape (strata with an event, p)."""
    sets = fitted.sets
    first_rows = sets.starts[sets.stratum_starts[:-1]]
    low = np.minimum.reduceat(sets.x, first_rows, axis=1)
    return (np.maximum.reduceat(sets.x, first_rows, axis=1) > low).T.astype(float)


def split_at(spells: Durations, cuts: Sequence[float]) -> tuple[Durations, Codes]:
    """Cut every spell at given times, so that a covariate may have another effect in each period.

    Parameters
    ----------
    spells : Durations
    cuts : sequence of float
        Increasing positive times, in the spells' unit.

    Returns
    -------
    spells : Durations
        The pieces, with entry times; the event stands in a spell's last piece. Their clusters are the spells' own, or
        one for each spell where they had none.
    period : ndarray of int
        Each piece's period: 0 up to and including the first cut, and so on.

    Raises
    ------
    MethodError
        Cuts that do not increase or are not positive.
    """
    edges = np.asarray(cuts, dtype=float)
    if not len(edges) or edges[0] <= 0 or (np.diff(edges) <= 0).any() or not np.isfinite(edges).all():
        raise MethodError(f"cut points must be positive and increasing, not {', '.join(map(str, cuts))}")
    # Without entry times, a spell has been there before time 0: it may end there.
    entry = np.full(spells.n, -1.0) if spells.entry is None else spells.entry
    first = np.searchsorted(edges, entry, side="right")
    last = np.searchsorted(edges, spells.time, side="left")
    pieces = last - first + 1
    row = np.repeat(np.arange(spells.n), pieces)
    period = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces - first, pieces)
    begin = np.where(period > first[row], edges[np.maximum(period, 1) - 1], entry[row])
    end = np.where(period < last[row], edges[np.minimum(period, len(edges) - 1)], spells.time[row])
    optional = {name: getattr(spells, name) for name in ("weight", "strata", "group")}
    picked: dict[str, Any] = {name: None if values is None else values[row] for name, values in optional.items()}
    return (
        replace(
            spells,
            time=end,
            event=np.where(period == last[row], spells.event[row], 0),
            entry=begin,
            cluster=row if spells.cluster is None else spells.cluster[row],
            covariates=spells.covariates[row],
            **picked,
        ),
        period,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class PiecewiseEffect(Result):
    """A hazard ratio in each period, and whether they differ.

    Attributes
    ----------
    periods : tuple of (float, float)
        Beginning (excluded) and end (included) of each period; the last has no end.
    hazard_ratios : tuple of Estimate
    chi_squared, df, p_value : float, int, float
        Wald test that the hazard ratio is the same in all periods.
    model : CoxModel
        With a covariate ``name (begin, end]`` for each period.
    """

    periods: tuple[tuple[float, float], ...]
    hazard_ratios: tuple[Estimate, ...]
    chi_squared: float
    df: int
    p_value: float
    model: CoxModel

    def to_frame(self) -> pd.DataFrame:
        """One row a period: ``begin``, ``end`` and the fields of the Estimate."""
        edges = pd.DataFrame(self.periods, columns=["begin", "end"])
        return edges.join(pd.concat([ratio.to_frame() for ratio in self.hazard_ratios], ignore_index=True))


def piecewise_effect(
    spells: Durations,
    name: str,
    cuts: Sequence[float],
    *,
    per: float = 1.0,
    ties: str = "efron",
    variance: str = "model",
) -> PiecewiseEffect:
    """Fit a Cox model in which one covariate has a hazard ratio of its own in each period.

    Parameters
    ----------
    spells : Durations
        With covariates; the others keep one effect.
    name : str
    cuts : sequence of float
        Where one period ends and the next begins; chosen beforehand, not from the residuals.
    per : float
        Step of the covariate, in its unit.
    ties, variance
        As in `cox.cox`; with ``robust`` the pieces of a spell stay together.

    Returns
    -------
    PiecewiseEffect

    Raises
    ------
    MethodError
        As `cox.cox` (a period without an event is a covariate without information), an unknown covariate, or cuts
        that do not increase.

    References
    ----------
    Therneau and Grambsch (2000), Modeling Survival Data, section 6.5. Checked against R survival 3.5-3 ``survSplit``
    and ``coxph`` (tests/reference/cox.json).
    """
    if name not in spells.covariate_names:
        raise MethodError(f"there is no covariate {name!r}; covariates are {', '.join(spells.covariate_names)}")
    split, period = split_at(spells, cuts)
    j = spells.covariate_names.index(name)
    edges = (0.0, *map(float, cuts), np.inf)
    periods = tuple(pairwise(edges))
    names = tuple(f"{name} ({begin:g}, {end:g}]" for begin, end in periods)
    own = split.covariates[:, [j]] * (period[:, None] == np.arange(len(periods)))
    others = np.delete(split.covariates, j, axis=1)
    rest = tuple(other for other in spells.covariate_names if other != name)
    split = replace(split, covariates=np.column_stack([own, others]), covariate_names=names + rest)
    model = cox(split, ties=ties, variance="cluster" if variance == "robust" else variance)
    contrasts = np.zeros((len(cuts), len(model.names)))
    contrasts[:, 0], contrasts[np.arange(len(cuts)), np.arange(1, len(periods))] = -1, 1
    chi_squared, df, p_value = model.wald_test(contrasts)
    return PiecewiseEffect(
        periods=periods,
        hazard_ratios=tuple(model.hazard_ratio(column, per=per) for column in names),
        chi_squared=chi_squared,
        df=df,
        p_value=p_value,
        model=model,
    )
