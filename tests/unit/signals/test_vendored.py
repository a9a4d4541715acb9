"""The style sheets of others: as published, with their licence, and nothing proprietary among them."""

import re
from pathlib import Path

import signals_service

VENDOR = Path(signals_service.__file__).parent / "static" / "vendor"
SHEET = (VENDOR / "utrecht.css").read_text(encoding="utf-8")
README = (VENDOR / "README.md").read_text(encoding="utf-8")


def test_the_list_names_what_is_in_the_sheet() -> None:
    held = re.findall(r"^/\* (@utrecht/\S+) (\S+) \*/$", SHEET, re.MULTILINE)
    assert held
    assert re.findall(r"^\| `(\S+)` \| (\S+) \|$", README, re.MULTILINE) == held
    assert all(name.endswith("-css") for name, _ in held)


def test_every_part_says_its_licence() -> None:
    parts = re.split(r"^/\* @utrecht/.* \*/$", SHEET, flags=re.MULTILINE)[1:]
    assert all("@license EUPL-1.2" in part for part in parts)
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (VENDOR / "LICENSE.md").read_text(encoding="utf-8")


def test_classes_that_pages_use_are_there() -> None:
    """A misspelt class fails in silence: the page only looks worse."""
    folder = VENDOR.parents[1] / "templates"
    used = {
        name
        for file in folder.rglob("*.html")
        for name in re.findall(r"utrecht-[a-z0-9]+(?:(?:--|__|-)[a-z0-9]+)*", file.read_text(encoding="utf-8"))
    }
    known = set(re.findall(r"\.(utrecht-[a-z0-9_-]+)", SHEET))
    assert used <= known, used - known
