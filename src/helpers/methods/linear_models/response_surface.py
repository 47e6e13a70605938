"""How an outcome goes with two scores on one answer scale and with their difference: a quadratic surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.regression import standardised_regression
from helpers.methods.result import Result


@dataclass(frozen=True)
class ResponseSurface(Result):
    """A quadratic surface over two scores, measured from a common centre.

    Attributes
    ----------
    first, second : Estimate
        ``standardised_slope`` of each score at the centre, the other held there.
    agreement_slope, agreement_curvature : Estimate
        Along the line on which both scores are equal, at the centre: outcome points per point of both, and the
        coefficient of the square.
    discrepancy_slope, discrepancy_curvature : Estimate
        Along the line on which the first rises as the second falls.
    centre : float
        The common origin in scale points: the mean of the two means.
    coefficients : mapping of str to float
        ``constant``, ``first``, ``second``, ``first²``, ``first:second``, ``second²``, in points from the centre.
    r_squared, r_squared_plane : float
        Of the surface, and of the plane without its three curved terms.
    n, n_dropped : int
    """

    first: Estimate
    second: Estimate
    agreement_slope: Estimate
    agreement_curvature: Estimate
    discrepancy_slope: Estimate
    discrepancy_curvature: Estimate
    centre: float
    coefficients: Mapping[str, float]
    r_squared: float
    r_squared_plane: float
    n: int
    n_dropped: int

    def height(self, first: Array, second: Array) -> Array:
        """The outcome that the surface gives at scores of equal shape, in scale points."""
        x, z = first - self.centre, second - self.centre
        terms = {"first": x, "second": z, "first²": x**2, "first:second": x * z, "second²": z**2}
        slopes = [self.coefficients[name] for name in terms]
        return self.coefficients["constant"] + np.tensordot(slopes, np.stack(list(terms.values())), axes=1)


def response_surface(frame: pd.DataFrame, outcome: str, first: str, second: str) -> ResponseSurface:
    """Least squares of an outcome on two scores, their squares and their product.

    If what counts is the comparison of the two (performance less expectation), the outcome rises along the line of
    discrepancy and is level along the line of agreement, so that the two slopes are opposite.

    Parameters
    ----------
    frame : DataFrame
        Rows with a missing value in the columns used are dropped and counted.
    outcome : str
    first, second : str
        Answered on one scale: their difference must mean something.

    Returns
    -------
    ResponseSurface
        Jackknife for the standardised slopes, HC3 for the lines.

    Raises
    ------
    MethodError
        As `helpers.methods.linear_models.regression.standardised_regression`.

    References
    ----------
    Edwards and Parry (1993), Academy of Management Journal 36, 1577-1613. Checked against a surface without error and
    against the plane of which it is a bending.
    """
    if len({outcome, first, second}) < 3:
        raise MethodError("a response surface needs an outcome and two other columns")
    values, n_dropped = complete_rows(frame, [outcome, first, second], at_least=9)
    centre = float(values[:, 1:].mean())
    x, z = (values[:, 1:] - centre).T
    names = ["first", "second", "first²", "first:second", "second²"]
    terms = dict(zip(names, (x, z, x**2, x * z, z**2), strict=True))
    table = pd.DataFrame({outcome: values[:, 0], **terms})
    scaled = standardised_regression(table, outcome, names)
    fit = linear_regression(table, outcome, names)

    def line(weights: tuple[float, ...], unit: str) -> Estimate:
        named = dict(zip(names, weights, strict=True))
        return fit.combination(named, measure="slope", unit=f"{outcome} points per {unit}")

    return ResponseSurface(
        first=scaled.coefficients["first"],
        second=scaled.coefficients["second"],
        agreement_slope=line((1, 1, 0, 0, 0), "point of both"),
        agreement_curvature=line((0, 0, 1, 1, 1), "squared point of both"),
        discrepancy_slope=line((1, -1, 0, 0, 0), "point of discrepancy"),
        discrepancy_curvature=line((0, 0, 1, -1, 1), "squared point of discrepancy"),
        centre=centre,
        coefficients={"constant": fit.constant} | {name: slope.value for name, slope in fit.coefficients.items()},
        r_squared=fit.r_squared,
        r_squared_plane=standardised_regression(table, outcome, ["first", "second"]).r_squared,
        n=fit.n,
        n_dropped=n_dropped,
    )
