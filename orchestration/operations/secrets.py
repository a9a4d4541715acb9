"""Random secrets of one installation, written once to `$VIS_HOME/secrets.env` with mode 600."""

import os
import secrets
from pathlib import Path

NAMES = (
    "admin_password",
    "loader_password",
    "transformer_password",
    "bi_password",
    "public_password",
    "signals_password",
    "relay_password",
    "dagster_password",
    "superset_password",
    "superset_secret_key",
    "superset_admin_password",
    "superset_analyst_password",
    "superset_viewer_password",
    "signals_secret_key",
    "signals_demo_password",
    "suspect_key",
    "person_key",
)


def write_missing_secrets(home: Path) -> list[str]:
    """Add a random value for each secret that neither the file nor the environment has; returns the names added.

    Existing values are never changed. The file is replaced atomically and readable by its owner alone.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = home / "secrets.env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    present = {line.split("=", 1)[0] for line in lines if "=" in line and not line.startswith("#")}
    present |= {name for name, value in os.environ.items() if value}
    added = [name for name in NAMES if f"VIS_{name.upper()}" not in present]
    if not added:
        return []
    if not lines:
        lines = ["# Gemaakt door `make up`. Niet delen, niet in versiebeheer."]
    lines += [f"VIS_{name.upper()}={secrets.token_urlsafe(24)}" for name in added]
    draft = file.with_suffix(".tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    draft.replace(file)
    return added
