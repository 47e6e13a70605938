"""Made-up files in the form of the real ones: their columns and quirks, invented numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdata

from helpers.adapters import corp_rep, csibank, ecsi_mobi


@pytest.fixture
def answers():
    """Invented answers to the items of a book, shape (n, items), integers on each item's scale."""

    def draw(book, n: int = 30) -> pd.DataFrame:
        rng = np.random.default_rng(5)
        return pd.DataFrame({item.name: rng.integers(item.low, item.high + 1, n) for item in book.items})

    return draw


@pytest.fixture
def mobi_files(tmp_path, answers) -> dict[str, Path]:
    path = tmp_path / "mobi.csv"
    frame = answers(ecsi_mobi.BOOK)
    frame.set_axis(range(1, len(frame) + 1)).to_csv(path, index_label="")
    return {path.name: path}


@pytest.fixture
def csibank_files(tmp_path, answers) -> dict[str, Path]:
    path = tmp_path / "csibank.rda"
    frame = answers(csibank.BOOK).astype("int32")
    for name in csibank.BOOK.groups:
        frame[name] = pd.Categorical(
            np.resize(["<=25", "26-35", ">=66"], len(frame)), categories=["<=25", "26-35", ">=66"]
        )
    rdata.write_rda(path, {"csibank": frame})
    return {path.name: path}


@pytest.fixture
def corp_rep_files(tmp_path, answers) -> dict[str, Path]:
    path = tmp_path / "Corporate Reputation Data.csv"
    frame = answers(corp_rep.BOOK).assign(serviceprovider=3, servicetype=np.resize([1, 2], 30), qual_global=4)
    frame.loc[[4, 9], "cusl_2"] = -99
    frame.to_csv(path, sep=";", index=False, lineterminator="\r")
    return {path.name: path}


HILLSTROM = """recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend
3,1) $0 - $100,41.5,1,0,Surburban,0,Phone,No E-Mail,0,0,0
9,2) $100 - $200,120.25,0,1,Rural,1,Web,Mens E-Mail,1,0,0
1,1) $0 - $100,77,1,1,Urban,1,Multichannel,Womens E-Mail,1,1,19.5
"""


@pytest.fixture
def hillstrom_files(tmp_path) -> dict[str, Path]:
    path = tmp_path / "hillstrom_email_experiment.csv"
    path.write_bytes(HILLSTROM.replace("\n", "\r\n").encode())
    return {path.name: path}


@pytest.fixture
def real_files(mirror):
    """The files of a dataset in the mirror, by name."""

    def files(slug: str) -> dict[str, Path]:
        return {path.name: path for path in (mirror / slug).iterdir()}

    return files
