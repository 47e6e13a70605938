"""Linear regression in the units of the data: slopes, interactions and what they mean, a step at a threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, refuse_collinear, refuse_constant
from helpers.methods.estimate import Estimate
from helpers.methods.inference.bootstrap import covariances
from helpers.methods.linear_models.design import Cells, Codes, Terms, basis_of, cells_of_rows
from helpers.methods.linear_models.least_squares import blocks, origin
from helpers.methods.linear_models.robust_variance import Spread, cv3, hc3
from helpers.methods.result import Result


@dataclass(frozen=True, eq=False)
class LinearRegression(Result):
    """Slopes of an outcome, in its unit per unit of each predictor.

    Attributes
    ----------
    outcome : str
    coefficients : mapping of str to Estimate
        One ``slope`` a column of the design, without the constant; ``first:second`` is an interaction.
    constant : float
    covariance : DataFrame
        Of constant and slopes, by name.
    r_squared : float
    residual_sd : float
        Square root of the residual sum of squares over n - k - 1.
    df : int
        Degrees of freedom of Student's t: n - k - 1, or clusters - 1.
    n, n_dropped : int
    clusters : int or None
    variance : str
        ``HC3``, or ``CV3`` (the cluster jackknife).
    terms : Terms
        Which columns come from which predictors.
    """

    outcome: str
    coefficients: Mapping[str, Estimate]
    constant: float
    covariance: pd.DataFrame
    r_squared: float
    residual_sd: float
    df: int
    n: int
    n_dropped: int
    clusters: int | None
    variance: str
    terms: Terms = field(repr=False)

    def combination(self, weights: Mapping[str, float], *, measure: str, unit: str) -> Estimate:
        """A weighted sum of the constant and the slopes, with the interval that their covariance gives.

        Raises
        ------
        MethodError
            A name that is neither ``constant`` nor a slope.
        """
        unknown = [name for name in weights if name not in self.covariance.index]
        if unknown:
            raise MethodError(f"there is no coefficient {unknown[0]!r}; there are {', '.join(self.covariance.index)}")
        values = {"constant": self.constant} | {name: slope.value for name, slope in self.coefficients.items()}
        picked = np.array([weights.get(name, 0.0) for name in self.covariance.index])
        return Estimate.from_se(
            sum(weight * values[name] for name, weight in weights.items()),
            math.sqrt(picked @ self.covariance.to_numpy() @ picked),
            df=self.df,
            measure=measure,
            unit=unit,
            n=self.n,
            n_dropped=self.n_dropped,
            clusters=self.clusters,
            variance=self.variance,
        )


def linear_regression(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    interactions: Sequence[tuple[str, str]] = (),
    cluster: str | None = None,
    weights: str | None = None,
) -> LinearRegression:
    """Least squares with intervals that are robust to unequal variance, and to clusters if they are named.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; rows with a missing value in the columns used are dropped and counted.
    outcome : str
        Numeric.
    predictors : sequence of str
        Columns that are not numeric enter as one 0/1 column a level but the first, in sorted order.
    interactions : sequence of (str, str)
        Pairs of predictors whose product enters too; columns are not centred.
    cluster : str, optional
        Column of what rows share (seller, customer): CV3 variance and t with clusters - 1 degrees of freedom.
    weights : str, optional
        Column of sampling weights, positive.

    Returns
    -------
    LinearRegression
        HC3 and t with n - k - 1 degrees of freedom unless clusters are given.

    Raises
    ------
    MethodError
        Too few rows, columns without variance or that determine one another, an outcome without residual, a row or
        cluster that alone determines a coefficient, or a single cluster.

    Warns
    -----
    FewClustersWarning
        Fewer than 50 clusters.

    References
    ----------
    MacKinnon and White (1985), Journal of Econometrics 29, 305-325; MacKinnon, Nielsen and Webb (2023), Journal of
    Econometrics 232, 272-299. Checked against R 4.2 ``lm`` with sandwich 3.0-2, and against the certified values of
    NIST's StRD (Norris, Longley, Wampler 1 to 5).
    """
    cells = cells_of_rows(frame, outcome, predictors, interactions=interactions, cluster=cluster, weights=weights)
    return fit_linear(outcome, cells)


def fit_linear(outcome: str, cells: Cells) -> LinearRegression:
    """Least squares of cells; `linear_regression` has the details and errors."""
    centre, total = float(origin(cells.mean)), cells.total_weight
    basis, turned = basis_of(cells, centre)
    inside = float(sum(part.weight @ part.within for part in cells.parts()))
    squares = total * turned[-1] ** 2 + inside, total * float(turned[1:] @ turned[1:]) + inside
    refuse_exact(outcome, *squares)

    def spread_of(picked: slice | Codes) -> Spread:
        part = cells.part(picked)
        columns, weight = basis.of(part), part.rows * part.weight
        residual = part.mean - centre - columns @ turned[:-1]
        spread = part.weight**2 * (part.within + part.rows * residual**2)
        return Spread(columns / math.sqrt(total), part.rows, weight, weight * residual, spread)

    picks = blocks(len(cells.mean))
    meat = hc3(map(spread_of, picks)) if cells.clusters is None else cv3(cells.clusters, spread_of)
    back = basis.back / math.sqrt(total)
    df = cells.n - len(back)
    return summarised(
        outcome,
        cells.terms,
        basis.back @ turned[:-1] + np.eye(len(back))[0] * centre,
        back @ meat @ back.T,
        squares,
        df,
        t_df=df if cells.n_clusters is None else cells.n_clusters - 1,
        n=cells.n,
        n_dropped=cells.n_dropped,
        clusters=cells.n_clusters,
        variance="HC3" if cells.clusters is None else "CV3",
    )


def refuse_exact(outcome: str, residual: float, total: float) -> None:
    """Raise MethodError if nothing of the total sum of squares is left."""
    if residual <= 1e-24 * total:
        raise MethodError(f"{outcome!r} is a linear function of its predictors, so no slope has a standard error")


def summarised(
    outcome: str,
    terms: Terms,
    parameters: Array,
    covariance: Array,
    squares: tuple[float, float],
    df: int,
    *,
    t_df: int,
    **rest,
) -> LinearRegression:
    """The result of a fit from its parameters (constant first), their covariance, residual and total squares."""
    names = list(terms.names)
    coefficients = {
        name: Estimate.from_se(
            float(parameters[place]),
            math.sqrt(covariance[place, place]),
            df=t_df,
            measure="slope",
            unit=f"{outcome} per unit of {name}",
            **rest,
        )
        for place, name in enumerate(names)
        if place > 0
    }
    return LinearRegression(
        outcome=outcome,
        coefficients=coefficients,
        constant=float(parameters[0]),
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        r_squared=1 - squares[0] / squares[1],
        residual_sd=math.sqrt(squares[0] / df),
        df=t_df,
        terms=terms,
        **rest,
    )


def simple_slope(fit: LinearRegression, predictor: str, at: Mapping[str, float | str]) -> Estimate:
    """The slope of one numeric predictor at given levels of what it interacts with.

    Parameters
    ----------
    fit : LinearRegression
    predictor : str
        A numeric predictor of the fit.
    at : mapping of str to float or str
        A level of each predictor that it interacts with: a number, or the name of a category.

    Returns
    -------
    Estimate
        Measure ``slope``; the SE comes from the joint covariance of the slope and its interactions.

    Raises
    ------
    MethodError
        The predictor is not a numeric one of the fit, a level is not in the model, or one is not given.

    References
    ----------
    Aiken and West (1991), Multiple Regression, chapter 2. Checked against R 4.2 ``lm`` with the moderator moved so that
    the level is its zero.
    """
    terms = fit.terms
    if predictor not in terms.columns or predictor not in terms.sources:
        raise MethodError(f"{predictor!r} is not a numeric predictor of this fit; there are {', '.join(terms.columns)}")
    place = terms.columns.index(predictor)
    partners = {terms.sources[other] for pair in terms.pairs if place in pair for other in pair if other != place}
    missing = sorted(partners - set(at))
    if missing:
        raise MethodError(f"the slope of {predictor!r} depends on {', '.join(missing)}; say at which level")
    main = np.zeros((1, len(terms.columns)))
    for moderator, level in at.items():
        main = terms.at(main, moderator, level)
    change = terms.derivative(main, predictor)[0]
    unit = fit.coefficients[predictor].unit
    return fit.combination(dict(zip(terms.names, change, strict=True)), measure="slope", unit=unit)


@dataclass(frozen=True)
class ThresholdEffect(Result):
    """What happens to an outcome where a predictor passes a threshold.

    Attributes
    ----------
    threshold : float
        In the predictor's unit; a row at it counts as above.
    jump : Estimate
        ``mean_difference``: expected outcome just above minus just below, in the outcome's unit.
    below, above : Estimate
        ``slope`` on either side.
    difference : Estimate
        ``slope_difference``: above minus below.
    """

    threshold: float
    jump: Estimate
    below: Estimate
    above: Estimate
    difference: Estimate


def threshold_effect(
    frame: pd.DataFrame,
    outcome: str,
    predictor: str,
    threshold: float,
    controls: Sequence[str] = (),
    *,
    cluster: str | None = None,
) -> ThresholdEffect:
    """A step and a change of slope at a threshold that was fixed beforehand.

    A threshold chosen where the data show the largest step needs other intervals than these.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome, predictor : str
    threshold : float
        With at least two different values of the predictor on either side.
    controls : sequence of str
    cluster : str, optional
        As in `linear_regression`.

    Returns
    -------
    ThresholdEffect

    Raises
    ------
    MethodError
        As `linear_regression`; also if a side has fewer than two values of the predictor.

    References
    ----------
    Imbens and Lemieux (2008), Journal of Econometrics 142, 615-635, section 4 (whole range as the window). Checked
    against R 4.2 ``lm`` with sandwich 3.0-2.
    """
    if predictor not in frame.columns:
        raise MethodError(
            f"the frame has no column {predictor!r}; columns are {', '.join(map(str, frame.columns[:12]))}"
        )
    past, step = f"{predictor} from {threshold:g}", f"{predictor} at or above {threshold:g}"
    known = frame[predictor].notna()
    for side, rows in (("below", frame[predictor] < threshold), ("at or above", frame[predictor] >= threshold)):
        if frame.loc[rows & known, predictor].nunique() < 2:
            raise MethodError(f"{predictor!r} has fewer than two values {side} {threshold:g}, so no slope there")
    shifted = frame[predictor] - threshold
    sided = frame.assign(**{past: shifted, step: (shifted >= 0).astype(float).where(known)})
    fit = linear_regression(sided, outcome, [past, step, *controls], interactions=[(past, step)], cluster=cluster)
    unit, bend = f"{outcome} per unit of {predictor}", f"{past}:{step}"
    return ThresholdEffect(
        threshold,
        jump=fit.combination({step: 1.0}, measure="mean_difference", unit=outcome),
        below=fit.combination({past: 1.0}, measure="slope", unit=unit),
        above=fit.combination({past: 1.0, bend: 1.0}, measure="slope", unit=unit),
        difference=fit.combination({bend: 1.0}, measure="slope_difference", unit=unit),
    )


def bootstrapped_slopes(
    frame: pd.DataFrame, outcome: str, predictors: Sequence[str], *, draws: int, seed: int
) -> dict[str, Estimate]:
    """Slopes with percentile bootstrap intervals, whole rows drawn: a second way to the intervals of a regression.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
    predictors : sequence of str
        k numeric columns.
    draws, seed : int
        One seed gives the same draws whatever the order of the rows. Time grows with draws * (n + k^3).

    Returns
    -------
    dict of str to Estimate
        Measure ``slope``.

    Raises
    ------
    MethodError
        Too few rows, columns without variance or that determine one another.

    References
    ----------
    Freedman (1981), Annals of Statistics 9, 1218-1228. Checked against ``numpy.linalg.lstsq`` of the rows drawn.
    """
    columns = [outcome, *predictors]
    values, n_dropped = complete_rows(frame, columns, at_least=len(columns) + 2)
    refuse_constant(values, columns)
    refuse_collinear(values[:, 1:], list(predictors))
    slopes = np.full((draws, len(predictors)), np.nan)
    drawn = covariances(values, draws, seed)
    usable = np.linalg.cond(drawn[:, 1:, 1:]) < 1e14
    slopes[usable] = np.linalg.solve(drawn[usable, 1:, 1:], drawn[usable, 1:, :1])[:, :, 0]
    whole = np.cov(values.T)
    return {
        name: Estimate.from_draws(
            float(value),
            slopes[:, place],
            measure="slope",
            unit=f"{outcome} per unit of {name}",
            n=len(values),
            n_dropped=n_dropped,
            variance=f"percentile bootstrap, {draws:,} draws",
        )
        for place, (name, value) in enumerate(
            zip(predictors, np.linalg.solve(whole[1:, 1:], whole[1:, 0]), strict=True)
        )
    }
