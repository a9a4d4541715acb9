"""Rows of a shape: what is filled in, what is set aside and why."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.ingest.convert import Converted, Converter
from orchestration.ingest.csv_reader import read_csv
from orchestration.ingest.geojson import read_geojson
from orchestration.ingest.places import extent_of, geometry_problem
from orchestration.ingest.source import SourceError
from orchestration.municipality import Municipality
from tests.unit.ingest.support import INCIDENTS, changed, converted, csv_bytes, row, write_municipality
from tests.unit.ingest.test_geojson import AREAS, SQUARE, collection, feature

MEASURES: dict[str, Any] = {
    "source": "cijfers",
    "title": "Cijfers",
    "shape": "measure",
    "owner": {"department": "O&S", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/cijfers", "delimiter": ","},
    "columns": {"area_code": "code"},
    "constants": {"period": "2024", "status": "definitive"},
    "not_published": ["", "."],
    "unpivot": {
        "a": {"indicator_code": "i.a", "unit": "personen"},
        "b": {"indicator_code": "i.b", "unit": "procent", "status": "provisional"},
    },
}


def build(folder: Path, source: dict[str, Any]) -> tuple[Municipality, Converter]:
    municipality = write_municipality(folder, source)
    [spec] = municipality.sources
    return municipality, Converter(municipality, spec, "proef.csv", "file:///x")


def run(folder: Path, source: dict[str, Any], content: bytes) -> tuple[list[dict[str, str]], Converted]:
    """The loaded rows by column, beside the whole result."""
    municipality, converter = build(folder, source)
    [spec] = municipality.sources
    result = converted(content, municipality, spec)
    names = ("row_number", "row_hash", *converter.columns, "extra")
    return [dict(zip(names, line.rstrip("\n").split("\t"), strict=True)) for line in result.lines], result


def test_status_of_an_incident_is_active_unless_the_source_says_otherwise(tmp_path: Path) -> None:
    [loaded], _ = run(tmp_path / "a", INCIDENTS, csv_bytes([row(1)]))
    assert loaded["status"] == "active"
    mapped = changed(INCIDENTS, columns={"status": "Weer"}, values={"status": {"vervallen": "withdrawn"}})
    loaded_rows, result = run(
        tmp_path / "b", mapped, csv_bytes([row(1, Weer="vervallen"), row(2, Weer=""), row(3, Weer="Vervallen")])
    )
    assert [item["status"] for item in loaded_rows] == ["withdrawn", "active"]
    assert (
        'rij 3, kolom "Weer" (status): gevonden "Vervallen", verwacht een van "vervallen"'
        in result.quarantined[0].reason
    )


def test_the_hash_is_over_content_only(tmp_path: Path) -> None:
    plain, _ = run(tmp_path / "a", INCIDENTS, csv_bytes([row(1), row(2), row(1, Verdachten="00", X="233001.0")]))
    assert plain[0]["row_hash"] == plain[2]["row_hash"] != plain[1]["row_hash"]
    secret, _ = run(tmp_path / "a", INCIDENTS, csv_bytes([row(1, Project="iets anders")]))
    assert secret[0]["row_hash"] == plain[0]["row_hash"]
    weather, _ = run(tmp_path / "a", INCIDENTS, csv_bytes([row(1, Weer="Mist")]))
    assert weather[0]["row_hash"] != plain[0]["row_hash"]


def test_the_same_cells_under_other_columns_are_other_content(tmp_path: Path) -> None:
    columns = {name: heading for name, heading in INCIDENTS["columns"].items() if name != "street"}
    other = changed(INCIDENTS, columns=None) | {"columns": columns | {"place": "Pleegstraatnaam"}}
    one, _ = run(tmp_path / "a", INCIDENTS, csv_bytes([row(1)]))
    two, _ = run(tmp_path / "b", other, csv_bytes([row(1)]))
    assert one[0]["row_hash"] != two[0]["row_hash"]


def test_rows_of_another_municipality_are_set_aside_and_ours_stay_what_they_were(tmp_path: Path) -> None:
    rows = [row(1), row(2, Weer="bewolkt "), row(3, Weer="Regen"), row(4, Weer="")]
    municipality = write_municipality(tmp_path / "zonder", INCIDENTS)
    own = changed(INCIDENTS, own_rows={"column": "Weer", "values": ["Bewolkt"]})
    with_own = write_municipality(tmp_path / "met", own)
    found = converted(csv_bytes(rows), with_own, with_own.source("incidenten"))
    assert [item.row_number for item in found.quarantined] == [3, 4]
    assert 'kolom "Weer" (own_rows): gevonden "Regen", verwacht "Bewolkt"' in found.quarantined[0].reason
    # The column still goes to `extra`: what was known before it was declared stays a duplicate.
    assert found.lines == converted(csv_bytes(rows), municipality, municipality.source("incidenten")).lines[:2]


def test_a_wide_file_becomes_one_record_per_figure(tmp_path: Path) -> None:
    loaded, result = run(tmp_path, MEASURES, b"code,a,b,c\nBU1,1,.,x\nBU2,,2.5,\n")
    assert result.rows_read == 4
    assert result.quarantined == []
    assert [
        tuple(r[n] for n in ("row_number", "area_code", "indicator_code", "value", "unit", "status")) for r in loaded
    ] == [
        ("1", "BU1", "i.a", "1.0", "personen", "definitive"),
        ("2", "BU1", "i.b", "\\N", "procent", "not_published"),
        ("3", "BU2", "i.a", "\\N", "personen", "not_published"),
        ("4", "BU2", "i.b", "2.5", "procent", "provisional"),
    ]
    assert [json.loads(item["extra"]) if item["extra"] != "\\N" else None for item in loaded] == [{"c": "x"}] * 2 + [
        None
    ] * 2


def test_a_wrong_figure_names_its_own_row_and_heading(tmp_path: Path) -> None:
    _, result = run(tmp_path, changed(MEASURES, not_published=["."]), b'code,a,b\nBU1,1,2\nBU2,,"2,5"\n,3,4\n')
    assert result.rows_read == 6
    assert [(item.row_number, item.reason) for item in result.quarantined] == [
        (3, 'bestand proef.csv, rij 2, kolom "a" (value): leeg, deze kolom is verplicht'),
        (4, 'bestand proef.csv, rij 2, kolom "b" (value): '
            'gevonden "2,5", verwacht een getal met een decimale punt, geen komma'),
        (5, 'bestand proef.csv, rij 3, kolom "code" (area_code): leeg, deze kolom is verplicht'),
        (6, 'bestand proef.csv, rij 3, kolom "code" (area_code): leeg, deze kolom is verplicht'),
    ]  # fmt: skip


def test_a_row_that_cannot_be_split_is_one_record(tmp_path: Path) -> None:
    loaded, result = run(tmp_path, MEASURES, b"code,a,b\nBU1,1,2\nBU2,1\nBU3,1,2\n")
    assert result.rows_read == len(loaded) + len(result.quarantined) == 5
    assert [item.row_number for item in result.quarantined] == [3]


def areas(folder: Path, *features: dict[str, Any], **changes: Any) -> Converted:
    municipality, converter = build(folder, changed(AREAS, **changes))
    [spec] = municipality.sources
    stream = io.BytesIO(collection(*features))
    [part] = read_geojson(stream, spec, "b.geojson", spec.crs or municipality.crs)
    return converter.convert(part)


def test_cbs_codes_for_no_figure_are_no_count(tmp_path: Path) -> None:
    result = areas(tmp_path, feature(1, inwoners=-99997), feature(2, inwoners=-99990), feature(3, inwoners=0))
    assert [line.split("\t")[6] for line in result.lines] == ["\\N", "\\N", "0"]


def polygon(*ring: list[float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(ring)]}


@pytest.mark.parametrize(
    ("geometry", "crs", "expected"),
    [
        (None, None, "leeg, deze kolom is verplicht"),
        (polygon([4.8e5, 1.5e5], [4.81e5, 1.5e5], [4.8e5, 1.51e5]), None, "X en Y lijken verwisseld"),
        (SQUARE, "EPSG:4326", "buiten het bereik van EPSG:4326"),
        (polygon([52.1, 5.2], [52.2, 5.2], [52.1, 5.3]), "EPSG:4326", "X en Y lijken verwisseld"),
        ({"type": "Point", "coordinates": [150000]}, None, "buiten het bereik"),
        ({"type": "Point", "coordinates": ["150000", "480000"]}, None, "buiten het bereik"),
    ],
)  # fmt: skip
def test_geometry_that_cannot_be(tmp_path: Path, geometry: Any, crs: str | None, expected: str) -> None:
    changes = {"crs": crs} if crs else {}
    result = areas(tmp_path, feature(1) | {"geometry": geometry}, **changes)
    assert result.lines == []
    assert expected in result.quarantined[0].reason
    assert 'kolom "geometry"' in result.quarantined[0].reason


def test_extents_of_a_metric_and_of_a_degree_crs() -> None:
    rd, wgs = extent_of("EPSG:28992", "EPSG:28992"), extent_of("EPSG:4326", "EPSG:28992")
    assert rd.holds(150_000, 480_000)
    assert not rd.holds(480_000, 150_000)
    assert wgs.holds(5.2, 52.3)
    assert not wgs.holds(52.3, 5.2)
    assert geometry_problem(json.dumps(SQUARE), rd) is None


def test_a_constant_that_does_not_fit_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"constants\.x \('ver weg'\): gevonden"):
        build(tmp_path, changed(INCIDENTS, constants={"x": "ver weg"}, columns=None) | {
            "columns": {name: heading for name, heading in INCIDENTS["columns"].items() if name != "x"}
        })  # fmt: skip


def test_chunks_of_a_delivery_share_one_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.ingest import csv_reader

    content = csv_bytes([row(number, Begin="x" if number % 7 == 0 else "01-05-2024 10:00") for number in range(1, 60)])
    municipality = write_municipality(tmp_path, INCIDENTS)
    [spec] = municipality.sources
    whole = converted(content, municipality, spec)
    monkeypatch.setattr(csv_reader, "CHUNK_ROWS", 4)
    monkeypatch.setattr(csv_reader, "_BATCH_LINES", 3)
    assert len(list(read_csv(io.BytesIO(content), spec, "proef.csv"))) >= 10
    assert converted(content, municipality, spec) == whole
