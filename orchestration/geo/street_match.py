"""Which street of the register a text names: by its spelling, and by the point where several fit. Pure.

The work is done per distinct text, of which there are few; only the choice between streets is made per row.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from orchestration.geo.address_register import NONE, AddressRegister
from orchestration.geo.street_names import Spelling, edits, spelling

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.object_]

# How a text found its street, or why it did not.
NAME, ABBREVIATION, TYPO = "name", "abbreviation", "typo"
TOO_FAR, AMBIGUOUS, UNKNOWN = "too_far", "ambiguous", "unknown"
_RANKS = (NAME, NAME, ABBREVIATION, TYPO, TYPO)  # three forms of a spelling, then one and two typing errors
_FIRST_TYPO = 3

Candidate = tuple[int, int]  # rank in _RANKS, position of the street


@dataclass(frozen=True)
class Streets:
    """Per row the position of its street, NONE without one, and a note: how it was found or why not.

    No text, or no register, gives neither street nor note.
    """

    street: Ints
    note: Texts


class StreetMatcher:
    """Finds streets of one register. Candidates are remembered per text."""

    def __init__(self, register: AddressRegister) -> None:
        self._register = register
        self._spellings = [spelling(name) for name in register.names]
        self._places = [_folded(place) for place in register.places]
        self._forms: tuple[dict[str, list[int]], ...] = tuple(defaultdict(list) for _ in range(3))
        self._look_alikes: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for street, spelt in enumerate(self._spellings):
            for forms, form in zip(self._forms, spelt.forms, strict=True):
                forms[form].append(street)
            self._look_alikes[spelt.telling, spelt.kind].append(street)
            self._look_alikes[(spelt.telling,)].append(street)
        self._known_words = frozenset(word for spelt in self._spellings for word in spelt.words)
        self._found: dict[str, tuple[Candidate, ...]] = {}

    def candidates(self, text: str) -> tuple[Candidate, ...]:
        """The streets that a text can name, best first; those with typing errors only when no name is the same."""
        if text not in self._found:
            spelt = spelling(text)
            self._found[text] = tuple(sorted(self._same_name(spelt) or self._mistyped(spelt)))
        return self._found[text]

    def _same_name(self, text: Spelling) -> list[Candidate]:
        ranks: dict[int, int] = {}
        for rank, (forms, form) in enumerate(zip(self._forms, text.forms, strict=True)):
            for street in forms.get(form, ()) if form else ():
                ranks.setdefault(street, rank)
        return [(rank, street) for street, rank in ranks.items()]

    def _mistyped(self, text: Spelling) -> list[Candidate]:
        group = self._look_alikes.get((text.telling, text.kind) if text.kind else (text.telling,), [])
        # A quick look at all of them in one call; `edits` judges the few that are near.
        near = process.extract(
            text.forms[2],
            [self._spellings[street].forms[2] for street in group],
            scorer=OSA.distance,
            score_cutoff=len(_RANKS) - _FIRST_TYPO,
            limit=None,
        )
        found = [(edits(text, self._spellings[group[at]], self._known_words), group[at]) for _, _, at in near]
        return [(_FIRST_TYPO - 1 + count, street) for count, street in found if count]

    def match(self, texts: Texts, places: Texts, x: Floats, y: Floats, limit: float) -> Streets:
        """The street of each row.

        Args:
            texts: street names as delivered, None where there is none.
            places: names of the place (woonplaats) as delivered, or None.
            x: in the register's CRS; NaN where the row has no point that says where it was.
            y: the same.
            limit: farthest that a street can lie from the point, in units of the CRS.
        """
        street, note = np.full(len(texts), NONE, dtype=np.int64), np.full(len(texts), None, dtype=object)
        code, distinct = pd.factorize(texts)  # -1: no text
        if not len(self._register) or not len(distinct):
            return Streets(street, note)
        named = [self.candidates(text) for text in distinct]
        some = np.array([bool(found) for found in named] + [False])[code]
        read = np.array([bool(spelling(text).forms[0]) for text in distinct] + [False])[code]
        pointed = np.isfinite(x) & np.isfinite(y)
        note[read] = np.where(some, np.where(pointed, TOO_FAR, AMBIGUOUS), UNKNOWN)[read]
        for chosen in (
            self._nearest(_pairs(np.flatnonzero(pointed & some), code, named), x, y, limit),
            self._only_ones(np.flatnonzero(~pointed & some), code, named, places),
        ):
            street[chosen["row"]] = chosen["street"]
            note[chosen["row"]] = np.array(_RANKS, dtype=object)[chosen["rank"]]
        return Streets(street, note)

    def _nearest(self, pairs: pd.DataFrame, x: Floats, y: Floats, limit: float) -> pd.DataFrame:
        """Of the streets within the limit of a row's point the best spelt, of equals the nearest."""
        possible = self._register.within(pairs["street"].to_numpy(), x[pairs["row"]], y[pairs["row"]], limit)
        pairs = pairs[possible].reset_index(drop=True)
        of, at_x, at_y = pairs["street"].to_numpy(), x[pairs["row"]], y[pairs["row"]]
        distance = self._register.distance_to_one(of, at_x, at_y)
        # Asking the tree costs far more than arithmetic, and is needed only where there is a choice or a doubt.
        doubt = np.flatnonzero((distance > limit) | pairs["row"].duplicated(keep=False).to_numpy())
        distance[doubt] = self._register.distance(of[doubt], at_x[doubt], at_y[doubt], limit)
        near = pairs.assign(distance=distance)[distance <= limit]
        return near.sort_values(["row", "rank", "distance", "street"]).drop_duplicates("row")

    def _only_ones(self, rows: Ints, code: Ints, named: list[tuple[Candidate, ...]], places: Texts) -> pd.DataFrame:
        """Without a point: the only street of that name, or the only one in the place that the row names."""
        asked = pd.DataFrame({"code": code[rows], "place": pd.Series(places[rows], dtype=object).fillna("")})
        pair, distinct = pd.factorize(pd.MultiIndex.from_frame(asked))
        choices = [self._only(named[text], _folded(place)) or (0, NONE) for text, place in distinct]
        found = np.array(choices, dtype=np.int64).reshape(-1, 2)[pair]
        frame = pd.DataFrame({"row": rows, "rank": found[:, 0], "street": found[:, 1]})
        return frame[frame["street"] != NONE]

    def _only(self, candidates: tuple[Candidate, ...], place: str) -> Candidate | None:
        here = [candidate for candidate in candidates if place and self._places[candidate[1]] == place]
        left = here or list(candidates)
        if left[0][0] < _FIRST_TYPO:  # a better spelling excludes a poorer one, fewer typing errors do not
            left = [candidate for candidate in left if candidate[0] == left[0][0]]
        return left[0] if len(left) == 1 else None


def _pairs(rows: Ints, code: Ints, named: list[tuple[Candidate, ...]]) -> pd.DataFrame:
    """One row per row and candidate: row, rank, street."""
    size = np.array([len(found) for found in named])
    flat = np.array([candidate for found in named for candidate in found], dtype=np.int64).reshape(-1, 2)
    times = size[code[rows]]
    first = (np.cumsum(size) - size)[code[rows]] - (np.cumsum(times) - times)
    at = np.repeat(first, times) + np.arange(times.sum())
    return pd.DataFrame({"row": np.repeat(rows, times), "rank": flat[at, 0], "street": flat[at, 1]})


def _folded(place: str | None) -> str:
    return spelling(place or "").forms[1]
