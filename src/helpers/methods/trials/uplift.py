"""Does treating whom a score puts first gain more than treating anybody? Judged on a randomised experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import row_counts
from helpers.methods.result import Result
from helpers.methods.trials.experiments import Contrast, mean_difference

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


def targeting_gain(frame: pd.DataFrame, outcome: str, contrast: Contrast, aimed_at: str, *, unit: str) -> Estimate:
    """What a treatment brings more, per customer treated, where a rule aims it than where chance does.

    The effect among those whom the rule names less the average effect. With a share s named, that is 1 - s times the
    difference of the effects among the named and the others, who are different people, so their variances add.

    Parameters
    ----------
    frame : DataFrame
        One row a customer of a randomised experiment; rows of the two arms with a missing value are dropped and
        counted.
    outcome : str
    contrast : Contrast
    aimed_at : str
        Column of 0 and 1, known before assignment: whom the rule would treat.
    unit : str
        Of the outcome, in words, per customer treated.

    Returns
    -------
    Estimate
        Measure ``mean_difference``; the interval is normal, with Welch's variances, and s is taken as known.

    Raises
    ------
    MethodError
        The column holds other values than 0 and 1 or only one of them; and as
        `helpers.methods.trials.experiments.mean_difference` in either part.

    References
    ----------
    Imai and Li (2023), JASA 118, 242-256 (value of a policy over a random one of the same size). Checked against its
    definition, and by simulation of a known gain.
    """
    values, n_dropped = _complete(frame, [outcome, aimed_at], contrast)
    named = values[:, 1]
    if not np.isin(named, (0.0, 1.0)).all() or len(np.unique(named)) < 2:
        raise MethodError(f"{aimed_at!r} must be 1 for those whom the rule would treat and 0 for others, some of each")
    complete = frame[[outcome, aimed_at]].notna().all(axis=1)
    first, rest = (
        mean_difference(frame[complete & (frame[aimed_at] == level)], outcome, contrast, unit=unit) for level in (1, 0)
    )
    others = 1 - float(named.mean())
    return Estimate.from_se(
        others * (first.value - rest.value),
        others * math.hypot(first.se, rest.se),
        measure="mean_difference",
        unit=unit,
        n=len(values),
        n_dropped=n_dropped,
        variance="Welch, named and others apart",
    )


def detectable_gain(sd: float, n_treated: int, n_control: int, named: float, *, power: float = 0.8) -> float:
    """The smallest gain of aiming a treatment that an experiment finds with the given chance.

    Parameters
    ----------
    sd : float
        Standard deviation of the outcome, alike in all parts.
    n_treated, n_control : int
        Customers of the experiment.
    named : float
        Share of customers whom the rule names, between 0 and 1.
    power : float

    Returns
    -------
    float
        Outcome per customer treated, in the unit of `sd`, two-sided test at 5 %.

    Raises
    ------
    MethodError
        A share outside (0, 1), or a power outside (.05, 1).

    References
    ----------
    Cohen (1988), Statistical Power Analysis, chapter 2. Checked by simulation.
    """
    if not 0 < named < 1:
        raise MethodError(f"the share that the rule names must lie between 0 and 1, not {named}")
    if not 0.05 < power < 1:
        raise MethodError(f"a power between .05 and 1 is asked for, not {power}")
    se = sd * math.sqrt((1 / n_treated + 1 / n_control) * (1 - named) / named)
    return float((stats.norm.isf(0.025) + stats.norm.ppf(power)) * se)


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
