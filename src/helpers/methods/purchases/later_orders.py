"""Predicting from earlier orders who will order later, judged in a period that the model has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.discrimination import area_of_levels, auc_value, levels
from helpers.methods.linear_models.glm import logistic_regression
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.result import Result

#: What a history is reduced to; logarithms, since a second order tells more than a twelfth.
PREDICTORS = ("log_recency", "log_frequency", "log_spend")
_STEPS = 25


@dataclass(frozen=True, kw_only=True, eq=False)
class Discrimination(Result):
    """How well later orders are told, out of time.

    Attributes
    ----------
    auc, recency_auc : Estimate
        Measure ``auc``: of the model, and of the time since the last order alone.
    excess : Estimate
        Measure ``auc_difference``: the former less the latter.
    scored : DataFrame
        One row a customer of the later period, indexed by customer: ``chance`` as the model foretold it, ``recency``,
        and ``ordered`` (0 or 1).
    odds_ratios : mapping of str to Estimate
        Of the model, fitted to the earlier period.
    """

    auc: Estimate
    recency_auc: Estimate
    excess: Estimate
    scored: pd.DataFrame
    odds_ratios: dict[str, Estimate]


def histories_until(log: pd.DataFrame, at: float, horizon: float) -> pd.DataFrame:
    """What is known of each customer at a moment, and whether an order follows.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer``, ``time``, ``value``; see `purchase_log`.
    at : float
        Purchases before it are known; purchases from it on, before ``at + horizon``, are to be foretold.
    horizon : float
        Positive.

    Returns
    -------
    DataFrame
        Index the customer, of those who ordered before `at`: ``recency`` (time since the last purchase),
        ``frequency`` (purchases), ``spend`` (their mean value), their logarithms ``log_...`` (recency and spend plus
        one), and ``ordered`` (0 or 1).

    Raises
    ------
    MethodError
        The horizon is not positive, or nobody ordered before `at`.
    """
    if not horizon > 0:
        raise MethodError(f"the horizon is positive, not {horizon}")
    known = log[log["time"] < at]
    if known.empty:
        raise MethodError(f"nobody ordered before {at:g}; begin later")
    by_customer = known.groupby("customer")
    found = pd.DataFrame(
        {
            "recency": at - by_customer["time"].max(),
            "frequency": by_customer.size().astype(float),
            "spend": by_customer["value"].mean(),
        }
    )
    later = log.loc[(log["time"] >= at) & (log["time"] < at + horizon), "customer"].unique()
    return found.assign(
        log_recency=np.log1p(found["recency"]),
        log_frequency=np.log(found["frequency"]),
        log_spend=np.log1p(found["spend"]),
        ordered=found.index.isin(later).astype(float),
    )


def later_orders(
    log: pd.DataFrame,
    at: float,
    horizon: float,
    predictors: Sequence[str] = PREDICTORS,
    *,
    people_apart: bool = False,
    draws: int,
    seed: int,
) -> Discrimination:
    """Fit a logistic regression in one period and judge it in the next.

    It is fitted to histories until ``at - horizon`` and the orders of the `horizon` after that; it is judged on
    histories until `at` and the orders of the `horizon` after `at`.

    Parameters
    ----------
    log, at, horizon
        As in `histories_until`.
    predictors : sequence of str
        Columns of `histories_until`.
    people_apart : bool
        Fit to one random half of the customers, judge on the other, so that nobody is in both.
    draws, seed : int
        Bootstrap draws of customers, at least 2; each fits the regression again.

    Returns
    -------
    Discrimination
        Percentile intervals; customers are drawn with both their periods.

    Raises
    ------
    MethodError
        As `histories_until` and `logistic_regression`.
    """
    if draws < 2:
        raise MethodError(f"a bootstrap needs at least two draws, not {draws}")
    generator = np.random.default_rng(seed)
    earlier, later = (histories_until(log, moment, horizon) for moment in (at - horizon, at))
    n_all = len(later)
    if people_apart:
        half = pd.Series(generator.random(n_all) < 0.5, index=later.index)
        earlier, later = earlier[half.reindex(earlier.index)], later[~half]
    fitted = logistic_regression(earlier, "ordered", list(predictors))
    names = list(fitted.parameters.index)
    before, after = (_columns(frame, names) for frame in (earlier, later))
    known, ordered = earlier["ordered"].to_numpy(), later["ordered"].to_numpy()
    start = fitted.parameters.to_numpy()
    scores = after @ start
    silence = levels(-later["recency"])
    values = _areas(scores, silence, ordered, np.ones(len(later)))
    people, where = np.unique(np.concatenate([earlier.index, later.index]), return_inverse=True)
    found = np.full((draws, 3), np.nan)
    for draw in range(draws):
        counts = np.bincount(generator.integers(len(people), size=len(people)), minlength=len(people)).astype(float)
        weight, later_weight = counts[where[: len(earlier)]], counts[where[len(earlier) :]]
        again = _refitted(before, known, weight, start)
        found[draw] = _areas(after @ again, silence, ordered, later_weight)
    measures = ("auc", "auc", "auc_difference")
    estimates = [
        Estimate.from_draws(
            values[place],
            found[:, place],
            measure=measure,
            unit="share of pairs",
            n=len(later),
            n_dropped=n_all - len(later),
            events=int(ordered.sum()),
            variance=f"percentile bootstrap of customers with refits, {draws:,} draws",
        )
        for place, measure in enumerate(measures)
    ]
    return Discrimination(
        auc=estimates[0],
        recency_auc=estimates[1],
        excess=estimates[2],
        scored=later[["recency", "ordered"]].assign(chance=expit(scores)),
        odds_ratios=dict(fitted.coefficients),
    )


def by_tenth(scored: pd.DataFrame) -> pd.DataFrame:
    """Foretold and observed shares, by tenths of the foretold chance.

    Parameters
    ----------
    scored : DataFrame
        Columns ``chance`` and ``ordered``.

    Returns
    -------
    DataFrame
        Index the tenth, 1 the least likely: ``customers``, ``foretold`` and ``observed`` share, limits ``ci_low`` and
        ``ci_high`` of the latter (Wilson), and ``lift`` (observed over the share of all).
    """
    rank = scored["chance"].rank(method="first").to_numpy()
    tenth = pd.Series(np.ceil(10 * rank / len(scored)).astype(int), index=scored.index, name="tenth")
    grouped = scored.groupby(tenth)
    table = grouped.agg(customers=("ordered", "size"), foretold=("chance", "mean"), observed=("ordered", "mean"))
    n, share, z = table["customers"], table["observed"], 1.959964
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return table.assign(
        ci_low=(middle - half) / (1 + z**2 / n),
        ci_high=(middle + half) / (1 + z**2 / n),
        lift=share / scored["ordered"].mean(),
    )


def _columns(frame: pd.DataFrame, names: Sequence[str]) -> Array:
    """The constant, which the regression names first, and the predictors."""
    return np.column_stack([np.ones(len(frame)), frame[list(names[1:])].to_numpy(dtype=float)])


def _areas(scores: Array, silence: npt.NDArray[np.intp], ordered: Array, weight: Array) -> tuple[float, float, float]:
    """Of the model's scores, of the levels of silence alone, and the difference."""
    model, alone = auc_value(scores, ordered, weight), area_of_levels(silence, ordered, weight)
    return model, alone, model - alone


def _refitted(columns: Array, outcome: Array, weight: Array, start: Array) -> Array:
    """The weighted logistic regression by Newton's method from the fit to all, which few steps suffice for."""
    drawn, parameters = np.flatnonzero(weight), start
    columns, outcome, weight = columns[drawn], outcome[drawn], weight[drawn]
    for _ in range(_STEPS):
        chance = expit(columns @ parameters)
        information = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns
        step = np.linalg.solve(information, columns.T @ (weight * (outcome - chance)))
        parameters = parameters + step
        if np.abs(step).max() < 1e-8:
            return parameters
    return np.full(len(start), np.nan)
