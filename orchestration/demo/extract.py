"""The police extract: the 33 columns of a real one in their order, and two for later versions.

Everything is text. Columns that follow from another one (day of the week, dagdeel) are filled consistently.
"""

import numpy as np
import pandas as pd

from orchestration.demo.arrays import Booleans, Integers, Moments, Texts, stream
from orchestration.demo.incidents import World
from orchestration.demo.moments import hour, weekday
from orchestration.demo.places import MUNICIPALITY_NAME
from orchestration.demo.spelling import as_written

COLUMNS = (
    "Incident Identificatie", "Bronregistratie", "Incidentsoort code", "Incidentsoort", "Pleegstraatnaam",
    "Pleeghuisnummer met toev.", "Pleegpostcode", "Pleegplaats", "Pleeggemeente", "Pleegprovincie", "Pleegwijk",
    "Pleegbuurt", "Pleegsubbuurt", "Begin-pleegdag v/d week", "Begin-pleegdagdeel", "Begin-pleegdatum/tijd",
    "Eind-pleegdag v/d week", "Eind-pleegdagdeel", "Eind-pleegdatum/tijd", "Kennisnamedag v/d week",
    "Kennisnamedagdeel", "Kennisnamedatum/tijd", "Aangifte", "Poging", "Verdachten", "Aanhoudingen", "Opgehelderd",
    "Object", "Project(en)", "Temperatuur", "Weer", "X", "Y",
)  # fmt: skip
VERSION_COLUMNS = ("Status", "Mutatiedatum/tijd")

PROVINCE = "Fictieland"
WEEKDAY_NAMES = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
DAGDEEL_NAMES = ("nacht", "ochtend", "middag", "avond")
ELSEWHERE = "Buitenweg (fictief)"
_OWN_NAME_SHARE = 0.44  # rows in which the police name of the buurt is the official one
_UNKNOWN_SHARE = 0.0008


def extract(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """One row of text per version, with `COLUMNS` and `VERSION_COLUMNS`."""
    address = world.addresses.loc[frame["adres"]]
    numbered = frame["genummerd"].to_numpy(dtype=bool)
    outside = (frame["plan"] == "buiten").to_numpy()
    wijk, buurt = _police_names(world, frame)
    result = {
        "Incident Identificatie": frame["incident"].to_numpy(),
        "Bronregistratie": frame["bron"].to_numpy(),
        "Incidentsoort code": frame["code"].to_numpy(),
        "Incidentsoort": frame["tekst"].to_numpy(),
        "Pleegstraatnaam": np.where(outside, ELSEWHERE, written_streets(world, frame)),
        "Pleeghuisnummer met toev.": np.where(numbered, frame["huisnummer"].to_numpy(), ""),
        "Pleegpostcode": np.where(numbered, address["postcode"].to_numpy(), ""),
        "Pleegplaats": address["plaats"].to_numpy(),
        "Pleeggemeente": MUNICIPALITY_NAME,
        "Pleegprovincie": PROVINCE,
        "Pleegwijk": wijk,
        "Pleegbuurt": buurt,
        "Pleegsubbuurt": buurt,
    }
    for heading, column in (("Begin-pleeg", "begin"), ("Eind-pleeg", "eind"), ("Kennisname", "kennis")):
        moments = frame[column].to_numpy().astype("datetime64[m]")
        result[f"{heading}dag v/d week"] = np.array(WEEKDAY_NAMES, dtype=object)[weekday(moments)]
        result[f"{heading}dagdeel"] = np.array(DAGDEEL_NAMES, dtype=object)[hour(moments) // 6]
        result[f"{heading}datum/tijd"] = clock_text(moments)
    result |= {
        "Aangifte": _yes_no(frame["reported_crime"]),
        "Poging": _yes_no(frame["attempt"]),
        "Verdachten": frame["verdachten"].astype(str).to_numpy(),
        "Aanhoudingen": frame["aanhoudingen"].astype(str).to_numpy(),
        "Opgehelderd": _yes_no(frame["solved"]),
        "Object": frame["object"].to_numpy(),
        "Project(en)": frame["project"].to_numpy(),
        "Temperatuur": frame["temperatuur"].to_numpy(),
        "Weer": frame["weer"].to_numpy(),
        "X": _whole(frame["x"]),
        "Y": _whole(frame["y"]),
        "Status": frame["status"].to_numpy(),
        "Mutatiedatum/tijd": clock_text(frame["mutatie"].to_numpy().astype("datetime64[m]")),
    }
    return pd.DataFrame(result)[[*COLUMNS, *VERSION_COLUMNS]]


def written_streets(world: World, frame: pd.DataFrame) -> Texts:
    """The street of each row's address, spelt as in the feed."""
    return as_written(world.addresses["straat"].to_numpy(dtype=object)[frame["adres"]], _serial(frame))


def _serial(frame: pd.DataFrame) -> Integers:
    """The number of each incident, the same in all its versions."""
    return np.array([int(text.rpartition("_")[2]) for text in frame["incident"]], dtype=np.int64)


def clock_text(moments: Moments) -> list[str]:
    """`31-12-2024 23:59`."""
    iso = np.datetime_as_string(moments, unit="m")
    return [f"{t[8:10]}-{t[5:7]}-{t[:4]} {t[11:]}" for t in iso.tolist()]


def _yes_no(values: pd.Series) -> Texts:
    return np.where(values.to_numpy(dtype=bool), "J", "N")


def _whole(values: pd.Series) -> list[str]:
    return ["" if np.isnan(value) else str(int(value)) for value in values.to_numpy(dtype=float)]


def _police_names(world: World, frame: pd.DataFrame) -> tuple[Texts, Texts]:
    """The names the police use: their own division, which is the official one for less than half of the rows.

    They follow the street, so an incident at the station's coordinate can still bear another buurt's name; the
    same incident has the same names in every version.
    """
    buurten = world.town.buurten
    buurt = world.addresses["buurt"].to_numpy()[frame["adres"]]
    official = buurten["buurtnaam"].to_numpy(dtype=object)
    own = np.where(_keeps_name(world), official, _police_division(buurten))
    number = buurten["wijk"].to_numpy()
    wijken = np.array(
        [f"Wijk {n:02d} {name}" for n, name in zip(number, buurten["wijknaam"], strict=True)], dtype=object
    )
    unknown: Booleans = _serial(frame) * 2_654_435_761 % 2**32 < _UNKNOWN_SHARE * 2**32
    return np.where(unknown, "Onbekend", wijken[buurt]), np.where(unknown, "Onbekend", own[buurt])


def _keeps_name(world: World) -> Booleans:
    """Buurten that the police call by their official name: together about `_OWN_NAME_SHARE` of the pull."""
    rng = stream(world.seed, "tabellen")
    pull = np.bincount(world.addresses["buurt"], world.pull["public"] / world.pull["public"].sum())
    pull += np.bincount(world.addresses["buurt"], world.pull["home"] / world.pull["home"].sum())
    order: Integers = rng.permutation(pull.size)
    keeps = np.zeros(pull.size, dtype=bool)
    keeps[order[np.cumsum(pull[order]) <= _OWN_NAME_SHARE * pull.sum()]] = True
    return keeps


def _police_division(buurten: pd.DataFrame) -> Texts:
    """Names such as `Luchtkasteel 2`; two buurten of a wijk can share one."""
    within = buurten.groupby("wijk").cumcount().to_numpy()
    return np.array([f"{name} {1 + i // 2}" for name, i in zip(buurten["wijknaam"], within, strict=True)], dtype=object)
