"""A small project with one dataset, and a web server that misbehaves on request."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.project import Project

CONTENT = b"satisfaction;loyalty\n" + b"7;9\n" * 50_000
REBUILT = CONTENT.replace(b"7;9", b"9;7")
SLOW_SECONDS = 1.0


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(url: str = "http://127.0.0.1:9/answers.csv", **changes: Any) -> dict[str, Any]:
    """A valid entry of datasets.yaml with one file in two variants."""
    variants = [
        {"bytes": len(CONTENT), "sha256": sha256(CONTENT)},
        {"bytes": len(REBUILT), "sha256": sha256(REBUILT), "name": "answers_rebuilt.csv"},
    ]
    valid = {
        "slug": "shop_survey",
        "title": "A survey of a shop",
        "schemas": ["survey"],
        "files": [{"name": "answers.csv", "url": url, "rows": 50_000, "variants": variants}],
        "reality": "real",
        "design": "cross-sectional",
        "licence": "CC0-1.0",
        "redistribution": "yes",
        "citation": "Nobody N (2020). A survey.",
        "landing_page": "https://example.org/survey",
        "population": "customers",
        "period": "2020",
    }
    return valid | changes


@dataclass(frozen=True)
class Server:
    """A local web server; the first part of a path says how it behaves, see `_Handler.do_GET`."""

    root: str
    asked: Counter[str] = field(default_factory=Counter)

    def url(self, behaviour: str) -> str:
        return f"{self.root}/{behaviour}/answers.csv"


class _Handler(BaseHTTPRequestHandler):
    asked: Counter[str]
    both: threading.Barrier

    def do_GET(self) -> None:
        behaviour = self.path.split("/")[1]
        self.asked[behaviour] += 1
        if behaviour.isdigit():
            self.send_error(int(behaviour))
        elif behaviour == "flaky" and self.asked[behaviour] == 1:
            self.send_error(503)
        elif behaviour == "slow":
            time.sleep(SLOW_SECONDS)
        elif behaviour == "stalling":
            self._send(CONTENT[:1000], announced=len(CONTENT))
            time.sleep(SLOW_SECONDS)
        elif behaviour == "together":
            self._send(CONTENT[:1000], announced=len(CONTENT))
            self.both.wait()  # goes on when a second request is as far as this one
            self.wfile.write(CONTENT[1000:])
        elif behaviour == "truncated":
            self._send(CONTENT[:1000], announced=len(CONTENT))
        elif behaviour == "wrong":
            self._send(b"<html>Log in to the hotel's network</html>")
        else:
            self._send(CONTENT)

    def _send(self, body: bytes, announced: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    asked: Counter[str] = Counter()
    handler = type("Handler", (_Handler,), {"asked": asked, "both": threading.Barrier(2, timeout=30)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listener:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield Server(f"http://127.0.0.1:{listener.server_port}", asked)
        listener.shutdown()


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Make a project with the given entries, known to the command line, without mirror and without proxy."""
    monkeypatch.delenv("LOYALTY_DATA_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("LOYALTY_ROOT", str(tmp_path / "checkout"))

    def make(*entries: dict[str, Any]) -> Project:
        project = Project.here()
        project.raw.mkdir(parents=True, exist_ok=True)
        project.datasets.write_text(yaml.safe_dump({"datasets": list(entries)}, sort_keys=False), encoding="utf-8")
        return project

    return make
