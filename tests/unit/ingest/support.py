"""A small municipality with one incident source and one event source, made in a folder of the test's own."""

import csv
import io
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import yaml

from orchestration.ingest.chunk import Chunk
from orchestration.ingest.convert import Converted, Converter
from orchestration.ingest.csv_reader import read_csv
from orchestration.ingest.ledger import ledger_balance
from orchestration.ingest.load import LoadResult, process
from orchestration.ingest.source import SourceSpec, load_source
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings

HEADINGS = [
    "Incident Identificatie",
    "Incidentsoort code",
    "Begin-pleegdatum/tijd",
    "Eind-pleegdatum/tijd",
    "Kennisnamedatum/tijd",
    "Pleegstraatnaam",
    "Aangifte",
    "Verdachten",
    "X",
    "Y",
    "Gewijzigd",
    "Weer",
    "Project(en)",
]
SECRET = "HG1.11: Ger op Partner (Man)"
INCIDENTS: dict[str, Any] = {
    "source": "incidenten",
    "title": "Incidenten voor de test",
    "shape": "incident",
    "owner": {"department": "Veiligheid", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/incidenten", "pattern": "*.csv*"},
    "columns": {
        "incident_id": "Incident Identificatie",
        "offence_code": "Incidentsoort code",
        "begin_at": "Begin-pleegdatum/tijd",
        "end_at": "Eind-pleegdatum/tijd",
        "reported_at": "Kennisnamedatum/tijd",
        "street": "Pleegstraatnaam",
        "reported_crime": "Aangifte",
        "suspects": "Verdachten",
        "x": "X",
        "y": "Y",
        "changed_at": "Gewijzigd",
    },
    "formats": dict.fromkeys(("begin_at", "end_at", "reported_at", "changed_at"), "%d-%m-%Y %H:%M"),
    "values": {"reported_crime": {"J": True, "N": False}},
    "sensitive": ["Project(en)"],
}
EVENTS: dict[str, Any] = {
    "source": "meldingen",
    "title": "Meldingen voor de test",
    "shape": "event",
    "owner": {"department": "Beheer", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/meldingen", "pattern": "*.csv", "delimiter": ","},
    "columns": {"event_id": "id", "category": "soort", "created_at": "gemaakt"},
    "formats": {"created_at": "%Y-%m-%dT%H:%M:%S"},
}
GOOD_EVENTS = b"id,soort,gemaakt\n1,afval,2024-05-01T10:00:00\n2,afval,2024-05-01T11:00:00\n"
_codes = itertools.count(1)


def row(number: int, **changes: str) -> list[str]:
    """A good incident; `changes` by heading, with `_` for anything that is no letter."""
    values = [
        f"PL{number:04d}",
        "A72",
        "01-05-2024 10:00",
        "01-05-2024 12:00",
        "02-05-2024 09:30",
        f"Straat {number}",
        "J",
        "0",
        str(233000 + number),
        "582000",
        "",
        "Bewolkt",
        SECRET if number % 2 else "",
    ]
    for name, value in changes.items():
        values[[heading.partition(" ")[0].partition("-")[0].partition("(")[0] for heading in HEADINGS].index(name)] = (
            value
        )
    return values


def csv_text(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS, delimiter: str = ";") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows([headings, *rows])
    return out.getvalue()


def csv_bytes(rows: Sequence[Sequence[str]], **keywords: Any) -> bytes:
    return csv_text(rows, **keywords).encode()


def write_municipality(folder: Path, *sources: dict[str, Any], code: str = "GM0014") -> Municipality:
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    content = {"code": code, "name": "Proef", "attribution": "test", "area_vintage": "2024"}
    (folder / "municipality.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    for source in sources:
        write_source(folder, source)
    return load_municipality(str(folder))


def write_source(folder: Path, source: dict[str, Any]) -> SourceSpec:
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    file = folder / "sources" / f"{source['source']}.yaml"
    file.write_text(yaml.safe_dump(source, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_source(file)


def changed(source: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    """A copy of a source; a change that is a dict is merged into what is there, None removes the key."""
    result = dict(source)
    for name, value in changes.items():
        if value is None:
            result.pop(name)
        else:
            result[name] = {**result[name], **value} if isinstance(value, dict) and name in result else value
    return result


def chunks(content: bytes, spec: SourceSpec, file: str = "proef.csv") -> list[Chunk]:
    return list(read_csv(io.BytesIO(content), spec, file))


def converted(content: bytes, municipality: Municipality, spec: SourceSpec) -> Converted:
    """All of a CSV, typed."""
    converter = Converter(municipality, spec, "proef.csv", "file:///landing/proef.csv")
    parts = [converter.convert(chunk) for chunk in chunks(content, spec)]
    return Converted(
        [line for part in parts for line in part.lines],
        [item for part in parts for item in part.quarantined],
        sum(part.rows_read for part in parts),
    )


class Office:
    """A municipality at work: an inbox, a landing zone and a warehouse that it may share with others."""

    def __init__(self, warehouse: Settings, folder: Path, *sources: dict[str, Any]) -> None:
        self.folder = folder
        self.settings = warehouse.model_copy(
            update={"inbox": folder / "inbox", "landing": (folder / "landing").as_uri()}
        )
        self.municipality = write_municipality(
            folder / "gemeente", *(sources or (INCIDENTS, EVENTS)), code=self._code()
        )
        self.connection = psycopg.connect(self.settings.dsn("loader"))
        self._arrivals = itertools.count(1_700_000_000, 60)

    @staticmethod
    def _code() -> str:
        return f"GM{next(_codes):04d}"

    def mend(self, source: dict[str, Any]) -> None:
        """Edit the YAML of a source."""
        code = self.municipality.code
        write_source(self.folder / "gemeente", source)
        self.municipality = load_municipality(str(self.folder / "gemeente"))
        assert self.municipality.code == code

    def put(self, name: str, content: bytes, source: str = "incidenten") -> Path:
        """A file arrives, a minute after the one before it."""
        file = self.folder / "inbox" / source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        moment = next(self._arrivals)
        os.utime(file, (moment, moment))
        return file

    def run(self, source: str = "incidenten") -> list[LoadResult]:
        return process(self.connection, self.municipality, self.municipality.source(source), self.settings)

    def load(self, name: str, content: bytes) -> LoadResult:
        """Deliver one file and load it, with a good delivery of the other source in the same run."""
        self.put(name, content)
        self.put("goed.csv", GOOD_EVENTS, "meldingen")
        results = [*self.run("incidenten"), *self.run("meldingen")]
        assert [result.rows_loaded for result in results if result.source == "meldingen"] == [2]
        self.check_books()
        [result] = [result for result in results if result.source == "incidenten"]
        return result

    def check_books(self) -> None:
        """Rows read are accounted for, and the tables hold what the ledger says."""
        for spec in self.municipality.sources:
            assert ledger_balance(self.connection, self.municipality.code, spec.source) == []
        for number, shape, read, loaded, quarantined, duplicate in self.rows(
            "select delivery_id, shape, rows_read, rows_loaded, rows_quarantined, rows_duplicate from raw.delivery "
            "where municipality_code = %s"
        ):
            assert read == loaded + quarantined + duplicate
            assert self.scalar(f"select count(*) from raw.{shape} where delivery_id = %s", number) == loaded
            assert self.scalar("select count(*) from raw.quarantine where delivery_id = %s", number) == quarantined

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query; without parameters its one `%s` is the municipality code."""
        with self.connection.transaction():
            given = parameters or ((self.municipality.code,) if "%s" in query else ())
            return self.connection.execute(query, given).fetchall()

    def scalar(self, query: str, *parameters: object) -> Any:
        [[value]] = self.rows(query, *parameters)
        return value

    def reasons(self) -> dict[int, str]:
        return dict(
            self.rows("select row_number, reason from raw.quarantine where municipality_code = %s order by row_number")
        )

    def incidents(self, columns: str = "incident_id") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from raw.incident where municipality_code = %s order by row_id")

    def decide(self, status: str = "accepted") -> None:
        """What the gate does, without the gate."""
        with self.connection.transaction():
            self.connection.execute(
                "update raw.delivery set status = %s where status = 'loaded' and municipality_code = %s",
                [status, self.municipality.code],
            )


def offices(warehouse: Settings, folder: Path) -> Iterator[Office]:
    """For a fixture: an office whose connection is closed afterwards."""
    office = Office(warehouse, folder)
    try:
        yield office
    finally:
        office.connection.close()
