"""The fields that schemas are made of: camelCase outside, Dutch about what is wrong, nothing unknown let through."""

from typing import Any

from apiflask import Schema
from marshmallow import RAISE, fields, validate

_MISSING: dict[str, Any] = {"required": "Dit veld ontbreekt.", "null": "Dit veld mag niet leeg zijn."}
_TEXT: dict[str, Any] = _MISSING | {"invalid": "Dit moet tekst zijn.", "invalid_utf8": "Dit moet tekst zijn."}


class CamelSchema(Schema):
    """`case_number` in the code is `caseNumber` outside. A member that is not described is refused."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow declares it so
        "unknown": "Dit veld bestaat niet.",
        "type": "Stuur een JSON-object.",
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = (field_obj.data_key or field_name).split("_")
        field_obj.data_key = first + "".join(map(str.capitalize, others))


def text(description: str, *, maximum: int, required: bool = True, pattern: str | None = None) -> fields.String:
    """A text as somebody typed it; the acts say what is wrong with it beyond its length."""
    checks: list[validate.Validator] = [
        validate.Length(max=maximum, error=f"Dit is te lang: hoogstens {maximum} tekens.")
    ]
    if required:
        checks.append(validate.Length(min=1, error="Dit veld mag niet leeg zijn."))
    if pattern:
        checks.append(validate.Regexp(pattern, error="Dit heeft niet de goede vorm."))
    return fields.String(
        required=required,
        validate=checks,
        error_messages=_TEXT,
        metadata={"description": description},
    )


def day(description: str, *, required: bool = True) -> fields.Date:
    return fields.Date(
        required=required,
        format="iso",
        error_messages=_MISSING
        | {"invalid": "Dit moet een datum zijn: 2026-11-25.", "format": "Dit moet een datum zijn: 2026-11-25."},
        metadata={"description": description},
    )


def number(description: str, *, least: int, most: int, default: int | None = None) -> fields.Integer:
    """A whole number that may be left out."""
    return fields.Integer(
        load_default=default,
        strict=False,
        validate=validate.Range(least, most, error=f"Dit moet een getal zijn van {least} tot en met {most}."),
        error_messages={"invalid": "Dit moet een heel getal zijn."},
        metadata={"description": description},
    )


def one_of(description: str, values: list[str], *, required: bool = False) -> fields.String:
    return fields.String(
        required=required,
        validate=validate.OneOf(values, error="Kies een van: {choices}."),
        error_messages=_TEXT,
        metadata={"description": description},
    )
