"""The fictional second file of the police: per incident its suspects, under the key of a person who does not exist.

It follows from the feed and a generator of its own, so that the incidents are what they are without it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from orchestration.demo.arrays import Integers, stream, weighted
from orchestration.demo.feed import WITHDRAWN_WORD, Feed
from orchestration.demo.incidents import World
from orchestration.demo.places import MUNICIPALITY_CODE, MUNICIPALITY_NAME

COLUMNS = ("Incident Identificatie", "Persoonssleutel", "Geboortejaar", "Geslacht", "Woongemeente")
KEY_PREFIX = "FICTIEF-P"  # easy to search for: it must be nowhere but in these files
_PERSONS_PER_SUSPECT = 0.75
_ELSEWHERE = ("Buurtstad (fictief)", "Verweg (fictief)")
_BANDS = ((0, 11, "onder 12"), (12, 17, "12-17"), (18, 24, "18-24"), (25, 34, "25-34"), (35, 49, "35-49"))


@dataclass(frozen=True)
class SuspectCounts:
    """What is true of the suspects of incidents that were not withdrawn: a suspect counts once per incident."""

    suspects: int
    persons: int
    by_age_band: dict[str, int]
    by_occasion: dict[str, int]
    by_residence: dict[str, int]


def draw_suspects(world: World, feed: Feed) -> pd.DataFrame:
    """A row per incident and person: `rij` (its row in the feed), `persoon`, and the cells of `COLUMNS`.

    A few persons come back often. Nobody is twice a suspect of one incident; nobody is younger than twelve.
    """
    rng = stream(world.seed, "verdachten")
    counts = feed.now["verdachten"].to_numpy(dtype=np.int64)
    rows = np.repeat(np.arange(counts.size), counts)
    persons = max(4, round(rows.size * _PERSONS_PER_SUSPECT))
    pull = 1 / np.sqrt(1 + rng.permutation(persons))
    person = _distinct_within(rng, rows, weighted(rng, pull, rows.size), persons)
    age = 12 + np.minimum(rng.gamma(2.0, 9.5, persons).astype(np.int64), 68)
    born = np.where(rng.random(persons) < 0.02, 0, world.first.year - age)
    sex = np.array(["M", "V", "O"], dtype=object)[weighted(rng, np.array([0.8, 0.18, 0.02]), persons)]
    homes = np.array([MUNICIPALITY_NAME, MUNICIPALITY_CODE, *_ELSEWHERE, ""], dtype=object)
    home = homes[weighted(rng, np.array([0.55, 0.1, 0.2, 0.12, 0.03]), persons)]
    return pd.DataFrame(
        {
            "rij": rows,
            "persoon": person,
            COLUMNS[0]: feed.first["incident"].to_numpy()[rows],
            COLUMNS[1]: [f"{KEY_PREFIX}{number:06d}" for number in person],
            COLUMNS[2]: ["" if year == 0 else str(year) for year in born[person]],
            COLUMNS[3]: sex[person],
            COLUMNS[4]: home[person],
        }
    )


def _distinct_within(rng: np.random.Generator, rows: Integers, person: Integers, persons: int) -> Integers:
    """Draw anew for whoever stands twice at one incident."""
    person = person.copy()
    while True:
        twice = pd.DataFrame({"rij": rows, "persoon": person}).duplicated().to_numpy()
        if not twice.any():
            return person
        person[twice] = rng.integers(0, persons, int(twice.sum()))


def suspect_files(feed: Feed, suspects: pd.DataFrame, last_bulk: date, until: date) -> dict[str, pd.DataFrame]:
    """The history in one file, then one per day that brings suspects: with the version that tells their number."""
    first, now = feed.first, feed.now
    same = first["verdachten"].to_numpy() == now["verdachten"].to_numpy()
    moment = np.where(same, first["mutatie"].to_numpy(), now["mutatie"].to_numpy()).astype("datetime64[D]")
    day = moment[suspects["rij"].to_numpy()]
    table = suspects[list(COLUMNS)]
    files = {f"verdachten_tot_{last_bulk:%Y%m%d}.csv": table[day <= np.datetime64(last_bulk)]}
    for one in np.unique(day[(day > np.datetime64(last_bulk)) & (day <= np.datetime64(until))]):
        files[f"verdachten_{one}.csv"] = table[day == one]
    return files


def count_suspects(feed: Feed, suspects: pd.DataFrame) -> SuspectCounts:
    """The truth about them, counted row by row and by no other rule than what the words mean."""
    now = feed.now
    begin = now["begin"].to_numpy().astype("datetime64[m]")
    active = (now["status"] != WITHDRAWN_WORD).to_numpy()
    counted = [row for row in suspects.to_dict("records") if active[row["rij"]]]
    earliest: dict[int, np.datetime64] = {}
    for row in counted:
        earliest[row["persoon"]] = min(begin[row["rij"]], earliest.get(row["persoon"], begin[row["rij"]]))
    ages: Counter[str] = Counter()
    occasions: Counter[str] = Counter()
    residences: Counter[str] = Counter()
    for row in counted:
        moment = begin[row["rij"]]
        occasions["eerste" if moment == earliest[row["persoon"]] else "herhaald"] += 1
        ages[_band(row[COLUMNS[2]], int(str(moment)[:4]))] += 1
        home = row[COLUMNS[4]]
        residences[
            "binnen" if home in (MUNICIPALITY_NAME, MUNICIPALITY_CODE) else "buiten" if home else "onbekend"
        ] += 1
    return SuspectCounts(
        suspects=len(counted),
        persons=len(earliest),
        by_age_band=dict(sorted(ages.items())),
        by_occasion=dict(sorted(occasions.items())),
        by_residence=dict(sorted(residences.items())),
    )


def _band(born: str, year: int) -> str:
    if not born:
        return "onbekend"
    age = year - int(born)
    return next((name for low, high, name in _BANDS if low <= age <= high), "50+")
