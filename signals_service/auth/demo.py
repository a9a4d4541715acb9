"""The accounts of the demo: one per role, in several departments, all made up; `orchestration.settings` says where."""

import hmac

from signals_service.actor import Actor
from signals_service.auth.access import AUDITOR, COORDINATOR, MANAGER, PLACER, SEARCHER


def _account(name: str, display_name: str, department: str, number: int, *roles: str) -> Actor:
    return Actor(f"demo-{name}", display_name, department, f"036-0{number}", frozenset(roles))


ACCOUNTS = {
    account.user_id: account
    for account in (
        _account("burgerzaken", "Sanne Fictief", "burgerzaken", 100101, SEARCHER),
        _account("toezicht", "Bram Verzonnen", "toezicht-handhaving", 100102, SEARCHER, PLACER),
        _account("belastingen", "Noor Bedacht", "belastingen", 100103, SEARCHER, PLACER),
        _account("sociale-zaken", "Youssef Voorbeeld", "sociale-zaken", 100104, SEARCHER),
        _account("vergunningen", "Fleur Denkbeeld", "vergunningen", 100105, SEARCHER, PLACER),
        _account("openbare-orde", "Daan Verbeeld", "openbare-orde", 100106, SEARCHER, COORDINATOR),
        _account("beheerder", "Imke Nergens", "openbare-orde", 100107, MANAGER),
        _account("auditor", "Ruben Niemand", "openbare-orde", 100108, AUDITOR),
    )
}


def sign_in(user_id: str, password: str, right_password: str) -> Actor | None:
    """The account, when it exists and the password is right."""
    if not hmac.compare_digest(password.encode(), right_password.encode()):
        return None
    return ACCOUNTS.get(user_id)
