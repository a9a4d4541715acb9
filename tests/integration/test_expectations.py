"""The gate in on a real PostgreSQL: good rows pass, and each blocking expectation is failed by rows made for it."""

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from expectations.runner import (
    ExpectationSpec,
    suite_for_shape,
    validate_deliveries,
    validate_query,
)
from orchestration.ingest.shapes import SHAPES
from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from tests.integration.delivered_rows import CASES, LEDGER, NOON, Rows, every, failed, good, one, swapped, url
from tests.integration.raw_rows import insert_delivery
from tests.unit.ingest.support import Office


@pytest.fixture(scope="module")
def warehouse(new_warehouse: Callable[..., Settings]) -> Settings:
    settings = new_warehouse()
    for name in ("groningen", "almere"):
        load_municipality(name).register(settings)
    return settings


def deliver(settings: Settings, shape: str, rows: Rows, **changes: Any) -> int:
    return insert_delivery(settings, "GM0014", shape, rows, **({"source": "bron", "status": "loaded"} | changes))


@pytest.mark.parametrize("shape", SHAPES)
def test_good_rows_pass_and_each_expectation_can_fail(warehouse: Settings, shape: str) -> None:
    if shape == "suspect":  # their incidents are there
        deliver(warehouse, "incident", good("incident"), source="incidenten", status="accepted")
    suite = suite_for_shape(shape)
    assert set(CASES[shape]) == {spec.name for spec in suite}, "every expectation needs rows that fail it"
    passing = deliver(warehouse, shape, good(shape), source=f"proef_{shape}", status="accepted")
    # What an accepted delivery held is what later ones of its source are measured against.
    with psycopg.connect(warehouse.dsn("loader")) as connection:
        connection.execute("update raw.delivery set rows_read = 60, rows_loaded = 60 where delivery_id = %s", [passing])
    wrong = {
        name: deliver(warehouse, shape, change(good(shape)), source=f"proef_{shape}")
        for name, change in CASES[shape].items()
    }
    with psycopg.connect(warehouse.dsn("loader")) as connection:
        for name in LEDGER.keys() & wrong.keys():
            connection.execute(f"update raw.delivery set {LEDGER[name]} where delivery_id = %s", [wrong[name]])  # type: ignore[arg-type]
    outcomes = validate_deliveries(url(warehouse), shape, [passing, *wrong.values()], suite)
    assert failed(outcomes[passing]) == set()
    for name, delivery_id in wrong.items():
        found = {outcome.name: outcome for outcome in outcomes[delivery_id]}
        assert list(found) == [spec.name for spec in suite]
        assert not found[name].passed, name
        assert "controle kon niet worden uitgevoerd" not in found[name].observed, found[name].message


def test_a_small_delivery_is_not_judged_by_shares(warehouse: Settings) -> None:
    """Three corrections of one night, all at midnight and all on one spot, are no broken delivery."""
    rows = every(begin_at=NOON.replace(hour=0, minute=0), x=233_000, y=582_000)(good("incident", 3))
    delivery = deliver(warehouse, "incident", rows, source="klein")
    outcomes = validate_deliveries(url(warehouse), "incident", [delivery], suite_for_shape("incident"))[delivery]
    assert failed(outcomes) == set()
    midnight = next(outcome for outcome in outcomes if outcome.name == "niet_alles_om_middernacht")
    assert midnight.observed == "3 rijen, te weinig om te beoordelen"


@pytest.mark.parametrize(
    ("shape", "alike"), [("incident", {"status": "withdrawn"}), ("measure", {"value": None, "status": "not_published"})]
)
def test_a_release_may_hold_one_kind_of_row(warehouse: Settings, shape: str, alike: dict[str, Any]) -> None:
    """A word for `vervallen` or `niet gepubliceerd` that was not known sets just those rows aside, and free again."""
    origin = deliver(warehouse, shape, good(shape), source=f"vrij_{shape}", status="accepted")
    release = deliver(warehouse, shape, every(lower=None, upper=None, **alike)(good(shape)), source=f"vrij_{shape}")
    query = "update raw.delivery set released_from = %s where delivery_id = %s"
    with psycopg.connect(warehouse.dsn("loader")) as connection:
        connection.execute(query, [origin, release])
    outcomes = validate_deliveries(url(warehouse), shape, [release], suite_for_shape(shape))[release]
    assert failed(outcomes) == set()


def test_a_municipality_without_a_zone_cannot_pass(warehouse: Settings) -> None:
    delivery = insert_delivery(warehouse, "GM0001", "incident", good("incident"), source="bron", status="loaded")
    outcomes = validate_deliveries(url(warehouse), "incident", [delivery], suite_for_shape("incident"))[delivery]
    assert failed(outcomes) == {"niet_alles_om_middernacht", "ook_dagen_na_de_twaalfde", "weinig_standaardtijden"}


def test_outcomes_name_rows_of_the_file_and_show_no_person(warehouse: Settings) -> None:
    delivery = deliver(
        warehouse, "signal", one(official_phone="bel Willemien", review_on="2023-01-01")(good("signal", 8))
    )
    outcomes = validate_deliveries(url(warehouse), "signal", [delivery], suite_for_shape("signal"))[delivery]
    wrong = {outcome.name: outcome for outcome in outcomes if not outcome.passed}
    assert wrong["telefoonnummer_leesbaar"].sample == ("rij 4",)
    assert wrong["telefoonnummer_leesbaar"].unexpected_count == 1
    assert wrong["herziening_niet_voor_plaatsing"].sample == ("rij 4, review_on = 2023-01-01, placed_on = 2024-01-01",)
    assert "Willemien" not in "".join(outcome.message for outcome in outcomes)


def test_a_sample_holds_five_rows_at_most(warehouse: Settings) -> None:
    delivery = deliver(warehouse, "measure", every(area_code="Haven")(good("measure")))
    outcome = next(
        outcome
        for outcome in validate_deliveries(url(warehouse), "measure", [delivery], suite_for_shape("measure"))[delivery]
        if outcome.name == "gebiedscode_herkenbaar"
    )
    assert outcome.unexpected_count == 60
    assert outcome.sample == tuple(f"rij {number}, area_code = Haven" for number in range(2, 7))
    assert outcome.message.startswith(
        "Een gebied is een buurt (BU), wijk (WK), gemeente (GM) of het land (NL). Gevonden"
    )


def test_only_the_rows_of_the_delivery_count(warehouse: Settings) -> None:
    deliver(warehouse, "measure", every(area_code="Haven")(good("measure")))
    delivery = deliver(warehouse, "measure", good("measure"))
    outcomes = validate_deliveries(url(warehouse), "measure", [delivery], suite_for_shape("measure"))
    assert list(outcomes) == [delivery]
    assert failed(outcomes[delivery]) == set()


def test_no_deliveries_no_work(warehouse: Settings) -> None:
    assert validate_deliveries("postgresql://nergens", "incident", [], suite_for_shape("incident")) == {}


# -- things that break -------------------------------------------------------------------------------------------------


def spec(kind: str, **kwargs: Any) -> ExpectationSpec:
    return ExpectationSpec(
        name=f"proef_{kind}", type=kind, kwargs=kwargs, severity="blocking", description="Een proef."
    )


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (spec("expect_column_values_to_not_be_null", column="bestaat_niet"), "bestaat_niet"),
        (spec("expect_column_values_to_match_regex", column="offence_code", regex="("), "parentheses"),
        (spec("unexpected_rows_expectation", unexpected_rows_query="select oeps from {batch} as r"), "oeps"),
        (
            spec("unexpected_rows_expectation", unexpected_rows_query="select 1 from marts.geheim, {batch} as r"),
            "geheim",
        ),
        (spec("unexpected_rows_expectation"), "unexpected_rows_query"),
        (spec("expect_wonders"), "ExpectWonders"),
        (spec("expect_column_max_to_be_between", kolom="x"), "kolom"),
    ],
    ids=lambda value: value.type if isinstance(value, ExpectationSpec) else value,
)
def test_what_cannot_be_evaluated_has_failed(warehouse: Settings, broken: ExpectationSpec, message: str) -> None:
    delivery = deliver(warehouse, "incident", good("incident", 5))
    fine = spec("expect_table_row_count_to_equal", value=5)
    outcomes = validate_deliveries(url(warehouse), "incident", [delivery], [broken, fine])[delivery]
    assert [outcome.passed for outcome in outcomes] == [False, True]
    assert "de controle kon niet worden uitgevoerd" in outcomes[0].observed
    assert message in outcomes[0].observed


def test_a_database_that_cannot_be_reached_is_an_error_not_an_outcome(warehouse: Settings) -> None:
    nowhere = url(warehouse).rpartition("/")[0] + "/bestaat_niet"
    with pytest.raises(Exception, match="bestaat_niet"):
        validate_query(nowhere, "select 1 as a", [spec("expect_table_row_count_to_equal", value=1)])


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_either_driver_will_do(warehouse: Settings, driver: str) -> None:
    outcomes = validate_query(
        warehouse.dsn("loader", driver=driver),
        "select * from generate_series(1, 3) as n",
        [spec("expect_column_max_to_be_between", column="n", max_value=2)],
    )
    assert [(outcome.passed, outcome.observed) for outcome in outcomes] == [(False, "3")]


def test_no_connections_stay_behind(warehouse: Settings) -> None:
    validate_query(url(warehouse), "select 1 as a", [spec("expect_table_row_count_to_equal", value=1)])
    with psycopg.connect(warehouse.dsn("admin")) as connection:
        assert connection.execute(
            "select count(*) from pg_stat_activity where usename = 'vis_loader' and datname = current_database()"
        ).fetchone() == (0,)


def test_nothing_is_sent_over_the_network(warehouse: Settings) -> None:
    """Great Expectations reaches for nothing but the database, whose driver does not go through Python's sockets."""
    program = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"network: {event} {arguments}")
sys.addaudithook(refuse)
from expectations.runner import ExpectationSpec, validate_query
wanted = ExpectationSpec(name="een", type="expect_table_row_count_to_equal", kwargs={"value": 1},
                         severity="blocking", description="Er is een rij.")
[outcome] = validate_query(sys.argv[1], "select 1 as a", [wanted])
assert outcome.passed, outcome
"""
    run = subprocess.run([sys.executable, "-c", program, url(warehouse)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Calculating Metrics" not in run.stderr, "progress bars are off"


# -- real data ---------------------------------------------------------------------------------------------------------


def test_real_groningen_passes_and_its_swapped_versions_do_not(warehouse: Settings, shared_dir: Path) -> None:
    file = shared_dir / "data/incidents_groningen/fietsdiefstallen_groningen_tot_2017.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as text:
        rows = [
            {
                "incident_id": row["incident_nr"], "offence_code": row["incidentsoort_code"], "x": float(row["x_rd"]),
                "begin_at": datetime.fromisoformat(row["begin_pleeg"]), "y": float(row["y_rd"]),
                "end_at": datetime.fromisoformat(row["eind_pleeg"]), "street": row["pleegstraat"],
                "reported_at": datetime.fromisoformat(row["kennisname"]), "postcode": row["pleegpostcode"] or None,
            }
            for row in csv.DictReader(text)
        ]  # fmt: skip
    readable = [row for row in rows if max(row[c].day for c in ("begin_at", "end_at", "reported_at")) <= 12]
    dates = every(begin_at=swapped("begin_at"), end_at=swapped("end_at"), reported_at=swapped("reported_at"))(readable)
    one_month = [row for row in readable if row["reported_at"].strftime("%Y-%m") == "2015-10"]
    feed = every(begin_at=swapped("begin_at"), end_at=swapped("end_at"), reported_at=swapped("reported_at"))(one_month)
    points = every(x=lambda r: r["y"], y=lambda r: r["x"])(rows)
    ids = [deliver(warehouse, "incident", found, source="groningen") for found in (rows, dates, feed, points)]
    suite = suite_for_shape("incident")
    outcomes = validate_deliveries(url(warehouse), "incident", ids, suite)
    assert failed(outcomes[ids[0]]) == set()
    assert {"meestal_binnen_een_maand_gemeld", "ook_dagen_na_de_twaalfde"} <= failed(outcomes[ids[1]])
    assert "meestal_binnen_een_maand_gemeld" in failed(outcomes[ids[2]])
    assert failed(outcomes[ids[3]]) == {"x_en_y_niet_verwisseld", "coordinaten_in_nederland"}


def test_figures_as_statline_writes_them_pass(warehouse: Settings, shared_dir: Path, tmp_path: Path) -> None:
    """Keys and areas filled out with blanks, periods as 2012MM01 and 2021JJ00."""
    samples = shared_dir / "data" / "api_samples" / "cbs_odata_v3"
    names = ("SoortMisdrijf", "WijkenEnBuurten", "Perioden", "GeregistreerdeMisdrijven_1")
    [total] = samples.glob("gereconstrueerd_TypedDataSet_almere_totaal_*.json")
    records = [[record[name] for name in names] for record in json.loads(total.read_text(encoding="utf-8"))["value"]]
    feed = (samples / "47022NED_TypedDataSet_breda.atom.xml").read_text(encoding="utf-8")
    records += zip(*(re.findall(rf"<d:{name}\b[^>]*>([^<]*)<", feed) for name in names), strict=True)
    source = {
        "source": "statline", "title": "Misdrijven van StatLine", "shape": "measure", "legal_basis": "CC BY 4.0",
        "owner": {"department": "Veiligheid", "contact": "vis-beheer@voorbeeld.nl"},
        "fetch": {"kind": "directory", "path": "${VIS_INBOX}/statline", "pattern": "*.csv"},
        "columns": dict(zip(("indicator_code", "area_code", "period", "value"), names, strict=True)),
        "constants": {"unit": "misdrijven"},
        "values": {"indicator_code": {key: f"politie.misdrijven.{key}" for key in ("0.0.0", "1.1.1")}},
    }  # fmt: skip
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([names, *records])
    office = Office(warehouse, tmp_path, source)
    office.put("47022NED.csv", out.getvalue().encode(), "statline")
    [result] = office.run("statline")
    assert (result.rows_read, result.rows_loaded) == (len(records), len(records))
    office.connection.close()
    outcomes = validate_deliveries(url(warehouse), "measure", [result.delivery_id], suite_for_shape("measure"))
    assert failed(outcomes[result.delivery_id]) == set()


def test_real_almere_measures_pass(warehouse: Settings, shared_dir: Path) -> None:
    with (shared_dir / "data/cbs_kwb/almere_kwb_2024.csv").open(encoding="utf-8") as text:
        units = {"inwoners": "personen", "dichtheid": "personen per km2", "koopwoningen": "procent",
                 "inkomenPerInwoner": "1000 euro", "stedelijkheid": "klasse"}  # fmt: skip
        figures = [
            {"indicator_code": f"kwb.{column}", "area_code": row["code"], "period": "2024", "unit": unit,
             "value": row[column] or None, "status": "definitive" if row[column] else "not_published"}
            for row in csv.DictReader(text)
            for column, unit in units.items()
        ]  # fmt: skip
    with (shared_dir / "data/politie_misdrijven/almere_misdrijven_buurt_jaar_2021_2025.csv").open() as text:
        totals = [
            {"indicator_code": "politie.misdrijven.totaal", "area_code": row["buurtcode"], "period": row["jaar"],
             "value": row["misdrijven_totaal"] or None, "unit": "misdrijven"}
            for row in csv.DictReader(text)
        ]  # fmt: skip
    ids = [
        insert_delivery(warehouse, "GM0034", "measure", rows, source="cijfers", status="loaded")
        for rows in (figures, totals)
    ]
    outcomes = validate_deliveries(url(warehouse), "measure", ids, suite_for_shape("measure"))
    assert [failed(outcomes[delivery]) for delivery in ids] == [set(), set()]
