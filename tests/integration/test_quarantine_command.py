"""`vis quarantine`: what it lists, shows and refuses, and the way of a row from there to the marts."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestration.ingest import quarantine
from orchestration.settings import Settings
from tests.installation import run_vis
from tests.integration.test_quarantine import KNOWS_JA, deliver, filled, quarantined
from tests.unit.ingest.support import INCIDENTS, SECRET, Office, csv_bytes, row

AREAS: dict[str, Any] = {
    "source": "gebieden",
    "title": "Gebieden voor de test",
    "shape": "area",
    "owner": {"department": "Geo", "contact": "vis-beheer@voorbeeld.nl"},
    "legal_basis": "test",
    "fetch": {"kind": "directory", "path": "${VIS_INBOX}/gebieden", "pattern": "*.geojson", "format": "geojson"},
    "crs": "EPSG:28992",
    "columns": {"area_code": "code", "area_name": "naam", "parent_code": "wijk", "parent_name": "wijknaam",
                "geometry": "geometry"},
    "constants": {"level": "buurt", "vintage": "2024"},
}  # fmt: skip


def test_the_list_groups_and_shows_no_secret(office: Office) -> None:
    number = deliver(
        office, "a.csv", row(1, Aangifte="ja"), row(2, Aangifte="nee"), row(3, Verdachten="x\x1b[2J"), row(4)
    )
    text = quarantine.list_text(
        quarantine.waiting_rows(office.connection, office.municipality.code), "Europe/Amsterdam"
    )
    assert f"incidenten, levering {number} (a.csv): 3 in quarantaine sinds" in text
    assert '2 × kolom "Aangifte" (reported_crime): gevonden …' in text
    assert '(gevonden: "ja", "nee")' in text
    shown = quarantine.rows_text(
        quarantine.quarantined_rows(office.connection, office.municipality, number), "Europe/Amsterdam"
    )
    assert "Straat 1" in shown
    assert SECRET not in shown + text
    assert "\x1b" not in shown + text


def test_the_command_line_shows_and_refuses(office: Office) -> None:
    number = filled(office)
    settings = office.settings.model_copy(update={"municipality": str(office.folder / "gemeente")})
    assert f"levering {number} (a.csv): 2 in quarantaine" in run_vis(settings, "quarantine", "list").stdout
    shown = run_vis(settings, "quarantine", "show", str(number), "3").stdout
    assert "rij 3: bestand a.csv, rij 3, " in shown
    assert "rij 2: " not in shown
    nothing = run_vis(settings, "quarantine", "release", str(number), "--row", "2", "3").stdout
    assert "Er is niets veranderd" in nothing
    wrong = run_vis(settings, "quarantine", "release", "999999", check=False)
    assert (wrong.returncode, wrong.stderr) == (1, "\nvis: levering 999999 bestaat niet in raw.delivery\n")


@pytest.mark.timeout(600)
def test_from_the_command_line_to_the_mart(fresh: Settings, tmp_path: Path) -> None:
    office = Office(fresh, tmp_path, INCIDENTS, AREAS)
    settings = office.settings.model_copy(update={"municipality": str(office.folder / "gemeente")})
    office.put("a.csv", csv_bytes([*[row(n) for n in range(1, 40)], row(40, Aangifte="ja")]))
    number = office.municipality.code[2:]
    square = [[232000, 581000], [234000, 581000], [234000, 583000], [232000, 583000], [232000, 581000]]
    properties = {"code": f"BU{number}0101", "naam": "Midden", "wijk": f"WK{number}01", "wijknaam": "Stad"}
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [square]}}
    areas = {"type": "FeatureCollection", "features": [feature]}
    office.put("a.geojson", json.dumps(areas).encode(), "gebieden")
    run_vis(settings, "process")
    office.mend(KNOWS_JA)
    [delivery] = [delivery for delivery, *_ in quarantined(office)]
    output = run_vis(settings, "quarantine", "release", str(delivery)).stdout
    assert f"Levering {delivery + 1}, incidenten: a.csv (vrijgave 1): gelezen 1, geladen 1" in output
    with psycopg.connect(fresh.dsn("bi")) as connection:
        shown = connection.execute(
            "select leveringsnummer, status, rijen_gelezen, rijen_geladen, rijen_quarantaine, rijen_vrijgegeven, "
            "vrijgave_van, incidenten from marts.datakwaliteit where bron like 'Inc%' order by 1"
        ).fetchall()
        assert connection.execute("select sum(aantal) from marts.incident_kaart").fetchone() == (40,)
    assert shown == [
        (delivery, "goedgekeurd", 40, 39, 1, 1, None, 39),
        (delivery + 1, "goedgekeurd", 1, 1, 0, 0, delivery, 1),
    ]
    assert "Er is niets veranderd" in run_vis(settings, "quarantine", "release", str(delivery)).stdout
    office.connection.close()
