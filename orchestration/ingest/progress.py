"""How far each stage came, kept in the warehouse: `vis process` and the daemon both read and write it."""

from datetime import datetime

import psycopg

from orchestration.ingest.fetch import source_state
from orchestration.ingest.source import SourceSpec
from orchestration.municipality import Municipality
from orchestration.settings import Settings

BUILD = "build"


def progress(connection: psycopg.Connection, municipality_code: str, stage: str) -> str | None:
    """The state that a stage last finished with; None when it never did."""
    row = connection.execute(
        "select state from raw.progress where municipality_code = %s and stage = %s", [municipality_code, stage]
    ).fetchone()
    return str(row[0]) if row else None


def record_progress(connection: psycopg.Connection, municipality_code: str, stage: str, state: str) -> None:
    """Remember that a stage finished with a state that was read before it began."""
    connection.execute(
        """
        insert into raw.progress (municipality_code, stage, state) values (%s, %s, %s)
        on conflict (municipality_code, stage) do update set state = excluded.state, recorded_at = clock_timestamp()
        """,
        [municipality_code, stage, state],
    )


def passed_since(connection: psycopg.Connection) -> datetime | None:
    """Since when the last build of every municipality here passed the gate out; what is older has been looked at.

    None: everything is to be looked at. The macro `since_passed` of dbt asks the same.
    """
    row = connection.execute(
        "select nullif(min(recorded_at), '-infinity') from raw.progress where stage = %s", [BUILD]
    ).fetchone()
    return row[0] if row else None


def look_at_everything(connection: psycopg.Connection, municipality_code: str) -> None:
    """Until the next build has passed, the tests of dbt and the gate out look at all rows, not at new ones alone."""
    connection.execute(
        """
        insert into raw.progress (municipality_code, stage, state, recorded_at) values (%s, %s, '', '-infinity')
        on conflict (municipality_code, stage) do update set recorded_at = excluded.recorded_at
        """,
        [municipality_code, BUILD],
    )


def sources_with_news(
    connection: psycopg.Connection, municipality: Municipality, settings: Settings
) -> dict[str, SourceSpec]:
    """Sources that have something to do, by their present state: changed files or YAML, or a delivery half-way."""
    half_way = {
        str(row[0])
        for row in connection.execute(
            "select distinct source from raw.delivery where municipality_code = %s and status in ('landed', 'loaded')",
            [municipality.code],
        )
    }
    found = {}
    for spec in municipality.sources:
        state = source_state(spec, settings)
        if spec.source in half_way or state != progress(connection, municipality.code, f"landing/{spec.source}"):
            found[f"{spec.source}:{state}"] = spec
    return found
