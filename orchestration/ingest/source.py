"""A source is one YAML file; this module says what may stand in it and refuses the rest.

Nothing is guessed: every date column needs its format, every translated value its table.
"""

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.ingest.shapes import SHAPES, Shape
from orchestration.mistakes import told

Value = bool | int | float | str | None
_VALUE_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str, int, float),
    "boolean": (bool,),
    "integer": (int,),
    "double precision": (int, float),
}
_A_MOMENT = datetime(2031, 12, 30, 22, 58, 59, tzinfo=UTC)


ON_DELIVERY = "on_delivery"


class SourceError(ValueError):
    """A source file is wrong; the message names the file, the key and what was expected."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Owner(_Strict):
    department: str
    contact: str


class DirectoryFetch(_Strict):
    """Files below a folder (any fsspec URL). They are read where they lie and never moved.

    Deleted they are with `remove_after_landing` alone, once what was made of them is safe in the landing zone.
    """

    kind: Literal["directory"]
    path: str
    pattern: str = "*"
    day: str | None = None  # a pattern with %Y, %m and %d: which part of a file's name is the day it is about
    format: Literal["csv", "geojson"] = "csv"
    delimiter: str = Field(default=";", min_length=1, max_length=1)
    encoding: Literal["utf-8", "utf-8-sig", "windows-1252"] = "utf-8-sig"
    remove_after_landing: bool = False

    @field_validator("day", mode="after")
    @classmethod
    def _day_names_one_date(cls, value: str | None) -> str | None:
        if value is not None and sorted(re.findall("%.?", value)) != ["%Y", "%d", "%m"]:
            raise ValueError(f"{value!r} moet %Y, %m en %d elk eenmaal hebben en geen andere %")
        return value


class Tolerances(_Strict):
    """`None` switches a tolerance off, visibly."""

    freshness_hours: float | None = Field(default=None, gt=0)
    max_drop_fraction: float | None = Field(default=0.3, ge=0, le=1)
    max_quarantine_fraction: float | None = Field(default=0.05, ge=0, le=1)
    max_outside_fraction: float | None = Field(default=0.2, ge=0, le=1)


class OwnRows(_Strict):
    """By which heading a row says of which municipality it is, and what stands there in our own rows."""

    column: str
    values: tuple[str, ...] = Field(min_length=1)

    @field_validator("column", mode="after")
    @classmethod
    def _as_headings_are_read(cls, value: str) -> str:
        return value.strip()

    def holds(self, text: str) -> bool:
        """Whether a cell names our municipality, whatever the case."""
        return text.strip().casefold() in {value.strip().casefold() for value in self.values}


class Daily(_Strict):
    """A source that owes a delivery about every day from `since` on; of how many days back a missing one is told."""

    since: date
    look_back_days: int = Field(default=30, ge=1)


class SourceSpec(_Strict):
    """One declared source. Keys as in `docs/bronnen.md`."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    shape: str
    owner: Owner
    legal_basis: str
    schedule: str = Field(default=ON_DELIVERY, pattern=r"^(on_delivery|(\S+ ){4}\S+)$")
    daily: Daily | None = None
    fetch: DirectoryFetch
    crs: str | None = Field(default=None, pattern=r"^EPSG:\d+$")
    columns: dict[str, str]
    constants: dict[str, str] = Field(default_factory=dict)
    formats: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)
    unpivot: dict[str, dict[str, str]] = Field(default_factory=dict)
    not_published: tuple[str, ...] = ()
    own_rows: OwnRows | None = None
    sensitive: tuple[str, ...] = ()
    pseudonymise: tuple[str, ...] = ()
    tolerances: Tolerances = Tolerances()
    expectations: tuple[dict[str, Any], ...] = ()
    source_hash: str = Field(default="", exclude=True)

    @field_validator("shape")
    @classmethod
    def _known_shape(cls, value: str) -> str:
        if value not in SHAPES:
            raise ValueError(f"onbekende vorm {value!r}; verwacht een van {', '.join(SHAPES)}")
        return value

    @field_validator("constants", mode="before")
    @classmethod
    def _constants_are_text(cls, value: Any) -> Any:
        return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else value

    @field_validator("sensitive", mode="after")
    @classmethod
    def _as_headings_are_read(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(heading.strip() for heading in value)

    @field_validator("columns", mode="after")
    @classmethod
    def _columns_as_headings_are_read(cls, value: dict[str, str]) -> dict[str, str]:
        return {column: heading.strip() for column, heading in value.items()}

    @field_validator("unpivot", mode="after")
    @classmethod
    def _unpivot_as_headings_are_read(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        return {heading.strip(): constants for heading, constants in value.items()}

    @field_validator("formats", mode="after")
    @classmethod
    def _formats_give_a_whole_date(cls, value: dict[str, str]) -> dict[str, str]:
        for column, format_ in value.items():
            try:
                read = datetime.strptime(_A_MOMENT.strftime(format_), format_)  # noqa: DTZ007 - only its date is used
            except ValueError as error:
                raise ValueError(f"{column}: {format_!r} is geen opmaak van strptime: {error}") from error
            if read.date() != _A_MOMENT.date():
                raise ValueError(f"{column}: {format_!r} geeft geen jaar, maand en dag")
        return value

    @field_validator("values", mode="before")
    @classmethod
    def _yaml_keys_are_text(cls, value: Any) -> Any:
        """YAML reads `1: true` as a number and `N`/`no` as text or boolean; what a file holds is always text."""
        if not isinstance(value, dict):
            return value
        for column, table in value.items():
            if any(isinstance(key, bool) for key in table):
                raise ValueError(
                    f"{column}: YAML leest woorden als yes en no als waar en onwaar; zet er aanhalingstekens om"
                )
        return {column: {str(k): v for k, v in table.items()} for column, table in value.items()}

    @model_validator(mode="after")
    def _agrees_with_shape(self) -> "SourceSpec":
        shape = self.shape_definition
        known = set(shape.column_names)
        given = set(self.columns) | set(self.constants)
        for constants in self.unpivot.values():
            given |= set(constants) | {"value"}
        for where, names in (
            ("columns", set(self.columns)),
            ("constants", set(self.constants)),
            ("formats", set(self.formats)),
            ("values", set(self.values)),
            ("unpivot", set().union(*self.unpivot.values()) if self.unpivot else set()),
        ):
            if unknown := names - known:
                raise ValueError(f"{where}: vorm {shape.name!r} heeft geen kolom {', '.join(sorted(unknown))}")
        if missing := [c.name for c in shape.columns if c.required and c.name not in given]:
            raise ValueError(f"columns: vorm {shape.name!r} vraagt {', '.join(missing)}")
        temporal = [c.name for c in shape.columns if c.type in ("timestamptz", "date") and c.name in self.columns]
        if without := [name for name in temporal if name not in self.formats]:
            raise ValueError(f"formats: geef de opmaak van {', '.join(without)}; naar een datum wordt nooit geraden")
        if (self.unpivot or self.not_published) and self.shape != "measure":
            raise ValueError("unpivot en not_published: alleen voor vorm 'measure'")
        if clash := {*self.columns.values(), *self.unpivot} & set(self.sensitive):
            raise ValueError(f"sensitive: {', '.join(sorted(clash))} staat ook in columns of unpivot")
        if self.own_rows and self.own_rows.column in self.sensitive:
            raise ValueError(f"own_rows: {self.own_rows.column} is sensitive en wordt niet gelezen")
        return self

    @model_validator(mode="after")
    def _persons_are_pseudonymous(self) -> "SourceSpec":
        shape = self.shape_definition
        given = set(self.columns) | set(self.constants)
        if missing := (set(shape.pseudonymous) & given) - set(self.pseudonymise):
            raise ValueError(f"pseudonymise: vorm {shape.name!r} vraagt {', '.join(sorted(missing))}")
        for name in self.pseudonymise:
            if name not in self.columns or shape.column(name).type != "text" or name in self.values:
                raise ValueError(f"pseudonymise: {name} moet een tekstkolom zijn die onveranderd uit het bestand komt")
        if self.pseudonymise and (self.fetch.format != "csv" or self.unpivot):
            raise ValueError("pseudonymise: alleen voor CSV zonder unpivot")
        return self

    @model_validator(mode="after")
    def _values_fit_their_columns(self) -> "SourceSpec":
        for column in self.shape_definition.columns:
            table = self.values.get(column.name)
            if column.type == "boolean" and column.name in self.columns and table is None:
                raise ValueError(
                    f"values: geef de woorden voor waar en onwaar van {column.name}; daarnaar wordt nooit geraden"
                )
            if table is None:
                continue
            fitting = _VALUE_TYPES.get(column.type)
            if fitting is None:
                raise ValueError(f"values: niet voor {column.name}, van het type {column.type}")
            for text, value in table.items():
                # In Python a boolean is an integer as well.
                if value is not None and (
                    not isinstance(value, fitting) or (isinstance(value, bool) and bool not in fitting)
                ):
                    raise ValueError(f"values: {column.name}: {text!r} geeft {value!r}, en dat is geen {column.type}")
        return self

    @property
    def shape_definition(self) -> Shape:
        return SHAPES[self.shape]


def load_source(file: Path) -> SourceSpec:
    """Read one source file; raises `SourceError` naming the file and each wrong key."""
    text = file.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text)
        spec = SourceSpec.model_validate(content | {"source_hash": hashlib.sha256(text.encode()).hexdigest()})
    except (yaml.YAMLError, TypeError) as error:
        raise SourceError(f"{file}: is geen YAML met sleutels en waarden: {error}") from error
    except ValidationError as error:
        raise SourceError(f"{file}: {told(error)}") from error
    if spec.source != file.stem:
        raise SourceError(f"{file}: source is {spec.source!r}, verwacht de naam van het bestand zelf: {file.stem!r}")
    return spec


def load_sources(folder: Path) -> tuple[SourceSpec, ...]:
    """Every `*.yaml` of a municipality's `sources` folder, sorted by name."""
    return tuple(load_source(file) for file in sorted(folder.glob("*.yaml")))
