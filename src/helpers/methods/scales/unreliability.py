"""What measurement error alone does to a table of two answers."""

from __future__ import annotations

from scipy import stats

from helpers.errors import MethodError


def single_item_reliability(alpha: float, items: int) -> float:
    """The reliability of one item of a scale, from the scale's alpha (Spearman and Brown, turned round).

    Parameters
    ----------
    alpha : float
        Of the sum of the items, in (0, 1].
    items : int
        How many there are, at least two.

    Raises
    ------
    MethodError
        Alpha is not in (0, 1], or there are fewer than two items.

    References
    ----------
    Brown (1910), British Journal of Psychology 3, 296-322; Spearman (1910), the same, 271-295.
    """
    if not 0 < alpha <= 1 or items < 2:
        raise MethodError(f"one item's reliability needs an alpha in (0, 1] of two or more items, not {alpha}, {items}")
    return alpha / (items - (items - 1) * alpha)


def discordant_share(below_first: float, below_second: float, *, correlation: float) -> float:
    """Of those high on a first answer, the share that is low on a second, if both are cut from two joint normals.

    With `correlation` the root of the product of the two answers' reliabilities, it is the share that unreliability
    alone produces when both answers measure one and the same thing.

    Parameters
    ----------
    below_first, below_second : float
        Shares of all people who stand below the cut of each answer, in (0, 1).
    correlation : float
        Between the normals, in (-1, 1).

    Returns
    -------
    float
        From 0 to 1; with no correlation it is `below_second`.

    Raises
    ------
    MethodError
        A share or the correlation is outside its range.

    References
    ----------
    Kendall and Stuart (1979), The Advanced Theory of Statistics, volume 2, section 26.27 (tetrachoric tables). Checked
    against the closed form for medians: 1/2 - arcsin(correlation) / pi.
    """
    if not (0 < below_first < 1 and 0 < below_second < 1 and -1 < correlation < 1):
        raise MethodError(
            f"shares must lie in (0, 1) and the correlation in (-1, 1), "
            f"not {below_first}, {below_second}, {correlation}"
        )
    cuts = [float(stats.norm.ppf(share)) for share in (below_first, below_second)]
    both_below = float(stats.multivariate_normal.cdf(cuts, cov=[[1, correlation], [correlation, 1]]))
    share = (below_second - both_below) / (1 - below_first)
    return min(max(share, 0.0), 1.0)
