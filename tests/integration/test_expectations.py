"""The gates on a real PostgreSQL: good rows pass, and each blocking expectation is failed by rows made for it."""

import csv
import gzip
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from expectations.runner import (
    ExpectationSpec,
    Outcome,
    marts_with_suite,
    suite_for_mart,
    suite_for_shape,
    validate_deliveries,
    validate_marts,
    validate_query,
)
from orchestration.ingest.shapes import SHAPES
from orchestration.municipality import load_municipality
from orchestration.settings import Settings
from tests.integration.raw_rows import insert_delivery

Row = dict[str, Any]
Rows = list[Row]
Change = Callable[[Rows], Rows]


def url(settings: Settings, role: str = "loader") -> str:
    return settings.dsn(role, driver="postgresql+psycopg2")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def warehouse(new_warehouse: Callable[..., Settings]) -> Settings:
    settings = new_warehouse()
    for name in ("groningen", "almere"):
        load_municipality(name).register(settings)
    return settings


def deliver(settings: Settings, shape: str, rows: Rows, **changes: Any) -> int:
    return insert_delivery(settings, "GM0014", shape, rows, **({"source": "bron", "status": "loaded"} | changes))


def failed(outcomes: list[Outcome]) -> set[str]:
    return {outcome.name for outcome in outcomes if not outcome.passed}


# -- good rows ---------------------------------------------------------------------------------------------------------

NOON = datetime(2024, 3, 1, 12, 7)


def _incident(n: int) -> Row:
    begin = NOON + timedelta(days=n, minutes=17 * n)
    return {
        "incident_id": f"PL{n}", "offence_code": ["A20", "F614", "E33", "F00521", "A122B"][n % 5], "begin_at": begin,
        "end_at": begin + timedelta(hours=6), "reported_at": begin + timedelta(hours=30), "x": 233_000 + 7 * n,
        "y": 582_000 + n, "street": f"Straat {n}", "suspects": n % 3, "status": "active",
    }  # fmt: skip


def _area(n: int) -> Row:
    return {
        "area_code": f"BU00140{n:03d}", "area_name": f"Buurt {n}", "level": "buurt", "parent_code": "WK001400",
        "vintage": "2017", "inhabitants": 100 + n, "households": 40, "geometry": f"vlak {n}",
    }  # fmt: skip


def _address(n: int) -> Row:
    return {
        "nummeraanduiding_id": f"001420{n:010d}", "adresseerbaarobject_id": f"001401{n:010d}", "postcode": "9711AB",
        "street": f"Straat {n % 20}", "house_number": n + 1, "x": 233_000 + n, "y": 582_000,
    }  # fmt: skip


def _measure(n: int) -> Row:
    return {
        "indicator_code": "kwb.inwoners", "area_code": f"BU00140{n:03d}",
        "period": ["2023", "2023-Q4", "2023-05"][n % 3], "value": n, "lower": n - 1, "upper": n + 1,
        "unit": "personen", "status": "definitive",
    }  # fmt: skip


def _event(n: int) -> Row:
    made = NOON + timedelta(hours=n)
    return {"event_id": str(n), "category": "afval", "created_at": made, "closed_at": made + timedelta(days=2),
            "x": 233_000, "y": 582_000}  # fmt: skip


def _target(n: int) -> Row:
    return {
        "goal_code": str(n), "goal": "Veiliger", "indicator_code": "vm.onveilig", "base_period": "2017",
        "base_value": 31, "target_period": "2021", "target_value": 18,
    }  # fmt: skip


def _intervention(n: int) -> Row:
    return {"intervention_id": str(n), "kind": "straatcoach", "begins_on": "2024-01-01", "ends_on": "2024-06-01",
            "amount": 12.5}  # fmt: skip


def _signal(n: int) -> Row:
    return {
        "signal_id": str(n), "department": "Wonen", "official_name": "Willemien Zwart", "kind": "hennep",
        "official_phone": "050-367 91 11", "placed_on": "2024-01-01", "review_on": "2025-01-01",
        "person": "Karel de Verdachte",
    }  # fmt: skip


def _suspect(n: int) -> Row:
    return {
        "incident_id": f"PL{n}", "person_key": f"{n:064x}", "birth_year": 1960 + n % 40,
        "sex": ["man", "vrouw", "onbekend"][n % 3], "home_municipality": "Groningen", "status": "active",
    }  # fmt: skip


MAKERS: dict[str, Callable[[int], Row]] = {
    "incident": _incident, "area": _area, "address": _address, "measure": _measure,
    "event": _event, "target": _target, "intervention": _intervention, "signal": _signal,
    "suspect": _suspect,
}  # fmt: skip


def good(shape: str, size: int = 0) -> Rows:
    return [MAKERS[shape](n) for n in range(size or {"incident": 120, "address": 600}.get(shape, 60))]


# -- what is wrong with them -------------------------------------------------------------------------------------------


def every(**changes: Any) -> Change:
    """Each row gets these values; a function is given the row."""
    return lambda rows: [row | {k: v(row) if callable(v) else v for k, v in changes.items()} for row in rows]


def one(**changes: Any) -> Change:
    """Only the third row (row 4 of the file) gets these values."""
    return lambda rows: rows[:2] + every(**changes)(rows[2:3]) + rows[3:]


def again(rows: Rows) -> Rows:
    return [*rows, rows[0]]


def empty(_: Rows) -> Rows:
    return []


def shifted(row: Row, column: str, **by: float) -> datetime:
    moment: datetime = row[column]
    return moment + timedelta(**by)


def swapped(column: str) -> Callable[[Row], datetime]:
    """Day-first read from a month-first file: 3 April becomes 4 March."""
    return lambda row: row[column].replace(day=row[column].month, month=row[column].day)


def day_and_month_swapped(rows: Rows) -> Rows:
    """What is left of such a file: days after the twelfth could not be read."""
    many = [_incident(n) | {"incident_id": f"PL{n}"} for n in range(360)]
    readable = [row for row in many if row["begin_at"].day <= 12 and row["reported_at"].day <= 12]
    return every(begin_at=swapped("begin_at"), end_at=None, reported_at=swapped("reported_at"))(readable)


CASES: dict[str, dict[str, Change]] = {
    "incident": {
        "weinig_standaardtijden": every(begin_at=lambda row: row["begin_at"].replace(hour=12, minute=0)),
        "levering_niet_leeg": empty,
        "delictcode_als_mk_code": every(offence_code="Diefstal"),
        "status_bekend": one(status="vervallen"),
        "niet_ouder_dan_de_vorige": every(),
        "intrekking_van_bekend_incident": one(incident_id="PL-nooit-geleverd", status="withdrawn"),
        "niet_vooral_vervallen": every(status="withdrawn"),
        "begin_niet_voor_1990": every(begin_at=lambda r: shifted(r, "begin_at", days=-366 * 50)),
        "begin_niet_na_ontvangst": every(begin_at=lambda r: shifted(r, "begin_at", days=366 * 50)),
        "kennisname_niet_na_ontvangst": every(reported_at=lambda r: shifted(r, "reported_at", days=366 * 50)),
        "begin_niet_na_kennisname": every(reported_at=lambda r: shifted(r, "begin_at", hours=-1)),
        "eind_niet_voor_begin": every(end_at=lambda r: shifted(r, "begin_at", hours=-1)),
        "meestal_binnen_een_maand_gemeld": day_and_month_swapped,
        "ook_dagen_na_de_twaalfde": day_and_month_swapped,
        "niet_alles_om_middernacht": every(begin_at=lambda r: r["begin_at"].replace(hour=0, minute=0)),
        "niet_alles_op_het_hele_uur": every(begin_at=lambda r: r["begin_at"].replace(minute=0)),
        "begin_gevarieerd": every(begin_at=NOON),
        "kennisname_gevarieerd": every(reported_at=NOON + timedelta(days=365)),
        "x_en_y_niet_verwisseld": every(x=lambda r: r["y"], y=lambda r: r["x"]),
        "coordinaten_in_nederland": every(x=0, y=1),
        "coordinaten_gespreid": every(x=233_000, y=582_000),
        "aantallen_niet_negatief": one(suspects=-1),
        "kolommen_niet_leeggevallen": every(x=None, y=None),
    },
    "area": {
        "levering_niet_leeg": empty,
        "gebied_komt_eenmaal_voor": again,
        "niveau_bekend": one(level="Buurt"),
        "gebiedscode_past_bij_niveau": one(area_code="WK001400"),
        "gebied_van_deze_gemeente": every(area_code=lambda r: r["area_code"].replace("0014", "0034")),
        "bovenliggend_gebied_past_bij_niveau": one(parent_code="GM0014"),
        "jaargang_is_een_jaar": every(vintage="versie 3"),
        "namen_verschillen": every(area_name="Buurt"),
        "geometrie_verschilt": every(geometry="vlak"),
        "inwoners_niet_negatief": one(inhabitants=-99997),
        "huishoudens_niet_negatief": one(households=-1),
        "inwoners_meer_dan_huishoudens": every(households=5_000),
    },
    "address": {
        "levering_niet_leeg": empty,
        "nummeraanduiding_als_bag": one(nummeraanduiding_id="3601"),
        "adresseerbaar_object_als_bag": one(adresseerbaarobject_id="0014200000000001"),
        "postcode_als_1234ab": every(postcode="9711 ab"),
        "huisnummer_aannemelijk": one(house_number=0),
        "straten_verschillen": every(street="Straat"),
        "x_en_y_niet_verwisseld": every(x=582_000, y=233_000),
        "coordinaten_gespreid": every(x=233_000, y=582_000),
    },
    "measure": {
        "levering_niet_leeg": empty,
        "cijfer_komt_eenmaal_voor": again,
        "periode_leesbaar": one(period="2023MM01"),
        "periode_niet_in_de_toekomst": one(period="2093"),
        "gebiedscode_herkenbaar": one(area_code="Almere Haven"),
        "status_bekend": one(status="voorlopig"),
        "waarden_ingevuld": every(value=None),
        "aantallen_niet_negatief": one(value=-1, lower=None),
        "waarde_binnen_marge": one(value=9_000),
        "waarden_verschillen": every(value=7, lower=None, upper=None),
    },
    "event": {
        "aanmaak_niet_na_ontvangst": every(created_at=datetime(2099, 1, 1), closed_at=None),
        "afhandeling_niet_voor_aanmaak": every(closed_at=NOON),
        "x_en_y_niet_verwisseld": every(x=52.37, y=5.21),
        "aanmaak_gevarieerd": every(created_at=NOON),
    },
    "target": {
        "doelperiode_leesbaar": one(target_period="over vier jaar"),
        "basisperiode_leesbaar": one(base_period="17"),
        "doel_na_basis": one(target_period="2016"),
    },
    "intervention": {
        "eind_niet_voor_begin": one(ends_on="2023-12-31"),
        "begin_niet_voor_1990": one(begins_on="0024-01-01"),
        "inzet_niet_negatief": one(amount=-1),
    },
    "signal": {
        "plaatsing_niet_na_ontvangst": one(placed_on="2099-01-01", review_on=None),
        "herziening_niet_voor_plaatsing": one(review_on="2023-01-01"),
        "telefoonnummer_leesbaar": one(official_phone="bel Willemien"),
    },
    "suspect": {
        "sleutel_is_pseudoniem": one(person_key="900123456"),
        "geboortejaar_aannemelijk": every(birth_year=1202),
        "geslacht_bekend": one(sex="M"),
        "status_bekend": one(status="vervallen"),
        "incident_bekend": one(incident_id="PL-onbekend"),
    },
}


# What is wrong with the delivery itself.
LEDGER: dict[str, str] = {"niet_ouder_dan_de_vorige": "delivery_day = '2001-02-03'"}


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
    validate_deliveries(url(warehouse), "incident", ids[:1], suite)  # pays for the import
    started = time.monotonic()
    outcomes = validate_deliveries(url(warehouse), "incident", ids, suite)
    assert time.monotonic() - started < 30
    assert failed(outcomes[ids[0]]) == set()
    assert {"meestal_binnen_een_maand_gemeld", "ook_dagen_na_de_twaalfde"} <= failed(outcomes[ids[1]])
    assert "meestal_binnen_een_maand_gemeld" in failed(outcomes[ids[2]])
    assert failed(outcomes[ids[3]]) == {"x_en_y_niet_verwisseld", "coordinaten_in_nederland"}


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


# -- the gate out ------------------------------------------------------------------------------------------------------

_MARTS = """
create table marts.incident_kaart (gemeentecode text, wijkcode text, buurtcode text, datum date, dagdeel text,
  thema text, delictcode text, aantal numeric(18, 9));
create table marts.gebied (gemeentecode text, gebiedscode text, niveau text, polygoon text, inwoners integer);
create table marts.trend_maand (gemeentecode text, maand date, niveau text, aantal numeric(18, 9));
create table marts.datakwaliteit (gemeentecode text, leveringsnummer bigint, ontvangen_op timestamptz, status text,
  reden text, incidenten bigint, zonder_plaats bigint, buiten_gemeente bigint, dagdeel_onbekend bigint);
create table marts.aansluiting (niveau text, gebied text, maand date, misdrijfcode text, misdrijf text,
  eigen_aantal bigint, gepubliceerd_aantal bigint, verschil bigint, status text);
create table marts.datakwaliteit_dag (bron text, datum date, ontbreekt boolean, leveringen bigint,
  rijen_gelezen bigint, incidenten bigint, te_laat bigint, verbeterd bigint, zonder_plaats bigint);
create table marts.dader_delict_plaats_tijd (gemeentecode text, wijk text, thema text, jaar integer, kwartaal text,
  leeftijdsgroep text, eerste_of_herhaald text, binnen_of_buiten text, soort text, incidenten numeric,
  verdachten_in_groep bigint);
create table marts.standaardpunt (x float8, y float8, incidenten bigint, waarom text, oordeel text);
insert into marts.standaardpunt values (233770, 581840, 35, '35 incidenten op één punt', 'Terugvalpunt');
insert into marts.dader_delict_plaats_tijd values
  ('GM0014', 'Centrum', 'Huis', 2024, 'K1', null, null, null, 'incidenten', 200, null),
  ('GM0014', 'Centrum', 'Huis', 2024, 'K1', '18-24', 'eerste', 'binnen', 'verdachten', null, 7);
insert into marts.aansluiting values
  ('gemeente', 'Groningen', '2024-01-01', '0.0.0', 'Totaal', 90, 92, -2, 'sluit aan'),
  ('gemeente', 'Groningen', '2024-01-01', '1.1.1', 'Inbraak', 9, 9, 0, 'sluit aan'),
  ('gemeente', 'Groningen', '2024-02-01', '1.1.1', 'Inbraak', null, 9, null, 'geen eigen cijfer');
insert into marts.datakwaliteit_dag values ('Politie', current_date - 2, false, 1, 90, 80, 0, 3, 1),
  ('Politie', current_date - 40, true, null, null, null, null, null, null);
insert into marts.incident_kaart
  select 'GM0014', 'WK001400', 'BU00140000', '2024-01-01'::date + n,
    (array['nacht', 'ochtend', 'middag', 'avond'])[n % 4 + 1], 'Huis', 'A20', 1 from generate_series(1, 200) as n;
insert into marts.gebied values ('GM0014', 'GM0014', 'gemeente', '[[6.5,53.2],[6.6,53.2]]', 90),
  ('GM0014', 'WK001400', 'wijk', '[[6.5,53.2],[6.6,53.2]]', 90),
  ('GM0014', 'BU00140000', 'buurt', '[[6,53.2],[6.6,53.2]]', 90);
insert into marts.trend_maand
  select 'GM0014', date '2020-01-01' + interval '1 month' * n, 'gemeente', 20 + n from generate_series(0, 24) as n;
insert into marts.datakwaliteit values ('GM0014', 1, now(), 'goedgekeurd', null, 200, 3, 2, 9),
  ('GM0014', 2, now(), 'geweigerd', 'leeg bestand', null, null, null, null);
"""

_DROP = "drop table " + ", ".join(f"marts.{mart}" for mart in marts_with_suite())

OUT_CASES: dict[str, dict[str, str]] = {
    "incident_kaart": {
        "kaart_niet_leeg": "delete from marts.incident_kaart",
        "datum_niet_voor_1990": "update marts.incident_kaart set datum = '0024-01-01' where datum < '2024-01-05'",
        "datum_niet_in_de_toekomst": "update marts.incident_kaart set datum = '2124-01-01' where datum < '2024-01-05'",
        "buurtcode_herkenbaar": "update marts.incident_kaart set buurtcode = 'Binnenstad' where datum < '2024-01-05'",
        "meeste_incidenten_hebben_een_buurt": "update marts.incident_kaart set buurtcode = null",
        "meeste_incidenten_hebben_een_dagdeel": "update marts.incident_kaart set dagdeel = 'onbekend'",
        "geen_dagdeel_overheerst": "update marts.incident_kaart set dagdeel = 'nacht'",
        "delicten_herkend": "update marts.incident_kaart set thema = 'Onbekend'",
    },
    "gebied": {
        "gebieden_aanwezig": "delete from marts.gebied",
        "een_gemeente_met_wijken_en_buurten": "delete from marts.gebied where niveau = 'gemeente'",
        "niveau_bekend": "update marts.gebied set niveau = 'stadsdeel' where niveau = 'wijk'",
        "polygoon_is_een_ring_in_nederland": "update marts.gebied set polygoon = '[[53.2,6.5],[53.2,6.6]]'",
        "inwoners_tellen_op": "update marts.gebied set inwoners = 9 where niveau = 'buurt'",
    },
    "trend_maand": {
        "maandlijn_niet_leeg": "update marts.trend_maand set aantal = 0",
        "maand_is_de_eerste_dag": "update marts.trend_maand set maand = maand + 1",
        "maand_niet_in_de_toekomst": "update marts.trend_maand set maand = '2124-01-01' where aantal = 20",
        "geen_maand_springt_uit": "update marts.trend_maand set aantal = 9000 where aantal = 20",
    },
    "datakwaliteit": {
        "leveringen_aanwezig": "delete from marts.datakwaliteit",
        "status_bekend": "update marts.datakwaliteit set status = 'accepted'",
        "delen_niet_groter_dan_geheel": "update marts.datakwaliteit set dagdeel_onbekend = 201 where incidenten = 200",
        "reden_bij_vastgehouden_of_geweigerd": "update marts.datakwaliteit set reden = null",
        "weinig_incidenten_buiten_de_gemeente": "update marts.datakwaliteit set buiten_gemeente = incidenten / 10",
        "weinig_incidenten_zonder_plaats": "update marts.datakwaliteit set zonder_plaats = incidenten / 3",
        "ontvangst_niet_in_de_toekomst": "update marts.datakwaliteit set ontvangen_op = now() + interval '1 day'",
    },
    "aansluiting": {
        "sluit_aan_op_gepubliceerd": "update marts.aansluiting set status = 'wijkt af' where misdrijfcode = '0.0.0'",
        "soorten_sluiten_aan_op_gepubliceerd":
            "update marts.aansluiting set status = 'wijkt af' where misdrijf = 'Inbraak' and verschil is not null",
        "leeg_is_geen_nul": "update marts.aansluiting set verschil = 9 where eigen_aantal is null",
    },
    "dader_delict_plaats_tijd": {
        "zelfde_incidenten_als_de_kaart": "update marts.dader_delict_plaats_tijd set incidenten = incidenten - 1",
        "geen_enkele_persoon_apart": "update marts.dader_delict_plaats_tijd set verdachten_in_groep = 1"
            " where soort = 'verdachten'",
        "soorten_hebben_eigen_maatstaven": "update marts.dader_delict_plaats_tijd set verdachten_in_groep = 7",
    },
    "standaardpunt": {
        "gevonden_om_een_reden": "update marts.standaardpunt set waarom = ' '",
        "elk_standaardpunt_is_bekeken": "update marts.standaardpunt set oordeel = null",
    },
    "datakwaliteit_dag": {
        "ontbrekende_dag_is_leeg": "update marts.datakwaliteit_dag set rijen_gelezen = 0 where ontbreekt",
        "geen_dagen_zonder_levering": "update marts.datakwaliteit_dag set datum = current_date - 3 where ontbreekt",
    },
}  # fmt: skip


def test_marts_pass_and_each_expectation_can_fail(new_warehouse: Callable[..., Settings]) -> None:
    settings = new_warehouse()
    suites = {mart: suite_for_mart(mart) for mart in marts_with_suite()}
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute(_MARTS)  # type: ignore[call-overload]
    outcomes = validate_marts(url(settings, "bi"), suites)
    assert {mart: failed(found) for mart, found in outcomes.items()} == {mart: set() for mart in suites}
    for mart, cases in OUT_CASES.items():
        assert set(cases) == {item.name for item in suites[mart]}, "every expectation needs rows that fail it"
        for name, statement in cases.items():
            with psycopg.connect(settings.dsn("transformer")) as connection:
                connection.execute(statement)  # type: ignore[call-overload]
                connection.commit()
                found = validate_marts(url(settings, "bi"), {mart: suites[mart]})[mart]
                assert name in failed(found), name
                connection.execute(_DROP)  # type: ignore[call-overload]
                connection.execute(_MARTS)  # type: ignore[call-overload]


def test_the_gate_out_looks_at_what_was_written_since_it_last_passed(new_warehouse: Callable[..., Settings]) -> None:
    settings = new_warehouse()
    suite, passed = {"incident_kaart": suite_for_mart("incident_kaart")}, datetime(2024, 5, 1, tzinfo=UTC)
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute(_MARTS)  # type: ignore[call-overload]
        connection.execute("alter table marts.incident_kaart add berekend_op timestamptz default '2024-04-01'")
        connection.execute("update marts.incident_kaart set buurtcode = 'Binnenstad' where datum < '2024-01-05'")

    def unmet(since: datetime | None) -> set[str]:
        return failed(validate_marts(url(settings, "bi"), suite, since=since)["incident_kaart"])

    assert unmet(None) == {"buurtcode_herkenbaar"}
    assert unmet(passed) == set()
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute("update marts.incident_kaart set berekend_op = '2024-05-02' where datum < '2024-01-05'")
    assert unmet(passed) == {"buurtcode_herkenbaar"}
    # Without a day that was written the map is still there, or it is not.
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute("delete from marts.incident_kaart")
    assert unmet(passed) == {"kaart_niet_leeg"}


def test_a_municipality_without_incidents_passes_the_gate_out(new_warehouse: Callable[..., Settings]) -> None:
    """Almere has areas and figures, no incidents: an empty map is right there."""
    settings = new_warehouse()
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute(_MARTS)  # type: ignore[call-overload]
        connection.execute("delete from marts.incident_kaart")
        connection.execute("delete from marts.trend_maand")
        connection.execute("delete from marts.dader_delict_plaats_tijd")
        connection.execute("update marts.datakwaliteit set incidenten = null")
    outcomes = validate_marts(url(settings, "bi"), {mart: suite_for_mart(mart) for mart in marts_with_suite()})
    assert {mart: failed(found) for mart, found in outcomes.items()} == {mart: set() for mart in outcomes}


def test_a_mart_that_is_not_there_fails_every_expectation(fresh: Settings) -> None:
    found = validate_marts(url(fresh, "bi"), {"gebied": suite_for_mart("gebied")})["gebied"]
    assert failed(found) == {item.name for item in suite_for_mart("gebied")}
    assert all("controle kon niet worden uitgevoerd" in outcome.observed for outcome in found)
