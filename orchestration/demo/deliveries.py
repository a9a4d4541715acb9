"""The files of the demo, one folder per source; the same seed and day give the same bytes."""

import csv
import io
import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import shapely

from orchestration.demo.arrays import stream
from orchestration.demo.extract import extract
from orchestration.demo.feed import WITHDRAWN_WORD, Feed, bulk_end
from orchestration.demo.incidents import World
from orchestration.demo.offences import CATEGORIES
from orchestration.demo.places import MUNICIPALITY_CODE, MUNICIPALITY_NAME, Town
from orchestration.demo.published import NOT_PUBLISHED, published_offences_per_month
from orchestration.demo.signals import FOLDER_PREFIX, build_signals
from orchestration.demo.suspects import draw_suspects, suspect_files

BOM = "\ufeff"
# Below this many inhabitants a publisher gives no detail.
_PUBLISHED_FROM = 50
SUSPECTS_FOLDER = "verdachten"
# Files below these hold persons and are removed once they have landed.
REMOVED = (f"{SUSPECTS_FOLDER}/", FOLDER_PREFIX)


def all_files(world: World, feed: Feed) -> tuple[dict[str, bytes], dict[str, int]]:
    """Path below the inbox → bytes, and → number of records."""
    suspects = suspect_files(feed, draw_suspects(world, feed), bulk_end(world.until), world.until)
    tables = {
        "adressen/adressen_demostad.csv": address_table(world),
        "kerncijfers/kerncijfers_demostad.csv": key_figures(world),
        "politie_misdrijven/misdrijven_buurt_jaar_demostad.csv": published_offences(world, feed),
        "politie_misdrijven_maand/misdrijven_buurt_maand_demostad.csv": published_offences_per_month(world, feed),
        **{f"police_incidents/{name}": table for name, table in incident_files(world, feed).items()},
        **{f"{SUSPECTS_FOLDER}/{name}": table for name, table in suspects.items()},
        **build_signals(world)[0],
    }
    rows = {name: len(table) for name, table in tables.items()} | {
        "gebieden/buurten_demostad.geojson": len(world.town.buurten)
    }
    files = {name: _csv(table) for name, table in tables.items()} | {
        "gebieden/buurten_demostad.geojson": areas(world.town)
    }
    return dict(sorted(files.items())), dict(sorted(rows.items()))


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(table.columns)
    writer.writerows(table.itertuples(index=False, name=None))
    return (BOM + text.getvalue()).encode("utf-8")


def areas(town: Town) -> bytes:
    """Buurten as GeoJSON in EPSG:28992, one feature a line."""
    features = []
    for row, polygon in zip(town.buurten.itertuples(), town.polygons, strict=True):
        properties = {
            "buurtcode": row.buurtcode, "buurtnaam": row.buurtnaam, "wijkcode": row.wijkcode, "wijknaam": row.wijknaam,
            "gemeentecode": MUNICIPALITY_CODE, "gemeentenaam": MUNICIPALITY_NAME, "inwoners": row.inwoners,
            "huishoudens": row.huishoudens, "toelichting": "Fictief",
        }  # fmt: skip
        geometry = json.loads(shapely.to_geojson(polygon))
        features.append(
            json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}, ensure_ascii=False)
        )
    head = {
        "type": "FeatureCollection",
        "name": "buurten_demostad_fictief",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
    }
    opening = json.dumps(head)[:-1]
    return (opening + ', "features": [\n' + ",\n".join(features) + "\n]}\n").encode("utf-8")


def address_table(world: World) -> pd.DataFrame:
    frame = world.addresses
    return pd.DataFrame(
        {
            "nummeraanduiding_id": frame["nummeraanduiding_id"],
            "adresseerbaarobject_id": frame["adresseerbaarobject_id"],
            "openbare_ruimte_naam": frame["straat"],
            "huisnummer": frame["huisnummer"],
            "huisletter": frame["huisletter"],
            "huisnummertoevoeging": frame["toevoeging"],
            "postcode": frame["postcode"],
            "woonplaats": frame["plaats"],
            "x": [f"{value:.1f}" for value in frame["x"]],
            "y": [f"{value:.1f}" for value in frame["y"]],
        }
    )


def incident_files(world: World, feed: Feed) -> dict[str, pd.DataFrame]:
    """The history in one file, then a file per day with what was reported, corrected or withdrawn that day."""
    last_bulk = bulk_end(world.until)
    versions = pd.concat([feed.first, feed.later.drop(columns="rij")], ignore_index=True)
    table = extract(world, versions)
    # By the day of the change: the first version of an incident bears the day it was reported.
    day = versions["mutatie"].to_numpy().astype("datetime64[D]")
    name = f"incidenten_{world.first:%Y%m%d}_{last_bulk:%Y%m%d}.csv"
    files = {name: table[day <= np.datetime64(last_bulk)]}
    for back in range((world.until - last_bulk).days - 1, -1, -1):
        one = world.until - timedelta(days=back)
        files[f"incidenten_{one:%Y-%m-%d}.csv"] = table[day == np.datetime64(one)]
    return files


def published_years(first: date, until: date) -> tuple[int, ...]:
    """Calendar years that the feed covers from the first to the last day."""
    return tuple(y for y in range(first.year, until.year + 1) if date(y, 1, 1) >= first and date(y, 12, 31) <= until)


def published_offences(world: World, feed: Feed) -> pd.DataFrame:
    """Registered offences per buurt and year of report, of incidents not withdrawn; the last year is provisional.

    The buurt is that of the coordinate, the default point included; without a coordinate in the municipality an
    offence is in no buurt. Offences are the codes that have a published category, so no nuisance.
    """
    now = feed.now
    offence = np.array([item.part == "misdrijf" for item in CATEGORIES])[now["soort"]]
    counted = now[offence & (now["status"] != WITHDRAWN_WORD) & (now["buurt"] >= 0)]
    years = published_years(world.first, world.until)
    codes = world.town.buurten["buurtcode"]
    tables = []
    for year in years:
        here = counted["buurt"][counted["kennis"].dt.year == year]
        count = np.bincount(here, minlength=len(codes))
        status = "voorlopig" if year == years[-1] else "definitief"
        tables.append(pd.DataFrame({"buurtcode": codes, "jaar": year, "misdrijven": count, "status": status}))
    return pd.concat(tables, ignore_index=True)


def key_figures(world: World) -> pd.DataFrame:
    """Inhabitants and households per buurt on 1 January of the last year, wide; `.` is not published."""
    rng = stream(world.seed, "tabellen")
    buurten = world.town.buurten
    small = (buurten["inwoners"] < _PUBLISHED_FROM).to_numpy()
    elderly = np.rint(buurten["inwoners"] * rng.uniform(0.11, 0.27, len(buurten))).astype(int)
    owned = rng.integers(28, 81, len(buurten))
    size = (buurten["inwoners"] / buurten["huishoudens"].clip(lower=1)).round(1)

    def text(values: pd.Series | np.ndarray, hidden: np.ndarray) -> list[str]:
        return [NOT_PUBLISHED if hide else str(value) for value, hide in zip(values, hidden, strict=True)]

    # Home ownership is missing for some ordinary buurten too: a gap is not always a small number.
    gap = small.copy()
    gap[rng.choice(len(buurten), 3, replace=False)] = True
    return pd.DataFrame(
        {
            "code": buurten["buurtcode"],
            "naam": buurten["buurtnaam"],
            "jaar": world.until.year,
            "inwoners": buurten["inwoners"],
            "huishoudens": text(buurten["huishoudens"], small),
            "inwoners_65_plus": text(elderly, small),
            "huishoudensgrootte": text(size, small),
            "koopwoningen": text(owned, gap),
        }
    )
