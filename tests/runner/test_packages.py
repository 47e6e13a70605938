"""Which packages a run imports."""

from __future__ import annotations

from importlib import metadata

from helpers.runner import packages

from .conftest import write_study


def test_the_packages_are_those_that_notebook_and_modules_import_and_what_these_require(project, tmp_path):
    notebook = write_study(project, "imports", ["%magic", "import pandas as pd\nfrom helpers import study\nimport os"])
    module = tmp_path / "module.py"
    module.write_text("def late():\n    from scipy.stats import norm\n    return norm\n")
    found = packages.imported(notebook, [module])
    assert {"pandas", "numpy", "python-dateutil", "scipy"} <= set(found)
    assert not {"helpers", "loyalty-claims", "os", "statsmodels", "matplotlib", "ipykernel"} & set(found)
    assert found == sorted(found)


def test_an_optional_requirement_counts_where_this_project_asks_for_it(project):
    found = packages.imported(write_study(project, "lines", ["import ibis"]), [])
    assert "duckdb" in found
    assert "pyspark" not in found


def test_versions_are_those_installed_and_what_is_not_installed_is_left_out():
    found = packages.versions(["numpy", "no-such-package", "python"])
    assert set(found) == {"python", "numpy"}
    assert found["numpy"] == metadata.version("numpy")


def test_the_version_of_every_installed_package_is_the_one_its_metadata_give():
    names = [found.metadata["Name"] for found in metadata.distributions()]
    assert packages.versions(names) == packages.versions([]) | {name: metadata.version(name) for name in names}
