"""A notebook's code on its page."""

from __future__ import annotations

from bs4 import BeautifulSoup
from pygments import highlight

from helpers.pages import paper, tidy

SOURCE = '"""All 5 % of 满意度 & \'loyalty\'."""\n\nshare = {\'<b>\': "&quot;"}  # 忠诚，“回头”客\n'


def test_code_comes_out_as_if_it_had_been_tidied_with_the_rest():
    soup = BeautifulSoup(highlight(SOURCE, paper._PYTHON, paper._COLOURED), features="html.parser")
    tidy.tidy(soup)
    code = paper._Code()
    placed = "".join(code.place(source) for source in ("first = 1", SOURCE))
    assert code.put_in(placed).endswith(str(soup).strip())
    assert '<span lang="zh">满意度</span>' in code.put_in(placed)
