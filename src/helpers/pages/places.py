"""Paths of this machine, which no page tells: they mean nothing to a reader and differ from one machine to the next."""

from __future__ import annotations

import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import helpers
from helpers.project import MIRROR_VARIABLE, Project, mirrors

_PACKAGES = re.compile(r"[/~][^\s'\"<>\x1b]*/site-packages/")
_CELL_FILE = re.compile(r"/[^\s'\"<>\x1b]*/ipykernel_\d+/\d+\.py")  # where a kernel pretends that a cell stands


@dataclass(frozen=True)
class Places:
    """Folders of this machine, and what stands for each on a page.

    Attributes
    ----------
    folders : tuple of (str, str)
        A path with its final slash, and what takes its place.
    """

    folders: tuple[tuple[str, str], ...]

    @classmethod
    def here(cls, project: Project) -> Places:
        """The project (paths in it are told from its root), the mirrors, Python's library and the home folder."""
        named = [(mirror, f"{MIRROR_VARIABLE}/") for mirror in mirrors()]
        named += [(root, "") for root in (project.root, Path(helpers.__path__[0]).parents[1])]
        named += [(Path(sysconfig.get_path("stdlib")), ""), (Path.home(), "~/")]
        spelled = [(path, shown) for folder, shown in named for path in _spellings(folder) if path != "/"]
        return cls(tuple(sorted(spelled, key=lambda item: -len(item[0]))))

    def hide(self, text: str) -> str:
        """The text with each of these paths told from where it stands in the project, the packages or the mirror."""
        text = _CELL_FILE.sub("a cell", _PACKAGES.sub("site-packages/", text))
        for folder, shown in self.folders:
            text = text.replace(folder, shown)
        return text


def _spellings(folder: Path) -> list[str]:
    """A folder as it may stand in a message: as given, without links, and as tracebacks shorten it."""
    spelled = {f"{path}/" for path in (folder.absolute(), folder.resolve())}
    home = f"{Path.home()}/"
    return sorted(
        spelled | {f"~/{path.removeprefix(home)}" for path in spelled if path.startswith(home) and path != home}
    )
