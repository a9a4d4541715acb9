"""From the claims of a provider to an official with a department and roles."""

from collections.abc import Mapping
from typing import Any

from signals_service.actor import Actor
from signals_service.auth.access import PLACER, ROLES
from signals_service.auth.config import AuthConfig

_ROLE, _DEPARTMENT = "rol:", "afdeling:"
_MOST = 200  # characters of a name that are kept
_LONGEST_SUBJECT = 255  # OpenID Connect Core, 2


class NotAdmittedError(RuntimeError):
    """Signed in at the provider, and yet no place here; `detail` says in plain Dutch why and what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


_ASK = "Vraag de beheerder van VIS in uw gemeente om dit te herstellen."


def official(claims: Mapping[str, Any], config: AuthConfig) -> Actor:
    """Who this is here. Raises `NotAdmittedError` without a role, without a department or with more than one."""
    meanings = [config.groups[group] for group in _groups(claims, config.groups_claim) if group in config.groups]
    roles = frozenset(m.removeprefix(_ROLE) for m in meanings if m.startswith(_ROLE)) & set(ROLES)
    departments = sorted({m.removeprefix(_DEPARTMENT) for m in meanings if m.startswith(_DEPARTMENT)})
    if not roles:
        raise NotAdmittedError(f"Uw account heeft geen rol in de signaleringstool. {_ASK}")
    if not departments:
        raise NotAdmittedError(f"Wij weten niet bij welke afdeling u hoort. {_ASK}")
    if len(departments) > 1:
        titles = " en ".join(config.departments.get(code, code) for code in departments)
        raise NotAdmittedError(f"Uw account hoort bij meer dan één afdeling: {titles}. Hier kan er maar één. {_ASK}")
    if departments[0] not in config.departments:
        raise NotAdmittedError(f"Uw afdeling ({departments[0]}) staat niet in de lijst van de signaleringstool. {_ASK}")
    phone = _text(claims, "phone_number")
    if not phone and PLACER in roles:
        raise NotAdmittedError(
            f"In uw account staat geen telefoonnummer, en collega's moeten u over uw signalen kunnen bellen. {_ASK}"
        )
    return Actor(
        user_id=_subject(claims),
        display_name=_name(claims),
        department=departments[0],
        phone=phone,
        roles=roles,
    )


def _subject(claims: Mapping[str, Any]) -> str:
    """Who it is, to the letter: a shortened one might be somebody else's."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise NotAdmittedError(f"Uw account heeft geen kenmerk waaraan wij u kunnen herkennen. {_ASK}")
    return subject


def _groups(claims: Mapping[str, Any], claim: str) -> list[str]:
    found = claims.get(claim)
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]


def _name(claims: Mapping[str, Any]) -> str:
    whole = _text(claims, "name") or f"{_text(claims, 'given_name')} {_text(claims, 'family_name')}".strip()
    return whole or _text(claims, "preferred_username") or _text(claims, "sub")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return "".join(filter(str.isprintable, value)).strip()[:_MOST] if isinstance(value, str) else ""
