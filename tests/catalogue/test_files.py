"""Finding, verifying and downloading files, against a local web server."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.catalogue import datasets, files
from helpers.catalogue.download import Network
from helpers.errors import DataInvalid, DataUnavailable
from helpers.project import Project

from .conftest import CONTENT, REBUILT, SLOW_SECONDS, entry, sha256

SLUG = "shop_survey"
FETCH = f"""
from helpers.catalogue import datasets, files
from helpers.project import Project
project = Project.here()
print(files.fetch(project, datasets.load(project).dataset("{SLUG}"))["answers.csv"])
"""


def fetch(project: Project, network: Network | None = None) -> dict[str, Path]:
    dataset = datasets.load(project).dataset(SLUG)
    return files.fetch(project, dataset, network or Network(connect_seconds=1, read_seconds=SLOW_SECONDS / 4))


def left_behind(project: Project) -> list[str]:
    folder = project.raw / SLUG
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def put(folder: Path, content: bytes, name: str = "answers.csv") -> Path:
    path = folder / SLUG / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_missing_file_is_downloaded_verified_and_kept(make_project, server):
    project = make_project(entry(server.url("good")))
    assert fetch(project) == {"answers.csv": project.raw / SLUG / "answers.csv"}
    assert (project.raw / SLUG / "answers.csv").read_bytes() == CONTENT
    assert left_behind(project) == ["answers.csv"]
    fetch(project)
    assert server.asked["good"] == 1


def test_a_downloaded_file_is_as_readable_as_any_other(make_project, server, tmp_path):
    project = make_project(entry(server.url("good")))
    plain = tmp_path / "plain"
    plain.touch()
    assert fetch(project)["answers.csv"].stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("behaviour", "said", "asked"),
    [
        ("404", r"there is no such file any more at http://.*/404/answers\.csv \(HTTP 404\)", 1),
        ("500", r"the server cannot serve http://.* now \(HTTP 500\)", 2),
        ("truncated", r"the transfer from 127\.0\.0\.1:\d+ broke off \(IncompleteRead\(1000 bytes read", 2),
        ("slow", r"127\.0\.0\.1:\d+ fell silent for longer than 0\.25 s", 1),
        ("stalling", r"127\.0\.0\.1:\d+ fell silent for longer than 0\.25 s", 1),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(make_project, server, behaviour, said, asked):
    project = make_project(entry(server.url(behaviour)))
    with pytest.raises(DataUnavailable, match=said) as caught:
        fetch(project)
    assert "LOYALTY_DATA_MIRROR to a folder that has shop_survey/answers.csv" in str(caught.value)
    assert left_behind(project) == []
    assert server.asked[behaviour] == asked


def test_a_server_that_recovers_is_asked_a_second_time(make_project, server):
    project = make_project(entry(server.url("flaky")))
    assert fetch(project)["answers.csv"].read_bytes() == CONTENT
    assert server.asked["flaky"] == 2


def test_wrong_bytes_are_refused_with_both_checksums_and_leave_nothing(make_project, server):
    project = make_project(entry(server.url("wrong")))
    with pytest.raises(DataInvalid) as caught:
        fetch(project)
    login = sha256(b"<html>Log in to the hotel's network</html>")
    for part in (login, sha256(CONTENT), "nothing was kept", "https://example.org/survey"):
        assert part in str(caught.value)
    assert left_behind(project) == []


def test_a_refused_connection_leaves_not_even_a_folder(make_project, closed_port):
    project = make_project(entry(f"http://127.0.0.1:{closed_port}/answers.csv"))
    with pytest.raises(DataUnavailable, match=r"127\.0\.0\.1:\d+ could not be reached \(Connection refused\)"):
        fetch(project)
    assert not (project.raw / SLUG).exists()


def test_a_host_that_gave_no_answer_is_not_asked_again(make_project, server):
    project = make_project(entry(server.url("slow")))
    network = Network(connect_seconds=1, read_seconds=SLOW_SECONDS / 4)
    for _ in range(3):
        with pytest.raises(DataUnavailable):
            fetch(project, network)
    assert server.asked["slow"] == 1


def test_a_resolver_that_hangs_costs_the_whole_batch_no_more_than_the_connection_limit(make_project, monkeypatch):
    def hang(*_: object) -> None:
        time.sleep(1)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    project = make_project(entry("https://data.example.org/answers.csv"))
    network = Network(connect_seconds=0.3)
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(
            DataUnavailable, match=r"data\.example\.org could not be reached \(no answer within 0\.3 s\)"
        ):
            fetch(project, network)
    assert time.monotonic() - started < 3


def test_the_limits_of_this_process_lose_less_than_five_seconds_to_a_missing_network():
    assert 2 * files.NETWORK.connect_seconds < 5


def test_behind_a_proxy_it_is_the_proxy_that_is_reached(make_project, closed_port, monkeypatch):
    project = make_project(entry("http://data.example.org/answers.csv"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(DataUnavailable, match=r"data\.example\.org could not be reached \(Connection refused\)"):
        fetch(project)


def test_two_processes_that_fetch_at_once_both_end_with_a_good_file(make_project, server):
    project = make_project(entry(server.url("together")))
    both = [subprocess.Popen([sys.executable, "-c", FETCH], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert told == [str(project.raw / SLUG / "answers.csv")] * 2
    assert (project.raw / SLUG / "answers.csv").read_bytes() == CONTENT
    assert left_behind(project) == ["answers.csv"]


def test_an_interrupted_download_leaves_nothing(make_project, server):
    class Interrupted(Network):
        def get(self, url: str, target: Path, label: str) -> None:
            target.write_bytes(CONTENT[:1000])
            raise KeyboardInterrupt

    project = make_project(entry(server.url("good")))
    with pytest.raises(KeyboardInterrupt):
        fetch(project, Interrupted())
    assert left_behind(project) == []


def test_what_a_killed_process_left_is_swept_but_not_what_another_is_writing(make_project, server):
    project = make_project(entry(server.url("good")))
    old, young = put(project.raw, b"x", ".answers.csv.1.part"), put(project.raw, b"x", ".answers.csv.2.part")
    os.utime(old, (0, 0))
    fetch(project)
    assert left_behind(project) == [young.name, "answers.csv"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_is_told_and_nothing_stays(make_project, server, monkeypatch, code):
    project = make_project(entry(server.url("good")))

    def refuse(self: Path, target: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(
        DataUnavailable, match=rf"cannot be written \({os.strerror(code)}\); make room for 200,021 bytes"
    ):
        fetch(project)
    assert left_behind(project) == []


def test_a_file_in_the_place_of_the_folder_is_told(make_project, server):
    project = make_project(entry(server.url("good")))
    (project.raw / SLUG).touch()
    with pytest.raises(DataUnavailable, match="cannot be written"):
        fetch(project)


def test_data_raw_comes_before_the_mirrors_and_those_in_their_order(make_project, tmp_path, monkeypatch):
    project = make_project(entry())
    mirrors = [tmp_path / "absent", tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", os.pathsep.join(map(str, mirrors)))
    second = put(mirrors[2], CONTENT)
    assert fetch(project) == {"answers.csv": second}
    first = put(mirrors[1], CONTENT)
    assert fetch(project) == {"answers.csv": first}
    home = put(project.raw, CONTENT)
    assert fetch(project) == {"answers.csv": home}


def test_a_mirror_that_is_no_folder_is_mentioned(make_project, closed_port, tmp_path, monkeypatch):
    project = make_project(entry(f"http://127.0.0.1:{closed_port}/answers.csv"))
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", str(tmp_path / "absent"))
    with pytest.raises(DataUnavailable, match=r"neither in data/raw nor in LOYALTY_DATA_MIRROR \(1 of its 1 entries"):
        fetch(project)


def test_the_rebuilt_variant_is_accepted_under_either_name(make_project):
    project = make_project(entry())
    rebuilt = put(project.raw, REBUILT, "answers_rebuilt.csv")
    assert fetch(project) == {"answers.csv": rebuilt}
    published = put(project.raw, REBUILT)
    assert fetch(project) == {"answers.csv": published}


@pytest.mark.parametrize("content", [CONTENT[:-10], CONTENT[:-1] + b"8"], ids=["truncated", "altered"])
def test_a_wrong_file_in_the_mirror_is_refused_with_both_checksums(make_project, tmp_path, monkeypatch, content):
    project = make_project(entry())
    path = put(tmp_path / "mirror", content)
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(DataInvalid) as caught:
        fetch(project)
    for part in (str(path), sha256(content), sha256(CONTENT), sha256(REBUILT), f"{len(content):,} bytes", "replace it"):
        assert part in str(caught.value)


def test_a_file_that_may_not_be_read_is_told(make_project, monkeypatch):
    project = make_project(entry())
    path = put(project.raw, CONTENT)

    def refuse(self: Path, *_: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(files, "checksum", refuse)
    with pytest.raises(DataUnavailable, match=rf"{path}: cannot be read \(Permission denied\)"):
        fetch(project)


def test_nothing_is_downloaded_while_a_file_at_hand_is_wrong(make_project, server):
    file = entry(server.url("good"))["files"][0]
    other = {"name": "items.csv", "url": file["url"], "variants": [{"bytes": 3, "sha256": sha256(b"a\nb")}]}
    project = make_project(entry(files=[file, other]))
    put(project.raw, b"c\nd", "items.csv")
    with pytest.raises(DataInvalid, match=r"items\.csv: not the file"):
        fetch(project)
    assert server.asked["good"] == 0


def test_locating_tells_what_is_here_missing_and_of_the_wrong_size(make_project):
    file = entry()["files"][0]
    other = {"name": "items.csv", "url": file["url"], "variants": [{"bytes": 3, "sha256": sha256(b"a\nb")}]}
    project = make_project(entry(files=[file, other]))
    dataset = datasets.load(project).dataset(SLUG)
    put(project.raw, CONTENT[:9])
    located = files.locate(project, dataset)
    assert [missing.name for missing in located.missing] == ["items.csv"]
    assert (located.complete, located.places, located.wrong_size) == (False, ("data/raw",), ("answers.csv",))


def test_a_simulated_dataset_has_no_files_to_fetch(make_project):
    project = make_project(entry(slug=SLUG, reality="simulated", files=[], simulator={"schema": "survey"}))
    assert fetch(project) == {}


def test_an_own_file_needs_no_checksum_but_must_stand_beside_its_description(make_project):
    project = make_project(entry())
    folder = datasets.own_folder(project)
    folder.mkdir()
    description = "slug: mine\ntitle: Mine\nschema: survey\nfile: mine.csv\ndesign: cross-sectional\nmapping: {}\n"
    (folder / "mine.yaml").write_text(description, encoding="utf-8")
    own = datasets.load(project).dataset("mine")
    with pytest.raises(DataUnavailable, match=r"mine\.yaml: the file mine\.csv is not beside it"):
        files.fetch(project, own)
    (folder / "mine.csv").write_bytes(b"a\n1\n")
    assert files.fetch(project, own) == {"mine.csv": folder / "mine.csv"}


@pytest.mark.real
def test_every_file_of_the_mirror_verifies(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("LOYALTY_DATA_MIRROR", str(mirror))
    checkout = Project(Path(__file__).resolve().parents[2])
    elsewhere = Project(tmp_path)  # so that downloads in the checkout cannot stand in for the mirror
    for dataset in datasets.load(checkout):
        if not dataset.own:
            paths = files.fetch(elsewhere, dataset)
            assert list(paths) == [file.name for file in dataset.files]
            assert all(mirror in path.parents for path in paths.values())
