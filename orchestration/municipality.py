"""A municipality is a folder: `municipality.yaml` beside `sources/*.yaml`."""

from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import yaml
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from orchestration.ingest.source import SourceSpec, load_sources
from orchestration.mistakes import told
from orchestration.settings import Settings
from orchestration.signal_rules import SignalRules

FOLDERS = Path(__file__).parent / "municipalities"


class MunicipalityError(ValueError):
    """The municipality's folder is missing or holds something that is not understood."""


class OffenceGroup(BaseModel):
    """A group of INP level-3 categories that counts as one from a date on, such as the high impact crimes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    group: str
    valid_from: date
    categories: tuple[str, ...]


class Thresholds(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    small_number: int = Field(default=5, ge=2)
    # Own count against the published one: beyond both it is said.
    reconcile_relative: float = Field(default=0.1, ge=0)
    reconcile_minimum: int = Field(default=5, ge=1)
    # How much larger the share of 00:00 and 12:00 may be than that of the hours beside them.
    default_time_excess: float = Field(default=0.05, gt=0, le=1)


class DefaultPointRule(BaseModel):
    """When a coordinate passes for filled in by default; what the numbers mean is told in docs/adr/0009."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    false_alarm: float = Field(default=0.05, gt=0, lt=1)
    min_incidents: int = Field(default=20, ge=2)
    min_categories: float = Field(default=5, ge=2)
    min_overlap: float = Field(default=0.5, gt=0, le=1)
    min_streets: float = Field(default=6, ge=2)


class ListedDefaultPoint(BaseModel):
    """A default point that somebody has looked at, in metres of the municipality's CRS, with what it is.

    The list has no part in the search: a found point that is not listed leaves the map as well, with a warning.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    x: float
    y: float
    reason: str = Field(min_length=1)


class Retention(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    incident_years: int = Field(default=7, ge=1)


class Municipality(BaseModel):
    """Everything that differs between municipalities.

    Hours are local hours of `time_zone`; `crs` is projected; an age band begins at each age (years) of `age_bands`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str = Field(pattern=r"^GM\d{4}$")
    name: str
    fictional: bool = False
    attribution: str
    crs: str = Field(default="EPSG:28992", pattern=r"^EPSG:\d+$")
    time_zone: str = "Europe/Amsterdam"
    dagdelen: dict[str, int] = Field(default={"nacht": 0, "ochtend": 6, "middag": 12, "avond": 18})
    max_window_days: float = Field(default=7, gt=0)
    area_vintage: str
    street_limit_m: float = Field(default=500, gt=0)  # a point farther than this from its street contradicts it
    age_bands: tuple[int, ...] = (12, 18, 25, 35, 50)
    # Names for a part of a place that the register of addresses does not know, with the place: {Haven: Almere}.
    place_aliases: dict[str, str] = Field(default_factory=dict)
    offence_groups: tuple[OffenceGroup, ...] = ()
    thresholds: Thresholds = Thresholds()
    default_points: DefaultPointRule | None = DefaultPointRule()  # null switches the search off, visibly
    listed_default_points: tuple[ListedDefaultPoint, ...] = ()
    retention: Retention = Retention()
    signals: SignalRules = SignalRules()
    _folder: Path = PrivateAttr()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError) as error:
            raise ValueError(f"{value!r} is geen tijdzone; verwacht een naam als Europe/Amsterdam") from error
        return value

    @model_validator(mode="after")
    def _day_parts_cover_the_day(self) -> "Municipality":
        hours = list(self.dagdelen.values())
        if not hours or hours[0] != 0 or hours != sorted(set(hours)) or hours[-1] > 23:
            raise ValueError(f"dagdelen moeten bij 0 beginnen en binnen de dag oplopen, gevonden {self.dagdelen}")
        return self

    @field_validator("age_bands")
    @classmethod
    def _ages_rise(cls, ages: tuple[int, ...]) -> tuple[int, ...]:
        if not ages or list(ages) != sorted(set(ages)) or ages[0] < 1 or ages[-1] > 100:
            raise ValueError(
                f"de leeftijden waarop een groep begint moeten oplopen, van 1 tot hoogstens 100; gevonden {list(ages)}"
            )
        return ages

    @property
    def folder(self) -> Path:
        return self._folder

    @cached_property
    def sources(self) -> tuple[SourceSpec, ...]:
        """The declared sources, in the order of their names."""
        return load_sources(self._folder / "sources")

    def source(self, name: str) -> SourceSpec:
        for spec in self.sources:
            if spec.source == name:
                return spec
        known = ", ".join(spec.source for spec in self.sources)
        raise MunicipalityError(f"{self._folder.name} heeft geen bron {name!r}; wel: {known}")

    def hic_categories(self, on: date) -> tuple[str, ...]:
        """INP level-3 categories counted as high impact crime on a date."""
        groups = [g for g in self.offence_groups if g.group == "hic" and g.valid_from <= on]
        return max(groups, key=lambda g: g.valid_from).categories if groups else ()

    def register(self, settings: Settings) -> None:
        """Upsert this municipality and its sources in `raw`, where dbt reads them, and the rules of its signals."""
        with psycopg.connect(settings.dsn("loader")) as connection:
            self._register(connection, today=datetime.now(ZoneInfo(self.time_zone)).date())

    def _register(self, connection: psycopg.Connection, today: date) -> None:
        connection.execute(
            """
            insert into raw.municipality (
              municipality_code, name, fictional, attribution, crs, time_zone, area_vintage, hic_categories,
              small_number, dagdelen, reconcile_relative, reconcile_minimum, default_time_excess, age_bands,
              place_aliases
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (municipality_code) do update set
              name = excluded.name, fictional = excluded.fictional, attribution = excluded.attribution,
              crs = excluded.crs, time_zone = excluded.time_zone, area_vintage = excluded.area_vintage,
              hic_categories = excluded.hic_categories, small_number = excluded.small_number,
              dagdelen = excluded.dagdelen, reconcile_relative = excluded.reconcile_relative,
              reconcile_minimum = excluded.reconcile_minimum, default_time_excess = excluded.default_time_excess,
              age_bands = excluded.age_bands, place_aliases = excluded.place_aliases
            """,
            [
                self.code, self.name, self.fictional, self.attribution, self.crs, self.time_zone,
                self.area_vintage, list(self.hic_categories(today)), self.thresholds.small_number, Jsonb(self.dagdelen),
                self.thresholds.reconcile_relative, self.thresholds.reconcile_minimum,
                self.thresholds.default_time_excess, list(self.age_bands), Jsonb(self.place_aliases),
            ],
        )  # fmt: skip
        connection.execute(
            "select signals.configure(%s, %s)", [self.code, Jsonb(self.signals.for_database(self.time_zone))]
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                insert into raw.source (
                  municipality_code, source, shape, title, department, contact, legal_basis, freshness_hours,
                  daily_since
                ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                on conflict (municipality_code, source) do update set
                  shape = excluded.shape, title = excluded.title, department = excluded.department,
                  contact = excluded.contact, legal_basis = excluded.legal_basis,
                  freshness_hours = excluded.freshness_hours, daily_since = excluded.daily_since
                """,
                [
                    (
                        self.code, spec.source, spec.shape, spec.title, spec.owner.department, spec.owner.contact,
                        spec.legal_basis, spec.tolerances.freshness_hours, spec.daily.since if spec.daily else None,
                    )
                    for spec in self.sources
                ],
            )  # fmt: skip


def municipality_names() -> list[str]:
    """The municipalities that come with the project."""
    return sorted(path.parent.name for path in FOLDERS.glob("*/municipality.yaml"))


def load_municipality(name_or_path: str) -> Municipality:
    """Read a municipality by name (a folder beside this module) or by the path of a folder anywhere."""
    folder = FOLDERS / name_or_path
    if not folder.is_dir():
        folder = Path(name_or_path).expanduser()
    file = folder / "municipality.yaml"
    if not file.is_file():
        known = ", ".join(municipality_names())
        raise MunicipalityError(
            f"VIS_MUNICIPALITY={name_or_path!r}: daar is geen municipality.yaml. Bekend zijn: {known}; of geef een map"
        )
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    try:
        municipality = Municipality.model_validate(content)
    except ValidationError as error:
        raise MunicipalityError(f"{file}: {told(error)}") from error
    municipality._folder = folder
    return municipality
