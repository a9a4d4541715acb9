"""What somebody may have meant when the answer is that it was not found. Never an answer. Pure."""

from collections.abc import Iterable

from signals_service.addresses.question import Cut, words_between
from signals_service.addresses.readings import Reading
from signals_service.addresses.register import Register
from signals_service.addresses.street_names import StreetNames


class Suggester:
    """Finds a few addresses that resemble a question."""

    def __init__(self, register: Register, streets: StreetNames, most: int) -> None:
        self._register, self._streets, self._most = register, streets, most

    def instead(self, reading: Reading) -> list[int]:
        """In the same street: what is at the number, else the numbers nearest to it."""
        doors = reading.doors
        if doors is None:
            return []
        if doors.missing or doors.rows:
            return list((doors.missing or doors.rows)[: self._most])
        number = int(doors.text.partition("-")[0]) if doors.text.partition("-")[0].isdigit() else 0
        rows = [row for street in (*reading.streets, *reading.elsewhere) for row in self._nearest(street, number)]
        return rows[: self._most]

    def _nearest(self, street: int, number: int) -> Iterable[int]:
        rows = self._register.between(street, number - 4, number + 4) or self._register.rows_of(street)
        side = self._register.number
        return sorted(rows, key=lambda row: (abs(int(side[row]) - number), int(side[row] - number) % 2, row))

    def like(self, cut: Cut) -> list[int]:
        """Addresses in streets whose name is longer than what was typed, or resembles it from afar."""
        tokens = cut.tokens
        at = next((at for at, token in enumerate(tokens) if token.is_number and len(token.text) <= 5), None)
        words = words_between(tokens[:at] or tokens[1:]) if at is not None else words_between(tokens)
        if not words:
            return []
        streets = self._streets.fuller(words) or [one.street for one in self._streets.look_alikes(words, 3)]
        if at is None:
            return [self._register.rows_of(street)[0] for street in streets][: self._most]
        number = int(tokens[at].text)
        return [row for street in streets for row in self._register.at_number(street, number)][: self._most]
