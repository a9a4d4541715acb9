"""Roles and users from `roles/*.yaml`: who may do what, in a form that can be reviewed."""

from pathlib import Path
from typing import Any

import yaml

from deploy.client import Superset
from deploy.settings import DeployError

FOLDER = Path(__file__).resolve().parents[1] / "roles"
USERS_FILE = "gebruikers.yaml"
NO_ROLES = (USERS_FILE, "rijregels.yaml")


def read_roles(folder: Path = FOLDER) -> list[dict[str, Any]]:
    return [_read(path) for path in sorted(folder.glob("*.yaml")) if path.name not in NO_ROLES]


def read_users(folder: Path = FOLDER) -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = _read(folder / USERS_FILE)["gebruikers"]
    return users


def role_problems(roles: list[dict[str, Any]], users: list[dict[str, Any]], slugs: set[str]) -> list[str]:
    """What can be known to be wrong without Superset."""
    names = [role["naam"] for role in roles]
    found = [f"roles: rol {name} staat er dubbel" for name in set(names) if names.count(name) > 1]
    for role in roles:
        found += [
            f"roles: {role['naam']} noemt dashboard {slug}, dat er niet is"
            for slug in role["dashboards"]
            if slug not in slugs
        ]
    found += [f"roles: {user['naam']} heeft onbekende rol {user['rol']}" for user in users if user["rol"] not in names]
    return found


def apply_roles(superset: Superset, roles: list[dict[str, Any]], database: str) -> dict[str, int]:
    """Make each role have exactly the rights of its file; returns name → id."""
    known = {role["name"]: role["id"] for role in superset.listing("/api/v1/security/roles/")}
    rights = {
        f"{item['permission']['name']} on {item['view_menu']['name']}": item["id"]
        for item in superset.listing("/api/v1/security/permissions-resources/")
    }
    for role in roles:
        wanted = _wanted(superset, role, known, rights, database)
        name = role["naam"]
        if name not in known:
            known[name] = superset.call("POST", "/api/v1/security/roles/", json={"name": name})["id"]
        if wanted != _rights_of(superset, known[name]):
            path = f"/api/v1/security/roles/{known[name]}/permissions"
            superset.call("POST", path, json={"permission_view_menu_ids": sorted(wanted)})
    return known


def apply_users(
    superset: Superset, users: list[dict[str, Any]], role_ids: dict[str, int], passwords: dict[str, str]
) -> list[str]:
    """Make the users that have a password given and do not exist yet; keep the role of the others right.

    The password of an existing user is never touched: it may be his own by now. Returns the names made.
    """
    known = {user["username"]: user for user in superset.listing("/api/v1/security/users/")}
    made = []
    for user in users:
        name, role = user["naam"], role_ids[user["rol"]]
        if name in known:
            if [item["id"] for item in known[name]["roles"]] != [role]:
                superset.call("PUT", f"/api/v1/security/users/{known[name]['id']}", json={"roles": [role]})
            continue
        password = passwords.get(user["wachtwoord_uit"])
        if password is None:
            continue
        new = {
            "username": name,
            "first_name": user["voornaam"],
            "last_name": user["achternaam"],
            "email": f"{name}@vis.invalid",
            "active": True,
            "password": password,
            "roles": [role],
        }
        superset.call("POST", "/api/v1/security/users/", json=new)
        made.append(name)
    return made


def share_dashboards(superset: Superset, roles: list[dict[str, Any]], role_ids: dict[str, int]) -> None:
    """Give each dashboard exactly the roles that name it."""
    slugs = {slug for role in roles for slug in role["dashboards"]}
    for slug in sorted(slugs):
        wanted = sorted(role_ids[role["naam"]] for role in roles if slug in role["dashboards"])
        dashboard = superset.call("GET", f"/api/v1/dashboard/{slug}")["result"]
        if sorted(role["id"] for role in dashboard["roles"]) != wanted:
            superset.call("PUT", f"/api/v1/dashboard/{dashboard['id']}", json={"roles": wanted})


def _wanted(
    superset: Superset, role: dict[str, Any], known: dict[str, int], rights: dict[str, int], database: str
) -> set[int]:
    wanted: set[int] = set()
    for base in role.get("als", []):
        if base not in known:
            raise DeployError(f"Rol {role['naam']} bouwt op {base}, dat Superset niet kent")
        wanted |= _rights_of(superset, known[base])
    for right in role.get("zonder", []):
        wanted.discard(_right(rights, right, role))
    for right in role.get("rechten", []):
        wanted.add(_right(rights, right, role))
    if role.get("database"):
        # Its name holds a number that Superset gives out, so it cannot stand in a file.
        prefix = f"database_access on [{database}].(id:"
        found = [number for name, number in rights.items() if name.startswith(prefix)]
        if not found:
            raise DeployError(f"Superset kent geen recht op database {database}; is de bundel ingeladen?")
        wanted |= set(found)
    return wanted


def _right(rights: dict[str, int], name: str, role: dict[str, Any]) -> int:
    if name not in rights:
        raise DeployError(f"Rol {role['naam']}: Superset kent het recht «{name}» niet")
    return rights[name]


def _rights_of(superset: Superset, role_id: int) -> set[int]:
    return {item["id"] for item in superset.call("GET", f"/api/v1/security/roles/{role_id}/permissions/")["result"]}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
