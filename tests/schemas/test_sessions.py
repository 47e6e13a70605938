"""Sessions: one row a visit, known kinds of visitors, and what is refused."""

import pandas as pd
import pytest

from helpers.errors import DataInvalid
from helpers.schemas import sessions
from helpers.schemas.sessions import Site

SITE = Site(name="a shop", visitors={"new": "new", "returning": "returning"})
VISITS = pd.DataFrame(
    {
        "purchase": ["0", "1"],
        "visitor": ["new", "returning"],
        "month": ["Jan", "Feb"],
        "product_pages": ["3", "0"],
        "product_seconds": ["12.5", "0"],
    }
)


def test_columns_that_the_file_lacks_are_missing_throughout():
    made = sessions.from_raw("shop", VISITS, SITE, source="visits.csv")
    assert made.frame["purchase"].tolist() == [0, 1]
    assert made.has("product_seconds")
    assert not made.has("traffic")
    assert made.flow.n_end == made.n == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"visitor": "robot"}, "unknown kinds of visitors: robot; known are new, returning"),
        ({"product_seconds": "-1"}, r"column 'product_seconds': 2 cells outside what is allowed \(from 0\)"),
        ({"purchase": "yes"}, "column 'purchase': 2 cells not a number"),
    ],
)
def test_what_is_no_session_is_told(changes, told):
    with pytest.raises(DataInvalid, match=told):
        sessions.from_raw("shop", VISITS.assign(**changes), SITE, source="visits.csv")


def test_a_site_tells_new_from_returning_visitors():
    with pytest.raises(DataInvalid, match="lack returning"):
        Site(name="a shop", visitors={"new": "new"})
