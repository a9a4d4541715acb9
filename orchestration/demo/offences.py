"""What happens in Demostad, how often, when and where: constants after the national figures.

Shares per thousand and monthly factors were derived from the published national monthly counts of registered
offences (2017-2021) and nuisance (2017-2023); factors are per day of the month, with mean 1. The other properties
(hours, days of the week, kinds of place, chances) are assumptions that give the feed its known shape.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.demo.arrays import Floats

# Of all incidents that are reported: registered offences, nuisance, and calls that are in neither table.
PARTS = {"misdrijf": 0.545, "overlast": 0.265, "overig": 0.19}


@dataclass(frozen=True)
class Category:
    """A published category (INP level 3) or nuisance class.

    `share`: per thousand of its part. `months`: twelve factors. `codes`: MK code, text and share within.
    `moment`: key of `HOURS`; `window`: how begin and end relate; `report`: how soon it is known;
    `place`: key of `PLACES`; `reported_crime`, `attempt`, `solved`: chances.
    """

    category: str
    part: str
    share: float
    months: tuple[float, ...]
    codes: tuple[tuple[str, str, float], ...]
    moment: str
    window: str
    report: str
    place: str
    reported_crime: float
    attempt: float
    solved: float


_LEVEL = (1.0,) * 12


def _c(  # noqa: PLR0917  # a table in disguise: positions are its columns
    category: str, share: float, months: tuple[float, ...], codes: str, moment: str, window: str, report: str,
    place: str, chances: tuple[float, float, float], part: str = "misdrijf",
) -> Category:  # fmt: skip
    """`codes` is written as `A20 0.62 Gekwal. diefstal …; A30 0.38 …`."""
    parsed = []
    for item in codes.split("; "):
        code, share_text, text = item.split(" ", 2)
        parsed.append((code, text, float(share_text)))
    return Category(category, part, share, months, tuple(parsed), moment, window, report, place, *chances)


CATEGORIES: tuple[Category, ...] = (
    _c("3.9.1", 131.0, (1.01, 0.96, 0.93, 0.84, 0.93, 1.09, 1.0, 0.99, 1.07, 1.13, 1.07, 0.99),
       "F636 0.5 Fraude met onlinehandel; F614 0.25 Fraude met betaalproducten; F617 0.15 Identiteitsfraude; "
       "F637 0.1 Voorschotfraude", "day", "long", "late", "home", (0.98, 0.02, 0.06)),
    _c("1.3.1", 102.5, (0.99, 1.01, 1.02, 0.97, 1.0, 1.04, 1.0, 0.88, 0.96, 1.06, 1.08, 0.98),
       "D13 0.78 Verlaten plaats na verkeersongeval; D11 0.22 Verkeersongeval met letsel",
       "traffic", "point", "soon", "road", (0.7, 0.0, 0.2)),
    _c("1.6.2", 101.6, (0.99, 0.97, 0.98, 0.98, 1.0, 1.03, 1.11, 1.01, 0.98, 1.02, 1.05, 0.88),
       "A90 0.62 Overige (eenvoudige) diefstal; A95 0.2 Overige gekwal. diefstal; A80 0.12 Verduistering; "
       "A81 0.06 Heling", "day", "window", "window", "public", (0.95, 0.03, 0.08)),
    _c("1.2.3", 99.4, (0.88, 0.9, 0.95, 0.98, 1.05, 1.09, 1.09, 1.03, 1.16, 1.1, 1.0, 0.77),
       "A72 0.84 Diefstal fiets; A73 0.16 Diefstal bromfiets/snorfiets",
       "bike", "window", "window", "bike", (0.95, 0.012, 0.045)),
    _c("2.2.1", 96.4, (1.32, 1.0, 1.03, 1.02, 1.0, 1.01, 0.97, 0.86, 0.92, 0.98, 0.96, 0.94),
       "C40 0.88 Vernieling overige objecten; C30 0.08 Vernieling van/aan openbaar gebouw; "
       "F11 0.04 Openlijke geweldpleging tegen goederen", "evening", "window", "window", "public", (0.9, 0.01, 0.12)),
    _c("1.2.1", 56.4, (1.08, 1.1, 1.06, 1.0, 0.98, 0.85, 0.91, 0.85, 0.97, 1.14, 1.09, 0.98),
       "A10 1.0 Diefstal uit/vanaf personenauto", "parked", "window", "window", "road", (0.96, 0.08, 0.05)),
    _c("1.4.5", 50.2, (0.92, 0.94, 0.96, 1.04, 1.06, 1.12, 1.1, 1.01, 0.99, 0.99, 0.96, 0.92),
       "F550 0.86 Eenvoudige mishandeling; F551 0.14 Zware mishandeling",
       "night", "point", "soon", "nightlife", (0.85, 0.03, 0.55)),
    _c("2.5.2", 45.3, (0.98, 1.1, 1.14, 1.0, 0.98, 0.9, 0.9, 0.92, 0.99, 1.05, 1.09, 0.94),
       "A50 1.0 Winkeldiefstal", "shop", "point", "direct", "shop", (0.97, 0.04, 0.6)),
    _c("3.5.2", 41.5, (0.87, 0.95, 1.03, 1.06, 0.96, 1.05, 1.06, 0.98, 0.99, 0.98, 1.07, 1.01),
       "D21 0.65 Rijden onder invloed alcohol; D20 0.35 Rijden onder invloed drugs/medicijnen",
       "night", "point", "direct", "road", (0.3, 0.0, 0.95)),
    _c("1.1.1", 40.8, (1.28, 1.15, 1.01, 0.84, 0.8, 0.78, 0.86, 0.99, 0.81, 0.98, 1.16, 1.35),
       "A20 0.7 Gekwal. diefstal in/uit woning; A30 0.29 Diefstal in/uit woning (niet gekwal.); "
       "B20 0.01 Gekwal. diefstal met geweld in/uit woning", "home", "window", "window", "home", (0.98, 0.27, 0.1)),
    _c("1.4.4", 35.8, (0.97, 0.96, 0.99, 0.99, 1.05, 1.12, 1.07, 1.0, 0.97, 1.0, 1.0, 0.89),
       "F530 0.86 Bedreiging; F533 0.14 Stalking", "evening", "point", "soon", "home", (0.88, 0.0, 0.45)),
    _c("1.2.5", 21.8, (0.91, 0.97, 1.02, 0.98, 0.95, 0.96, 1.02, 0.97, 1.01, 1.14, 1.14, 0.92),
       "A74 0.75 Diefstal ander vervoermiddel; A12 0.25 Diefstal uit/vanaf andere vervoermiddelen",
       "parked", "window", "window", "road", (0.95, 0.03, 0.05)),
    _c("2.5.1", 19.9, (1.05, 1.08, 1.14, 1.0, 0.96, 0.92, 0.93, 0.89, 0.95, 1.01, 1.1, 0.96),
       "A23 0.55 Gekwal. diefstal in/uit bedrijf/kantoor; A22 0.2 Gekwal. diefstal in/uit winkel; "
       "A32 0.15 Diefstal in/uit bedrijf/kantoor (niet gekwal.); A26 0.1 Gekwal. diefstal in/uit school",
       "parked", "window", "window", "business", (0.97, 0.15, 0.12)),
    _c("3.1.1", 16.4, (0.91, 0.99, 1.0, 0.98, 0.97, 1.13, 1.08, 1.01, 0.96, 1.08, 1.02, 0.86),
       "F45 0.35 Vervaardigen softdrugs (lijst 2); F40 0.3 Bezit hard-drugs (lijst 1); "
       "F42 0.35 Handel e.d. hard-drugs (lijst 1)", "day", "point", "direct", "home", (0.3, 0.0, 0.8)),
    _c("1.1.2", 15.9, (1.07, 1.07, 1.13, 1.0, 1.04, 0.96, 0.96, 0.96, 0.93, 0.97, 1.0, 0.9),
       "A21 0.65 Gekwal. diefstal in/uit box/garage/schuur; "
       "A34 0.35 Diefstal in/uit box/garage/schuur/erf (niet gekwal.)",
       "parked", "window", "window", "home", (0.97, 0.1, 0.05)),
    _c("3.7.4", 12.2, (0.9, 0.92, 0.89, 0.81, 0.99, 1.0, 0.98, 0.97, 1.0, 1.26, 1.28, 1.0),
       "F90 1.0 Cybercrime", "day", "long", "late", "home", (0.98, 0.05, 0.04)),
    _c("1.2.4", 11.9, (1.08, 1.13, 1.15, 1.07, 1.01, 0.96, 1.02, 0.97, 0.82, 0.94, 0.94, 0.92),
       "A40 1.0 Zakkenrollerij/tassenrollerij", "shop", "point", "soon", "shop", (0.97, 0.05, 0.05)),
    _c("1.2.2", 11.6, (0.92, 0.98, 1.0, 1.06, 1.04, 1.03, 0.98, 0.95, 1.02, 1.09, 1.05, 0.89),
       "A70 0.6 Diefstal personenauto; A71 0.2 Diefstal motor; A76 0.2 Diefstal vrachtauto/bestelauto",
       "parked", "window", "window", "road", (0.98, 0.1, 0.1)),
    _c("3.5.5", 10.5, (1.0, 1.07, 1.1, 1.0, 1.01, 0.98, 1.0, 0.95, 0.95, 1.0, 1.03, 0.91),
       "D44 0.6 Rijden met ongeldig verklaard rijbewijs; D51 0.4 Vals kenteken/kentekenplaten",
       "traffic", "point", "direct", "road", (0.4, 0.0, 0.8)),
    _c("3.6.4", 9.4, (0.87, 0.92, 0.95, 1.05, 0.94, 1.03, 1.1, 1.11, 1.0, 1.08, 0.97, 0.99),
       "F18 0.5 Niet voldoen aan bevel/vordering; F17 0.3 Wederspannigheid (verzet); "
       "F10 0.2 Overige delicten openbare orde", "night", "point", "direct", "nightlife", (0.3, 0.0, 0.85)),
    _c("3.1.3", 8.4, (0.91, 0.89, 0.96, 0.95, 0.89, 0.99, 1.03, 0.98, 1.03, 1.12, 1.23, 1.02),
       "F72 0.8 Bezit overige wapens; F70 0.2 Bezit vuurwapens",
       "evening", "point", "direct", "public", (0.3, 0.0, 0.85)),
    _c("1.6.1", 5.7, (1.31, 0.89, 0.83, 0.95, 0.98, 0.98, 1.0, 0.92, 0.93, 0.94, 0.93, 1.35),
       "F13 1.0 Brandstichting", "night", "point", "soon", "public", (0.8, 0.05, 0.12)),
    _c("1.4.3", 4.6, (0.92, 0.9, 0.95, 1.12, 1.11, 1.16, 1.01, 0.88, 1.01, 1.06, 0.95, 0.94),
       "F12 1.0 Openlijke geweldpleging tegen personen",
       "night", "point", "soon", "nightlife", (0.85, 0.02, 0.5)),
    _c("1.4.6", 3.9, (1.04, 0.92, 0.9, 0.94, 0.95, 0.98, 0.95, 0.99, 0.97, 1.11, 1.13, 1.1),
       "B70 1.0 Straatroof", "night", "point", "soon", "public", (0.97, 0.2, 0.35)),
    _c("2.4.2", 3.4, (1.03, 1.02, 1.03, 0.96, 0.99, 0.93, 0.95, 1.01, 1.01, 1.04, 1.01, 1.02),
       "F15 1.0 Huisvredebreuk", "evening", "point", "soon", "home", (0.8, 0.02, 0.6)),
    _c("2.7.2", 3.3, (0.89, 1.1, 1.0, 0.99, 0.93, 0.93, 1.05, 0.99, 0.94, 1.06, 1.16, 0.97),
       "F94 1.0 Witwassen", "day", "long", "late", "home", (0.3, 0.0, 0.5)),
    _c("3.9.3", 1.9, (1.15, 1.17, 1.07, 1.02, 0.84, 0.83, 0.93, 0.88, 0.82, 1.01, 1.15, 1.13),
       "F611 0.6 Vals geld uitgeven; F600 0.4 Oplichting", "shop", "point", "late", "shop", (0.95, 0.02, 0.1)),
    _c("1.5.2", 1.8, (0.57, 0.69, 0.77, 1.02, 1.23, 1.39, 1.59, 1.46, 1.11, 1.04, 0.59, 0.53),
       "A75 0.7 Diefstal vaartuig; A11 0.3 Diefstal uit/vanaf vaartuig",
       "parked", "window", "window", "water", (0.97, 0.03, 0.04)),
    _c("1.4.7", 1.2, (1.04, 1.42, 1.17, 0.89, 0.88, 0.76, 0.62, 0.77, 0.8, 0.99, 1.31, 1.34),
       "B73 0.7 Overval op overige objecten; B72 0.3 Overval in woning",
       "evening", "point", "direct", "shop", (1.0, 0.15, 0.45)),
    _c("2.6.9", 1.0, (0.6, 0.15, 0.12, 0.21, 0.15, 0.1, 0.13, 0.24, 0.51, 1.19, 2.19, 6.42),
       "M134 1.0 Bezitten/vervaardigen/voorhanden hebben/afleveren vuurwerk",
       "evening", "point", "direct", "home", (0.2, 0.0, 0.9)),
    # Nuisance classes
    _c("E33", 309.8, (0.91, 0.92, 0.95, 0.97, 1.05, 1.11, 1.09, 1.09, 1.03, 1.0, 0.96, 0.93),
       "E33 1.0 Overlast door verward/overspannen persoon", "call", "point", "direct", "home",
       (0.02, 0.0, 0.0), "overlast"),
    _c("M22", 265.3, (0.93, 0.85, 0.82, 0.94, 1.08, 1.3, 1.34, 1.22, 1.05, 0.88, 0.78, 0.82),
       "M22 1.0 Geluidshinder overig", "noise", "point", "direct", "home", (0.01, 0.0, 0.0), "overlast"),
    _c("E35", 190.4, (0.78, 0.75, 0.87, 1.11, 1.2, 1.28, 1.31, 1.12, 1.02, 1.05, 0.76, 0.74),
       "E35 1.0 Melding overlast jeugd", "evening", "point", "direct", "public", (0.01, 0.0, 0.0), "overlast"),
    _c("E38", 127.5, (0.74, 0.82, 0.89, 1.01, 1.08, 1.22, 1.21, 1.2, 1.09, 1.01, 0.89, 0.82),
       "E38 1.0 Overlast i.v.m. alcohol/drugs", "evening", "point", "direct", "public", (0.01, 0.0, 0.0), "overlast"),
    _c("E41", 81.3, (0.79, 0.86, 0.9, 0.91, 1.03, 1.08, 1.15, 1.18, 1.11, 1.07, 1.02, 0.88),
       "E41 1.0 Overlast zwervers", "call", "point", "direct", "shop", (0.01, 0.0, 0.0), "overlast"),
    _c("F010", 14.1, (0.78, 0.94, 0.94, 1.12, 1.02, 1.12, 1.14, 1.08, 1.06, 0.97, 0.89, 0.94),
       "F010 1.0 Openbare dronkenschap", "night", "point", "direct", "nightlife", (0.05, 0.0, 0.5), "overlast"),
    _c("M061", 8.2, (0.61, 0.72, 0.79, 0.97, 1.15, 1.51, 1.46, 1.17, 1.14, 0.9, 0.75, 0.81),
       "M061 1.0 Geluidshinder horeca", "noise", "point", "direct", "nightlife", (0.01, 0.0, 0.0), "overlast"),
    _c("M062", 3.4, (0.27, 0.46, 0.43, 0.95, 1.29, 2.27, 1.66, 1.64, 1.56, 0.6, 0.4, 0.46),
       "M062 1.0 Geluidshinder evenement", "noise", "point", "direct", "public", (0.01, 0.0, 0.0), "overlast"),
    # Calls that stand in neither published table
    _c("E16", 300.0, _LEVEL, "E16 1.0 Ruzie/twist (zonder vervolg)", "evening", "point", "direct", "public",
       (0.0, 0.0, 0.0), "overig"),
    _c("E13", 170.0, _LEVEL, "E13 1.0 Huiselijke twist (zonder vervolg)", "evening", "point", "direct", "home",
       (0.0, 0.0, 0.0), "overig"),
    _c("E12", 140.0, _LEVEL, "E12 1.0 Burenruzie (zonder vervolg)", "evening", "point", "direct", "home",
       (0.0, 0.0, 0.0), "overig"),
    _c("J12", 210.0, _LEVEL, "J12 1.0 Verdachte situatie", "call", "point", "direct", "public",
       (0.0, 0.0, 0.0), "overig"),
    _c("E20", 100.0, _LEVEL, "E20 1.0 Loos inbraak-/overvalalarm", "call", "point", "direct", "business",
       (0.0, 0.0, 0.0), "overig"),
    _c("E30", 80.0, _LEVEL, "E30 1.0 Ongeval/onwel persoon", "call", "point", "direct", "home",
       (0.0, 0.0, 0.0), "overig"),
)  # fmt: skip

HOURS: dict[str, tuple[float, ...]] = {
    "home": (1, 1, 1, 1, 1, 1, 3, 8, 10, 8, 6, 5, 6, 6, 5, 5, 6, 9, 12, 12, 9, 6, 4, 3),
    "bike": (2, 1, 1, 1, 1, 1, 2, 6, 9, 7, 6, 6, 7, 7, 6, 6, 7, 8, 9, 8, 7, 6, 6, 4),
    "parked": (3, 2, 1, 1, 1, 1, 2, 4, 4, 3, 3, 3, 3, 3, 4, 5, 7, 10, 11, 10, 9, 9, 9, 6),
    "day": (1, 1, 1, 1, 1, 1, 2, 4, 8, 10, 11, 11, 10, 10, 10, 10, 9, 7, 6, 6, 5, 4, 3, 2),
    "shop": (0, 0, 0, 0, 0, 0, 0, 0.5, 3, 7, 9, 11, 12, 13, 14, 14, 14, 11, 7, 5, 3, 0.5, 0, 0),
    "traffic": (2, 2, 2, 1, 1, 1, 3, 8, 9, 7, 7, 7, 8, 8, 9, 10, 12, 12, 9, 7, 5, 4, 4, 3),
    "evening": (5, 3, 2, 2, 1, 1, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 11, 10, 8),
    "night": (13, 12, 10, 8, 5, 3, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 11, 13),
    "noise": (12, 9, 6, 4, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 10, 12, 14, 14),
    "call": (4, 3, 3, 2, 2, 2, 3, 4, 6, 7, 8, 8, 8, 8, 9, 9, 9, 9, 9, 8, 8, 7, 6, 5),
}
# Monday to Sunday.
WEEKDAYS: dict[str, tuple[float, ...]] = {
    "home": (1.0, 0.98, 1.0, 1.0, 1.15, 1.05, 0.82), "bike": (1.0, 1.0, 1.0, 1.05, 1.1, 1.0, 0.8),
    "parked": (1.0, 0.98, 1.0, 1.0, 1.1, 1.05, 0.87), "day": (1.15, 1.12, 1.1, 1.1, 1.08, 0.8, 0.65),
    "shop": (0.95, 0.95, 1.0, 1.15, 1.15, 1.2, 0.6), "traffic": (1.0, 1.0, 1.02, 1.05, 1.12, 1.0, 0.81),
    "evening": (0.95, 0.93, 0.95, 0.97, 1.1, 1.15, 0.95), "night": (0.7, 0.7, 0.78, 0.9, 1.2, 1.5, 1.22),
    "noise": (0.75, 0.72, 0.78, 0.85, 1.2, 1.45, 1.25), "call": (1.0, 1.0, 1.0, 1.0, 1.05, 1.0, 0.95),
}  # fmt: skip


@dataclass(frozen=True)
class PlaceKind:
    """Where a kind of incident happens. `character`: pull of a buurt per address; `uses`: pull per use of an
    address (absent is none); `unnumbered`: chance that house number and postcode are missing; `objects`: what
    stands in `Object`, the last one with two values in one cell.
    """

    character: dict[str, float]
    uses: dict[str, float]
    unnumbered: float
    objects: tuple[str, ...]


_EVERY = {"wonen": 1.0, "winkel": 2.5, "horeca": 3.0, "bedrijf": 1.5, "maatschappelijk": 3.0}
_STREET = "Openbare Weg/-Water"
PLACES: dict[str, PlaceKind] = {
    "home": PlaceKind(
        {"centrum": 1.1, "stedelijk": 1.3, "woonwijk": 0.85, "dorp": 0.6, "bedrijven": 0.5, "landelijk": 0.6,
         "park": 0.5, "water": 0.4}, {"wonen": 1.0}, 0.06,
        ("Woning, Rijtjeswoning", "Woning, Flat", "Woning, Overige", "Woning, Portiekwoning",
         "Erf/Tuin/Balkon\nWoning, Rijtjeswoning")),
    "public": PlaceKind(
        {"centrum": 2.8, "stedelijk": 1.3, "woonwijk": 0.75, "dorp": 0.5, "bedrijven": 1.0, "landelijk": 0.7,
         "park": 12.0, "water": 3.0}, _EVERY, 0.48,
        (_STREET, "Openbare Weg/-Water, Weg", "Sport-/Speelterrein/-Gebo, Speelplaats",
         "Parkeerplaats/Garage/Stal, Parkeerplaats", "Openbare Weg/-Water\nPortiek/Lift/Trappenhuis")),
    "bike": PlaceKind(
        {"centrum": 5.0, "stedelijk": 1.3, "woonwijk": 0.7, "dorp": 0.4, "bedrijven": 0.8, "landelijk": 0.3,
         "park": 1.0, "water": 0.2}, _EVERY, 0.45,
        (_STREET, "Openbare Weg/-Water, Weg", "Openbare Weg/-Water, Voetpad",
         "Station/Trein/Tram/Bushal, Station", "Erf/Tuin/Balkon\nOpenbare Weg/-Water")),
    "road": PlaceKind(
        {"centrum": 1.4, "stedelijk": 1.2, "woonwijk": 0.9, "dorp": 0.8, "bedrijven": 2.5, "landelijk": 3.0,
         "park": 2.0, "water": 0.2}, _EVERY, 0.6,
        ("Openbare Weg/-Water, Weg", _STREET, "Parkeerplaats/Garage/Stal, Parkeerplaats",
         "Parkeerplaats/Garage/Stal, Parkeergarage", "Openbare Weg/-Water, Weg\nPersonenauto")),
    "nightlife": PlaceKind(
        {"centrum": 4.0, "stedelijk": 1.2, "woonwijk": 0.6, "dorp": 0.6, "bedrijven": 0.4, "landelijk": 0.3,
         "park": 1.0, "water": 0.2}, _EVERY | {"horeca": 14.0}, 0.34,
        (_STREET, "Horeca, Cafe", "Woning, Overige", "Horeca, Discotheek", "Horeca, Cafe\nOpenbare Weg/-Water")),
    "shop": PlaceKind(
        {"centrum": 1.3, "stedelijk": 1.1, "woonwijk": 0.9, "dorp": 0.7}, {"winkel": 1.0, "horeca": 0.1}, 0.1,
        ("Winkel, Supermarkt", "Winkel, Overige", "Winkel, Drogist", "Winkel, Kledingzaak",
         "Winkel, Overige\nBedrijfsterrein/Pand")),
    "business": PlaceKind(
        {"centrum": 1.0, "stedelijk": 0.9, "woonwijk": 0.8, "dorp": 0.8, "bedrijven": 1.6, "landelijk": 1.0,
         "park": 1.0}, {"bedrijf": 1.0, "winkel": 0.5, "horeca": 0.5, "maatschappelijk": 1.0}, 0.08,
        ("Bedrijfsterrein/Pand, Bedrijfspand", "Bedrijfsterrein/Pand", "Winkel, Overige", "School",
         "Bedrijfsterrein/Pand\nOpenbare Weg/-Water")),
    "water": PlaceKind(
        {"water": 30.0, "bedrijven": 1.0, "centrum": 0.1}, _EVERY, 0.5,
        ("Vaartuig", "Jachthaven", _STREET, "Vaartuig, Overige", "Jachthaven\nOpenbare Weg/-Water")),
}  # fmt: skip
_OBJECT_SHARE = np.array([0.48, 0.2, 0.13, 0.12, 0.07])


def object_shares() -> Floats:
    """How often each of the five objects of a place kind is written; the last holds two values."""
    return _OBJECT_SHARE


def index_of(category: str) -> int:
    """Row of a category in `CATEGORIES`."""
    return next(i for i, item in enumerate(CATEGORIES) if item.category == category)
