"""First boot: tables, rights and the administrator of Superset's metadata database, in one process.

    cd superset && VIS_SUPERSET_ADMIN=beheerder VIS_SUPERSET_ADMIN_PASSWORD=… .venv/bin/python -m bootstrap

The same as `superset db upgrade`, `superset init` and `superset fab create-admin`, which each pay seven seconds to
import Superset and take the password on the command line, where every process on the machine can read it. Safe to run
again: migrations already done are skipped, rights are brought in line, the administrator gets the given password.
"""

import logging
import os
import sys
from pathlib import Path


def main() -> None:
    """Bring the metadata database to this version of Superset. Raises whatever Superset raises."""
    name = os.environ.get("VIS_SUPERSET_ADMIN", "")
    password = os.environ.get("VIS_SUPERSET_ADMIN_PASSWORD", "")
    if not name or not password:
        sys.exit("VIS_SUPERSET_ADMIN en VIS_SUPERSET_ADMIN_PASSWORD zijn allebei nodig.")

    # Here, because importing Superset takes seconds and reads its configuration.
    from flask_migrate import upgrade
    from superset.app import create_app
    from superset.extensions import appbuilder, db, security_manager

    app = create_app()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        upgrade(directory=str(Path(app.root_path) / "migrations"))
        # The role `Admin` is filled by the second call; the user needs it to exist.
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        db.session.commit()
        user = security_manager.find_user(username=name)
        if user is None:
            role = security_manager.find_role(security_manager.auth_role_admin)
            if not security_manager.add_user(name, "VIS", "Beheerder", f"{name}@vis.invalid", role, password=password):
                sys.exit(f"De beheerder {name} kon niet worden gemaakt; zie de regels hierboven.")
        else:
            security_manager.reset_password(user.id, password)
    print(f"Superset {app.config['VERSION_STRING']} is klaar voor gebruik.")


if __name__ == "__main__":
    main()
