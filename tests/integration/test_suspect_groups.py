"""Groups of suspects in the mart: equal to a calculation of our own, and closed to whoever subtracts."""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from orchestration import dbt
from orchestration.settings import Settings
from tests.integration.dbt_seed import Feed, ask
from tests.integration.raw_rows import insert_delivery

K = 5
NOT_SPLIT = "niet uitgesplitst"
CODES = {"A20": None, "E33": None, "F614": None, "Q99": "Onbekend"}  # MK code → theme, asked of the code list
WIJK = {"B1": "W1", "B2": "W1", "B3": "W2"}
Suspect = dict[str, Any]
Key = tuple[str, ...]

# Per municipality: incidents, persons, and from what ages and places the persons come.
TOWNS: dict[str, dict[str, Any]] = {
    "GM9101": {"incidents": 420, "persons": 150},
    "GM9102": {"incidents": 420, "persons": 25},  # few persons, each often
    "GM9103": {"incidents": 60, "persons": 60},  # most cells too small
    "GM9104": {"incidents": 9, "persons": 4},  # fewer than the minimum in all
    "GM9105": {"incidents": 200, "persons": 90, "years": (2003, 2004), "homes": ("Proefstad",)},  # all alike
    "GM9106": {"incidents": 12, "persons": 12},
}


def band(age: int | None) -> str:
    if age is None:
        return "onbekend"
    for low, high in ((12, 17), (18, 24), (25, 34), (35, 49)):
        if low <= age <= high:
            return f"{low}-{high}"
    return "50+" if age >= 50 else "onder 12"


def make_town(settings: Settings, code: str) -> list[Suspect]:
    """Deliver incidents and suspects of one municipality; returns a row per suspect with all that is true of it."""
    plan, rng = TOWNS[code], random.Random(code)
    feed = Feed(settings, code)
    persons = [
        {
            "key": f"{rng.getrandbits(256):064x}",
            "born": rng.choice([None, *range(1950, 2012)]) if "years" not in plan else rng.choice(plan["years"]),
            "home": rng.choice(plan.get("homes", ("proefstad ", code, "Elders", None))),
        }
        for _ in range(plan["persons"])
    ]
    incidents, suspects = [], []
    for number in range(plan["incidents"]):
        day = date(2024, 1, 1) + timedelta(days=rng.randrange(700))
        buurt = rng.choice(["B1", "B2", "B3", None])
        moment = f"{day} {rng.randrange(6, 20):02d}:{rng.randrange(60):02d}+00"
        offence = rng.choice(["A20", "A20", "E33", "F614", "Q99"])
        incidents.append(
            {
                "incident_id": f"I{number}", "begin_at": moment, "buurt": buurt, "offence_code": offence,
                "reported_at": "2026-01-01 00:00+00", "parts": [(str(day), "middag", 1)],
            }
        )  # fmt: skip
        for person in rng.sample(persons, min(rng.choice([0, 1, 1, 1, 2, 3]), len(persons))):
            suspects += [
                {
                    "incident_id": f"I{number}", "person": person["key"], "moment": moment,
                    "wijk": f"{code}{WIJK[buurt]}" if buurt else "geen", "code": offence,
                    "year": str(day.year), "quarter": f"{day.year}-K{(day.month + 2) // 3}",
                    "age": band(person["born"] and day.year - person["born"]), "raw": person,
                    "home": {None: "onbekend", "Elders": "buiten"}.get(person["home"], "binnen"),
                }
            ]  # fmt: skip
    feed.deliver(incidents)
    extra = [{"incident_id": "NOG NIET", "person_key": persons[0]["key"], "birth_year": 1990}]
    rows = [
        {
            "incident_id": item["incident_id"],
            "person_key": item["person"],
            "birth_year": item["raw"]["born"],
            "home_municipality": item["raw"]["home"],
            "sex": "man",
        }
        for item in suspects
    ]
    # What the last delivery says counts: an earlier one had another year of birth, or a suspect since taken back.
    taken_back = [{"incident_id": "I0", "person_key": "f" * 64, "birth_year": 1990}]
    first = [row | {"birth_year": 1901} for row in rows[:20]]
    insert_delivery(settings, code, "suspect", [*first, *taken_back], source="suspects")
    insert_delivery(
        settings,
        code,
        "suspect",
        [*rows, *extra, *(row | {"status": "withdrawn"} for row in taken_back)],
        source="suspects",
    )
    return suspects


@pytest.fixture(scope="module")
def towns(new_warehouse: Callable[..., Settings]) -> tuple[Settings, dict[str, list[Suspect]]]:
    settings = new_warehouse()
    made = {code: make_town(settings, code) for code in TOWNS}
    dbt.build(settings, unit_tests=True)
    themes = dict(ask(settings, "select offence_code, theme from core.dim_offence"))
    for suspects in made.values():
        earliest: dict[str, str] = {}
        for item in sorted(suspects, key=lambda item: item["moment"]):
            earliest.setdefault(item["person"], item["moment"])
        for item in suspects:
            item["theme"] = themes.get(item["code"], "Onbekend")
            item["occasion"] = "eerste" if item["moment"] == earliest[item["person"]] else "herhaald"
    return settings, made


def persons(rows: list[Suspect]) -> int:
    return len({row["person"] for row in rows})


def climb(rows: list[Suspect], rungs: list[Callable[[Suspect], Key]], enough: int) -> dict[Key, list[Suspect]]:
    """Our own merging: groups of rows by key, each on the finest rung at which it is large enough."""
    settled: dict[Key, list[Suspect]] = {}
    rung_of: dict[Key, int] = {}
    waiting = rows
    for number, rung in enumerate(rungs):
        groups: dict[Key, list[Suspect]] = defaultdict(list)
        for row in waiting:
            groups[rung(row)].append(row)
        waiting = []
        for key, group in groups.items():
            if persons(group) >= enough or number == len(rungs) - 1:
                settled[key], rung_of[key] = group, number
            else:
                waiting += group
    rest = rungs[-1](rows[0]) if rows else ()
    if rest in settled and persons(settled[rest]) < K and len(settled) > 1:
        others = [key for key in settled if key != rest]
        smallest = min(others, key=lambda key: (persons(settled[key]), -rung_of[key], key))
        settled[rest] += settled.pop(smallest)
    return settled


def expected_groups(suspects: list[Suspect]) -> dict[Key, list[Suspect]]:
    """(wijk, theme, year, quarter, age, occasion, home) → its suspects."""
    if persons(suspects) < K:
        return {}
    cells = climb(
        suspects,
        [
            lambda s: (s["wijk"], s["theme"], s["year"], s["quarter"]),
            lambda s: ("alle", s["theme"], s["year"], s["quarter"]),
            lambda s: ("alle", s["theme"], s["year"], "alle"),
            lambda s: ("alle", "alle", s["year"], "alle"),
            lambda s: ("alle", "alle", "alle", "alle"),
        ],
        2 * K,
    )
    result: dict[Key, list[Suspect]] = defaultdict(list)
    for cell, rows in cells.items():
        groups = climb(
            rows,
            [
                lambda s: (s["age"], s["occasion"], s["home"]),
                lambda s: (s["age"], s["occasion"], NOT_SPLIT),
                lambda s: (NOT_SPLIT, s["occasion"], s["home"]),
                lambda s: (s["age"], NOT_SPLIT, NOT_SPLIT),
                lambda s: (NOT_SPLIT, s["occasion"], NOT_SPLIT),
                lambda s: (NOT_SPLIT, NOT_SPLIT, NOT_SPLIT),
            ],
            K,
        )
        differs = [len(set(values)) > 1 for values in zip(*groups, strict=True)]
        for key, group in groups.items():
            shown = tuple(value if differ else NOT_SPLIT for value, differ in zip(key, differs, strict=True))
            result[cell + shown] += group
    return dict(result)


MERGED = {
    "Wijken samengevoegd": "alle",
    "Thema's samengevoegd": "alle",
    "Jaren samengevoegd": "alle",
    "Kwartalen samengevoegd": "alle",
    "Geen plaats bekend": "geen",
}


def published(settings: Settings, code: str) -> dict[Key, int]:
    """What the BI role reads: the same keys as `expected_groups` → the number of suspects."""
    with psycopg.connect(settings.dsn("bi")) as connection:
        rows = connection.execute(
            "select coalesce(wijkcode, wijk), thema, jaar, kwartaal, leeftijdsgroep, eerste_of_herhaald, "
            "binnen_of_buiten, verdachten_in_groep from marts.dader_delict_plaats_tijd "
            "where gemeentecode = %s and soort = 'verdachten'",
            [code],
        ).fetchall()
    return {tuple(MERGED.get(value, value) for value in row[:-1]): row[-1] for row in rows}


@pytest.mark.parametrize("code", TOWNS)
def test_the_groups_are_those_of_our_own_calculation(
    towns: tuple[Settings, dict[str, list[Suspect]]], code: str
) -> None:
    settings, made = towns
    expected = {key: len(rows) for key, rows in expected_groups(made[code]).items()}
    assert published(settings, code) == expected
    assert sum(expected.values()) == (len(made[code]) if persons(made[code]) >= K else 0)


def test_the_towns_put_every_rule_to_the_test(towns: tuple[Settings, dict[str, list[Suspect]]]) -> None:
    _, made = towns
    keys = [key for suspects in made.values() for key in expected_groups(suspects)]
    assert {"alle", "geen"} <= {key[0] for key in keys}
    assert any(key[0].endswith("W1") for key in keys)
    assert any(key[1] == "alle" for key in keys)
    assert any(key[2] == "alle" for key in keys)
    assert any(key[4] != NOT_SPLIT and key[5] != NOT_SPLIT and key[6] != NOT_SPLIT for key in keys)
    assert any(key[4] == NOT_SPLIT and key[5] != NOT_SPLIT for key in keys)
    alike = expected_groups(made["GM9105"])
    assert {key[6] for key in alike} == {NOT_SPLIT}, "all live here: said of nobody"


@pytest.mark.parametrize("code", TOWNS)
def test_no_sum_or_difference_of_published_rows_is_about_fewer_persons_than_the_minimum(
    towns: tuple[Settings, dict[str, list[Suspect]]], code: str
) -> None:
    """Every row, every total over any choice of columns, and every such total less another that lies within it."""
    _, made = towns
    groups = expected_groups(made[code])
    for wide in itertools.chain.from_iterable(itertools.combinations(range(7), size) for size in range(7)):
        totals: dict[Key, set[Key]] = defaultdict(set)
        for key in groups:
            totals[tuple(key[column] for column in wide)].add(key)
        for rows in totals.values():
            assert_no_few(groups, rows)
            for column in set(range(7)) - set(wide):
                for value in {key[column] for key in rows}:
                    within = {key for key in rows if key[column] == value}
                    assert_no_few(groups, within)
                    assert_no_few(groups, rows - within)


def assert_no_few(groups: dict[Key, list[Suspect]], rows: set[Key]) -> None:
    assert not 0 < persons([row for key in rows for row in groups[key]]) < K


@pytest.mark.parametrize("code", TOWNS)
def test_the_counts_of_the_incidents_do_not_give_an_attribute_of_a_few(
    towns: tuple[Settings, dict[str, list[Suspect]]], code: str
) -> None:
    """The attacker knows of every incident how many suspects it has, and in which cell it is shown.

    Of n suspects in one incident, or in all of a wijk, theme, month or quarter, out of the N of a cell of which S have
    an attribute, at least n - (N - S) and at most min(n, S) have it: exact bounds, for the numbers are the margins of a
    table with nothing else known. Nowhere may they say that some are, and that these are fewer than the minimum.
    """
    _, made = towns
    groups = expected_groups(made[code])
    cells: dict[Key, dict[Key, list[Suspect]]] = defaultdict(dict)
    for key, rows in groups.items():
        cells[key[:4]][key[4:]] = rows
    asked = 0
    for cell in cells.values():
        everyone = [row for rows in cell.values() for row in rows]
        for known in known_subsets(everyone):
            for chosen in attributes(cell):
                have = sum(len(cell[key]) for key in chosen)
                low, high = max(0, known - (len(everyone) - have)), min(known, have)
                assert not (low >= 1 and high < K), (cell.keys(), known, chosen)
                asked += 1
    assert asked > 0 or not groups


def known_subsets(everyone: list[Suspect]) -> set[int]:
    """The sizes of the parts of a cell of which the incidents themselves tell the number of suspects."""
    sizes: set[int] = set()
    for columns in [("incident_id",), ("wijk",), ("wijk", "theme"), ("wijk", "theme", "quarter"), ("code", "quarter")]:
        sizes |= set(Counter(tuple(row[column] for column in columns) for row in everyone).values())
    return sizes


def attributes(cell: dict[Key, list[Suspect]]) -> list[list[Key]]:
    """Every attribute, or combination of attributes, that the rows of a cell tell: the rows that have it."""
    found = []
    for columns in itertools.chain.from_iterable(itertools.combinations(range(3), size) for size in (1, 2, 3)):
        values = {tuple(key[column] for column in columns) for key in cell}
        found += [
            [key for key in cell if tuple(key[column] for column in columns) == value]
            for value in values
            if NOT_SPLIT not in value
        ]
    return found


def test_persons_are_not_for_the_dashboards(towns: tuple[Settings, dict[str, list[Suspect]]]) -> None:
    settings, _ = towns
    for role in ("bi", "public", "signals"):
        for table in ("core.fct_suspect", "core.suspect_group", "raw.suspect", "raw.accepted_suspect"):
            with psycopg.connect(settings.dsn(role)) as connection:  # type: ignore[arg-type]
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select 1 from {table}")  # type: ignore[call-overload]


def test_incidents_are_counted_once_and_unknown_is_not_zero(
    towns: tuple[Settings, dict[str, list[Suspect]]],
) -> None:
    settings, _ = towns
    for code, plan in TOWNS.items():
        with psycopg.connect(settings.dsn("bi")) as connection:
            found = connection.execute(
                "select sum(incidenten), sum(verdachten), sum(opgelost), sum(opgelost_bekend), sum(aanhoudingen) "
                "from marts.dader_delict_plaats_tijd where gemeentecode = %s",
                [code],
            ).fetchone()
        # The feed of these tests gives one suspect to each incident, and is silent about the rest.
        assert found == (plan["incidents"], plan["incidents"], None, None, None)


def test_a_suspect_without_incident_waits_and_one_taken_back_is_gone(
    towns: tuple[Settings, dict[str, list[Suspect]]],
) -> None:
    settings, made = towns
    waiting = ask(settings, "select municipality_code from core.fct_suspect where not has_incident order by 1")
    assert waiting == [(code,) for code in sorted(TOWNS)]
    rows = ask(settings, "select municipality_code, count(*) from core.fct_suspect where has_incident group by 1")
    assert dict(rows) == {code: len(suspects) for code, suspects in made.items()}
