"""The Pareto/NBD model: customers buy at random until, at a random moment, they leave for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.positive_likelihood import PositiveFit, maximise
from helpers.methods.purchases.power_integrals import Array, power_integral
from helpers.methods.purchases.purchase_histories import Histories
from helpers.methods.purchases.reweighted_fits import ReweightedFits
from helpers.methods.result import Result


@dataclass(frozen=True)
class ParetoNBD(Result):
    """Parameters of the Pareto/NBD model.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are gamma distributed with shape r and mean r / alpha a time unit.
    s, beta : float
        Death rates are gamma distributed with shape s and mean s / beta a time unit.

    Raises
    ------
    MethodError
        A parameter is not positive.

    References
    ----------
    Schmittlein, Morrison and Colombo (1987), Management Science 33, 1-24.
    """

    r: float
    alpha: float
    s: float
    beta: float

    def __post_init__(self) -> None:
        if not all(value > 0 and np.isfinite(value) for value in astuple(self)):
            raise MethodError(f"the parameters of a Pareto/NBD model are positive, not {astuple(self)}")

    def survival(self, time: npt.ArrayLike, *, death_scale: float = 1.0) -> Array:
        """Share of new customers still alive after `time`, when all death rates are multiplied by `death_scale`."""
        return np.exp(-self.s * np.log1p(death_scale * np.atleast_1d(np.asarray(time, dtype=float)) / self.beta))

    def alive(self, histories: Histories) -> Array:
        """Chance that a customer is still alive at the end of observation, shape (n,)."""
        rows, where = histories.distinct()
        alive, dead, _ = _alternatives(np.array(astuple(self)), rows)
        return np.asarray(special.expit(alive - dead)[where])

    def expected(self, time: npt.ArrayLike) -> Array:
        """Expected repeat purchases of a new customer up to `time`, shape (m,)."""
        return self.r / self.alpha * lifetime_within(time, self.beta, self.s)

    def conditional(self, histories: Histories, time: float) -> Array:
        """Expected purchases in the next `time` units, given each history, shape (n,)."""
        lifetime = lifetime_within(time, self.beta + histories.age, self.s)
        return self.alive(histories) * self.rate(histories) * lifetime

    def rate(self, histories: Histories) -> Array:
        """Expected purchase rate of a customer who is alive, given the history, shape (n,)."""
        return (self.r + histories.frequency) / (self.alpha + histories.age)


def lifetime_within(time: npt.ArrayLike, beta: npt.ArrayLike, s: float) -> Array:
    """Expected time alive within the next `time` units at gamma death rates (shape s, mean s / beta), shape (n,).

    The limit s = 1 is exact.
    """
    time, beta = np.broadcast_arrays(np.asarray(time, dtype=float), np.asarray(beta, dtype=float))
    growth = np.atleast_1d(np.log1p(time / beta))
    power = (1 - s) * growth
    return np.asarray(np.atleast_1d(beta) * growth * special.exprel(power))


def fit_pareto_nbd(histories: Histories) -> tuple[ParetoNBD, PositiveFit]:
    """Fit the Pareto/NBD model by maximum likelihood.

    Parameters
    ----------
    histories : Histories
        Equal histories are merged; cost grows with the different ones. Weights count customers.

    Returns
    -------
    model : ParetoNBD
        In the time unit of the histories.
    fit : PositiveFit
        Standard errors and the log-likelihood, in the same unit.

    Raises
    ------
    MethodError
        Nobody ordered again, or the likelihood has no maximum inside: s runs off to zero where nobody seems to leave,
        r or s to infinity where all customers seem alike.

    References
    ----------
    Fader and Hardie (2005), "A note on deriving the Pareto/NBD model and related expressions",
    brucehardie.com/notes/009; the likelihood is their integral over the moment of death. Checked against the
    estimates for CDNOW in Fader, Hardie and Lee (2005), Marketing Science 24, 275-284, table 2, against the standard
    errors of R's CLVTools for the same data, and against R 4.2 ``integrate`` for the likelihood.
    """
    rows, _ = histories.distinct()
    if not rows.frequency[rows.weight > 0].any():
        raise MethodError("nobody ordered again, so neither a purchase rate nor a death rate can be estimated")
    length = float(np.average(rows.age, weights=rows.weight))
    scaled = rows.in_units_of(length)
    x_mean = float(np.average(rows.frequency, weights=rows.weight))
    starts = [[0.7, 0.5 / x_mean, 0.6, 0.5], [2.0, 1.5 / x_mean, 1.0, 2.0], [0.3, 0.2, 0.3, 0.1]]
    names = ("r", "alpha", "s", "beta")
    found = maximise(
        lambda parameters: _log_likelihood(parameters, scaled), names, starts, n=rows.n, n_dropped=rows.n_dropped
    )
    fit = found.rescaled({"alpha": length, "beta": length}, -float(rows.weight @ rows.frequency) * np.log(length))
    return ParetoNBD(*map(float, fit.values)), fit


def pareto_nbd_refits(histories: Histories, fit: PositiveFit) -> Callable[[npt.ArrayLike], ParetoNBD]:
    """The models of the same histories under other weights, as a bootstrap draws them.

    Parameters
    ----------
    histories : Histories
    fit : PositiveFit
        Of the model to these histories.

    Returns
    -------
    callable
        From how many customers stand for each history, shape (n,), to the model, and with the errors, that
        `fit_pareto_nbd` finds for them. It takes a fraction of the time, since it begins at `fit`.
    """
    rows, where = histories.distinct()
    near = ReweightedFits.near(
        lambda parameters, places: _by_row(parameters, rows.picked(places)), fit.values, len(rows.age)
    )

    def refit(weight: npt.ArrayLike) -> ParetoNBD:
        weight = np.asarray(weight, dtype=float)
        found = near.under(np.bincount(where, weights=weight, minlength=len(rows.age)).astype(float))
        return fit_pareto_nbd(histories.reweighted(weight))[0] if found is None else ParetoNBD(*map(float, found))

    return refit


def lost_share(fit: PositiveFit, time: float) -> Estimate:
    """Share of new customers who are no longer alive after `time` units, with its interval.

    Parameters
    ----------
    fit : PositiveFit
        Of a Pareto/NBD model.
    time : float
        Positive. Beyond the ages of the customers it is an extrapolation, whose interval knows only sampling error.

    Returns
    -------
    Estimate
        Measure ``share_lost``, from 0 to 1.

    Raises
    ------
    MethodError
        The fit is of another model, or the time is not positive.
    """
    if fit.names != ("r", "alpha", "s", "beta") or not time > 0:
        raise MethodError(f"the share lost needs a fitted Pareto/NBD model and a positive time, not {time}")
    return fit.share(
        lambda parameters: float(-np.expm1(-parameters[2] * np.log1p(time / parameters[3]))),
        measure="share_lost",
        unit="share of new customers",
    )


def _alternatives(parameters: Array, rows: Histories) -> tuple[Array, Array, Array]:
    """Log-densities of "still alive" and "died in between", without the common factors, shape (n,).

    Last, the derivatives of the second by the four parameters, shape (4, n).
    """
    r, alpha, s, beta = parameters
    x, t_x, end = rows.frequency, rows.recency, rows.age
    alive = -(r + x) * np.log(alpha + end) - s * np.log(beta + end)
    integral = power_integral(end - t_x, alpha + t_x, r + x, beta + t_x, s + 1)
    dead = np.log(s) - (r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x) + integral.log
    slopes = np.array(
        [
            -np.log(alpha + t_x) - integral.log_a,
            -(r + x) * integral.over_a,
            1 / s - np.log(beta + t_x) - integral.log_b,
            -(s + 1) * integral.over_b,
        ]
    )
    return alive, dead, slopes


def _log_likelihood(parameters: Array, rows: Histories) -> tuple[float, Array]:
    values, slopes = _by_row(parameters, rows)
    return float(rows.weight @ values), slopes @ rows.weight


def _by_row(parameters: Array, rows: Histories) -> tuple[Array, Array]:
    """Log-likelihood of a customer with each history, shape (n,), and its derivatives, shape (4, n)."""
    r, alpha, s, beta = parameters
    x, end = rows.frequency, rows.age
    alive, dead, dead_slopes = _alternatives(parameters, rows)
    either = np.logaddexp(alive, dead)
    common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    p_dead = np.exp(dead - either)
    alive_slopes = np.array(
        [-np.log(alpha + end), -(r + x) / (alpha + end), -np.log(beta + end), np.full(len(end), -s) / (beta + end)]
    )
    slopes = p_dead * dead_slopes + (1 - p_dead) * alive_slopes
    slopes[0] += special.digamma(r + x) - special.digamma(r) + np.log(alpha)
    slopes[1] += r / alpha
    slopes[2] += np.log(beta)
    slopes[3] += s / beta
    return common + either, slopes
