"""Names for the streets of Demostad: themed, and with everything that makes Dutch street names hard to match.

Apostrophes, diacritics, `v.d.`, ordinals in digits and in words, initials, roman numerals, years, and pairs that
look alike. Every name is unique within its place; three occur in both places.
"""

import numpy as np

from orchestration.demo.arrays import Integers

KINDS = ("straat", "laan", "hof", "weg", "pad", "dreef", "singel", "plein", "kade", "gaarde")
_KIND_SHARE = np.array([0.42, 0.14, 0.11, 0.06, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02])

_THEMES: dict[str, str] = {
    "ambachten": "Bakkers Smeden Kuipers Wevers Touwslagers Zadelmakers Pottenbakkers Klokkenmakers Drukkers "
    "Leerlooiers Mandenmakers Glasblazers Zilversmids Timmerlieden Metselaars Hoedenmakers "
    "Kaarsenmakers Scharenslijpers",
    "bloemen": "Anjer Lelie Tulpen Narcis Papaver Korenbloem Dahlia Krokus Fresia Begonia Pioen Hyacint Iris Zinnia "
    "Margriet Gentiaan Akelei Lobelia Ridderspoor Viooltjes",
    "bomen": "Beuken Eiken Linden Iepen Esdoorn Kastanje Wilgen Populieren Berken Elzen Lijsterbes Hazelaar Acacia "
    "Platanen Ceder Meidoorn Sleedoorn Vlier Taxus Walnoten",
    "deugden": "Eendrachts Vrijheids Hoop Geduld Wijsheids Moed Trouw Eerlijkheids Gunst Vredes Welkoms "
    "Zorgvuldigheids Matigheids Waarheids",
    "dorp": "Dorps Kerk Molen Veen Turf Brink Akker Hei Es Weide Sloot Hooi Kamp Boven Achter Nieuwe Oude Lange Korte",
    "edelstenen": "Agaat Robijn Saffier Smaragd Topaas Opaal Amethist Granaat Jade Kwarts Onyx Parel Koraal Barnsteen "
    "Diamant Turkoois Toermalijn Zirkoon",
    "granen": "Haver Gerst Rogge Tarwe Spelt Boekweit Gierst Mais Vlas Klaver Koolzaad Luzerne Lupine Erwten Bonen "
    "Hennep",
    "havens": "Schippers Haven Sluis Kraan Loods Steiger Werf Boei Anker Ligplaats Kolk Dok Peil Vlot Veer Baken",
    "kleuren": "Karmijn Oker Indigo Sepia Kobalt Vermiljoen Magenta Turquoise Purper Scharlaken Ivoor Azuur Zwavel "
    "Koper",
    "kruiden": "Tijm Salie Dille Kervel Lavas Munt Rozemarijn Basilicum Bieslook Dragon Laurier Anijs Komijn Saffraan "
    "Kardemom Foelie",
    "markten": "Boter Kaas Vis Graan Vee Bloem Turf Hout Appel Zout Wol Leer Linnen Eier Ganzen Paarden",
    "muziek": "Viool Hobo Fluit Trompet Fagot Cello Harp Klarinet Pauken Luit Orgel Hoorn Spinet Tamboerijn Triangel "
    "Saxofoon Draailier",
    "planeten": "Mercurius Venus Mars Jupiter Saturnus Uranus Neptunus Ceres Pallas Vesta Juno Titan Europa Callisto "
    "Ganymedes Io",
    "schepen": "Klipper Tjalk Botter Schoener Brik Fregat Galjoen Karveel Kogge Punter Praam Logger Kotter Skûtsje Aak",
    "sporen": "Stations Spoor Perron Wissel Sein Rails Locomotief Wagon Remise Rangeer Conducteur Machinist Halte "
    "Trein",
    "sprookjes": "Glasmuiltje Toverspiegel Peperkoek Roosje Dwergen Kikkerkoning Draken Eenhoorn Zevenmijls Toverstaf "
    "Goudhaar Kabouter Reuzen Elfen Betoverde Spinnewiel",
    "sterren": "Orion Lyra Cassiopeia Andromeda Perseus Pegasus Sirius Wega Aldebaran Castor Pollux Rigel Deneb Altair "
    "Poolster Capella",
    "stoffen": "Fluweel Zijde Damast Katoen Satijn Flanel Linnen Kant Brokaat Tule Mohair Serge Laken Jute",
    "vissen": "Snoek Baars Zalm Forel Karper Voorn Paling Steur Zeelt Brasem Meerval Kabeljauw Haring Makreel Spiering",
    "vlinders": "Atalanta Citroentje Koolwitje Distelvlinder Zandoogje Apollo Landkaartje Parelmoer Blauwtje Dikkopje "
    "Kolibrie Nachtpauwoog",
    "vogels": "Merel Lijster Vink Mees Kievit Grutto Wulp Reiger Zwaluw Spreeuw Specht Fazant Patrijs Leeuwerik "
    "Nachtegaal Sperwer Buizerd Valk Ooievaar Zwanen",
    "weer": "Noorderwind Zuiderwind Regenboog Nevel Dauw Hagel Sneeuw IJzel Bliksem Donder Zonne Wolken Storm Bries",
}  # fmt: skip

# Invented people. First names differ by one letter on purpose: another first name is another street.
_PEOPLE = tuple(
    f"{first} {family}"
    for first in (
        "Anna",
        "Anne",
        "Hanna",
        "Jan",
        "Johan",
        "J.P.",
        "Dr. A.",
        "Mr. W.",
        "Burg.",
        "Ds.",
        "Zr.",
        "Zoë",
        "René",
    )
    for family in ("Verzinsel", "v.d. Schijn", "van der Waan", "de Bedenker", "Ter Fictie", "van 't Sprook", "Fabelman")
)

# Names that no rule makes, for the town; the wijk is left to chance.
_SPECIAL_TOWN = (
    "'s-Gravenfabelweg", "'t Verzinsel", "'t Zand", "In 't Veld", "Achter 't Raadhuis", "Op 't Hof",
    "1e Waandwarsstraat", "2e Waandwarsstraat", "3e Waandwarsstraat", "Eerste Schijnstraat", "Tweede Schijnstraat",
    "Derde Schijnstraat", "Koning Karel II-straat", "Koning Karel III-straat", "Koning Karel II-laan",
    "Paus Verzinius IV-plein",
    "Plein 1953", "Plein 1963", "1 Meiplein", "11 Novemberstraat", "Curaçaostraat", "Reünielaan", "Coöperatiehof",
    "Háfezstraat",
    "Frédéricplein", "Señoritastraat", "Burg. v.d. Meulenlaan", "Burg. van der Molenlaan", "Burg. van der Meulenlaan",
    "Jan Steenhof", "Jan Steinhof", "Merelhoflaan", "Merelhofflaan", "Beukenhofstraat", "Beukelhofstraat", "Kanaal NZ",
    "Kanaal ZZ", "Lange Verzonnenstraat", "Korte Verzonnenstraat", "Nieuwe Verzonnenstraat", "St.-Fabiolastraat",
    "Sint Fabianusstraat", "Willem de Zwijgerlaan", "Willem de Zwetserlaan", "Prof. dr. ir. Q.X. Bedachtlaan",
)  # fmt: skip
_SPECIAL_VILLAGE = ("'t Veentje", "1e Veendwarsweg", "2e Veendwarsweg", "Oude Dorpsstraat", "Nieuwe Dorpsstraat")
SHARED = ("Kerkstraat", "Dorpsstraat", "Molenweg")
_SPECIAL_EVERY = 9  # one street in nine gets a special name while there are any


class StreetNames:
    """Hands out names, each once per place. Raises `ValueError` when a theme is exhausted."""

    def __init__(self, rng: np.random.Generator, village: str) -> None:
        self._rng = rng
        self._village = village
        self._used: dict[str, set[str]] = {}
        self._special_town = list(SHARED) + [_SPECIAL_TOWN[i] for i in rng.permutation(len(_SPECIAL_TOWN))]
        self._special_village = list(SHARED + _SPECIAL_VILLAGE)

    def take(self, theme: str, place: str, count: int) -> list[str]:
        """`count` new names for one buurt."""
        special = self._special_village if place == self._village else self._special_town
        used = self._used.setdefault(place, set())
        names: list[str] = []
        for name in self._shuffled(theme):
            if len(names) == count:
                break
            if special and len(names) % _SPECIAL_EVERY == 1 and special[0] not in used:
                name = special.pop(0)  # noqa: PLW2901  # the themed name is left for another buurt
            if name not in used and (name not in SHARED or name not in special):
                used.add(name)
                names.append(name)
        if len(names) < count:
            raise ValueError(f"theme {theme!r} has too few names for {count} streets in one buurt of {place}")
        return names

    def _shuffled(self, theme: str) -> list[str]:
        """Every name of a theme, the usual kinds of street first."""
        words = _PEOPLE if theme == "personen" else tuple(_THEMES[theme].split())
        pairs = [(word, kind) for word in words for kind in range(len(KINDS))]
        share = np.array([_KIND_SHARE[kind] for _, kind in pairs])
        order: Integers = np.argsort(-np.log(self._rng.random(share.size)) / share)
        return [f"{pairs[i][0]}{KINDS[pairs[i][1]]}" for i in order]
