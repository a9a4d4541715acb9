"""What the police would publish about Demostad per month: the shape of the national table, made from the same feed.

The figures follow the publisher's rule, so that a reconciliation finds nothing but what was planted here.
"""

import csv
from functools import lru_cache

import numpy as np
import pandas as pd

from orchestration.demo.feed import WITHDRAWN_WORD, Feed
from orchestration.demo.incidents import World
from orchestration.demo.offences import CATEGORIES
from orchestration.demo.places import MUNICIPALITY_CODE
from orchestration.demo.planted import DEFAULT_POINT
from orchestration.demo.truth import PublishedDeviation
from orchestration.settings import REPOSITORY

TOTAL, BLANK, NOT_PUBLISHED = "0.0.0", "1.4.1", "."
# The published table has sixty; these are enough to see how parts and total differ.
PUBLISHED = (TOTAL, "1.1.1", "1.2.1", "1.2.3", "1.4.5", "2.2.1", BLANK)
DEVIATING_BUURT = "Schijnburen-Midden"
DEVIATING_MONTHS, SURPLUS = 3, 15
_GRAVITY = REPOSITORY / "dbt_project" / "seeds" / "seed_offence_gravity.csv"


def published_months(world: World) -> tuple[str, ...]:
    """Calendar months that the feed covers from the first to the last day, as 2024-05."""
    days = pd.period_range(world.first, world.until, freq="M")
    whole = [p for p in days if p.start_time.date() >= world.first and p.end_time.date() <= world.until]
    return tuple(str(period) for period in whole)


def published_deviation(world: World) -> PublishedDeviation:
    buurt = world.town.index_of(DEVIATING_BUURT)
    return PublishedDeviation(
        str(world.town.buurten["buurtcode"][buurt]), published_months(world)[-DEVIATING_MONTHS:], SURPLUS
    )


def published_offences_per_month(world: World, feed: Feed) -> pd.DataFrame:
    """One row per kind of offence, area (buurt, wijk, municipality) and month; the last calendar year is provisional.

    A registration is one offence, its gravest, in the month of its report. What stands at the default point is of
    the municipality and of no buurt: the publisher knows that its place is not known. Sexual offences are published
    for the municipality only, and are in every total.
    """
    counted = _gravest(feed)
    counted["maand"] = counted["kennis"].dt.strftime("%Y-%m")
    buurten = world.town.buurten
    placed = (counted["buurt"] >= 0) & (counted["plan"] != DEFAULT_POINT)
    counted["BU"] = counted["buurt"].map(buurten["buurtcode"]).where(placed)
    counted["WK"] = counted["buurt"].map(buurten["wijkcode"]).where(placed)
    counted["GM"] = pd.Series(MUNICIPALITY_CODE, index=counted.index).where(counted["plan"] != "buiten")
    areas = {
        "BU": sorted(buurten["buurtcode"]),
        "WK": sorted(set(buurten["wijkcode"])),
        "GM": [MUNICIPALITY_CODE],
    }
    tables = [
        _table(counted[counted["categorie"] == key] if key != TOTAL else counted, key, level, codes, world)
        for key in PUBLISHED
        for level, codes in areas.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _gravest(feed: Feed) -> pd.DataFrame:
    """Per registration the gravest offence of what is known now."""
    now = feed.now
    offence = np.array([item.part == "misdrijf" for item in CATEGORIES])[now["soort"]]
    counted = now[offence & (now["status"] != WITHDRAWN_WORD)].copy()
    counted["categorie"] = np.array([item.category for item in CATEGORIES])[counted["soort"]]
    counted["zwaarte"] = counted["categorie"].map(gravity_order())
    return counted.sort_values(["zwaarte", "kennis", "incident"]).drop_duplicates("bron")


def _table(frame: pd.DataFrame, key: str, level: str, codes: list[str], world: World) -> pd.DataFrame:
    months = published_months(world)
    index = pd.MultiIndex.from_product([codes, months], names=["gebied", "maand"])
    count = frame.groupby([level, "maand"]).size().reindex(index, fill_value=0)
    if key == TOTAL and level == "BU":
        planted = published_deviation(world)
        more = pd.MultiIndex.from_product([[planted.buurt_code], planted.months], names=index.names)
        count = count.add(pd.Series(planted.surplus, index=more), fill_value=0).astype(int)
    table = count.rename("geregistreerde_misdrijven").reset_index()
    if key == BLANK and level != "GM":
        table["geregistreerde_misdrijven"] = NOT_PUBLISHED
    table.insert(0, "soort_misdrijf", key)
    provisional = table["maand"].str[:4] == months[-1][:4]
    return table.assign(status=np.where(provisional, "voorlopig", "definitief"))


@lru_cache(maxsize=1)
def gravity_order() -> dict[str, int]:
    """Published category → rank, 1 is the gravest: the order that the marts count by."""
    with _GRAVITY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    newest = max(int(row["version"]) for row in rows)
    return {row["published_category"]: int(row["gravity"]) for row in rows if int(row["version"]) == newest}
