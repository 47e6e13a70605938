"""Getting one file from its address, with time limits, and finding out quickly that there is no network."""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

RETRY_PAUSE_SECONDS = 0.5
CHUNK_BYTES = 16_384


class DownloadFault(Exception):
    """Why a download came to nothing, as a clause; the caller makes a sentence of it that says what to do."""


@dataclass
class Network:
    """What is known of the network in this process: the time limits, and the hosts that gave no answer.

    Parameters
    ----------
    connect_seconds : float
        Limit for name resolution and connection together, and again for the handshake. Twice this is what a batch loses
        to a missing network, because a host that gave no answer (`silent`, with the reason) is not asked again.
    read_seconds : float
        Longest silence of a server in the middle of an answer. A server that exceeds it is not asked again either.
    """

    connect_seconds: float = 2.0
    read_seconds: float = 20.0
    silent: dict[str, str] = field(default_factory=dict)
    answering: set[str] = field(default_factory=set)

    def reach(self, url: str) -> None:
        """Try to connect to the host of an address, or to the proxy that stands before it.

        Raises
        ------
        DownloadFault
            No connection within `connect_seconds`, now or earlier in this process.
        """
        host = urlsplit(url).netloc
        if host not in self.silent and host not in self.answering:
            reason = _refusal(*_door(url), self.connect_seconds)
            if reason is None:
                self.answering.add(host)
            else:
                self.silent[host] = reason
        if host in self.silent:
            raise DownloadFault(f"{host} could not be reached ({self.silent[host]})")

    def get(self, url: str, target: Path, label: str) -> None:
        """Write what stands at an address into a file; one retry after a broken transfer or a server's own fault.

        Parameters
        ----------
        url : str
            The address, http or https.
        target : Path
            The file to write. On failure it is left as it is, for the caller to remove.
        label : str
            What the progress bar says; a bar is drawn on a terminal only.

        Raises
        ------
        DownloadFault
            The host cannot be reached or is too slow, the address holds nothing, the server fails, or the transfer
            breaks off.
        OSError
            The file cannot be written.
        """
        try:
            self._attempt(url, target, label)
        except _Passing:
            time.sleep(RETRY_PAUSE_SECONDS)
            self._attempt(url, target, label)

    def _attempt(self, url: str, target: Path, label: str) -> None:
        import requests  # noqa: PLC0415 (a third of a second, for those who download)
        from pooch import HTTPDownloader  # noqa: PLC0415
        from tqdm import tqdm  # noqa: PLC0415
        from urllib3.exceptions import ReadTimeoutError  # noqa: PLC0415

        self.reach(url)
        host = urlsplit(url).netloc
        bar = tqdm(total=1, desc=label, unit="B", unit_scale=True, leave=False, disable=None)
        downloader = HTTPDownloader(
            progressbar=bar,
            chunk_size=CHUNK_BYTES,
            timeout=(self.connect_seconds, self.read_seconds),
            headers={"Accept-Encoding": "identity"},  # so that the length announced is the file's
        )
        try:
            downloader(url, str(target), None)
        except requests.HTTPError as fault:
            raise _status(url, fault.response.status_code if fault.response is not None else 0) from None
        except (requests.exceptions.ProxyError, requests.exceptions.SSLError) as fault:
            self.silent[host] = _innermost(fault)
            raise DownloadFault(f"{host} could not be reached ({self.silent[host]})") from None
        except requests.RequestException as fault:
            stalled = fault.args and isinstance(fault.args[0], ReadTimeoutError)
            if isinstance(fault, requests.Timeout) or stalled:
                self.silent[host] = "too slow to answer"
                raise DownloadFault(f"{host} fell silent for longer than {self.read_seconds:g} s") from None
            raise _Passing(f"the transfer from {host} broke off ({_innermost(fault)})") from None
        finally:
            bar.close()


class _Passing(DownloadFault):
    """A fault that may be gone in a moment."""


def _status(url: str, code: int) -> DownloadFault:
    if code >= 500 or code == 429:
        return _Passing(f"the server cannot serve {url} now (HTTP {code})")
    return DownloadFault(f"there is no such file any more at {url} (HTTP {code})")


def _door(url: str) -> tuple[str, int]:
    """Host and port that a request for an address connects to first: the proxy's where one is set."""
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415

    parts = urlsplit(select_proxy(url, get_environ_proxies(url)) or url)
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


def _refusal(host: str, port: int, seconds: float) -> str | None:
    """Why no connection could be made within the limit; None if one could.

    The attempt runs in a thread of its own because name resolution knows no time limit: a resolver without a network
    may take half a minute to give up.
    """
    outcome: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def attempt() -> None:
        try:
            socket.create_connection((host, port), timeout=seconds).close()
            outcome.put(None)
        except OSError as fault:
            outcome.put(fault.strerror or str(fault))

    threading.Thread(target=attempt, daemon=True).start()
    try:
        return outcome.get(timeout=seconds)
    except queue.Empty:
        return f"no answer within {seconds:g} s"


def _innermost(fault: BaseException) -> str:
    """The first cause of a chain of network exceptions, in its own words."""
    inner: BaseException = fault
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__  # type: ignore[assignment]
    return str(getattr(inner, "strerror", None) or inner) or type(inner).__name__
