"""Dates as Dutch people write them."""

from datetime import date, datetime

from flask import Flask

from signals_service.current import desk

_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def register(app: Flask) -> None:
    app.add_template_filter(day)
    app.add_template_filter(month)
    app.add_template_filter(moment)


def day(value: date) -> str:
    """25 november 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def month(value: str) -> str:
    """`2026-11` → november 2026."""
    year, _, number = value.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def moment(value: datetime) -> str:
    """25 november 2026, 14:05 in the municipality's own time."""
    local = value.astimezone(desk().zone)
    return f"{day(local)}, {local:%H:%M}"
