"""The words of Dutch addresses: kinds of street, abbreviations, and words that are never a typing error of another."""

from importlib import resources


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _file(name: str) -> frozenset[str]:
    return _set((resources.files("signals_service.addresses") / name).read_text(encoding="ascii"))


EVERY_KIND = _set(
    """
    akker akkers baan berg bergen binnenhof boog boord boogerd bos boulevard brink brug buurt dal dam dijk
    dijkje drift dreef duin eiland end erf esplanade gaarde gang gracht haag hage haven heem heide heuvel hoek
    hoeve hof hofje hoven hout huis kade kamp kampen kant kwartier laan laantje lanen land landen maat made mark
    markt meen meent meer molen oever oord paadje pad park parkje passage pier plaats plantage plantsoen plas
    plein pleintje polder poort promenade ring rand rode ruiter schans singel sloot spoor sprong stede steeg
    steegje steiger stein straat straatje straatweg stroom terp terras tocht trede tuin tuinen vaart vaartje
    veen veer veld velden vliet wal waard water weerd weg wegje weide werf wijk woud zand zicht zijde zoom
    """
)
# The longest first: a straatweg is no weg.
KINDS = tuple(sorted(EVERY_KIND, key=lambda kind: (-len(kind), kind)))

# Endings that no Dutch word has, so that they can be written out wherever they stand.
ENDINGS = {
    "plnts": "plantsoen", "plants": "plantsoen", "dwstr": "dwarsstraat", "blvd": "boulevard", "boul": "boulevard",
    "sngl": "singel", "sgl": "singel", "str": "straat", "pln": "plein", "drf": "dreef", "mkt": "markt", "stg": "steeg",
    "prk": "park", "ln": "laan", "pl": "plein", "wg": "weg", "kd": "kade", "dk": "dijk", "pd": "pad", "gr": "gracht",
}  # fmt: skip

# Short → long. The first short form of a word is the one that the short spelling of a street is written with.
ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "aartsb": ("aartsbisschop",), "adm": ("admiraal",), "burg": ("burgemeester",), "bgm": ("burgemeester",),
    "burgem": ("burgemeester",), "burgm": ("burgemeester",), "cap": ("capitool",), "comm": ("commissaris",),
    "dir": ("directeur",), "dr": ("doctor",), "dokter": ("doctor",), "ds": ("dominee",), "gebr": ("gebroeders",),
    "gen": ("generaal",), "ger": ("gerrit",), "gr": ("graaf",), "ing": ("ingenieur",), "ir": ("ingenieur",),
    "jhr": ("jonkheer",), "jkvr": ("jonkvrouw",), "joh": ("johannes",), "kan": ("kanunnik",), "kap": ("kapelaan",),
    "kapt": ("kapitein",), "kard": ("kardinaal",), "kl": ("kleine",), "kol": ("kolonel",),
    "kon": ("koning", "koningin"), "lt": ("luitenant",), "luit": ("luitenant",), "maj": ("majoor",),
    "mgr": ("monseigneur",), "min": ("minister",), "mr": ("meester",), "mw": ("mevrouw",), "not": ("notaris",),
    "nw": ("nieuwe",), "nwe": ("nieuwe",), "nz": ("noordzijde",), "oz": ("oostzijde",), "past": ("pastoor",),
    "pastr": ("pastoor",), "penn": ("penning",), "pr": ("prins", "prinses"), "pres": ("president",),
    "prof": ("professor",), "prs": ("prinses",), "rect": ("rector",), "secr": ("secretaris",), "st": ("sint",),
    "t": ("het",), "v": ("van",), "verl": ("verlengde",), "weth": ("wethouder",), "wz": ("westzijde",),
    "zr": ("zuster",), "zz": ("zuidzijde",),
}  # fmt: skip
SHORT = {long: short for short, longs in reversed(ABBREVIATIONS.items()) for long in longs if len(longs) == 1}

_ORDINALS = ("eerste", "tweede", "derde", "vierde", "vijfde", "zesde", "zevende", "achtste", "negende", "tiende")
ORDINALS = {word: f"{number}e" for number, word in enumerate((*_ORDINALS, "elfde", "twaalfde"), 1)}
ROMANS = {
    roman: str(number)
    for number, roman in enumerate(
        ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi"), 1
    )
}

TITLES = (
    frozenset(ABBREVIATIONS)
    | {long for longs in ABBREVIATIONS.values() for long in longs}
    | _set(
        """
    baron barones bisschop deken freule graaf gravin heer hertog hertogin jonker keizer keizerin mevrouw paus
    pater prelaat ridder schout wethouder zaliger
    """
    )
)
# Words that tell two streets apart as much as a numeral does.
TELLING = _set(
    """
    achter beneden binnen boven buiten groot grote hoge hoog klein kleine korte laag lage lange midden nieuw
    nieuwe noord noorder oost ooster oud oude verlengde voor west wester zuid zuider noordelijke oostelijke
    zuidelijke westelijke noordzijde oostzijde zuidzijde westzijde eerste tweede derde vierde vijfde rode witte
    zwarte groene blauwe
    """
)
LINKING = _set(
    """
    van de den der het ter te ten op in aan bij en of la le du des d s t l
    """
)

# Around an address, without a meaning for it.
NOISE = _set(
    """
    adres aan aant in te op de het nr no num nummer huisnr huisnummer hnr nederland netherlands holland nl
    gemeente gem woonplaats plaats postcode pc etage etages verdieping verd vloer flat flatgebouw gebouw woning
    huis woonhuis kamer appartement app apt appt unit bus gelegen perceel pand het doorlopend eo ca circa op
    locatie object postadres bezoekadres thuis provincie
    """
)
# The question names an address near what is meant.
NEAR = _set(
    """
    tegenover nabij hoek naast achter voor bij omgeving omstreken langs tussen ter hoogte thv ten noorden oosten
    zuiden westen hk nabijheid
    """
)

# First names that streets are called after. Another first name is another street, however alike the two are.
FIRST_NAMES = _file("first_names.txt")
# Words of Dutch street names, from the addresses of all primary schools (DUO, October 2021, CC0).
STREET_WORDS = _file("street_words.txt")
# Short Dutch words (OpenTaal, CC BY 3.0): a street can be called after any of them.
WORDS = _file("words_nl.txt")
# Places of the country in one word (GeoNames postal codes, CC BY 4.0): none is a mistyped place of the register.
PLACES = _file("places_nl.txt") | {"denhaag", "denbosch"}
