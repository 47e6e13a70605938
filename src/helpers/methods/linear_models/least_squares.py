"""Sums of squares and products of many rows, taken block by block, so that no copy of the rows is ever held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError

Array = npt.NDArray[np.float64]

#: Rows of a block: with a dozen columns it stays within a processor's second cache.
BLOCK = 16_384

#: Rows from whose first ones an origin is taken.
_FIRST = 1_000


def blocks(n: int) -> Iterator[slice]:
    """Consecutive slices of n rows."""
    return (slice(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK))


def origin(columns: Array) -> Array:
    """A point amid the rows, shape (k,): the medians of the first ones. For a column of one value it is that value."""
    return np.median(columns[:_FIRST], axis=0)


def triangle(rows: Callable[[], Iterable[Array]]) -> Array:
    """The upper triangular R, shape (k, k), whose R'R are the sums of products of all rows.

    Products square the dependence of columns. Where they leave a column less than a hundredth of its length, and so
    cost more than four of sixteen digits, R comes from QR decompositions, which lose none and take twenty times as
    long.

    Parameters
    ----------
    rows : callable
        Gives the rows afresh at each call, as blocks of shape (some, k).
    """
    products = np.asarray(sum(block.T @ block for block in rows()))
    try:
        root = np.linalg.cholesky(products).T
    except np.linalg.LinAlgError:
        root = np.zeros_like(products)
    if (np.diag(root) ** 2 > 1e-4 * np.diag(products)).all():
        return root
    root = np.zeros_like(products)
    for block in rows():
        root = np.asarray(np.linalg.qr(np.vstack([root, block]), mode="r"))
    return root


def refuse_dependent(root: Array, names: Sequence[str]) -> None:
    """Raise MethodError, naming the first column that those before it and the constant determine.

    `root`, shape (k + 1, k + 1), is the `triangle` of the constant and the columns. What is left of a column after
    those before it must have at least 1e-7 of its standard deviation, so units do not decide. Columns of one value
    must have been refused before.
    """
    lengths = np.linalg.norm(root[1:, 1:], axis=0)
    short = np.abs(np.diag(root)[1:]) < 1e-7 * lengths
    if short.any():
        last = int(short.argmax())
        raise MethodError(
            f"column {names[last]!r} is a linear function of {', '.join(names[:last])} in these rows; leave one out"
        )
