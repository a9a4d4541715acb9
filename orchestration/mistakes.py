"""What is wrong with a settings file, in Dutch: whoever writes one is an official, not a programmer."""

from pydantic import ValidationError

# By the kind of mistake of pydantic; what stands in braces is filled in from its context.
_WORDS = {
    "missing": "ontbreekt",
    "extra_forbidden": "deze sleutel bestaat niet",
    "bool_parsing": "geen ja of nee (true of false)",
    "bool_type": "geen ja of nee (true of false)",
    "date_from_datetime_parsing": "geen datum als 2026-01-31",
    "date_parsing": "geen datum als 2026-01-31",
    "date_type": "geen datum als 2026-01-31",
    "dict_type": "geen sleutels met waarden",
    "float_parsing": "geen getal",
    "float_type": "geen getal",
    "greater_than": "moet groter zijn dan {gt}",
    "greater_than_equal": "moet ten minste {ge} zijn",
    "int_from_float": "geen geheel getal",
    "int_parsing": "geen geheel getal",
    "int_type": "geen geheel getal",
    "less_than_equal": "mag hoogstens {le} zijn",
    "list_type": "geen lijst",
    "literal_error": "verwacht {expected}",
    "model_type": "geen sleutels met waarden",
    "string_pattern_mismatch": "past niet bij {pattern}",
    "string_too_long": "mag hoogstens {max_length} tekens hebben",
    "string_too_short": "moet ten minste {min_length} tekens hebben",
    "string_type": "geen tekst; zet er aanhalingstekens om",
    "too_short": "moet er ten minste {min_length} hebben",
    "tuple_type": "geen lijst",
    "value_error": "{error}",
}


def told(error: ValidationError) -> str:
    """Each wrong key with what is wrong with it, on one line. What has no words here keeps those of pydantic."""
    found = []
    for one in error.errors():
        words = _WORDS.get(one["type"])
        message = words.format_map(one.get("ctx", {})) if words else one["msg"]
        if one["type"] == "literal_error":
            message = message.replace(" or ", " of ")
        where = ".".join(map(str, one["loc"]))
        found.append(f"{where}: {message}" if where else message)
    return "; ".join(found)
