"""The daily heads outside the database, and `vis audit verify` against an administrator who tampers."""

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from orchestration.settings import Settings
from signals_service.relay.heads import write_heads
from signals_service.relay.verify import verify
from signals_service.store.relaying import RelayStore, relay_store
from tests.installation import run_vis
from tests.integration.signals.conftest import CODE, Office

DAY = date(2026, 3, 1)


@pytest.fixture
def relay(office: Office) -> Iterator[RelayStore]:
    with relay_store(office.settings.dsn("relay"), CODE) as store:
        yield store


@pytest.fixture
def folder(office: Office) -> Path:
    return office.settings.audit_heads_path


def keep(relay: RelayStore, folder: Path, day: date = DAY) -> Path:
    file = write_heads(folder, CODE, day, datetime.now(UTC), relay.heads())
    assert file is not None
    return file


def as_superuser(office: Office, *statements: str) -> None:
    """What the administrator of a database can do: first the triggers out of the way, afterwards back again."""
    with psycopg.connect(office.settings.dsn("admin")) as connection:
        connection.execute("alter table audit.event disable trigger all")
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
        connection.execute("alter table audit.event enable trigger all")


def test_the_file_of_a_day_is_written_once_and_only_read(office: Office, relay: RelayStore, folder: Path) -> None:
    office.search()
    file = keep(relay, folder)
    assert file.name == "2026-03-01.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    content = json.loads(file.read_text())
    assert content["municipality_code"] == CODE
    lanes = office.ask("select lane, max(position) from audit.event group by lane order by lane")
    assert [(head["lane"], head["position"]) for head in content["heads"]] == lanes
    office.search()
    before = file.read_bytes()
    assert write_heads(folder, CODE, DAY, datetime.now(UTC), relay.heads()) is None
    assert file.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == [file.name], "no drafts are left"


def test_a_log_that_nobody_touched_holds_also_when_it_has_grown(
    office: Office, relay: RelayStore, folder: Path
) -> None:
    for number in range(5):
        office.search()
        keep(relay, folder, DAY.replace(day=number + 1))
    office.search()
    found = verify(relay, folder, CODE)
    assert (found.problems, found.files) == ((), 5)
    assert found.events == office.ask("select count(*) from audit.event")[0][0]
    assert "Het auditlog klopt:" in found.text


LAST = "(select max(number) from audit.event)"
MIDDLE = "(select min(number) + 3 from audit.event)"
# Everything made anew, with hashes that fit: only who kept the heads can see it.
REWRITTEN = """
do $$ declare e audit.event; previous bytea; lane_before integer := -1; begin
  for e in select * from audit.event order by lane, position loop
    if e.lane <> lane_before then previous := decode(repeat('00', 32), 'hex'); lane_before := e.lane; end if;
    e.user_id := 'somebody else';
    e.previous_hash := previous;
    e.hash := audit.digest(e);
    update audit.event set user_id = e.user_id, previous_hash = e.previous_hash, hash = e.hash
    where number = e.number;
    previous := e.hash;
  end loop;
end $$
"""


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (f"update audit.event set user_id = 'nobody' where number = {MIDDLE}", "past niet op de regel ervoor"),
        (f"update audit.event set at = at - interval '1 day' where number = {MIDDLE}", "past niet op de regel ervoor"),
        (f"update audit.event set case_number = null where number = {LAST}", "past niet op de regel ervoor"),
        (f"delete from audit.event where number = {MIDDLE}", "past niet op de regel ervoor"),
        (f"delete from audit.event where number = {LAST}", "2026-03-01.json"),
        ("delete from audit.event where number > (select min(number) + 2 from audit.event)", "2026-03-01.json"),
        ("truncate audit.event", "2026-03-01.json"),
        (REWRITTEN, "2026-03-01.json"),
    ],
)
def test_what_an_administrator_does_to_the_log_is_found(
    office: Office, relay: RelayStore, folder: Path, statement: str, told: str
) -> None:
    # One connection, so one lane: then a line in the middle has one after it.
    for _ in range(4):
        office.search()
    keep(relay, folder)
    assert not verify(relay, folder, CODE).problems
    as_superuser(office, statement)
    found = verify(relay, folder, CODE)
    assert any(told in problem for problem in found.problems), found.text
    assert "klopt NIET" in found.text


def test_a_line_that_is_put_in_afterwards_is_found(office: Office, relay: RelayStore, folder: Path) -> None:
    office.search()
    as_superuser(
        office,
        f"""
        insert into audit.event
        select (e).* from (
          select jsonb_populate_record(a, jsonb_build_object('position', a.position + 1, 'number', a.number + 1)) as e
          from audit.event as a where number = {LAST}
        ) as made
        """,
    )
    assert verify(relay, folder, CODE).problems


@pytest.mark.parametrize("damage", ["{", '{"heads": [{"lane": 1}]}', "[]", ""])
def test_a_file_that_is_damaged_is_told_and_the_others_are_still_read(
    office: Office, relay: RelayStore, folder: Path, damage: str
) -> None:
    keep(relay, folder)
    bad = folder / "2026-03-02.json"
    bad.write_text(damage)
    as_superuser(office, "truncate audit.event")
    problems = verify(relay, folder, CODE).problems
    assert any("2026-03-02.json is niet te lezen" in problem for problem in problems)
    assert any("2026-03-01.json: op" in problem for problem in problems)


def test_the_command_says_it_in_dutch_and_with_its_exit_code(
    office: Office, relay: RelayStore, folder: Path, tmp_path: Path
) -> None:
    for _ in range(3):
        office.search()
    keep(relay, folder)
    well = run_vis(office.settings, "audit", "verify")
    assert "Het auditlog klopt:" in well.stdout
    assert "1 bestanden" in well.stdout
    number = office.ask("select min(number) + 2 from audit.event")[0][0]
    as_superuser(office, f"update audit.event set result = 'no-hit' || 's' where number = {number}")
    broken = run_vis(office.settings, "audit", "verify", check=False)
    assert broken.returncode == 1
    assert f"regel {number} past niet op de regel ervoor" in broken.stdout
    assert "functionaris gegevensbescherming" in broken.stdout
    nowhere = run_vis(office.settings, "audit", "verify", "--heads", str(tmp_path / "leeg"), check=False)
    assert nowhere.returncode == 1


def test_the_log_can_be_followed_by_a_role_that_cannot_write_it(
    office: Office, new_warehouse: Callable[..., Settings]
) -> None:
    with psycopg.connect(office.settings.dsn("relay"), autocommit=True) as connection:
        for statement in ("select * from audit.event", "delete from audit.event", "select audit.refuse()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
