"""House numbers as clerks write them: `12`, `12A`, `12-a`, `12 bis`, `nr. 12 hs`. Pure."""

import re
from functools import lru_cache

_TEXT = re.compile(r"\s*(?:huisnummer|huisnr|nummer|nr|no)?\.?\s*(\d{1,6})(?!\d)(.*)", re.IGNORECASE | re.DOTALL)
_NO_SIGN = re.compile(r"[^a-z0-9]+")
_ONE_FORM = (("hoog", "hg"), ("huis", "hs"))


def fold_addition(text: str) -> str:
    """Letter and addition without signs and case; `huis` and `hoog` as `hs` and `hg`."""
    folded = _NO_SIGN.sub("", text.casefold())
    for word, short in _ONE_FORM:
        folded = folded.replace(word, short)
    return folded


@lru_cache(maxsize=100_000)
def read_number(text: str) -> tuple[int, str] | None:
    """Number and folded addition; None when the text does not begin with a number."""
    found = _TEXT.fullmatch(text)
    return (int(found[1]), fold_addition(found[2])) if found else None
