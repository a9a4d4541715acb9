"""What can go wrong with a delivery as a whole."""


class RefusedDelivery(ValueError):  # noqa: N818 - the name of the outcome, not of an error in our code
    """The delivery cannot be read; nothing of it is loaded, its bytes stay in the landing zone.

    The text is for an official: file, row and column, what was found, what was expected and what to do.
    """

    def __init__(
        self, file: str, found: str, *, expected: str, action: str, row: int | None = None, column: str | None = None
    ) -> None:
        where = f"bestand {file}"
        if row is not None:
            where += ", kopregel" if row == 0 else f", rij {row}"
        if column is not None:
            where += f', kolom "{column}"'
        self.reason = f"{where}: gevonden {found}; verwacht {expected}. {action}"
        super().__init__(self.reason)


class AccountingError(RuntimeError):
    """Rows read are not the sum of rows loaded, quarantined and duplicate: a fault in our code, never in the data."""
