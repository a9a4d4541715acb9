"""Why the store does not answer. `status` is what HTTP calls it; no message holds a value that somebody typed."""


class StoreError(RuntimeError):
    """What all errors of the store have in common."""

    status = 500


class ForbiddenError(StoreError):
    """The actor's roles or department do not allow this."""

    status = 403


class NotFoundError(StoreError):
    """There is no such thing, or it is another department's: the two cannot be told apart."""

    status = 404


class ConflictError(StoreError):
    """The thing is no longer in the state in which this can be done, such as a signal that is closed."""

    status = 409


class InvalidPurposeError(StoreError):
    """The purpose is not on the list, not for this department, or the case number is missing or malformed."""

    status = 422


class InvalidValueError(StoreError):
    """A value that the municipality's rules do not allow; `field` names it (such as `kind` or `review_on`)."""

    status = 422

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class QuotaExceededError(StoreError):
    """Too many searches by this user within an hour or a day; after `retry_after` seconds there is room again."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("quota")
        self.retry_after = retry_after


class StoreUnavailableError(StoreError):
    """No connection free in time, the database away, or the audit refused: no answer. Carries no detail on purpose."""

    status = 503
