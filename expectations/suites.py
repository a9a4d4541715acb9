"""The expectations as written down: YAML in, checked specifications out. Knows nothing of who evaluates them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.mistakes import told

_HERE = Path(__file__).parent


class ExpectationError(ValueError):
    """A suite or a source's own expectations are wrong; the message names the file and the entry, in Dutch."""


class ExpectationSpec(BaseModel):
    """One expectation.

    Attributes:
        name: stable; the check's name in the Dagster UI.
        type: of Great Expectations, such as `expect_column_values_to_match_regex`.
        kwargs: of that type. In `unexpected_rows_query`, `{batch}` stands for the rows looked at.
        severity: `blocking` holds a delivery or stops what stands behind a mart; `warning` is shown.
        description: in Dutch, what is expected.
        min_rows: on fewer rows it is not evaluated and passes, because a share of a few rows says nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: str = Field(pattern=r"^(expect_[a-z_]+|unexpected_rows_expectation)$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["blocking", "warning"]
    description: str = Field(min_length=10)
    min_rows: int = Field(default=0, ge=0)


def suite_for_shape(shape: str, extra: Iterable[Mapping[str, Any]] = ()) -> list[ExpectationSpec]:
    """The expectations of a delivery of one shape, then the source's own (`expectations` in its YAML).

    Raises `ExpectationError` when an entry is wrong or a name comes twice.
    """
    file = _HERE / "in" / f"{shape}.yaml"
    suite = _load(file) + _parse(f"expectations van een bron met shape {shape}", extra)
    _check_names(f"{file.name} en de expectations van de bron zelf", suite)
    return suite


def suite_for_mart(mart: str) -> list[ExpectationSpec]:
    """The expectations of one mart."""
    return _load(_HERE / "out" / f"{mart}.yaml")


def written_at(mart: str) -> str | None:
    """The column that says when a row of the mart was written; None when the gate looks at all of it every time."""
    return _content(_HERE / "out" / f"{mart}.yaml").get("written_at")


def marts_with_suite() -> list[str]:
    """The marts that the gate out looks at, by name."""
    return sorted(file.stem for file in (_HERE / "out").glob("*.yaml"))


def shapes_with_suite() -> list[str]:
    """The shapes that the gate in looks at, by name."""
    return sorted(file.stem for file in (_HERE / "in").glob("*.yaml"))


def _load(file: Path) -> list[ExpectationSpec]:
    suite = _parse(str(file), _content(file)["expectations"])
    _check_names(str(file), suite)
    return suite


def _content(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ExpectationError(f"{file}: dit bestand is er niet")
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    keys = set(content) if isinstance(content, dict) else set()
    if keys - {"written_at"} != {"expectations"} or not content["expectations"]:
        raise ExpectationError(
            f"{file}: verwacht de sleutel `expectations` met een lijst, en daarnaast hoogstens `written_at`"
        )
    if not re.fullmatch(r"[a-z_]+", content.get("written_at", "none")):
        raise ExpectationError(f"{file}: `written_at` is geen naam van een kolom")
    return content


def _parse(where: str, entries: Iterable[Mapping[str, Any]]) -> list[ExpectationSpec]:
    result = []
    for number, entry in enumerate(entries, 1):
        try:
            result.append(ExpectationSpec.model_validate(entry))
        except ValidationError as error:
            name = entry.get("name", "zonder naam") if isinstance(entry, Mapping) else "zonder naam"
            raise ExpectationError(f"{where}: nummer {number} ({name}): {told(error)}") from error
    return result


def _check_names(where: str, suite: list[ExpectationSpec]) -> None:
    names = [spec.name for spec in suite]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ExpectationError(f"{where}: deze naam komt twee keer voor: {', '.join(twice)}")
