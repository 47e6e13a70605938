"""How much of the variance of a 0/1 outcome lies between groups, on the latent scale of a logistic model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from helpers.errors import MethodError
from helpers.methods.columns import Array, numbers
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import row_counts
from helpers.methods.result import Result

#: Variance of the standard logistic distribution, the part of the latent scale that lies within groups.
_WITHIN = math.pi**2 / 3

#: Largest standard deviation between groups that is looked for; the smallest is a step of the grid.
_MOST = 4.0


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
        An outcome that is not 0 and 1 or has one value, fewer than 3 groups, or a single cluster.

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
    events = np.bincount(at, weights=values, minlength=size).reshape(n_clusters, n_groups)
    rows = np.bincount(at, minlength=size).reshape(n_clusters, n_groups).astype(float)
    counts = events.sum(axis=0), rows.sum(axis=0)
    likelihood = _Likelihood.of(*counts)
    mean, sd = likelihood.maximum(*counts)
    share = _share(sd)
    drawn = [
        _share(likelihood.maximum(*both)[1])
        for weights in row_counts(n_clusters, draws, seed)
        for both in zip(weights @ events, weights @ rows, strict=True)
    ]
    moved = np.maximum(0.0, np.array(drawn) - (np.mean(drawn) - share))
    rest: dict[str, Any] = {
        "n": len(values),
        "n_dropped": len(frame) - len(values),
        "events": int(values.sum()),
        "clusters": n_clusters,
        "variance": f"bootstrap of clusters less its bias, {draws:,} draws",
    }
    unit = "share of the latent variance"
    estimate = Estimate.from_draws(share, moved, measure="explained_variance", unit=unit, **rest)
    return GroupVariance(estimate, sd, mean, n_groups, rest["n"], rest["n_dropped"])


def _share(sd: float) -> float:
    return sd**2 / (sd**2 + _WITHIN)


@dataclass(frozen=True)
class _Likelihood:
    """The marginal likelihood of counts by group, on one grid of log odds of shape (points,)."""

    log_odds: npt.NDArray[np.float64]

    @classmethod
    def of(cls, events: Array, rows: Array) -> _Likelihood:
        """A grid wide enough for every group, and finer than the narrowest likelihood of one."""
        rate = (events.sum() + 0.5) / (rows.sum() + 1)
        middle = math.log(rate / (1 - rate))
        most = max(4.0, float(rows.max()) * rate * (1 - rate) * 4)
        step = min(0.05, 0.5 / math.sqrt(most))
        return cls(np.arange(middle - 9, middle + 9, step))

    def maximum(self, events: Array, rows: Array) -> tuple[float, float]:
        """Mean and standard deviation of the groups' log odds at the maximum, from counts of shape (groups,)."""
        there = rows > 0
        events, rows = events[there], rows[there]
        rate = (events.sum() + 0.5) / (rows.sum() + 1)
        middle = math.log(rate / (1 - rate))
        at = self.log_odds
        log_likelihood = events[:, None] * at - rows[:, None] * np.logaddexp(0.0, at)
        scaled = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))

        def cost(parameters: Array) -> tuple[float, Array]:
            mean, sd = parameters[0], math.exp(parameters[1])
            distance = (at - mean) / sd
            density = np.exp(-0.5 * distance**2) / sd
            marginal, first, second = (scaled @ np.column_stack([density, density * distance, density * distance**2])).T
            marginal = np.maximum(marginal, 1e-300)
            gradient = [-(first / marginal).sum() / sd, -(second / marginal - 1).sum()]
            return -float(np.log(marginal).sum()), np.array(gradient)

        ends = [(middle - 5, middle + 5), (math.log(at[1] - at[0]), math.log(_MOST))]
        found = optimize.minimize(cost, [middle, math.log(0.3)], jac=True, method="L-BFGS-B", bounds=ends)
        return float(found.x[0]), math.exp(float(found.x[1]))
