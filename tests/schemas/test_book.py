"""A code book that contradicts itself is refused."""

import pytest

from helpers.errors import DataInvalid
from helpers.schemas.book import Book, Construct, Item

ITEMS = (Item("a", 1, 7), Item("b", 1, 7), Item("c", 0, 10))


def test_a_scale_that_runs_backwards_is_refused():
    with pytest.raises(DataInvalid, match="low must be below high"):
        Item("a", 7, 1)


def test_a_missing_code_that_is_also_an_answer_is_refused():
    with pytest.raises(DataInvalid, match=r"missing code 9 is also an answer on its scale \(1 to 10\)"):
        Item("a", 1, 10, missing=(-99, 9))


def test_a_construct_of_an_unknown_item_is_refused_naming_those_there_are():
    with pytest.raises(DataInvalid, match=r"construct 'loyalty': no item 'd' in the book; it has: a, b, c"):
        Book(ITEMS, (Construct("loyalty", "Loyalty", ("a", "d")),))


def test_a_role_of_an_unknown_item_is_refused():
    with pytest.raises(DataInvalid, match=r"role 'recommend': no item 'd'"):
        Book(ITEMS, (), {"recommend": "d"})


def test_items_of_different_scales_make_no_construct():
    with pytest.raises(DataInvalid, match=r"different scales \(a 1 to 7, c 0 to 10\)"):
        Book(ITEMS, (Construct("loyalty", "Loyalty", ("a", "c")),))


def test_constructs_that_share_an_item_know_one_another():
    parts = (Construct("value", "Value", ("a", "b")), Construct("price", "Price", ("b",)), Construct("x", "X", ("c",)))
    book = Book(ITEMS, parts)
    assert [book.sharing(name) for name in ("value", "price", "x")] == [("price",), ("value",), ()]
    with pytest.raises(DataInvalid, match="no construct 'loyalty'"):
        book.sharing("loyalty")


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(DataInvalid, match="item or group 'a' stands twice"):
        Book(ITEMS, (), groups={"a": "also an item"})


@pytest.mark.parametrize(("items", "mode"), [((), "reflective"), (("a", "a"), "reflective"), (("a",), "causal")])
def test_a_malformed_construct_is_refused(items, mode):
    with pytest.raises(DataInvalid, match="construct 'loyalty'"):
        Construct("loyalty", "Loyalty", items, mode)
