"""The headings of a delivery against what its source declares."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.source import SourceSpec

_DELIMITERS = {";": "puntkomma", ",": "komma", "\t": "tab", "|": "verticale streep"}


@dataclass(frozen=True)
class Layout:
    """Which columns of a file are kept, by position; sensitive ones are not among them."""

    width: int
    kept: tuple[tuple[int, str], ...]
    unmapped: tuple[str, ...]


def mapped_headings(spec: SourceSpec) -> tuple[str, ...]:
    """The headings that a source needs for its columns, each once, in the order of its YAML."""
    return tuple(dict.fromkeys([*spec.columns.values(), *spec.unpivot]))


def needed_headings(spec: SourceSpec) -> tuple[str, ...]:
    """The mapped headings, and the one that says of which municipality a row is (which still goes to `extra`)."""
    return tuple(dict.fromkeys([*mapped_headings(spec), *([spec.own_rows.column] if spec.own_rows else [])]))


def check_headings(file: str, spec: SourceSpec, found: Sequence[str]) -> Layout:
    """Check the headings of a file and say which columns are kept; raises `RefusedDelivery`.

    A heading that is not mapped and comes twice, or has no text, gets a name of its own.
    """
    headings = [heading.strip() for heading in found]
    needed = needed_headings(spec)
    counts = Counter(headings)
    if missing := [heading for heading in needed if heading not in counts]:
        _refuse_delimiter(file, spec, headings, needed)
        _refuse_encoding(file, spec, headings, missing)
        _refuse_missing(file, spec, headings, missing)
    if double := [heading for heading in needed if counts[heading] > 1]:
        raise RefusedDelivery(
            file,
            f"{counts[double[0]]} keer dezelfde kop",
            row=0,
            column=double[0],
            expected="elke kop die de bron noemt precies één keer",
            action="Vraag de leverancier de kolommen verschillende namen te geven.",
        )
    _refuse_renamed_sensitive(file, spec, headings)
    sensitive = set(spec.sensitive)
    kept, seen = [], Counter[str]()
    for position, heading in enumerate(headings):
        if heading in sensitive:
            continue
        name = heading or f"(kolom {position + 1})"
        seen[name] += 1
        kept.append((position, name if seen[name] == 1 else f"{name} ({seen[name]})"))
    mapped = set(mapped_headings(spec))
    return Layout(len(headings), tuple(kept), tuple(name for _, name in kept if name not in mapped))


def _refuse_delimiter(file: str, spec: SourceSpec, headings: list[str], needed: Sequence[str]) -> None:
    """Another delimiter finds more of the needed headings, or the only column holds another delimiter."""
    if spec.fetch.format != "csv":
        return
    declared = spec.fetch.delimiter
    line = declared.join(headings)
    found = len(set(needed) & set(headings))
    for delimiter, name in _DELIMITERS.items():
        parts = {part.strip().strip('"') for part in line.split(delimiter)}
        better = len(set(needed) & parts) > found
        if delimiter == declared or not (better or (len(headings) == 1 and delimiter in line)):
            continue
        raise RefusedDelivery(
            file,
            f"{_columns(len(headings))} en {line.count(delimiter)} keer {delimiter!r} ({name})",
            row=0,
            expected=f"kolommen gescheiden door {declared!r} ({_DELIMITERS.get(declared, 'eigen teken')})",
            action=(
                f"Vraag de leverancier het afgesproken scheidingsteken te gebruiken, of zet "
                f"delimiter: {delimiter!r} in de bron {spec.source}."
            ),
        )


def _refuse_encoding(file: str, spec: SourceSpec, headings: list[str], missing: list[str]) -> None:
    """Headings that are right once read as UTF-8."""
    if spec.fetch.encoding != "windows-1252":
        return
    for position, heading in enumerate(headings):
        try:
            other = heading.encode("cp1252").decode("utf-8-sig")
        except UnicodeError:
            continue
        if other != heading and (other in missing or position == 0):
            raise RefusedDelivery(
                file,
                f"{heading!r}, dat als UTF-8 {other!r} is",
                row=0,
                column=other,
                expected="windows-1252",
                action=f"Het bestand lijkt UTF-8; zet encoding: utf-8-sig in de bron {spec.source}.",
            )


def _refuse_missing(file: str, spec: SourceSpec, headings: list[str], missing: list[str]) -> None:
    nearest = [
        f'"{heading}" lijkt op "{match[0]}"'
        for heading in missing
        if (match := difflib.get_close_matches(heading, [h for h in headings if h], n=1, cutoff=0.6))
    ]
    # Without any known heading this may well be a row of data, and those can hold what must not be shown.
    is_heading = len(set(headings) & {*needed_headings(spec), *spec.sensitive}) > 0
    if spec.sensitive and not is_heading:
        found = "geen enkele verwachte kop (de eerste regel is niet getoond: deze bron heeft gevoelige kolommen)"
    else:
        found = f"{_columns(len(headings))}: " + ", ".join(f'"{heading[:80]}"' for heading in headings[:100])
    hint = f" {'; '.join(nearest)}." if nearest and (is_heading or not spec.sensitive) else ""
    raise RefusedDelivery(
        file,
        found,
        row=0,
        column='", "'.join(missing),
        expected=f"ook {'deze kolom' if len(missing) == 1 else 'deze kolommen'}",
        action=f"Vraag de leverancier om de kolom, of pas columns in de bron {spec.source} aan.{hint}",
    )


def _refuse_renamed_sensitive(file: str, spec: SourceSpec, headings: list[str]) -> None:
    """A sensitive column under a slightly other name would walk in as an extra column."""
    known = {*needed_headings(spec), *spec.sensitive}
    unknown = {_plain(heading): heading for heading in headings if heading and heading not in known}
    for sensitive in spec.sensitive:
        if sensitive in headings:
            continue
        plain = _plain(sensitive)
        alike = [name for name in unknown if len(name) > 3 and (name in plain or plain in name)]
        alike += difflib.get_close_matches(plain, unknown, n=1, cutoff=0.75)
        if alike:
            raise RefusedDelivery(
                file,
                f'in plaats daarvan "{unknown[alike[0]]}"',
                row=0,
                column=sensitive,
                expected="deze gevoelige kolom onder haar eigen naam",
                action=(
                    f"Is het dezelfde kolom: zet de nieuwe naam bij sensitive in de bron {spec.source}. Zo niet: "
                    f'haal "{sensitive}" daar weg.'
                ),
            )


def _plain(heading: str) -> str:
    return re.sub(r"\W", "", heading.casefold())


def _columns(number: int) -> str:
    return "één kolom" if number == 1 else f"{number} kolommen"
