"""Rows in raw and enriched as the loader and the enrichment would leave them, for tests of what dbt makes of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString

import psycopg

from orchestration.settings import Settings

CODE = "GM9001"
FIRST = datetime.fromisoformat("2024-05-01T06:00:00+00:00")


class Feed:
    """A municipality with two wijken and three buurten, and deliveries to it; writes as the loader."""

    def __init__(self, settings: Settings, code: str = CODE, name: str = "Proefstad") -> None:
        self.settings = settings
        self.code = code
        self.deliveries = 0
        with self._connect() as connection:
            connection.execute(
                "insert into raw.municipality values "
                "(%s, %s, true, 'Fictief', 'EPSG:28992', 'Europe/Amsterdam', '2024', '{1.1.1,1.4.6}', 5)",
                [code, name],
            )
            connection.execute(
                "insert into raw.source values (%s, 'police', 'incident', 'Politie-uittreksel', 'OOV', 'a@b', 'Wpg')",
                [code],
            )
            areas = [
                (code, name, "gemeente", None),
                (f"{code}W1", "Oost", "wijk", code),
                (f"{code}W2", "West", "wijk", code),
                (f"{code}B1", "Dorp", "buurt", f"{code}W1"),
                (f"{code}B2", "Haven", "buurt", f"{code}W1"),
                (f"{code}B3", "Veld", "buurt", f"{code}W2"),
            ]
            for area_code, area_name, level, parent in areas:
                connection.execute(
                    "insert into enriched.area values (%s, %s, '2024', %s, %s, %s, %s, '{}', 10, 100, 40)",
                    [code, area_code, area_name, level, parent, level != "buurt"],
                )
                for ring in (1, 2) if level == "buurt" else (1,):
                    connection.execute(
                        "insert into enriched.area_ring values (%s, %s, '2024', %s, '[[4,52],[5,52],[5,53],[4,52]]')",
                        [code, area_code, ring],
                    )
            # An older division with another name must never show.
            connection.execute(
                "insert into enriched.area values (%s, %s, '2019', 'Oud dorp', 'buurt', %s, false, '{}', 10)",
                [code, f"{code}B1", f"{code}W1"],
            )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self.settings.dsn("loader"))

    def deliver(
        self, rows: Iterable[Mapping[str, Any]], *, status: str = "accepted", source: str = "police"
    ) -> dict[str, int]:
        """One delivery of incidents, each given by the keys of `_incident`; returns row_id per incident_id."""
        self.deliveries += 1
        rows = list(rows)
        with self._connect() as connection:
            delivery_id = self._delivery(connection, source, "incident", status, len(rows))
            return {
                row["incident_id"]: self._incident(connection, delivery_id, source, number, row)
                for number, row in enumerate(rows, start=1)
            }

    def measures(self, rows: Iterable[tuple[str, str, str, float | None, str]], *, status: str = "accepted") -> None:
        """One delivery of figures: (indicator, area, period, value, status)."""
        self.deliveries += 1
        rows = list(rows)
        with self._connect() as connection:
            delivery_id = self._delivery(connection, "figures", "measure", status, len(rows))
            for number, row in enumerate(rows, start=1):
                connection.execute(
                    "insert into raw.measure (municipality_code, source, delivery_id, row_number, row_hash, "
                    "indicator_code, area_code, period, value, status, unit) "
                    "values (%s, 'figures', %s, %s, gen_random_uuid(), %s, %s, %s, %s, %s, 'aantal')",
                    [self.code, delivery_id, number, *row],
                )

    def mark(self, delivery_id: int, status: str) -> None:
        with self._connect() as connection:
            connection.execute("update raw.delivery set status = %s where delivery_id = %s", [status, delivery_id])

    def execute(self, statement: LiteralString, parameters: Iterable[Any] = ()) -> None:
        with self._connect() as connection:
            connection.execute(statement, list(parameters))

    def _delivery(self, connection: psycopg.Connection, source: str, shape: str, status: str, rows: int) -> int:
        received = FIRST + timedelta(days=self.deliveries)
        row = connection.execute(
            "insert into raw.delivery (municipality_code, source, shape, file_name, sha256, size_bytes, landing_path, "
            "source_hash, received_at, delivery_day, rows_read, rows_loaded, status) "
            "values (%s, %s, %s, %s, %s, 1, 'x', 'x', %s, %s, %s, %s, %s) returning delivery_id",
            [
                self.code, source, shape, f"{self.deliveries}.csv", f"{self.code}{self.deliveries}", received,
                received.date(), rows, rows, status,
            ],
        ).fetchone()  # fmt: skip
        assert row
        return int(row[0])

    def _incident(
        self, connection: psycopg.Connection, delivery_id: int, source: str, number: int, row: Mapping[str, Any]
    ) -> int:
        """Keys: incident_id, offence_code, begin_at, reported_at, status, changed_at, buurt, quality, parts.

        `parts` are (local_date, dagdeel, weight); `parts=None` leaves the incident without enrichment.
        """
        inserted = connection.execute(
            "insert into raw.incident (municipality_code, source, delivery_id, row_number, row_hash, incident_id, "
            "offence_code, begin_at, reported_at, status, changed_at, suspects) "
            "values (%s, %s, %s, %s, gen_random_uuid(), %s, %s, %s, %s, %s, %s, 1) returning row_id",
            [
                self.code, source, delivery_id, number, row["incident_id"], row.get("offence_code", "A20"),
                row.get("begin_at", "2024-03-10 20:00+00"), row.get("reported_at", "2024-03-11 08:00+00"),
                row.get("status"), row.get("changed_at"),
            ],
        ).fetchone()  # fmt: skip
        assert inserted
        row_id = int(inserted[0])
        parts = row.get("parts", [("2024-03-10", "avond", 1)])
        if parts is None:
            return row_id
        buurt = row.get("buurt")
        wijk = None if buurt is None else {"B1": "W1", "B2": "W1", "B3": "W2"}[buurt]
        connection.execute(
            "insert into enriched.incident_place values (%s, %s, '2024', %s, %s, %s)",
            [
                self.code, row_id, buurt and f"{self.code}{buurt}", wijk and f"{self.code}{wijk}",
                row.get("quality", "none" if buurt is None else "exact"),
            ],
        )  # fmt: skip
        for local_date, dagdeel, weight in parts:
            connection.execute(
                "insert into enriched.incident_dagdeel values (%s, %s, %s, %s, %s)",
                [self.code, row_id, local_date, dagdeel, Decimal(str(weight))],
            )
        return row_id


def ask(settings: Settings, query: LiteralString, *, role: str = "transformer") -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn(role)) as connection:  # type: ignore[arg-type]
        return connection.execute(query).fetchall()
