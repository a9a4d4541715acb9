"""The one place of this package that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

# No base tiles. Superset's form accepts only the address of a tile server here, and its map draws tiles only for a text
# that starts with tile://; the form ignores the leading space, the map does not, so this pleases both and asks nothing.
NO_TILES = " tile://http-geen"


class DeployError(RuntimeError):
    """The deploy cannot go on; the message says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class DeploySettings:
    """What one deploy needs. `passwords` maps the variable named in roles/gebruikers.yaml to its value, if given."""

    url: str
    admin: str
    admin_password: str
    database_url: str
    municipality_code: str
    state: Path
    texts: dict[str, str]
    passwords: dict[str, str]

    def masked_database(self) -> tuple[str, str]:
        """The database URL with its password masked as Superset masks it, and the password apart."""
        parts = urlsplit(self.database_url)
        given, _, address = parts.netloc.rpartition("@")
        user, colon, password = given.partition(":")
        if not colon or not parts.scheme.startswith("postgresql"):
            raise DeployError("VIS_BI_DATABASE_URL moet de vorm postgresql+psycopg2://vis_bi:...@host/vis hebben")
        masked = urlunsplit((parts.scheme, f"{user}:XXXXXXXXXX@{address}", parts.path, parts.query, ""))
        return masked, unquote(password)


def read_settings() -> DeploySettings:
    """Read the environment; raises `DeployError` that names every variable that is missing."""
    names = (
        *("VIS_SUPERSET_URL", "VIS_SUPERSET_ADMIN", "VIS_SUPERSET_ADMIN_PASSWORD", "VIS_BI_DATABASE_URL"),
        *("VIS_HOME", "VIS_MUNICIPALITY_CODE", "VIS_MUNICIPALITY_NAME", "VIS_ATTRIBUTION", "VIS_FICTIONAL"),
    )
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise DeployError(f"Deze variabelen ontbreken: {', '.join(missing)}. `make up` zet ze alle.")
    given = {name: os.environ[name] for name in names}
    return DeploySettings(
        url=given["VIS_SUPERSET_URL"].rstrip("/"),
        admin=given["VIS_SUPERSET_ADMIN"],
        admin_password=given["VIS_SUPERSET_ADMIN_PASSWORD"],
        database_url=given["VIS_BI_DATABASE_URL"],
        municipality_code=given["VIS_MUNICIPALITY_CODE"],
        state=Path(given["VIS_HOME"]) / "superset",
        texts=texts(
            municipality=given["VIS_MUNICIPALITY_NAME"],
            attribution=given["VIS_ATTRIBUTION"],
            fictional=given["VIS_FICTIONAL"] == "1",
            tiles=os.environ.get("VIS_MAP_TILES_URL", ""),
        ),
        passwords={name: value for name, value in os.environ.items() if name.endswith("_PASSWORD") and value},
    )


def texts(municipality: str, attribution: str, fictional: bool, tiles: str) -> dict[str, str]:
    """What stands in for `${…}` in the bundle."""
    return {
        "gemeente": municipality,
        "bronvermelding": attribution,
        "fictief": "<kbd>FICTIEVE GEGEVENS</kbd>" if fictional else "",
        "kaarttegels": f"tile://{tiles}" if tiles else NO_TILES,
    }
