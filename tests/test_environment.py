"""pyproject.toml, both locks and environment.yml say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DIRECT = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
DEVELOPMENT = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"]]


def locked(name: str) -> dict[str, set[str]]:
    """Package to its locked versions (one for each range of Python) in a requirements lock."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            requirement = Requirement(line.removesuffix("\\").strip())
            (pin,) = requirement.specifier
            assert pin.operator == "==", line
            versions.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    return versions


@pytest.mark.parametrize(
    ("lock", "wanted"), [("requirements.lock", DIRECT), ("requirements-dev.lock", [*DIRECT, *DEVELOPMENT])]
)
def test_every_direct_dependency_is_locked_within_its_range(lock, wanted):
    versions = locked(lock)
    for requirement in wanted:
        found = versions.get(canonicalize_name(requirement.name))
        assert found, f"{requirement.name} is missing from {lock}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement} against {found}"


def test_the_development_lock_holds_the_same_versions_as_the_lock_of_users():
    development = locked("requirements-dev.lock")
    assert {name: development.get(name) for name in locked("requirements.lock")} == locked("requirements.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_is_hashed_throughout_and_names_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.strip().startswith("#")))
    unhashed = [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]
    assert unhashed == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)


def test_conda_users_get_the_same_python_and_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = next(item for item in environment["dependencies"] if isinstance(item, str) and item.startswith("python"))
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["project"]["requires-python"])
    (under_pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert under_pip == ["-r requirements.lock"]


def test_the_makefile_allows_the_pythons_that_the_project_allows():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    allowed = re.search(r"\((\d), (\d+)\) <= sys\.version_info\[:2\] <= \((\d), (\d+)\)", makefile)
    assert allowed is not None
    low, high = (f"{allowed[1]}.{allowed[2]}", f"{allowed[3]}.{int(allowed[4]) + 1}")
    assert SpecifierSet(PROJECT["project"]["requires-python"]) == SpecifierSet(f">={low},<{high}")


def test_lifelines_is_not_a_dependency_since_it_pins_pandas_below_3():
    assert "lifelines" not in locked("requirements-dev.lock")
