"""The police feed looks like a real one: its layout, its windows, its gaps and its later versions."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestration.demo.extract import COLUMNS, VERSION_COLUMNS
from orchestration.demo.incidents import World
from orchestration.demo.moments import clock_changes, existing
from orchestration.demo.offences import CATEGORIES
from orchestration.demo.truth import DemoTruth
from tests.unit.demo.conftest import UNTIL, read

LAYOUT = (
    "Incident Identificatie;Bronregistratie;Incidentsoort code;Incidentsoort;Pleegstraatnaam;Pleeghuisnummer met toev.;"
    "Pleegpostcode;Pleegplaats;Pleeggemeente;Pleegprovincie;Pleegwijk;Pleegbuurt;Pleegsubbuurt;Begin-pleegdag v/d week;"
    "Begin-pleegdagdeel;Begin-pleegdatum/tijd;Eind-pleegdag v/d week;Eind-pleegdagdeel;Eind-pleegdatum/tijd;"
    "Kennisnamedag v/d week;Kennisnamedagdeel;Kennisnamedatum/tijd;Aangifte;Poging;Verdachten;Aanhoudingen;Opgehelderd;"
    "Object;Project(en);Temperatuur;Weer;X;Y"
)
WINDOW_CODES = {code for item in CATEGORIES if item.window == "window" for code, _, _ in item.codes}


def test_layout_is_that_of_the_real_extract(inbox: Path, truth: DemoTruth) -> None:
    assert ";".join(COLUMNS) == LAYOUT
    for file in (inbox / "police_incidents").iterdir():
        content = file.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content[3:].split(b"\r\n", 1)[0].decode() == ";".join((LAYOUT, *VERSION_COLUMNS))


def test_layout_equals_the_schema_file(shared_dir: Path) -> None:
    schema = pd.read_csv(shared_dir / "codes/incident_extract_schema.csv")
    assert list(COLUMNS) == schema["kolom_bvh_extract"].tolist()


def test_codes_exist_and_carry_their_category(shared_dir: Path) -> None:
    known = pd.read_csv(shared_dir / "codes/mk_codes_inp2013_bvh.csv", dtype=str)
    published = pd.read_csv(shared_dir / "codes/soort_misdrijf_naar_mk.csv", dtype=str)
    pairs = set(zip(published["soort_misdrijf"], published["mk"], strict=True))
    for item in CATEGORIES:
        for code, _, _ in item.codes:
            assert code in set(known["mk"])
            if item.part == "misdrijf":
                assert (item.category, code) in pairs
            else:
                assert code not in set(published["mk"])


def test_volume(now: pd.DataFrame) -> None:
    assert len(now) / 3 == pytest.approx(5_500, rel=0.03)
    codes = {code for item in CATEGORIES if item.part == "misdrijf" for code, _, _ in item.codes}
    assert now["Incidentsoort code"].isin(codes).sum() / 3 == pytest.approx(3_000, rel=0.05)


def test_bicycle_thefts_follow_the_national_season(now: pd.DataFrame) -> None:
    item = next(item for item in CATEGORIES if item.category == "1.2.3")
    mine = now[now["Incidentsoort code"].isin([code for code, _, _ in item.codes])]
    counts = mine["Begin"].dt.month.value_counts().reindex(range(1, 13)).to_numpy()
    assert np.corrcoef(counts, item.months)[0, 1] > 0.45


def test_windows(now: pd.DataFrame) -> None:
    window = now[now["Incidentsoort code"].isin(WINDOW_CODES)]
    hours = (window["Eind"] - window["Begin"]) / pd.Timedelta("1h")
    assert hours.median() == pytest.approx(5.5, abs=0.75)
    assert hours.quantile(0.9) == pytest.approx(43, rel=0.15)
    crosses = window["Begin"].dt.floor("6h") != window["Eind"].dt.floor("6h")
    assert crosses.mean() == pytest.approx(0.61, abs=0.03)
    violence = now[now["Incidentsoort code"].isin(["F550", "F530", "F12"])]
    assert ((violence["Eind"] - violence["Begin"]) <= pd.Timedelta("2h")).mean() > 0.95


def test_minutes_and_reports(now: pd.DataFrame) -> None:
    assert (now["Begin"].dt.minute == 0).mean() == pytest.approx(0.54, abs=0.02)
    window = now[now["Incidentsoort code"].isin(WINDOW_CODES)]
    days = (window["Kennisname"] - window["Begin"]) / pd.Timedelta("1D")
    assert days.median() == pytest.approx(1.6, abs=0.3)
    assert days.quantile(0.9) == pytest.approx(11.4, rel=0.2)


def test_odd_times_are_those_of_the_truth(now: pd.DataFrame, truth: DemoTruth) -> None:
    identifier = now["Incident Identificatie"]
    assert set(identifier[now["Eind"] < now["Begin"]]) == set(truth.counts.reversed_window)
    assert len(truth.counts.reversed_window) == 5
    assert set(identifier[now["Kennisname"] < now["Begin"]]) == set(truth.counts.reported_before_begin)
    assert 10 < len(truth.counts.reported_before_begin) < 50


def test_no_time_is_one_the_clock_skips(now: pd.DataFrame) -> None:
    skipped = [day for day in clock_changes(date(2020, 1, 1), UNTIL) if day.month == 3]
    for name in ("Begin", "Eind", "Kennisname"):
        assert not (now[name].dt.date.isin(skipped) & (now[name].dt.hour == 2)).any()
    moved = existing(np.array(["2026-03-29T02:30", "2026-03-29T01:59", "2026-10-25T02:30"], dtype="datetime64[m]"))
    assert [str(m) for m in moved] == ["2026-03-29T03:30", "2026-03-29T01:59", "2026-10-25T02:30"]


def test_derived_columns_follow(now: pd.DataFrame) -> None:
    days = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"]
    parts = ["nacht", "ochtend", "middag", "avond"]
    for name, heading in (("Begin", "Begin-pleeg"), ("Eind", "Eind-pleeg"), ("Kennisname", "Kennisname")):
        assert (now[f"{heading}dag v/d week"] == now[name].dt.dayofweek.map(dict(enumerate(days)))).all()
        assert (now[f"{heading}dagdeel"] == (now[name].dt.hour // 6).map(dict(enumerate(parts)))).all()


def test_gaps_and_police_names(now: pd.DataFrame, world: World) -> None:
    assert (now["Pleeghuisnummer met toev."] == "").mean() == pytest.approx(0.29, abs=0.03)
    assert ((now["Pleegpostcode"] == "") == (now["Pleeghuisnummer met toev."] == "")).all()
    assert (now["Pleegstraatnaam"] != "").all()
    official = set(world.town.buurten["buurtnaam"])
    assert now["Pleegbuurt"].isin(official).mean() == pytest.approx(0.44, abs=0.08)
    assert 0 < (now["Pleegwijk"] == "Onbekend").sum() < 40
    assert len(now.drop_duplicates(["X", "Y"])) < 0.6 * len(now)  # snapped
    assert set(now["Verdachten"]) <= set("01234")


def test_a_cell_with_two_values_holds_a_newline_in_quotes(inbox: Path, now: pd.DataFrame) -> None:
    assert 0.03 < now["Object"].str.contains("\n", regex=False).mean() < 0.15
    file = next((inbox / "police_incidents").glob("incidenten_2*_2*.csv"))
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""), delimiter=";"))
    assert {len(row) for row in rows} == {35}


def test_projects_are_rare_and_invented(now: pd.DataFrame) -> None:
    filled = now["Project(en)"][now["Project(en)"] != ""]
    assert len(filled) / len(now) == pytest.approx(0.012, abs=0.005)
    assert filled.str.startswith("FICTIEF-").all()


def test_files_hold_what_their_name_says(versions: pd.DataFrame, truth: DemoTruth) -> None:
    assert versions["file"].nunique() == 31
    reported = pd.to_datetime(versions["Kennisnamedatum/tijd"], format="%d-%m-%Y %H:%M").dt.date
    changed = pd.to_datetime(versions["Mutatiedatum/tijd"], format="%d-%m-%Y %H:%M").dt.date
    bulk = versions["file"].str.len() > 30
    assert versions["file"][bulk].nunique() == 1
    assert reported[bulk].max() == UNTIL - timedelta(days=30)
    assert reported[bulk].min() == date.fromisoformat(truth.first_day)
    daily = versions[~bulk]
    assert (daily["file"] == "incidenten_" + changed[~bulk].astype(str) + ".csv").all()
    assert (reported <= changed).all()
    assert not versions.duplicated(["file", "Incident Identificatie"]).any()
    rows = {f"police_incidents/{name}": n for name, n in versions["file"].value_counts().items()}
    assert rows == {name: n for name, n in truth.counts.rows.items() if name.startswith("police_incidents/")}


def test_corrections_and_withdrawals(versions: pd.DataFrame, now: pd.DataFrame, truth: DemoTruth) -> None:
    counts = truth.counts
    assert versions["Incident Identificatie"].nunique() == counts.distinct_incidents
    assert len(versions) == counts.distinct_incidents + len(counts.corrected) + len(counts.withdrawn)
    assert len(now) == counts.active == counts.distinct_incidents - len(counts.withdrawn)
    assert set(versions["Incident Identificatie"][versions["Status"] == "vervallen"]) == set(counts.withdrawn)
    assert len(counts.corrected) == 70
    assert len({correction.heading for correction in counts.corrected}) == 4
    for correction in counts.corrected:
        mine = versions[versions["Incident Identificatie"] == correction.incident_id]
        assert mine[correction.heading].tolist() == [correction.old, correction.new]


def test_registrations_hold_several_incidents(now: pd.DataFrame, truth: DemoTruth) -> None:
    shared = now[now.duplicated("Bronregistratie", keep=False)]
    assert shared["Bronregistratie"].nunique() == truth.counts.shared_registrations > 100
    assert (shared.groupby("Bronregistratie")["Incidentsoort code"].nunique() > 1).all()


def test_published_totals_agree_with_the_feed(inbox: Path, now: pd.DataFrame, truth: DemoTruth, world: World) -> None:
    published = read(inbox / "politie_misdrijven/misdrijven_buurt_jaar_demostad.csv")
    assert sorted(set(published["jaar"])) == ["2024", "2025"]
    assert published.groupby("jaar")["status"].unique().map(list).to_dict() == {
        "2024": ["definitief"],
        "2025": ["voorlopig"],
    }
    codes = {code for item in CATEGORIES if item.part == "misdrijf" for code, _, _ in item.codes}
    nowhere = set(truth.counts.outside) | set(truth.counts.without_place)
    counted = now[now["Incidentsoort code"].isin(codes) & ~now["Incident Identificatie"].isin(nowhere)]
    for year in ("2024", "2025"):
        total = published["misdrijven"][published["jaar"] == year].astype(int).sum()
        assert total == (counted["Kennisname"].dt.year == int(year)).sum()


def test_key_figures_have_gaps(inbox: Path, truth: DemoTruth) -> None:
    figures = read(inbox / "kerncijfers/kerncijfers_demostad.csv")
    assert len(figures) == 40
    assert figures["inwoners"].astype(int).sum() == truth.inhabitants
    assert 1 <= (figures["huishoudens"] == ".").sum() <= 4
    assert (figures["koopwoningen"] == ".").sum() > (figures["huishoudens"] == ".").sum()
