"""The reasons for which a CSV is refused, in the words an official can act on."""

from typing import NoReturn

from orchestration.ingest.errors import RefusedDelivery
from orchestration.ingest.source import SourceSpec
from orchestration.ingest.text_blocks import BrokenGzip, NulByte, StreamProblem, Undecodable

MAX_HEADER = 1_000_000  # characters


def refuse_empty(file: str, *, no_bytes: bool) -> NoReturn:
    raise RefusedDelivery(
        file,
        "een leeg bestand (0 bytes)" if no_bytes else "alleen lege regels",
        expected="een kopregel met daaronder rijen",
        action="Vraag de leverancier het bestand opnieuw te maken.",
    )


def refuse_zip(file: str) -> NoReturn:
    raise RefusedDelivery(
        file,
        "een zip- of Excel-bestand",
        expected="een tekstbestand (CSV), eventueel met gzip ingepakt",
        action="Sla het op als CSV, of pak het eerst uit.",
    )


def refuse_long_header(file: str) -> NoReturn:
    raise RefusedDelivery(
        file,
        f"een kopregel van meer dan {MAX_HEADER} tekens",
        row=0,
        expected="een kopregel met kolomnamen, afgesloten met een regeleinde",
        action="Waarschijnlijk ontbreken de regeleinden, of is het geen CSV. Vraag een nieuw bestand.",
    )


def refuse_header(file: str, *, lone_cr: bool) -> NoReturn:
    raise RefusedDelivery(
        file,
        "regels die eindigen op CR alleen" if lone_cr else "aanhalingstekens die niet kloppen",
        row=0,
        expected="een kopregel met kolomnamen, regels die eindigen op LF of CRLF",
        action="Vraag een nieuw bestand.",
    )


def refuse_unclosed(file: str, row: int, column: str | None) -> NoReturn:
    raise RefusedDelivery(
        file,
        "een aanhalingsteken dat tot het einde van het bestand niet wordt gesloten",
        row=row,
        column=column,
        expected="een afsluitend aanhalingsteken",
        action="Het bestand is waarschijnlijk afgebroken; vraag het opnieuw aan.",
    )


def refuse_utf8(file: str, spec: SourceSpec, row: int, column: str | None) -> NoReturn:
    raise RefusedDelivery(
        file,
        "bijzondere tekens die allemaal geldig UTF-8 zijn",
        row=row,
        column=column,
        expected="windows-1252",
        action=f"Het bestand lijkt UTF-8; zet encoding: utf-8-sig in de bron {spec.source}.",
    )


def refuse_stream(file: str, spec: SourceSpec, problem: StreamProblem, row: int, column: str | None) -> NoReturn:
    """Refuse for what is wrong with the bytes in this row (0 is the heading)."""
    if isinstance(problem, BrokenGzip):
        raise RefusedDelivery(
            file,
            f"een afgebroken of beschadigd gzip-bestand, na {max(row - 1, 0)} hele rijen",
            row=row,
            expected="een gzip-bestand dat tot het einde kan worden uitgepakt",
            action="De overdracht is waarschijnlijk afgebroken; vraag het bestand opnieuw aan.",
        )
    if isinstance(problem, NulByte):
        raise RefusedDelivery(
            file,
            "een NUL-byte",
            row=row,
            column=column,
            expected="tekst",
            action="Het bestand is beschadigd, binair of UTF-16; vraag het aan als UTF-8.",
        )
    if isinstance(problem, Undecodable):
        _refuse_undecodable(file, spec, problem, row, column)
    raise problem


def _refuse_undecodable(file: str, spec: SourceSpec, problem: Undecodable, row: int, column: str | None) -> NoReturn:
    single_byte = spec.fetch.encoding == "windows-1252"
    if row == 0 and problem.found[:1] in (b"\xff", b"\xfe"):
        action = "Het bestand lijkt UTF-16; vraag het aan als UTF-8."
    elif problem.at_end:
        action = "Het bestand houdt midden in een teken op en is waarschijnlijk afgebroken; vraag het opnieuw aan."
    elif single_byte:
        action = "Vraag de leverancier het bestand opnieuw te maken."
    else:
        action = f"Het bestand lijkt windows-1252; zet encoding: windows-1252 in de bron {spec.source}."
    raise RefusedDelivery(
        file,
        f"de byte(s) {problem.found.hex(' ')}",
        row=row,
        column=column,
        expected=spec.fetch.encoding if single_byte else "UTF-8",
        action=action,
    )
