"""The nine shapes in which data enters, declared once.

The raw tables (`raw_table_ddl`), the loader's typing and the documentation all follow from here.
Types are PostgreSQL types; `timestamptz` columns arrive as local time of the municipality.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["text", "integer", "double precision", "boolean", "date", "timestamptz", "geometry"]


@dataclass(frozen=True)
class Column:
    """One column of a shape. `required`: a row without it is quarantined, a source without it is refused."""

    name: str
    type: ColumnType = "text"
    required: bool = False

    @property
    def sql_type(self) -> str:
        return "text" if self.type == "geometry" else self.type


@dataclass(frozen=True)
class Shape:
    """A row layout. `key` identifies the thing; a later row with the same key is a new version of it.

    `pseudonymous` are columns that identify a person: a source must name them in `pseudonymise`. `past` are moments
    that have been when they are told: a row in which one lies after its arrival is not true.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    pseudonymous: tuple[str, ...] = ()
    past: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def table(self) -> str:
        return f"raw.{self.name}"

    @property
    def version_column(self) -> str | None:
        """The source's own moment of change, which decides what is newer; None: the order of arrival does."""
        return "changed_at" if "changed_at" in self.column_names else None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _columns(text: str) -> tuple[Column, ...]:
    """`name* type, …` → columns; the star marks required, the default type is text."""
    result = []
    for item in text.split(","):
        name, _, type_ = item.strip().partition(" ")
        result.append(Column(name.rstrip("*"), type_ or "text", name.endswith("*")))  # type: ignore[arg-type]
    return tuple(result)


_ALL = (
    Shape(
        "incident",
        ("incident_id",),
        _columns(
            "incident_id*, registration_id, offence_code*, offence_text, begin_at* timestamptz, end_at timestamptz, "
            "reported_at* timestamptz, street, house_number_text, postcode, place, police_wijk, police_buurt, "
            "x double precision, y double precision, location_kind, attempt boolean, reported_crime boolean, "
            "solved boolean, suspects integer, arrests integer, status, changed_at timestamptz"
        ),
        # A change from the future would stand above every correction to come.
        past=("begin_at", "reported_at", "changed_at"),
    ),
    Shape(
        "area",
        ("area_code", "vintage"),
        _columns(
            "area_code*, area_name*, level*, parent_code, parent_name, vintage*, inhabitants integer, "
            "households integer, geometry* geometry"
        ),
    ),
    Shape(
        "address",
        ("nummeraanduiding_id",),
        _columns(
            "nummeraanduiding_id*, adresseerbaarobject_id*, street*, house_number* integer, house_letter, "
            "house_suffix, postcode, place, x* double precision, y* double precision"
        ),
    ),
    Shape(
        "event",
        ("event_id",),
        _columns(
            "event_id*, category*, subcategory, created_at* timestamptz, closed_at timestamptz, status, street, "
            "postcode, x double precision, y double precision"
        ),
        past=("created_at",),
    ),
    Shape(
        "measure",
        ("indicator_code", "area_code", "period"),
        _columns(
            "indicator_code*, area_code*, period*, value* double precision, lower double precision, "
            "upper double precision, unit*, status"
        ),
    ),
    Shape(
        "target",
        ("goal_code", "indicator_code", "area_code", "target_period"),
        _columns(
            "goal_code*, goal*, theme, indicator_code*, area_code, base_period*, base_value* double precision, "
            "target_period*, target_value* double precision, direction"
        ),
    ),
    Shape(
        "intervention",
        ("intervention_id",),
        _columns(
            "intervention_id*, kind*, title, begins_on* date, ends_on date, area_code, geometry geometry, unit, "
            "amount double precision, target double precision, executing_party, goal_code"
        ),
    ),
    Shape(
        "signal",
        ("department", "signal_id"),
        _columns(
            "signal_id*, department*, official_name*, official_phone*, placed_on* date, kind*, nummeraanduiding_id, "
            "address_text, person, review_on date, status"
        ),
        pseudonymous=("person",),
    ),
    Shape(
        "suspect",
        ("incident_id", "person_key"),
        _columns("incident_id*, person_key*, birth_year integer, sex, home_municipality, status"),
        pseudonymous=("person_key",),
    ),
)

SHAPES: dict[str, Shape] = {shape.name: shape for shape in _ALL}


def raw_table_ddl(shape: Shape) -> str:
    """DDL of one append-only raw table and of the view on rows of accepted deliveries."""
    columns = ",\n  ".join(f"{column.name} {column.sql_type}" for column in shape.columns)
    key = ", ".join(shape.key)
    # Every name comes from the declarations above, never from outside.
    return f"""
create table if not exists {shape.table} (
  row_id bigint generated always as identity primary key,
  municipality_code text not null,
  source text not null,
  delivery_id bigint not null references raw.delivery,
  row_number bigint not null,
  row_hash uuid not null,
  {columns},
  extra jsonb
);
create index if not exists {shape.name}_key on {shape.table} (municipality_code, {key});
create index if not exists {shape.name}_delivery on {shape.table} (delivery_id);
create or replace view raw.accepted_{shape.name} as
select r.*, d.received_at, d.accepted_at
from {shape.table} as r
join raw.delivery as d using (delivery_id)
where d.status = 'accepted';
"""
