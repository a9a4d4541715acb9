"""What the papers say is what the code does: every example is read by the code that it explains."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations.suites import suite_for_shape
from orchestration.ingest.shapes import SHAPES
from orchestration.ingest.source import DirectoryFetch, Owner, SourceSpec, Tolerances, load_source
from orchestration.municipality import Municipality, load_municipality

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
SOURCES_PAGE = (DOCS / "bronnen.md").read_text(encoding="utf-8")
MUNICIPALITY_PAGE = (DOCS / "gemeente-toevoegen.md").read_text(encoding="utf-8")
PAGES = [*DOCS.rglob("*.md"), *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]


def examples(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def named(page: str) -> set[str]:
    """The keys explained in the first column of a page's tables."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))


@pytest.mark.parametrize("text", examples(SOURCES_PAGE), ids=lambda text: text.split("\n")[0].split()[-1])
def test_every_example_of_a_source_is_one(text: str, tmp_path: Path) -> None:
    content: dict[str, Any] = yaml.safe_load(text)
    file = tmp_path / f"{content['source']}.yaml"
    file.write_text(text, encoding="utf-8")
    spec = load_source(file)
    suite_for_shape(spec.shape, spec.expectations)


def test_every_shape_has_an_example_and_all_its_columns() -> None:
    assert {yaml.safe_load(text)["shape"] for text in examples(SOURCES_PAGE)} == set(SHAPES)
    for shape in SHAPES.values():
        row = re.search(rf"^\| `{shape.name}` \| [^|]+ \| (.+) \|$", SOURCES_PAGE, re.MULTILINE)
        assert row, shape.name
        told = [item.split(" ")[0] for item in re.sub(r"\([^)]*\)", "", row[1]).split(", ")]
        assert told == [f"{column.name}{'*' if column.required else ''}" for column in shape.columns]


def test_every_key_of_a_source_is_explained_and_no_other() -> None:
    keys = {key for model in (SourceSpec, DirectoryFetch, Tolerances) for key in model.model_fields} - {"source_hash"}
    assert named(SOURCES_PAGE) == keys | set(SHAPES)
    assert all(f"`{key}`" in SOURCES_PAGE for key in Owner.model_fields)


def test_the_example_of_a_municipality_is_one_and_every_key_is_explained(tmp_path: Path) -> None:
    (text,) = examples(MUNICIPALITY_PAGE)
    (tmp_path / "municipality.yaml").write_text(text, encoding="utf-8")
    assert load_municipality(str(tmp_path)).name == "Almere"
    assert set(yaml.safe_load(text)) == set(Municipality.model_fields)
    assert named(MUNICIPALITY_PAGE) == set(Municipality.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_licence_is_the_whole_eupl() -> None:
    text = (REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")
    assert all(re.search(rf"^{number}\.\s?[A-Z]", text, re.MULTILINE) for number in range(1, 16))
    assert "Appendix" in text
    assert text.rstrip().endswith("require the production of a new EUPL version.")


def test_publiccode_says_what_the_standard_asks() -> None:
    """Standard 0.4: https://yml.publiccode.tools/schema.core.html."""
    content = yaml.safe_load((REPOSITORY / "publiccode.yml").read_text(encoding="utf-8"))
    mandatory = {
        *("publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType"),
        *("description", "legal", "maintenance", "localisation"),
    }
    assert mandatory <= set(content)
    assert content["publiccodeYmlVersion"] == "0.4"
    assert content["legal"]["license"] == "EUPL-1.2"
    assert content["maintenance"]["contacts"][0]["name"]
    assert set(content["description"]) == {"nl", "en"}
    for texts in content["description"].values():
        assert len(texts["genericName"]) <= 35
        assert len(texts["shortDescription"]) <= 150
        assert 500 <= len(texts["longDescription"]) <= 10_000
        assert texts["features"]
