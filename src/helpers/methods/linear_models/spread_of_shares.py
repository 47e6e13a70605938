"""How much a share differs between groups (months), predictors held: a random-intercept logistic model, in points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.linalg import lapack
from scipy.special import expit, logit

from helpers.errors import MethodError
from helpers.methods.columns import Array, dummies, numbers
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.design import Codes
from helpers.methods.result import Result

#: Standard deviations of log odds that are looked for; the least one means that groups do not differ.
_LEAST, _MOST = 0.005, 3.0

#: A standard deviation of log odds that is as good as none.
_NONE = 0.02

#: Nodes and weights of the mean over a standard normal variable.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class SpreadOfShares(Result):
    """Shares that differ between groups beyond chance.

    Attributes
    ----------
    spread : Estimate
        ``standard_deviation`` between groups of the share at the average row's predictors, in percentage points.
    log_odds_sd : float
        The standard deviation of the groups' log odds.
    shares : DataFrame
        A row a group, in sorted order: ``n``, ``raw`` (its share, %), ``shrunken`` (%: at the predictors of all rows,
        its effect drawn towards the mean as far as its size calls for).
    """

    spread: Estimate
    log_odds_sd: float
    shares: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The groups."""
        return self.shares


def spread_of_shares(
    frame: pd.DataFrame, outcome: str, group: str, predictors: Sequence[str], *, draws: int, seed: int
) -> SpreadOfShares:
    """Standard deviation between groups of a share, predictors held.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
        0 and 1.
    group : str
        What the share may differ between; its groups are taken as drawn from many that might have been.
    predictors : sequence of str
        Held. Few values each: rows are taken together where all predictors agree.
    draws, seed : int
        Samples of the parametric bootstrap and the seed of numpy's default generator.

    Returns
    -------
    SpreadOfShares
        Restricted maximum likelihood (Laplace's approximation, the fixed effects integrated out too). The interval
        comes from samples of the fitted model, their groups drawn anew: limits are those of the ratio of the estimate
        to the truth, which a small number of groups makes skew.

    Raises
    ------
    MethodError
        An outcome that is not 0 and 1 or has one value, fewer than 4 groups, or groups that differ so little that more
        than 2 draws in 100 find no spread at all: then no interval can be had from a ratio.

    References
    ----------
    Breslow and Clayton (1993), Journal of the American Statistical Association 88, 9-25; Davison and Hinkley (1997),
    Bootstrap Methods and their Application, section 5.2 (studentised ratios). Checked against the restricted maximum
    likelihood of `meta_analysis` on the groups' standardised shares, and, for coverage, by simulation.
    """
    model, counts, n_dropped = _model(frame, outcome, group, predictors)
    fit = model.fit(counts["events"].to_numpy(float))
    value, rng = model.spread(fit), np.random.default_rng(seed)
    fits = [model.fit(model.draw(fit, fit.sd, rng)) for _ in range(draws)]
    if np.quantile([found.sd for found in fits], 0.02) <= _NONE:
        raise MethodError(f"the shares of {group!r} hardly differ beyond chance, so that their spread has no interval")
    drawn = np.array([model.spread(found) for found in fits])
    limits = value**2 / np.quantile(drawn, [0.975, 0.95, 0.05, 0.025], method="weibull")
    estimate = _estimate(value, limits, float(drawn.std(ddof=1)), model, n_dropped, draws)
    by_group = counts.groupby("group")[["rows", "events"]].sum()
    shares = pd.DataFrame(
        {
            "n": by_group["rows"],
            "raw": 100 * by_group["events"] / by_group["rows"],
            "shrunken": [100 * model.average(fit, effect) for effect in fit.effects],
        }
    )
    return SpreadOfShares(estimate, fit.sd, shares)


def spread_by_chance(
    frame: pd.DataFrame, outcome: str, group: str, predictors: Sequence[str], *, draws: int, seed: int
) -> float:
    """97.5 % quantile of the spread, percentage points, that `spread_of_shares` finds where groups do not differ.

    Parameters, errors and model as there; the groups of the samples keep their sizes and predictors.
    """
    model, counts, _ = _model(frame, outcome, group, predictors)
    fit, rng = model.fit(counts["events"].to_numpy(float)), np.random.default_rng(seed)
    drawn = [model.spread(model.fit(model.draw(fit, 0.0, rng))) for _ in range(draws)]
    return float(np.quantile(drawn, 0.975, method="weibull"))


def _model(
    frame: pd.DataFrame, outcome: str, group: str, predictors: Sequence[str]
) -> tuple[_Model, pd.DataFrame, int]:
    """The model of the complete rows, their counts by cell, and how many rows were dropped."""
    counts, design, n_dropped = _cells(frame, outcome, group, predictors)
    names = sorted(counts["group"].unique())
    if len(names) < 4:
        raise MethodError(f"{group!r} has {len(names)} groups with complete rows; at least 4 are needed for a spread")
    if counts["events"].sum() in (0, counts["rows"].sum()):
        raise MethodError(f"the outcome {outcome!r} has to be 0 and 1, and both")
    model = _Model(design, np.searchsorted(names, counts["group"]).astype(np.intp), counts["rows"].to_numpy(float))
    return model, counts, n_dropped


def _estimate(value: float, limits: Array, se: float, model: _Model, n_dropped: int, draws: int) -> Estimate:
    rest: dict[str, Any] = dict(zip(("ci_low", "ci90_low", "ci90_high", "ci_high"), map(float, limits), strict=True))
    return Estimate(
        measure="standard_deviation",
        unit="percentage points",
        value=value,
        se=se,
        n=int(model.rows.sum()),
        n_dropped=n_dropped,
        clusters=model.n_groups,
        variance=f"parametric bootstrap of the ratio, {draws:,} draws",
        **rest,
    )


def _cells(frame: pd.DataFrame, outcome: str, group: str, predictors: Sequence[str]) -> tuple[pd.DataFrame, Array, int]:
    """Rows and events by group and values of the predictors, the design of those cells, and the rows dropped."""
    values = numbers(frame, outcome)
    made = {name: column for predictor in predictors for name, column in dummies(frame, predictor).items()}
    columns = pd.DataFrame({**made, "events": values, "group": frame[group].astype("object").to_numpy()})
    columns = columns.dropna()
    if not columns["events"].isin((0.0, 1.0)).all():
        raise MethodError(f"the outcome {outcome!r} has to be 0 and 1")
    keys = ["group", *made]
    counts = columns.groupby(keys, sort=True)["events"].agg(["size", "sum"]).reset_index()
    counts = counts.rename(columns={"size": "rows", "sum": "events"})
    weight = (counts["rows"] / counts["rows"].sum()).to_numpy(dtype=float)
    held = {name: counts[name].to_numpy(dtype=float) for name in made}
    centred = [column - weight @ column for column in held.values()]
    return counts, np.column_stack([np.ones(len(counts)), *centred]), len(frame) - len(columns)


@dataclass(frozen=True)
class _Fit:
    """Standard deviation of the log odds, fixed effects of shape (p,), and effects of the groups, shape (g,)."""

    sd: float
    fixed: Array
    effects: Array


@dataclass(frozen=True, eq=False)
class _Model:
    """Counts in cells: fixed design (cells, p), group of each cell, rows of each cell."""

    design: Array
    group: Codes
    rows: Array

    @property
    def n_groups(self) -> int:
        return int(self.group.max()) + 1

    @cached_property
    def whole(self) -> Array:
        """Fixed and group columns side by side."""
        indicators = self.group[:, None] == np.arange(self.n_groups)
        return np.hstack([self.design, indicators.astype(float)])

    def fit(self, events: Array) -> _Fit:
        """The mode of the restricted likelihood."""
        whole, p = self.whole, self.design.shape[1]
        at = np.zeros(whole.shape[1])
        at[0] = logit((events.sum() + 0.5) / (self.rows.sum() + 1))
        state = {"at": at}

        def cost(log_sd: float) -> float:
            state["at"], value = self._inner(whole, events, state["at"], math.exp(log_sd), p)
            return -value

        found = optimize.minimize_scalar(
            cost, bounds=(math.log(_LEAST), math.log(_MOST)), method="bounded", options={"xatol": 1e-3}
        )
        at, _ = self._inner(whole, events, state["at"], math.exp(found.x), p)
        return _Fit(math.exp(found.x), at[:p], at[p:])

    def _inner(self, whole: Array, events: Array, at: Array, sd: float, p: int) -> tuple[Array, float]:
        """The penalised mode at one standard deviation, and the restricted log-likelihood there."""
        penalty = np.zeros(len(at))
        penalty[p:] = 1 / sd**2
        penalty[1:p] = 1e-6  # a cell that no event is in would send its coefficient to infinity
        for _ in range(60):
            share = expit(whole @ at)
            information = (whole.T * (self.rows * share * (1 - share))) @ whole
            information.flat[:: len(at) + 1] += penalty
            factor, step, failed = lapack.dposv(information, whole.T @ (events - self.rows * share) - penalty * at)
            if failed:
                raise np.linalg.LinAlgError("the information on log odds is singular")
            longest = max(step.max(), -step.min())
            at = at + step * min(1.0, 2.0 / max(longest, 1e-12))
            if longest < 1e-7:
                break
        linear = whole @ at
        likelihood = float(events @ linear - self.rows @ np.logaddexp(0.0, linear)) - 0.5 * float(penalty @ at**2)
        return at, likelihood - (len(at) - p) * math.log(sd) - float(np.log(factor.diagonal()).sum())

    def average(self, fit: _Fit, effect: float) -> float:
        """The average share of all rows, were they in a group of that effect."""
        return float(self.rows @ expit(self.design @ fit.fixed + effect) / self.rows.sum())

    def spread(self, fit: _Fit) -> float:
        """Standard deviation, in percentage points, of the average share over groups that might be drawn."""
        shares = expit((self.design @ fit.fixed)[:, None] + fit.sd * _NODES)
        mean = self.rows @ shares / self.rows.sum()
        return 100 * math.sqrt(float(_WEIGHTS @ (mean - _WEIGHTS @ mean) ** 2))

    def draw(self, fit: _Fit, sd: float, rng: np.random.Generator) -> Array:
        """Events of a sample of the same sizes, its groups drawn anew with a standard deviation."""
        effects = sd * rng.standard_normal(len(fit.effects))
        return rng.binomial(self.rows.astype(int), expit(self.design @ fit.fixed + effects[self.group])).astype(float)
