"""Places and weights are found side by side on connections of their own: what is left when one of them fails."""

import psycopg
import pytest

from orchestration.geo.areas import enrich_areas
from orchestration.geo.incidents import enrich_incidents
from orchestration.municipality import Municipality, load_municipality
from orchestration.settings import Settings
from tests.integration.test_geo import X, Y, deliver_areas, deliver_incidents, incident, read, square

COUNTS = "select (select count(*) from enriched.incident_place), (select sum(weight) from enriched.incident_dagdeel)"


@pytest.fixture
def groningen() -> Municipality:
    return load_municipality("groningen")


def test_a_fault_while_weighing_leaves_no_places_either(
    fresh: Settings, groningen: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    deliver_incidents(fresh, incident("1", X + 1, Y + 1))
    enrich_areas(fresh, groningen)

    def fail(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.geo.weigh.dagdeel_weights", fail)
        with pytest.raises(psycopg.OperationalError, match="gone"):
            enrich_incidents(fresh, groningen)
    assert read(fresh, COUNTS) == [(0, None)]
    found = enrich_incidents(fresh, groningen)
    assert (found.rows, found.recomputed) == (1, 0)
    assert read(fresh, COUNTS) == [(1, 1)]


def test_weights_that_were_not_committed_with_their_places_come_next_time(
    fresh: Settings, groningen: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_areas(fresh, square("BU00140001", 0))
    enrich_areas(fresh, groningen)
    enrich_incidents(fresh, groningen)
    deliver_incidents(fresh, incident("1", X + 1, Y + 1), incident("2", X + 2, Y + 2))
    commit = psycopg.Connection.commit

    def dies(connection: psycopg.Connection) -> None:
        weighed = connection.execute(
            "select 1 from pg_locks where pid = pg_backend_pid() and mode = 'RowExclusiveLock' "
            "and relation = 'enriched.incident_dagdeel'::regclass"
        )
        if weighed.fetchone():
            raise psycopg.OperationalError("gone")
        commit(connection)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "commit", dies)
        with pytest.raises(psycopg.OperationalError, match="gone"):
            enrich_incidents(fresh, groningen)
    assert read(fresh, COUNTS) == [(2, None)]
    found = enrich_incidents(fresh, groningen)
    assert (found.rows, found.recomputed) == (2, 0)
    assert read(fresh, COUNTS) == [(2, 2)]
