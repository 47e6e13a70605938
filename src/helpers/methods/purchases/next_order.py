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
        self.gap, self.event, self.owner, self.n = gap, event.astype(float), owner, n
        self.columns = np.column_stack([np.eye(int(quarter.max()) + 1)[quarter], number])
        self.events = np.bincount(owner, weights=self.event, minlength=n)
        self.ended = self._by_customer(self.event)

    def _by_customer(self, weight: Array) -> Array:
        """Columns times a weight, summed by customer, shape (n, k)."""
        return np.column_stack(
            [np.bincount(self.owner, weights=column * weight, minlength=self.n) for column in self.columns.T]
        )

    def start(self) -> Array:
        rate = math.log(self.event.sum() / self.gap.sum())
        return np.concatenate([np.full(self.columns.shape[1] - 1, rate), [0.0, 0.0]])

    def scores(self, at: Array) -> Array:
        """Of each customer, shape (n, k + 1)."""
        hazard = self.gap * np.exp(self.columns @ at[:-1])
        total = np.bincount(self.owner, weights=hazard, minlength=self.n)
        shape = math.exp(at[-1])
        pull = (shape + self.events) / (shape + total)
        of_shape = special.digamma(shape + self.events) - special.digamma(shape) + at[-1] + 1
        of_shape = of_shape - np.log(shape + total) - pull
        return np.column_stack([self.ended - pull[:, None] * self._by_customer(hazard), shape * of_shape])

    def minus_likelihood(self, at: Array) -> tuple[float, Array]:
        """Of the average customer, and its gradient."""
        linear = self.columns @ at[:-1]
        with np.errstate(over="ignore"):
            total = np.bincount(self.owner, weights=self.gap * np.exp(linear), minlength=self.n)
            shape = math.exp(at[-1])
            of_frailty = special.gammaln(shape + self.events) - special.gammaln(shape) + shape * at[-1]
            of_frailty = of_frailty - (shape + self.events) * np.log(shape + total)
        likelihood = float(self.event @ linear + of_frailty.sum())
        return -likelihood / self.n, -self.scores(at).mean(axis=0)

    def information(self, at: Array, step: float = 1e-5) -> Array:
        """Minus the second derivatives of the log-likelihood, by central differences of the scores."""
        rows = [
            (self.scores(at - move).sum(axis=0) - self.scores(at + move).sum(axis=0)) / (2 * step)
            for move in step * np.eye(len(at))
        ]
        return (np.array(rows) + np.array(rows).T) / 2
