"""Identifying keys of persons become pseudonyms before anything is written: the clear key exists in the inbox alone.

A suspect's pseudonym is HMAC-SHA-256 under the installation's own key (`VIS_SUSPECT_KEY`), of the municipality, the
column and the key in capitals without outer white space. Equal keys give equal pseudonyms: a person can be met again.
Without the installation's key nobody can compute one, not even by trying all keys that the police could have given. A
person in a department's signals gets the keys of `signals_service.persons` instead, under `VIS_PERSON_KEY`.
"""

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import psycopg

from orchestration.ingest.chunk import Chunk
from orchestration.ingest.csv_reader import read_csv
from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.header import needed_headings
from orchestration.ingest.source import SourceError, SourceSpec
from orchestration.ingest.text_blocks import unpacked
from orchestration.municipality import Municipality
from orchestration.settings import Settings

_SHORTEST_KEY = 16  # characters; `make up` writes 32
NOT_A_PERSON = "?"  # in the place of a text that names no person: the loader quarantines it


class Pseudonyms:
    """Makes the pseudonyms of one municipality. `setting` names what holds the key, and its stage."""

    setting = "suspect_key"
    consequence = "Met een andere sleutel lijkt elke bekende persoon een nieuwe."
    document = "docs/beheer.md, Verdachten"

    def __init__(self, key: str, municipality_code: str) -> None:
        self._key, self._municipality_code = key.encode(), municipality_code

    @classmethod
    def checked(
        cls, connection: psycopg.Connection, municipality: Municipality, spec: SourceSpec, settings: Settings
    ) -> "Pseudonyms":
        """With the key of this installation, which must be the one that earlier deliveries were landed with.

        Raises `SettingsError` when there is no key and `SourceError` when it is short or another one: a known person
        would come back under another pseudonym, and pass for a first offender.
        """
        kind = SignalPseudonyms if spec.shape == "signal" else Pseudonyms
        variable = f"VIS_{kind.setting.upper()}"
        key = settings.secret(kind.setting)
        if len(key) < _SHORTEST_KEY:
            raise SourceError(f"{variable}: {len(key)} tekens, verwacht ten minste {_SHORTEST_KEY} willekeurige")
        pseudonyms = kind(key, municipality.code)
        mark = pseudonyms._mac("fingerprint", "")
        with connection.transaction():
            connection.execute(
                "insert into raw.progress (municipality_code, stage, state) values (%s, %s, %s) on conflict do nothing",
                [municipality.code, kind.setting, mark],
            )
            row = connection.execute(
                "select state from raw.progress where municipality_code = %s and stage = %s",
                [municipality.code, kind.setting],
            ).fetchone()
        if row is None or not hmac.compare_digest(str(row[0]), mark):
            raise SourceError(
                f"{variable} is een andere sleutel dan die waarmee eerdere leveringen zijn ontvangen; er is niets "
                f"opgenomen. {kind.consequence} Zet de oude sleutel terug "
                f"(reservekopie van secrets.env), of zie {kind.document}"
            )
        return pseudonyms

    def digest(self) -> hmac.HMAC:
        """For the bytes of a file: its identity. A plain hash would let one test guesses of what a small file held."""
        return hmac.new(self._key, f"{self._municipality_code}\0delivery\0".encode(), hashlib.sha256)

    def of(self, column: str, text: str) -> str:
        """The pseudonym, 64 hexadecimal digits; of an empty cell an empty one, for the loader to quarantine."""
        normal = text.strip().upper()
        return self._mac(column, normal) if normal else ""

    def _mac(self, column: str, text: str) -> str:
        message = f"{self._municipality_code}\0{column}\0{text}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


class SignalPseudonyms(Pseudonyms):
    """Of persons in departments' signals: the keys with which the signals service searches."""

    setting = "person_key"
    consequence = "Met een andere sleutel vindt niemand een bekende persoon terug."
    document = "docs/beheer.md, Signalen"

    def __init__(self, key: str, municipality_code: str) -> None:
        # The web service comes along with its rules about persons: only a source of signals pays for that.
        from signals_service.persons import PersonError, PersonKeys

        super().__init__(key, municipality_code)
        self._keys, self._error = PersonKeys(key, municipality_code), PersonError

    def of(self, column: str, text: str) -> str:
        """The keys in hexadecimal with a space between them; empty for nobody, `NOT_A_PERSON` when it is no person."""
        if not text.strip():
            return ""
        try:
            return " ".join(key.hex() for key in self._keys.of_text(text))
        except self._error:
            return NOT_A_PERSON


def write_pseudonymised(stream: BinaryIO, copy: BinaryIO, spec: SourceSpec, file: str, pseudonyms: Pseudonyms) -> None:
    """Copy a CSV with pseudonyms in place of the columns that `spec.pseudonymise` names.

    Only the columns that the source maps are kept: an unmapped one may hold the same key, or a name. Rows keep their
    numbers; in the place of one that cannot be split stands what is wrong with it. Raises `RefusedDelivery`, without a
    word of what the file holds, when it cannot be read.
    """
    try:
        with unpacked(stream) as content:
            for text in _texts(read_csv(content, spec, file), spec, pseudonyms):
                copy.write(text)
    except RefusedDelivery:
        headings = spec.fetch.delimiter.join(needed_headings(spec))
        raise RefusedDelivery(
            file,
            "een inhoud die niet te lezen is",
            expected=f"een CSV in {spec.fetch.encoding} met onder meer de koppen {headings}",
            action="Het bestand bevat sleutels van personen: daarom is het niet bewaard en staat hier niet wat erin "
            "stond. Vergelijk het bestand in de inbox met de bron. Het wordt opnieuw gelezen zodra de bron is "
            "aangepast; een verbeterd bestand telt als nieuwe levering.",
        ) from None  # the cause quotes the file


def _texts(chunks: Iterable[Chunk], spec: SourceSpec, pseudonyms: Pseudonyms) -> Iterator[bytes]:
    """The bytes of the copy: the headings, then chunk by chunk its rows in order."""
    headings = needed_headings(spec)
    columns_of = {spec.columns[column]: column for column in spec.pseudonymise}
    encoding = "cp1252" if spec.fetch.encoding == "windows-1252" else "utf-8"
    if spec.fetch.encoding == "utf-8-sig":
        yield "\ufeff".encode()
    yield _csv([headings], spec).encode(encoding)
    for chunk in chunks:
        cells = [
            [pseudonyms.of(columns_of[heading], text) for text in chunk.columns[heading]]
            if heading in columns_of
            else chunk.columns[heading]
            for heading in headings
        ]
        rows: dict[int, tuple[str, ...]] = dict(zip(chunk.numbers, zip(*cells, strict=True), strict=True))
        # Of another width than a row, so that it cannot be split when it is loaded either.
        rows |= {row.number: (f"[niet bewaard: {row.problem}]",) * (2 - (len(headings) > 1)) for row in chunk.malformed}
        yield _csv([rows[number] for number in sorted(rows)], spec).encode(encoding)


def _csv(rows: Iterable[Iterable[str]], spec: SourceSpec) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=spec.fetch.delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()
