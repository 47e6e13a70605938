"""Does treating whom a score puts first gain more than treating anybody? Judged on a randomised experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.bootstrap import in_fixed_order, row_counts
from helpers.methods.columns import Array, complete_rows
from helpers.methods.estimate import Estimate
from helpers.methods.experiments import Contrast
from helpers.methods.power import detectable_mean_difference
from helpers.methods.result import Result

#: Most steps of a curve, and fewest customers in one: fewer, and a draw may miss an arm.
STEPS, FEWEST = 100, 50


@dataclass(frozen=True)
class UpliftCurve(Result):
    """What treating the customers of highest score gains, by the share that is treated.

    Attributes
    ----------
    curve : DataFrame
        One row a step: ``share`` treated (0 to 1), ``gain`` with ``ci_low`` and ``ci_high`` (pointwise 95 %), and
        ``random``, the gain of treating as many at random; gains are outcome per customer of the population.
    auuc : Estimate
        Area under the gain.
    qini : Estimate
        That area minus the one under ``random``: above 0 if the score puts those first whom treatment moves most.
    effect : Estimate
        Gain of treating everybody: the average effect.
    """

    curve: pd.DataFrame
    auuc: Estimate
    qini: Estimate
    effect: Estimate


def uplift_curve(
    frame: pd.DataFrame, outcome: str, contrast: Contrast, score: str, *, unit: str, draws: int, seed: int
) -> UpliftCurve:
    """Gain, Qini coefficient and area under the uplift curve of a score, with percentile bootstrap intervals.

    The gain of treating a share s of customers is s times the difference in mean outcome between the treated and the
    control among the s of highest score.

    Parameters
    ----------
    frame : DataFrame
        One row a customer of a randomised experiment; rows of the two arms with a missing value are dropped and
        counted.
    outcome : str
    contrast : Contrast
    score : str
        Known before assignment and not fitted to these outcomes; a higher one is treated first. Ties are treated
        together. A step of the curve has at least 50 customers and at least a hundredth of them.
    unit : str
        Of the outcome, in words.
    draws, seed : int
        Bootstrap draws of whole rows; one seed gives the same draws whatever the order of the rows. Time grows with
        draws * n, memory does not.

    Returns
    -------
    UpliftCurve

    Raises
    ------
    MethodError
        An unknown column or arm, a score of one value, or a first step that holds only one arm.

    References
    ----------
    Radcliffe (2007), Direct Marketing Analytics Journal 1, 14-21; Gutierrez and Gérardy (2017), PMLR 67, 1-13. Checked
    against its definition in a loop, and by simulation of a known curve.
    """
    values, n_dropped = _complete(frame, [outcome, score], contrast)
    y, ranking, treated = values.T
    if np.ptp(ranking) == 0:
        raise MethodError(f"the score {score!r} has one value, {ranking[0]:g}, so it puts nobody first")
    step = _steps(ranking)
    order = np.lexsort((y, treated, step))
    y, treated, step = y[order], treated[order], step[order]
    starts = np.flatnonzero(np.diff(2 * step + treated.astype(int), prepend=-1))
    place = np.column_stack([step[starts], treated[starts].astype(int)])
    whole = _gains(np.ones((1, len(y))), y, starts, place)
    if not np.isfinite(whole).all():
        raise MethodError(f"the customers of highest {score!r} are all in one arm; take a coarser score")
    drawn = np.concatenate([_gains(counts, y, starts, place) for counts in row_counts(len(y), draws, seed)])
    (share, gain), drawn_share, drawn_gain = whole[0], drawn[:, 0], drawn[:, 1]
    rest: dict[str, Any] = {"n": len(y), "n_dropped": n_dropped, "variance": f"percentile bootstrap, {draws:,} draws"}
    area, drawn_area = _area(share[None], gain[None])[0], _area(drawn_share, drawn_gain)
    low, high = np.nanquantile(drawn_gain, [0.025, 0.975], axis=0)
    curve = pd.DataFrame({"share": share, "gain": gain, "ci_low": low, "ci_high": high, "random": share * gain[-1]})
    per_customer = f"{unit} per customer"
    return UpliftCurve(
        curve,
        auuc=Estimate.from_draws(area, drawn_area, measure="auuc", unit=per_customer, **rest),
        qini=Estimate.from_draws(
            area - gain[-1] / 2, drawn_area - drawn_gain[:, -1] / 2, measure="qini", unit=per_customer, **rest
        ),
        effect=Estimate.from_draws(gain[-1], drawn_gain[:, -1], measure="mean_difference", unit=per_customer, **rest),
    )


def policy_difference(
    frame: pd.DataFrame,
    outcome: str,
    contrast: Contrast,
    first: str,
    second: str,
    *,
    unit: str,
    draws: int,
    seed: int,
) -> Estimate:
    """Mean outcome if one policy decided whom to treat, minus that under another.

    Only customers whom the policies treat differently tell: the effect among those whom the first alone treats, times
    their share, less the same for the second.

    Parameters
    ----------
    frame : DataFrame
        One row a customer of a randomised experiment; rows of the two arms with a missing value are dropped and
        counted.
    outcome : str
    contrast : Contrast
    first, second : str
        Columns of 0 and 1, known before assignment: whom each policy treats.
    unit : str
        Of the outcome, in words.
    draws, seed : int
        As in `uplift_curve`.

    Returns
    -------
    Estimate
        Measure ``policy_value_difference``, outcome per customer of the population.

    Raises
    ------
    MethodError
        A policy of other values than 0 and 1, policies that do not differ, or customers whom they treat differently
        that are all in one arm.

    References
    ----------
    Imai and Li (2023), JASA 118, 242-256. Checked against the inverse-probability estimator within those customers,
    and by simulation.
    """
    values, n_dropped = _complete(frame, [outcome, first, second], contrast)
    y, one, other, treated = values.T
    for name, policy in ((first, one), (second, other)):
        if not np.isin(policy, (0.0, 1.0)).all():
            raise MethodError(f"policy {name!r} must say 0 or 1 for every customer")
    columns, signs = [], []
    for name, sign, alone in ((first, 1.0, one > other), (second, -1.0, other > one)):
        if not alone.any():
            continue
        if len(np.unique(treated[alone])) < 2:
            raise MethodError(f"customers whom only {name!r} treats are all in one arm, so they show no effect")
        signs.append(sign)
        for arm in (treated, 1 - treated):
            columns += [alone * arm, alone * arm * y]
    if not signs:
        raise MethodError(f"policies {first!r} and {second!r} treat the same customers, so they do not differ")
    terms = in_fixed_order(np.column_stack(columns), values)
    drawn = np.concatenate([_policy(counts @ terms, signs, len(y)) for counts in row_counts(len(y), draws, seed)])
    return Estimate.from_draws(
        float(_policy(terms.sum(axis=0)[None], signs, len(y))[0]),
        drawn,
        measure="policy_value_difference",
        unit=f"{unit} per customer",
        n=len(y),
        n_dropped=n_dropped,
        variance=f"percentile bootstrap, {draws:,} draws",
    )


def detectable_uplift(sd: float, n_treated: int, n_control: int, differ: float, *, power: float = 0.8) -> float:
    """The smallest difference between two policies that an experiment finds with the given chance.

    Parameters
    ----------
    sd : float
        Standard deviation of the outcome among customers whom the policies treat differently.
    n_treated, n_control : int
        Customers of the experiment.
    differ : float
        Share of customers whom the policies treat differently, above 0 and at most 1.
    power : float

    Returns
    -------
    float
        Outcome per customer of the population, in the unit of `sd`, two-sided test at 5 %.

    Raises
    ------
    MethodError
        A share outside (0, 1]; and as `helpers.methods.power.detectable_mean_difference`.

    References
    ----------
    Cohen (1988), Statistical Power Analysis, chapter 2. Checked by simulation.
    """
    if not 0 < differ <= 1:
        raise MethodError(f"the share that the policies treat differently must lie in (0, 1], not {differ}")
    among = detectable_mean_difference(sd, math.floor(n_treated * differ), math.floor(n_control * differ), power=power)
    return differ * among


def _complete(frame: pd.DataFrame, columns: list[str], contrast: Contrast) -> tuple[Array, int]:
    """Complete rows of the two arms: the columns, then 1 for the treated and 0 for the control."""
    treatment = contrast.treatment(frame)
    compared = treatment.notna().to_numpy()
    inside = frame[compared].assign(**{"in treated arm": treatment.to_numpy()[compared]})
    values, n_dropped = complete_rows(inside, [*columns, "in treated arm"], at_least=4)
    if len(np.unique(values[:, -1])) < 2:
        raise MethodError(f"one arm of {contrast.arm!r} has no customer with values in {', '.join(columns)}")
    return values, n_dropped


def _steps(ranking: Array) -> np.ndarray:
    """Steps 0, 1, ... of a falling score, each as short as may be; ties stay together, a short rest joins the last."""
    _, codes, sizes = np.unique(-ranking, return_inverse=True, return_counts=True)
    shortest = max(FEWEST, len(ranking) / STEPS)
    step_of, step, inside = np.empty(len(sizes), dtype=int), 0, 0
    for place, size in enumerate(sizes):
        step_of[place] = step
        inside += size
        if inside >= shortest:
            step, inside = step + 1, 0
    if step and inside:
        step_of[step_of == step] = step - 1
    return step_of[codes]


def _gains(counts: Array, y: Array, starts: np.ndarray, place: np.ndarray) -> Array:
    """Share treated and gain after each step, shape (draws, 2, steps), from how often each row was drawn."""
    steps = place[-1, 0] + 1
    sums = np.zeros((2, 2, len(counts), steps))  # rows or outcome, control or treated
    for kind, values in enumerate((counts, counts * y)):
        sums[kind][place[:, 1], :, place[:, 0]] = np.add.reduceat(values, starts, axis=1).T
    (n_control, n_treated), (sum_control, sum_treated) = np.cumsum(sums, axis=3)
    share = (n_control + n_treated) / (n_control + n_treated)[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        gain = share * (sum_treated / n_treated - sum_control / n_control)
    return np.stack([share, gain], axis=1)


def _area(share: Array, gain: Array) -> Array:
    """Area under gains that begin at (0, 0), shape (draws,)."""
    width = np.diff(share, axis=1, prepend=0.0)
    before = np.concatenate([np.zeros((len(gain), 1)), gain[:, :-1]], axis=1)
    return np.sum(width * (gain + before) / 2, axis=1)


def _policy(totals: Array, signs: list[float], n: int) -> Array:
    """Differences of policies, shape (draws,), from four totals for each group treated differently."""
    found = np.zeros(len(totals))
    with np.errstate(invalid="ignore", divide="ignore"):
        for place, sign in enumerate(signs):
            n_treated, sum_treated, n_control, sum_control = totals[:, 4 * place : 4 * place + 4].T
            found += sign * (n_treated + n_control) / n * (sum_treated / n_treated - sum_control / n_control)
    return found
