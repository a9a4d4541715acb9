"""What the placing of incidents reads from the warehouse beside them, and when all of them are placed anew."""

import json

import numpy as np
import pandas as pd
import psycopg

from orchestration.geo.address_register import COLUMNS, AddressRegister
from orchestration.geo.locate import LAW, Locator
from orchestration.geo.place import Buurten, in_municipality_crs
from orchestration.ingest.progress import progress, record_progress
from orchestration.municipality import Municipality

_PLACED = "place"  # the stage whose progress is the law and the register that the places were found with


def forget_places_of_other_register(connection: psycopg.Connection, municipality: Municipality) -> None:
    """Delete all places when the law of placing, its settings or the register of addresses has changed since.

    The register changes with every accepted delivery of addresses that held something new. The caller holds the lock
    (`lock_enriched`), commits, and places anew what has no place.
    """
    deliveries = connection.execute(
        """
        select delivery_id from raw.delivery
        where municipality_code = %s and shape = 'address' and status = 'accepted' and rows_loaded > 0
        order by delivery_id
        """,
        [municipality.code],
    ).fetchall()
    state = json.dumps(
        [LAW, municipality.area_vintage, municipality.street_limit_m, [delivery for (delivery,) in deliveries]]
    )
    if progress(connection, municipality.code, _PLACED) == state:
        return
    connection.execute("delete from enriched.incident_place where municipality_code = %s", [municipality.code])
    record_progress(connection, municipality.code, _PLACED, state)


def load_locator(connection: psycopg.Connection, municipality: Municipality, buurten: Buurten) -> Locator:
    """The locator for the municipality's present areas and addresses."""
    names = connection.execute(
        """
        select level, area_name, area_code from enriched.area
        where municipality_code = %s and vintage = %s and level in ('wijk', 'buurt')
        """,
        [municipality.code, municipality.area_vintage],
    ).fetchall()
    return Locator(
        AddressRegister(_addresses(connection, municipality), buurten),
        buurten,
        pd.DataFrame(names, columns=["level", "area_name", "area_code"]),
        crs=municipality.crs,
        street_limit_m=municipality.street_limit_m,
    )


def _addresses(connection: psycopg.Connection, municipality: Municipality) -> pd.DataFrame:
    """The latest accepted version of each address, as core.dim_address holds it."""
    rows = connection.execute(
        """
        select distinct on (nummeraanduiding_id)
          nummeraanduiding_id, raw.street_key(municipality_code, street, place), btrim(street),
          nullif(btrim(place), ''), house_number, house_letter, house_suffix, source, x, y
        from raw.accepted_address
        where municipality_code = %s
        order by nummeraanduiding_id, received_at desc, delivery_id desc, row_number desc
        """,
        [municipality.code],
        binary=True,
    ).fetchall()
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    x, y = in_municipality_crs(
        municipality,
        frame["source"].to_numpy(dtype=object),
        frame["x"].to_numpy(dtype=np.float64, copy=True),
        frame["y"].to_numpy(dtype=np.float64, copy=True),
    )
    return frame.assign(x=x, y=y)
