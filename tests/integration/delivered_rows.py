"""Rows of every shape that pass the gate in, and per expectation the change that makes them fail it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from expectations.runner import Outcome
from orchestration.settings import Settings

Row = dict[str, Any]
Rows = list[Row]
Change = Callable[[Rows], Rows]


def url(settings: Settings, role: str = "loader") -> str:
    return settings.dsn(role, driver="postgresql+psycopg2")  # type: ignore[arg-type]


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
        "person": f"{n:066x}", "status": "open",
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
        "periode_leesbaar": one(period="2023MM13"),
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
        "status_bekend": one(status="lopend"),
        "persoon_is_sleutel": one(person="Karel de Verdachte"),
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
