"""What stands around street and number: a place, a quarter of it, or words without a meaning for the address. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA

from signals_service.addresses.question import Token, words_between
from signals_service.addresses.spelling import spelling, words_of
from signals_service.addresses.street_names import StreetNames
from signals_service.addresses.vocabulary import NEAR, NOISE, ORDINALS, PLACES

_MOST_WORDS = 5  # of a place
_FLOORS = frozenset({"etage", "verdieping", "verd", "woonlaag"})
_ROOMS = frozenset({"kamer", "lokaal", "bus", "etage", "verdieping"})
_CORNER = frozenset({"hoek", "hk"})
_JOINING = frozenset({"en", "met", "van"})


@dataclass(frozen=True, slots=True)
class Around:
    """What the words around an address say: in which places (None: nothing), and which words say nothing known.

    `district`: the four digits of a postcode. `skipped` counts words without a meaning for the address.
    """

    places: frozenset[str] | None = None
    cost: int = 0
    near: bool = False
    skipped: int = 0
    unknown: tuple[str, ...] = ()
    district: str = ""

    def __add__(self, other: "Around") -> "Around":
        if self.places is None or other.places is None:
            places = self.places if other.places is None else other.places
        else:
            places = self.places & other.places or self.places | other.places
        return Around(
            places, self.cost + other.cost, self.near or other.near, self.skipped + other.skipped,
            self.unknown + other.unknown, self.district or other.district,
        )  # fmt: skip


class Places:
    """The places of a register, and other names by which people call them or a part of them.

    `others` gives names that are no place of the register; such a name says no more than that it lies here, or in the
    place given with it.
    """

    def __init__(self, places: Iterable[str], others: Iterable[tuple[str, str]] = ()) -> None:
        named: dict[str, set[str]] = defaultdict(set)
        for place in places:
            for form in spelling(tuple(words_of(place))).forms:
                named["".join(form)].add(place)
        known = {place for found in named.values() for place in found}
        for name, place in others:
            key = "".join(words_of(name))
            if key not in named:
                named[key] |= {place} if place in known else known
        named.pop("", None)
        self._named = {key: frozenset(found) for key, found in named.items()}
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for key in self._named:
            self._by_length[len(key)].append(key)

    def exact(self, text: str) -> frozenset[str] | None:
        return self._named.get(text)

    def mistyped(self, text: str) -> tuple[frozenset[str], int] | None:
        """The one place that a text is nearest to, and how many edits; None when none or several are near."""
        most = 0 if len(text) < 4 or text in PLACES else 1 if len(text) < 7 else 2
        found: dict[int, list[str]] = defaultdict(list)
        for length in range(len(text) - most, len(text) + most + 1):
            for key in self._by_length.get(length, ()):
                if (distance := OSA.distance(text, key, score_cutoff=most)) <= most:
                    found[distance].append(key)
        if not found:
            return None
        best = min(found)
        return (self._named[found[best][0]], best) if best and len(found[best]) == 1 else None


@dataclass
class Surroundings:
    """Explains the words around an address in one list of tokens; remembers what it explained."""

    tokens: tuple[Token, ...]
    places: Places
    streets: StreetNames
    districts: frozenset[str]  # the four digits of every postcode of the register
    _known: dict[tuple[int, int, bool], Around] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._corner = any(token.text in _CORNER for token in self.tokens)

    def explain(self, begin: int, end: int, mistyped: bool) -> Around:
        """What the tokens from `begin` to `end` say; `mistyped`: places can have typing errors."""
        key = (begin, end, mistyped)
        if key not in self._known:
            self._known[key] = self._explain(begin, end, mistyped)
        return self._known[key]

    def _explain(self, begin: int, end: int, mistyped: bool) -> Around:
        found, at = Around(), begin
        while at < end:
            step, part = self._place(at, end) or self._filler(at, end) or (0, Around())
            if not step and mistyped:
                step, part = self._mistyped(at, end) or (0, part)
            if not step:
                step, part = 1, Around(unknown=(self.tokens[at].text,))
            found += part
            at += step
        return found

    def _place(self, at: int, end: int) -> tuple[int, Around] | None:
        for stop in range(min(end, at + _MOST_WORDS), at, -1):
            words = words_between(self.tokens[at:stop])
            for form in spelling(words).forms:
                if places := self.places.exact("".join(form)):
                    return stop - at, Around(places)
        return None

    def _mistyped(self, at: int, end: int) -> tuple[int, Around] | None:
        if at and self.tokens[at].before == "" and self.tokens[at - 1].is_number:
            return None  # 6bDemostad: the b may be an addition, so it is no letter too many of the place
        best: tuple[int, int, frozenset[str]] | None = None
        for stop in range(min(end, at + 3), at, -1):
            found = self.places.mistyped("".join(token.text for token in self.tokens[at:stop]))
            if found and (best is None or found[1] < best[0]):
                best = (found[1], stop - at, found[0])
        return (best[1], Around(best[2], cost=best[0])) if best else None

    def _filler(self, at: int, end: int) -> tuple[int, Around] | None:
        texts = [token.text for token in self.tokens[at : min(end, at + 4)]]
        if length := _floor(texts):
            return length, Around(skipped=1)
        if texts[0] in NEAR:
            return 1, Around(near=True, skipped=1)
        if texts[0] in self.districts:
            return 1, Around(district=texts[0])
        if texts[0] in NOISE or (self._corner and texts[0] in _JOINING):
            return 1, Around(skipped=1)
        return self._cross_street(at, len(texts)) if self._corner else None

    def _cross_street(self, at: int, most: int) -> tuple[int, Around] | None:
        """The other street of a corner."""
        for length in range(most, 0, -1):
            if self.streets.exact(words_between(self.tokens[at : at + length])):
                return length, Around(near=True, skipped=1)
        return None


def _floor(texts: list[str]) -> int:
    """How many words name a floor or a room: `2e etage`, `tweede verdieping`, `kamer 3`; 0 when they do not."""
    if len(texts) > 1 and texts[0] in _ROOMS and texts[1].isdigit():
        return 2
    at = 2 if texts[0].isdigit() and len(texts) > 1 and texts[1] in {"e", "de", "ste"} else 1
    counted = texts[0].isdigit() or texts[0] in ORDINALS
    return at + 1 if counted and len(texts) > at and texts[at] in _FLOORS else 0
