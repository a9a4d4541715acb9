"""The gate out on a real PostgreSQL: marts that pass, and for each expectation marts made to fail it."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from expectations.runner import (
    marts_with_suite,
    suite_for_mart,
    validate_marts,
)
from orchestration.settings import Settings
from tests.integration.delivered_rows import failed, url

_MARTS = """
create table marts.incident_kaart (gemeentecode text, wijkcode text, buurtcode text, datum date, dagdeel text,
  thema text, delictcode text, aantal numeric(18, 9));
create table marts.gebied (gemeentecode text, gebiedscode text, niveau text, polygoon text, inwoners integer);
create table marts.trend_maand (gemeentecode text, maand date, niveau text, delictcode text, delict text,
  aantal numeric(18, 9));
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
  select 'GM0014', date '2020-01-01' + interval '1 month' * n, 'gemeente', 'A20', 'Inbraak', 20 + n
    from generate_series(0, 24) as n;
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
        "geen_onbekende_delictcode":
            "update marts.trend_maand set delictcode = 'Q99', delict = 'Onbekende code Q99' where aantal = 20",
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
        connection.execute(_MARTS)
    outcomes = validate_marts(url(settings, "bi"), suites)
    assert {mart: failed(found) for mart, found in outcomes.items()} == {mart: set() for mart in suites}
    for mart, cases in OUT_CASES.items():
        assert set(cases) == {item.name for item in suites[mart]}, "every expectation needs rows that fail it"
        for name, statement in cases.items():
            with psycopg.connect(settings.dsn("transformer")) as connection:
                connection.execute(statement)
                connection.commit()
                found = validate_marts(url(settings, "bi"), {mart: suites[mart]})[mart]
                assert name in failed(found), name
                connection.execute(_DROP)
                connection.execute(_MARTS)


def test_a_missing_day_may_hold_a_history_that_came_on_it(new_warehouse: Callable[..., Settings]) -> None:
    settings = new_warehouse()
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute(_MARTS)
        connection.execute("update marts.datakwaliteit_dag set leveringen = 1, rijen_gelezen = 90 where ontbreekt")
    suite = {"datakwaliteit_dag": suite_for_mart("datakwaliteit_dag")}
    assert failed(validate_marts(url(settings, "bi"), suite)["datakwaliteit_dag"]) == set()


def test_the_gate_out_looks_at_what_was_written_since_it_last_passed(new_warehouse: Callable[..., Settings]) -> None:
    settings = new_warehouse()
    suite, passed = {"incident_kaart": suite_for_mart("incident_kaart")}, datetime(2024, 5, 1, tzinfo=UTC)
    with psycopg.connect(settings.dsn("transformer")) as connection:
        connection.execute(_MARTS)
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
        connection.execute(_MARTS)
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
