"""How much of the variance of a 0/1 outcome lies between groups, on the latent scale of a logistic model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from helpers.errors import MethodError
from helpers.methods.columns import Array, numbers
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import row_counts
from helpers.methods.result import Result

Mask = npt.NDArray[np.bool_]

#: Variance of the standard logistic distribution, the part of the latent scale that lies within groups.
_WITHIN = math.pi**2 / 3

#: Largest standard deviation between groups that is looked for, where the search starts, and the steps that it may
#: take (ten are many). The smallest is a step of the grid.
_MOST, _START, _MOST_STEPS = 4.0, 0.3, 100

#: Likelihoods (draws x groups x points) that are held at once, those of some draws: they stay within a second cache.
_HELD = 1 << 18


@dataclass(frozen=True)
class GroupVariance(Result):
    """A random-intercept logistic model without predictors.

    Attributes
    ----------
    share : Estimate
        ``explained_variance``: variance between groups over that variance plus pi²/3.
    sd : float
        Standard deviation of the groups' log odds.
    mean_log_odds : float
        Of the average group.
    groups, n, n_dropped : int
    """

    share: Estimate
    sd: float
    mean_log_odds: float
    groups: int
    n: int
    n_dropped: int


def latent_group_variance(
    frame: pd.DataFrame, outcome: str, group: str, cluster: str, *, draws: int, seed: int
) -> GroupVariance:
    """Share of the latent variance that lies between groups, with a bootstrap of clusters.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
        0 and 1.
    group : str
        What the variance may lie between (categories).
    cluster : str
        What is drawn (sellers); a cluster may have rows in several groups.
    draws, seed : int
        Bootstrap draws and the seed of numpy's default generator.

    Returns
    -------
    GroupVariance
        Maximum likelihood; the integral over a group's log odds is a sum on a grid finer than any group's likelihood.
        Groups are those of the data: which ones there are is not drawn.

        A draw holds the sampling noise twice, once from the data and once from drawing, and the model takes one of them
        for spread between groups; so the draws are moved until their mean is the estimate, and cut at 0. Differences
        between the clusters of one group count as differences between groups where a group has few clusters.

    Raises
    ------
    MethodError
        An outcome that is not 0 and 1 or has one value, fewer than 3 groups, a single cluster, or no maximum found.

    References
    ----------
    Nakagawa and Schielzeth (2010), Biological Reviews 85, 935-956 (the latent scale); Efron and Tibshirani (1993), An
    Introduction to the Bootstrap, section 10.6 (bias). Checked against adaptive quadrature (R lme4's ``glmer`` uses
    the same likelihood) by direct integration, and, for coverage, by simulation.
    """
    values = numbers(frame, outcome)
    known = ~np.isnan(values) & frame[group].notna().to_numpy() & frame[cluster].notna().to_numpy()
    values = values[known]
    if not np.isin(values, (0.0, 1.0)).all() or np.ptp(values) == 0:
        raise MethodError(f"the outcome {outcome!r} has to be 0 and 1, and both")
    groups, _ = pd.factorize(frame.loc[known, group], sort=True)
    clusters, _ = pd.factorize(frame.loc[known, cluster], sort=True)
    n_groups, n_clusters = int(groups.max()) + 1, int(clusters.max()) + 1
    if n_groups < 3 or n_clusters < 2:
        raise MethodError(f"{n_groups} groups and {n_clusters} clusters; at least 3 groups and 2 clusters are needed")
    # Events and rows of each cluster in each group: a draw is a product with how often each cluster was drawn.
    at = clusters * n_groups + groups
    size = n_clusters * n_groups
    events = np.bincount(at, weights=values, minlength=size).reshape(n_clusters, n_groups).astype(float)
    rows = np.bincount(at, minlength=size).reshape(n_clusters, n_groups).astype(float)
    sample = events.sum(axis=0, keepdims=True), rows.sum(axis=0, keepdims=True)
    grid = _grid(*sample)
    ((mean, sd),) = _maxima(grid, *sample)
    share = float(_share(sd))
    some_draws = _drawn(events, rows, draws, seed, len(grid))
    drawn = _share(np.concatenate([_maxima(grid, *counts)[:, 1] for counts in some_draws]))
    moved = np.maximum(0.0, drawn - (drawn.mean() - share))
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": len(frame) - len(values),
        "events": int(values.sum()),
        "clusters": n_clusters,
        "variance": f"bootstrap of clusters less its bias, {draws:,} draws",
    }
    unit = "share of the latent variance"
    estimate = Estimate.from_draws(share, moved, measure="explained_variance", unit=unit, **rest)
    return GroupVariance(estimate, float(sd), float(mean), n_groups, rest["n"], rest["n_dropped"])


def _share(sd: Array) -> Array:
    return sd**2 / (sd**2 + _WITHIN)


def _drawn(events: Array, rows: Array, draws: int, seed: int, points: int) -> Iterator[tuple[Array, Array]]:
    """Events and rows of the groups in some draws, shape (some, groups), from those of each cluster in each group."""
    step = max(1, _HELD // (rows.shape[1] * points))
    for weights in row_counts(len(rows), draws, seed):
        for at in range(0, len(weights), step):
            yield weights[at : at + step] @ events, weights[at : at + step] @ rows


def _grid(events: Array, rows: Array) -> Array:
    """Log odds, shape (points,), wide enough for every group, and finer than the narrowest likelihood of one."""
    rate = (events.sum() + 0.5) / (rows.sum() + 1)
    most = max(4.0, float(rows.max()) * rate * (1 - rate) * 4)
    step = min(0.05, 0.5 / math.sqrt(most))
    return np.arange(logit(rate) - 9, logit(rate) + 9, step)


def _maxima(grid: Array, events: Array, rows: Array) -> Array:
    """Mean and standard deviation of the groups' log odds, shape (draws, 2), from counts of shape (draws, groups).

    Newton's steps in the mean and the log of the standard deviation; one that lowers the likelihood is halved. At an
    end of either's range each goes its own way: a step of both, cut there, need not raise the likelihood.
    """
    middle = logit((events.sum(axis=1) + 0.5) / (rows.sum(axis=1) + 1))
    low = np.column_stack([middle - 5, np.full_like(middle, math.log(grid[1] - grid[0]))])
    high = np.column_stack([middle + 5, np.full_like(middle, math.log(_MOST))])
    scaled, there = _scaled(grid, events, rows), rows > 0
    at = tried = np.column_stack([middle, np.full_like(middle, math.log(_START))])
    reached, step = np.full(len(at), -math.inf), np.zeros_like(at)
    for _ in range(_MOST_STEPS):
        likelihood, slope, bend = _derivatives(grid, scaled, there, tried)
        risen = likelihood >= reached - 1e-12 * np.abs(reached)
        at, reached = np.where(risen[:, None], tried, at), np.where(risen, likelihood, reached)
        at_end = (tried <= low) | (tried >= high)
        step = np.where(risen[:, None], _newton(slope, bend, np.any(at_end, axis=1, keepdims=True)), step / 2)
        tried = np.clip(at + step, low, high)
        if np.abs(tried - at).max() < 1e-8:
            return np.column_stack([tried[:, 0], np.exp(tried[:, 1])])
    raise MethodError(f"no largest likelihood of the variance between groups was found in {_MOST_STEPS} steps")


def _scaled(grid: Array, events: Array, rows: Array) -> Array:
    """Likelihood of the counts of each group over its largest within the grid, shape (draws, groups, points)."""
    best = np.clip(logit(events / np.maximum(rows, 1.0)), grid[0], grid[-1])
    largest = events * best - rows * np.logaddexp(0.0, best)
    parts = np.stack([events, rows, largest], axis=-1)
    return np.exp(parts @ np.stack([grid, -np.logaddexp(0.0, grid), -np.ones_like(grid)]))


def _derivatives(grid: Array, scaled: Array, there: Mask, at: Array) -> tuple[Array, Array, Array]:
    """The log-likelihood, shape (draws,), at a mean and log sd, shape (draws, 2), its gradient, and its curvature.

    That, shape (draws, 3), is minus the second derivatives by the mean, by both, and by the log sd.
    """
    mean, sd = at[:, :1], np.exp(at[:, 1:])
    distance = (grid - mean) / sd
    powers = [np.exp(-0.5 * distance**2) / sd]
    for _ in range(4):
        powers.append(powers[-1] * distance)
    sums = scaled @ np.stack(powers, axis=-1)
    marginal = np.maximum(sums[..., 0], 1e-300)
    first, second, third, fourth = np.moveaxis(sums[..., 1:] / marginal[..., None], -1, 0)
    by_mean, by_sd = first / sd, second - 1
    terms = [
        np.log(marginal),
        by_mean,
        by_sd,
        by_mean**2 - by_sd / sd**2,
        by_mean * by_sd - (third - 3 * first) / sd,
        by_sd**2 - (fourth - 4 * second + 1),
    ]
    found = np.stack([np.where(there, term, 0.0).sum(axis=1) for term in terms], axis=-1)
    return found[:, 0], found[:, 1:3], found[:, 3:]


def _newton(slope: Array, bend: Array, alone: Mask) -> Array:
    """Newton's step, at most 1 long; each parameter's own where asked for, or where the likelihood is not concave."""
    mean, both, sd = (bend[:, [place]] for place in range(3))
    determinant = mean * sd - both**2
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = np.hstack([sd, mean]) * slope - both * slope[:, ::-1]
        single = slope / np.abs(np.hstack([mean, sd]))
        step = np.where(alone | (mean <= 0) | (determinant <= 0), single, joint / determinant)
    return np.asarray(step / np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True)))
