"""Logistic and log-link (Poisson) regression: ratios, and what they mean for the shares themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.design import Basis, Cells, Codes, basis_of, cells_of_rows
from helpers.methods.linear_models.least_squares import blocks, triangle
from helpers.methods.linear_models.robust_variance import Spread, cv3, hc3
from helpers.methods.linear_models.separation import MOST_STEPS, why_not_converged
from helpers.methods.result import Result

#: Values of the basis (cells x columns) that a fit may hold; more are made anew at each step, block by block.
_HELD = 1 << 23


@dataclass(frozen=True, eq=False)
class RatioRegression(Result):
    """A logistic or log-link regression.

    Attributes
    ----------
    outcome : str
    link : str
        ``logit`` or ``log``.
    coefficients : mapping of str to Estimate
        Ratios per unit of each column, ``scale="log"``, without the constant: ``odds_ratio`` under the logit,
        ``risk_ratio`` (outcome of 0 and 1) or ``rate_ratio`` under the log.
    parameters : Series
        Constant and coefficients on the scale of the link, by name.
    covariance : DataFrame
        Of the parameters.
    iterations : int
        Newton steps until no parameter of standardised, uncorrelated columns moved by more than 1e-10.
    df : float
        Degrees of freedom of Student's t: clusters - 1, or infinite.
    n, n_dropped : int
    events : int or None
        Rows with the outcome 1, if it is 0 or 1.
    clusters : int or None
    variance : str
        ``HC3``, or ``CV3`` (the cluster jackknife).
    cells : Cells
        What was fitted.
    """

    outcome: str
    link: str
    coefficients: Mapping[str, Estimate]
    parameters: pd.Series
    covariance: pd.DataFrame
    iterations: int
    df: float
    n: int
    n_dropped: int
    events: int | None
    clusters: int | None
    variance: str
    cells: Cells = field(repr=False)


def logistic_regression(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
    weights: str | None = None,
) -> RatioRegression:
    """Odds ratios of an outcome from 0 to 1.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; rows with a missing value in the columns used are dropped and counted.
    outcome : str
        0 and 1; or a fraction between them, for which this is the fractional logit of Papke and Wooldridge.
    predictors : sequence of str
        Columns that are not numeric enter as one 0/1 column a level but the first, in sorted order.
    interactions : sequence of (str, str)
        Pairs of predictors whose product enters too; columns are not centred.
    cluster : str, optional
        Column of what rows share: CV3 variance and t with clusters - 1 degrees of freedom.
    weights : str, optional
        Column of sampling weights, positive.

    Returns
    -------
    RatioRegression
        HC3 and the normal distribution unless clusters are given.

    Raises
    ------
    MethodError
        An outcome outside 0 to 1 or without variance, too few rows, predictors that are constant or determine one
        another, predictors that separate the outcomes (named), a row or cluster that alone determines a coefficient,
        or a single cluster.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Papke and Wooldridge (1996), Journal of Applied Econometrics 11, 619-632; Albert and Anderson (1984), Biometrika
    71, 1-10 (separation). Checked against R 4.2 ``glm`` with sandwich 3.0-2.
    """
    cells = cells_of_rows(frame, outcome, predictors, interactions=interactions, cluster=cluster, weights=weights)
    return fit_ratios(outcome, cells, "logit")


def poisson_regression(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    exposure: str | None = None,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
    weights: str | None = None,
) -> RatioRegression:
    """Risk ratios of an outcome of 0 and 1, or rate ratios of a count or amount, under a log link.

    Nothing is assumed of the variance: the Poisson likelihood only weighs the rows, and the interval is robust. For an
    outcome of 0 and 1 this is the modified Poisson regression of Zou.

    Parameters
    ----------
    frame, predictors, interactions, cluster, weights
        As in `logistic_regression`.
    outcome : str
        Not negative.
    exposure : str, optional
        Column of what the outcome was counted over (months at risk), positive; ratios are then of rates.

    Returns
    -------
    RatioRegression
        The ceiling of a risk ratio of a 0/1 predictor is 1 / the lower 95 % limit of the average expected share at 0.

    Raises
    ------
    MethodError
        As `logistic_regression`, with a negative outcome for one outside 0 to 1.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    Zou (2004), American Journal of Epidemiology 159, 702-706; Santos Silva and Tenreyro (2010), Economics Letters 107,
    310-312 (separation). Checked against R 4.2 ``glm`` with sandwich 3.0-2.
    """
    cells = cells_of_rows(
        frame, outcome, predictors, interactions=interactions, cluster=cluster, weights=weights, exposure=exposure
    )
    return fit_ratios(outcome, cells, "log")


def fit_ratios(outcome: str, cells: Cells, link: str) -> RatioRegression:
    """The fit of cells; `logistic_regression` and `poisson_regression` have the details and errors."""
    _check_range(outcome, cells, link)
    rows = _Turned.of(cells)
    turned, iterations = _newton(outcome, rows, link)

    def informed() -> Iterator[Array]:
        for some in blocks(len(cells.mean)):
            _, columns, _, information = _at(rows, some, turned, link)
            yield columns * np.sqrt(information)[:, None]

    inverse = np.linalg.inv(triangle(informed))

    def spread_of(picked: slice | Codes) -> Spread:
        part, columns, expected, information = _at(rows, picked, turned, link)
        residual = part.mean - expected
        squares = part.weight**2 * (part.within + part.rows * residual**2)
        return Spread(columns @ inverse, part.rows, information, part.rows * part.weight * residual, squares)

    picks = blocks(len(cells.mean))
    meat = hc3(map(spread_of, picks)) if cells.clusters is None else cv3(cells.clusters, spread_of)
    root, names = rows.basis.back @ inverse, list(cells.terms.names)
    parameters, covariance = rows.basis.back @ turned, root @ meat @ root.T
    ceilings = _ceilings(cells, link, np.linalg.inv(root), parameters, covariance)
    df = math.inf if cells.n_clusters is None else cells.n_clusters - 1
    events = round(sum(float(part.rows @ part.mean) for part in cells.parts())) if cells.is_binary else None
    rest: dict[str, Any] = {
        "n": cells.n,
        "n_dropped": cells.n_dropped,
        "events": events,
        "clusters": cells.n_clusters,
        "variance": "HC3" if cells.clusters is None else "CV3",
    }
    return RatioRegression(
        outcome=outcome,
        link=link,
        coefficients={
            name: Estimate.from_se(
                math.exp(parameters[place]),
                math.sqrt(covariance[place, place]),
                df=df,
                scale="log",
                measure=_ratio_measure(link, cells),
                unit=f"per unit of {name}",
                ceiling=ceilings.get(name),
                **rest,
            )
            for place, name in enumerate(names)
            if place > 0
        },
        parameters=pd.Series(parameters, index=names),
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        iterations=iterations,
        df=df,
        cells=cells,
        **rest,
    )


def inverse_link(linear: Array, link: str) -> tuple[Array, Array]:
    """Expected outcome and its derivative, which under both links is also the variance that weighs the rows."""
    expected = expit(linear) if link == "logit" else np.exp(linear)
    return expected, expected * (1 - expected) if link == "logit" else expected


def average_expected(
    cells: Cells, link: str, parameters: Array, change: Callable[[Array], Array]
) -> tuple[float, Array]:
    """Average expected outcome with the main columns changed, shape (m, p) to (m, p), and its gradient."""
    average, gradient = 0.0, np.zeros(len(parameters))
    for part in cells.parts():
        design = cells.terms.matrix(change(part.main))
        expected, slope = inverse_link(design @ parameters + np.log(part.exposure), link)
        share = part.rows * part.weight / cells.total_weight
        average += float(share @ expected)
        gradient += (share * slope) @ design
    return average, gradient


def one_over_lower_limit(link: str, share: float, gradient: Array, covariance: Array) -> float:
    """1 / the lower 95 % limit of an average share, symmetric on the scale of the link."""
    scale = share * (1 - share) if link == "logit" else share
    half = stats.norm.ppf(0.975) * math.sqrt(gradient @ covariance @ gradient) / scale
    low = expit(math.log(share / (1 - share)) - half) if link == "logit" else share * math.exp(-half)
    return max(1.0, 1 / float(low))


def _ceilings(cells: Cells, link: str, root: Array, parameters: Array, covariance: Array) -> dict[str, float]:
    """Of the risk ratios of 0/1 predictors, by name, from the `triangle` of the information on the design."""
    if link != "log" or not cells.is_binary:
        return {}
    products, found = root.T @ root / cells.total_weight, {}
    for place, (name, values) in enumerate(zip(cells.terms.columns, cells.main.T, strict=True)):
        if not np.array_equal(values, values * values):
            continue
        if cells.terms.pairs:
            average, gradient = average_expected(cells, link, parameters, partial(_at_zero, place=place))
        else:  # rows with a 1 are left exp(-coefficient) of their expected outcome, which is also what weighs products
            gradient = products[0] + math.expm1(-parameters[place + 1]) * products[place + 1]
            gradient[place + 1], average = 0.0, float(gradient[0])
        found[name] = one_over_lower_limit(link, average, gradient, covariance)
    return found


def _at_zero(main: Array, place: int) -> Array:
    return np.where(np.arange(main.shape[1]) == place, 0.0, main)


def _ratio_measure(link: str, cells: Cells) -> str:
    if link == "logit":
        return "odds_ratio"
    return "risk_ratio" if cells.is_binary and np.ptp(cells.exposure) == 0 else "rate_ratio"


def _check_range(outcome: str, cells: Cells, link: str) -> None:
    low, high = float(cells.mean.min()), float(cells.mean.max())
    if link == "logit" and not (low >= 0 and high <= 1):
        raise MethodError(
            f"a logistic regression needs an outcome from 0 to 1; {outcome!r} goes from {low:g} to {high:g}"
        )
    if low < 0:
        raise MethodError(f"a log-link regression needs an outcome that is not negative; {outcome!r} reaches {low:g}")


@dataclass(frozen=True, eq=False)
class _Turned:
    """Cells and the basis at them, which is `held` from step to step of a fit where it is small."""

    cells: Cells
    basis: Basis
    held: Array | None

    @classmethod
    def of(cls, cells: Cells) -> _Turned:
        basis, _ = basis_of(cells, 0.0)
        shape = len(cells.mean), len(basis.inverse)
        if math.prod(shape) > _HELD:
            return cls(cells, basis, None)
        held = np.empty(shape)
        for some in blocks(len(held)):
            held[some] = basis.of(cells.part(some))
        return cls(cells, basis, held)

    def at(self, picked: slice | Codes) -> tuple[Cells, Array]:
        """Some of the cells, and the basis at them, shape (m, k)."""
        part = self.cells.part(picked)
        return part, self.basis.of(part) if self.held is None else self.held[picked]


def _at(rows: _Turned, picked: slice | Codes, turned: Array, link: str) -> tuple[Cells, Array, Array, Array]:
    """Some cells, the basis at them, their expected outcome, and their weight in the information matrix."""
    part, columns = rows.at(picked)
    expected, slope = inverse_link(columns @ turned + np.log(part.exposure), link)
    return part, columns, expected, part.rows * part.weight * slope


def _newton(outcome: str, rows: _Turned, link: str) -> tuple[Array, int]:
    """Parameters on the basis, and the steps that they took from those of no predictor.

    Convergence is judged by the parameters, not by the likelihood: where predictors separate the outcomes the
    likelihood settles, but the parameters move on without end. A step that lowers the likelihood, which is concave, is
    halved.
    """
    turned, reached = np.zeros(len(rows.basis.inverse)), -math.inf
    step = _constant_alone(rows.cells, link) * np.eye(len(turned))[0] / rows.basis.inverse[0, 0]
    with np.errstate(all="ignore"):  # what overflows is not a likelihood that has risen
        for taken in range(1, MOST_STEPS + 1):
            likelihood, score, information = _derivatives(rows, turned + step, link)
            if not likelihood >= reached - 1e-10 * abs(reached):
                step = step / 2
                continue
            turned, reached = turned + step, likelihood
            if not np.linalg.cond(information) < 1e12:
                break
            step = np.linalg.solve(information, score)
            if np.abs(step).max() <= 1e-10:
                return turned + step, taken
    raise why_not_converged(outcome, rows.cells, link)


def _constant_alone(cells: Cells, link: str) -> float:
    """The linear predictor without predictors, exposure aside."""
    of_parts = [part.rows * part.weight @ np.column_stack([part.mean, part.exposure]) for part in cells.parts()]
    outcome, exposure = np.sum(of_parts, axis=0)
    rate = outcome / exposure
    return math.log(rate / (1 - rate)) if link == "logit" else math.log(rate)


def _derivatives(rows: _Turned, turned: Array, link: str) -> tuple[float, Array, Array]:
    """Of the average row: log-likelihood less its constant, its gradient, and minus its second derivatives."""
    likelihood, score, information = 0.0, np.zeros(len(turned)), np.zeros((len(turned), len(turned)))
    for some in blocks(len(rows.cells.mean)):
        part, columns = rows.at(some)
        linear = columns @ turned + np.log(part.exposure)
        expected, slope = inverse_link(linear, link)
        share = part.rows * part.weight / rows.cells.total_weight
        likelihood += float(share @ (part.mean * linear - (np.logaddexp(0.0, linear) if link == "logit" else expected)))
        score += (share * (part.mean - expected)) @ columns
        scaled = columns * np.sqrt(share * slope)[:, None]
        information += scaled.T @ scaled  # of one matrix with itself, which takes half the multiplications of others
    return likelihood, score, information
