"""Which independences a model of arrows implies among the variables that were observed, and which models share them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from helpers.errors import MethodError

#: Two variables and those that are held, each in the order in which the variables were given.
Statement = tuple[str, str, tuple[str, ...]]


def implied_independences(arrows: Sequence[tuple[str, str]], observed: Sequence[str]) -> tuple[Statement, ...]:
    """All independences between two observed variables, given any of the others, that a model of arrows implies.

    Two models with the same list cannot be told apart by any pattern of dependence, whatever the size of the sample.

    Parameters
    ----------
    arrows : sequence of (cause, effect)
        They may start or end at variables that were not observed.
    observed : sequence of str
        Each once. Time grows exponentially with their number.

    Returns
    -------
    tuple of (one, other, given)
        Sorted by how many are given, then by the order of `observed`.

    Raises
    ------
    MethodError
        The arrows run in a circle, or an observed variable is named twice.

    References
    ----------
    Lauritzen, Dawid, Larsen and Leimer (1990), Networks 20, 491-505 (separation in the moral graph of the ancestors);
    Verma and Pearl (1990), Uncertainty in Artificial Intelligence 6, 220-227 (equivalence). Checked against the
    textbook's chain, fork and collider, and against partial correlations of random linear models.
    """
    if len(set(observed)) < len(observed):
        raise MethodError(f"an observed variable is named twice in {', '.join(observed)}")
    _refuse_circles(arrows)
    found = []
    for size in range(max(len(observed) - 1, 0)):
        for one, other in itertools.combinations(observed, 2):
            rest = [name for name in observed if name not in (one, other)]
            found += [
                (one, other, given) for given in itertools.combinations(rest, size) if _apart(arrows, one, other, given)
            ]
    return tuple(found)


def _apart(arrows: Sequence[tuple[str, str]], one: str, other: str, given: tuple[str, ...]) -> bool:
    """Whether two variables are in different parts of the moral graph of the ancestors once `given` is taken out."""
    among = _with_ancestors(arrows, {one, other, *given})
    kept = [(cause, effect) for cause, effect in arrows if effect in among]
    links = {frozenset(arrow) for arrow in kept}
    links |= {
        frozenset((first, second))
        for (first, effect), (second, same) in itertools.combinations(kept, 2)
        if effect == same and first != second
    }
    reached, frontier = {one}, [one]
    while frontier:
        at = frontier.pop()
        near = {name for link in links if at in link for name in link} - reached - set(given)
        reached |= near
        frontier += near
    return other not in reached


def _with_ancestors(arrows: Sequence[tuple[str, str]], names: set[str]) -> set[str]:
    found = set(names)
    while more := {cause for cause, effect in arrows if effect in found} - found:
        found |= more
    return found


def _refuse_circles(arrows: Sequence[tuple[str, str]]) -> None:
    for _, effect in arrows:
        after = {end for start, end in arrows if start == effect}
        while more := {end for start, end in arrows if start in after} - after:
            after |= more
        if effect in after:
            raise MethodError(f"the arrows run in a circle through {effect!r}; a model of causes has none")
