"""The algebra of retention: a customer pays the same margin every period until the first period without renewal.

With retention r, discount d and the first payment counted, value is margin (1 + d) / (1 + d - r). What follows holds
by algebra; no data enter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError

Array = npt.NDArray[np.float64]


def stream_value(retention: npt.ArrayLike, discount: npt.ArrayLike) -> Array:
    """Value in multiples of one period's margin, the first payment counted.

    Parameters
    ----------
    retention : array-like
        Share of customers who stay from one period to the next, from 0 to 1.
    discount : array-like
        Rate a period, at least 0.

    Raises
    ------
    MethodError
        A retention outside 0 to 1, a negative discount, or retention 1 without discount: the value is infinite.
    """
    r, d = _checked(retention, discount)
    if (1 + d - r <= 0).any():
        raise MethodError("with everybody retained and no discount the value is infinite")
    return (1 + d) / (1 + d - r)


def gain_from_rise(retention: npt.ArrayLike, discount: npt.ArrayLike, *, rise: float = 0.05) -> Array:
    """Relative gain in value when retention rises by so many points: rise / (1 + d - rise - r).

    NaN where the raised retention would exceed 1, so that a map can leave these cells blank; it is at most rise / d.

    Parameters
    ----------
    retention, discount : array-like
        As in `stream_value`; they broadcast.
    rise : float
        In shares: .05 is five points. A rise of five per cent is ``0.05 * retention``, given cell by cell.

    Raises
    ------
    MethodError
        As `stream_value`, or a rise that is not positive.
    """
    r, d = _checked(retention, discount)
    _check_positive("rise", rise)
    with np.errstate(divide="ignore"):
        gain = rise / (1 + d - rise - r)
    return np.where(r + rise <= 1 + 1e-12, np.where(1 + d - rise - r > 1e-12, gain, np.inf), np.nan)


def retention_needed(gain: float, discount: float, *, rise: float = 0.05) -> float:
    """Base retention at which a rise brings just that gain: 1 + d - rise - rise / gain.

    Raises
    ------
    MethodError
        No retention from 0 to 1 - rise does: the gain is out of reach (more than rise / d), or smaller than at
        retention zero.
    """
    _check_positive("gain", gain)
    _check_positive("rise", rise)
    found = 1 + discount - rise - rise / gain
    if not -1e-12 <= found <= 1 - rise + 1e-12:
        raise MethodError(
            f"no base retention gives a gain of {gain:.3g} from a rise of {rise:g} at discount {discount:g}; "
            f"it is at most {rise / discount if discount else np.inf:.3g}"
        )
    return found


def largest_discount(gain: float, *, rise: float = 0.05) -> float:
    """Discount above which no base retention brings that gain: rise / gain."""
    _check_positive("gain", gain)
    _check_positive("rise", rise)
    return rise / gain


def retention_elasticity(retention: npt.ArrayLike, discount: npt.ArrayLike) -> Array:
    """Per cent of value for one per cent of retention, r / (1 + d - r); margin's is 1, at r = (1 + d) / 2 they meet.

    Raises
    ------
    MethodError
        As `stream_value`.

    References
    ----------
    Gupta, Lehmann and Stuart (2004), Journal of Marketing Research 41, 7-18.
    """
    r, d = _checked(retention, discount)
    return stream_value(r, d) * r / (1 + d)


def _checked(retention: npt.ArrayLike, discount: npt.ArrayLike) -> tuple[Array, Array]:
    r, d = np.broadcast_arrays(np.asarray(retention, dtype=float), np.asarray(discount, dtype=float))
    if not ((r >= 0) & (r <= 1)).all():
        raise MethodError("retention is a share from 0 to 1; give .8 for 80 per cent")
    if not (d >= 0).all():
        raise MethodError("a discount rate is at least 0; give .1 for 10 per cent")
    return r, d


def _check_positive(name: str, number: float) -> None:
    if not number > 0:
        raise MethodError(f"the {name} must be positive, not {number}")
