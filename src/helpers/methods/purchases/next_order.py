"""Does the next order become likelier with every order? A gap-time hazard with a gamma frailty a customer.

Frequent customers reach high order numbers, so without the frailty the hazard rises with the number although nobody's
does. With it the rise is net of the customer's own constant rate, as far as that is gamma distributed; sudden loss
makes a fall of its own, which only a simulated log shows (`null_world`).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import optimize, special

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.life_shapes import QUARTER, Codes, Lives


def hazard_by_number(log: pd.DataFrame, end: float, *, most: int = 15) -> Estimate:
    """Ratio of the hazard of the next order per further order number, within customers.

    Parameters
    ----------
    log : DataFrame
        ``customer``, ``time`` (whole days from the begin of a calendar quarter).
    end : float
        End of observation; the last gap of a customer is censored there.
    most : int
        Gaps after a higher number than this are left out.

    Returns
    -------
    Estimate
        Measure ``hazard_ratio``, ``scale="log"``. Hazards are constant inside a gap, with a factor for the calendar
        quarter in which the gap begins; maximum likelihood, the frailty integrated out; variance by customer
        (sandwich).

    Raises
    ------
    MethodError
        No order after the second, or no maximum.

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, section 13.3. Checked by simulation, and against the likelihood
    integrated numerically.
    """
    lives = Lives.of(log)
    following = np.append(lives.time[1:], 0.0)
    final = lives.number == lives.count[lives.owner]
    gap = np.where(final, end, following) - lives.time
    used = (lives.number <= most) & (gap > 0)
    owner, number, event = lives.owner[used], (lives.number[used] - 1).astype(np.float64), ~final[used]
    quarter = np.unique((lives.time[used] // QUARTER).astype(int), return_inverse=True)[1]
    quarter = _merged(quarter, event)
    if not event[number > 0].any():
        raise MethodError("nobody ordered three times, so the hazard by order number cannot be seen")
    gaps = _Gaps(gap[used], event, number, quarter, owner, len(lives.first))
    start = gaps.start()
    found = optimize.minimize(gaps.minus_likelihood, start, jac=True, method="BFGS", options={"gtol": 1e-7})
    at = np.asarray(found.x, dtype=float)
    if not np.abs(gaps.scores(at).mean(axis=0)).max() < 1e-4:
        raise MethodError("the likelihood of the hazard with frailty has no maximum that could be found")
    scores = gaps.scores(at)
    bread = np.linalg.inv(gaps.information(at))
    variance = bread @ (scores.T @ scores) @ bread
    return Estimate.from_se(
        math.exp(at[-2]),
        math.sqrt(variance[-2, -2]),
        scale="log",
        measure="hazard_ratio",
        unit="hazard of the next order per further order number",
        n=len(owner),
        n_dropped=int((~used).sum()),
        events=int(event.sum()),
        clusters=len(lives.first),
        variance="cluster-robust",
    )


def _merged(quarter: Codes, event: Array) -> Codes:
    """Quarters in which gaps begin, those with fewer than twenty ended gaps joined to the one before."""
    counts = np.bincount(quarter, weights=event)
    joined, current, held = np.zeros(len(counts), dtype=int), 0, 0.0
    for place, count in enumerate(counts):
        if held >= 20 and counts[place:].sum() >= 20:
            current, held = current + 1, 0.0
        joined[place] = current
        held += count
    return joined[quarter]


class _Gaps:
    """The likelihood; parameters are a log hazard a quarter, the slope, and the logarithm of the frailty's shape."""

    def __init__(self, gap: Array, event: Array, number: Array, quarter: Codes, owner: Codes, n: int) -> None:
        self.gap, self.event, self.number, self.owner, self.n = gap, event.astype(float), number, owner, n
        self.quarters = int(quarter.max()) + 1
        self.columns = np.column_stack([np.eye(self.quarters)[quarter], number])
        self.cell = owner * self.quarters + quarter
        self.counts, self.place = np.unique(np.bincount(owner, weights=self.event, minlength=n), return_inverse=True)
        self.ended = self._by_customer(self.event)

    def _by_customer(self, weight: Array) -> Array:
        """Columns times a weight, summed by customer, shape (n, k); a gap lies in one quarter, so in one cell."""
        by_quarter = np.bincount(self.cell, weights=weight, minlength=self.n * self.quarters).reshape(self.n, -1)
        return np.column_stack([by_quarter, self._summed(self.number * weight)])

    def _summed(self, weight: Array) -> Array:
        """Gaps' weights, summed by customer, shape (n,)."""
        return np.bincount(self.owner, weights=weight, minlength=self.n).astype(np.float64)

    def start(self) -> Array:
        rate = math.log(self.event.sum() / self.gap.sum())
        return np.concatenate([np.full(self.columns.shape[1] - 1, rate), [0.0, 0.0]])

    def scores(self, at: Array) -> Array:
        """Of each customer, shape (n, k + 1)."""
        hazard, shape = self.gap * np.exp(self.columns @ at[:-1]), math.exp(at[-1])
        pull, of_shape = self._pulls(shape, at[-1], self._summed(hazard))
        return np.column_stack([self.ended - pull[:, None] * self._by_customer(hazard), shape * of_shape])

    def _pulls(self, shape: float, log_shape: float, total: Array) -> tuple[Array, Array]:
        """Each customer's expected frailty, and the derivative by its shape, from the cumulated hazards."""
        pull = (shape + self.counts)[self.place] / (shape + total)
        of_shape = (special.digamma(shape + self.counts) - special.digamma(shape) + log_shape + 1)[self.place]
        return pull, of_shape - np.log(shape + total) - pull

    def minus_likelihood(self, at: Array) -> tuple[float, Array]:
        """Of the average customer, and its gradient."""
        linear = self.columns @ at[:-1]
        with np.errstate(over="ignore"):
            hazard = self.gap * np.exp(linear)
            total = self._summed(hazard)
            shape = math.exp(at[-1])
            of_frailty = special.gammaln(shape + self.counts) - special.gammaln(shape) + shape * at[-1]
            of_frailty = of_frailty[self.place] - (shape + self.counts)[self.place] * np.log(shape + total)
        pull, of_shape = self._pulls(shape, at[-1], total)
        slopes = self.columns.T @ (self.event - pull[self.owner] * hazard)
        likelihood = float(self.event @ linear + of_frailty.sum())
        return -likelihood / self.n, -np.append(slopes, shape * of_shape.sum()) / self.n

    def information(self, at: Array, step: float = 1e-5) -> Array:
        """Minus the second derivatives of the log-likelihood, by central differences of the scores."""
        rows = [
            (self.scores(at - move).sum(axis=0) - self.scores(at + move).sum(axis=0)) / (2 * step)
            for move in step * np.eye(len(at))
        ]
        return (np.array(rows) + np.array(rows).T) / 2
