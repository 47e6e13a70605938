"""Logistic and log-link (Poisson) regression: ratios, and what they mean for the shares themselves."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.design import Cells, cells_of_rows
from helpers.methods.estimate import Estimate
from helpers.methods.robust_variance import Spread
from helpers.methods.separation import why_not_converged


@dataclass(frozen=True, eq=False)
class RatioRegression:
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
        Until no standardised parameter moved by more than 1e-10.
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

    def to_frame(self) -> pd.DataFrame:
        """One row a ratio, indexed by its name; one column a field of `Estimate`."""
        return pd.concat({name: ratio.to_frame() for name, ratio in self.coefficients.items()}).droplevel(1)


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
    standard, back = cells.standardised()
    turned, iterations = _scoring(outcome, cells, standard, link)
    weight = cells.rows * cells.weight
    expected, slope = inverse_link(standard @ turned + np.log(cells.exposure), link)
    information = weight * slope
    triangle = np.linalg.qr(standard * np.sqrt(information)[:, None], mode="r")
    inverse = np.linalg.inv(triangle)
    residual = cells.mean - expected
    spread = Spread(
        standard @ inverse,
        cells.rows,
        information,
        weight * residual,
        cells.weight**2 * (cells.within + cells.rows * residual**2),
    )
    meat = spread.of_rows() if cells.clusters is None else spread.of_clusters(cells.clusters)
    root, names = back @ inverse, list(cells.terms.names)
    parameters, covariance = back @ turned, root @ meat @ root.T
    df = math.inf if cells.n_clusters is None else cells.n_clusters - 1
    events = round(float(cells.rows @ cells.mean)) if cells.is_binary else None
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
                ceiling=_ceiling(cells, link, name, parameters, covariance),
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


def average_expected(cells: Cells, link: str, parameters: Array, main: Array) -> tuple[float, Array]:
    """Average expected outcome of the cells with other main columns, and its gradient."""
    design = cells.terms.matrix(main)
    expected, slope = inverse_link(design @ parameters + np.log(cells.exposure), link)
    share = cells.rows * cells.weight / (cells.rows @ cells.weight)
    return float(share @ expected), (share * slope) @ design


def one_over_lower_limit(link: str, share: float, gradient: Array, covariance: Array) -> float:
    """1 / the lower 95 % limit of an average share, symmetric on the scale of the link."""
    scale = share * (1 - share) if link == "logit" else share
    half = stats.norm.ppf(0.975) * math.sqrt(gradient @ covariance @ gradient) / scale
    low = expit(math.log(share / (1 - share)) - half) if link == "logit" else share * math.exp(-half)
    return max(1.0, 1 / float(low))


def _ceiling(cells: Cells, link: str, name: str, parameters: Array, covariance: Array) -> float | None:
    """Of the risk ratio of a 0/1 predictor; None for everything else."""
    if link != "log" or not cells.is_binary or name not in cells.terms.columns:
        return None
    place = cells.terms.columns.index(name)
    if not np.isin(cells.main[:, place], (0.0, 1.0)).all():
        return None
    at_zero = cells.main.copy()
    at_zero[:, place] = 0.0
    return one_over_lower_limit(link, *average_expected(cells, link, parameters, at_zero), covariance)


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


def _scoring(outcome: str, cells: Cells, standard: Array, link: str) -> tuple[Array, int]:
    """Parameters in standard deviations, and the iterations that they took.

    Convergence is judged by the parameters, not by the deviance: where predictors separate the outcomes the deviance
    settles, but the parameters move on without end.
    """
    family = sm.families.Binomial() if link == "logit" else sm.families.Poisson()
    model = sm.GLM(
        cells.mean, standard, family=family, offset=np.log(cells.exposure), freq_weights=cells.rows * cells.weight
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they warn of is looked at below
        try:
            fit = model.fit(maxiter=60, tol=1e-10, tol_criterion="params")
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            raise why_not_converged(outcome, cells, standard, link) from error
    if not fit.converged or not np.isfinite(fit.params).all():
        raise why_not_converged(outcome, cells, standard, link)
    return np.asarray(fit.params), int(fit.fit_history["iteration"])
