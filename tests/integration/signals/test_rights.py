"""What each role of the database may do, proven with the roles themselves."""

import psycopg
import pytest

from tests.integration.signals.conftest import BELASTINGEN, BURGERZAKEN, CODE, Office

SERVICE = {
    "audit.heads",
    "audit.missing_heads",
    "signals.acknowledge",
    "signals.audit_events",
    "signals.close",
    "signals.end_session",
    "signals.ended_sessions",
    "signals.hit_counts",
    "signals.lists",
    "signals.overlaps",
    "signals.own_notices",
    "signals.own_signals",
    "signals.place",
    "signals.renew",
    "signals.search",
    "signals.settle",
    "signals.sign_in",
    "signals.sign_out",
    "signals.usage",
    "signals.verify_audit",
}
MAY_RUN = {
    "vis_signals": SERVICE,
    "vis_relay": {
        "audit.heads",
        "audit.missing_heads",
        "audit.verify",
        "signals.heads",
        "signals.lists",
        "signals.mark_exported",
        "signals.mark_sent",
        "signals.remove_expired",
        "signals.reviews_due",
        "signals.take_notices",
        "signals.take_processing",
    },
    "vis_loader": {"signals.configure", "signals.count_anew", "signals.note_register", "signals.receive"},
    "vis_transformer": set(),
    "vis_bi": set(),
    "vis_public": set(),
}


def test_each_role_may_run_its_own_functions_and_no_other(office: Office) -> None:
    for role, expected in MAY_RUN.items():
        found = office.ask(
            "select n.nspname || '.' || p.proname from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace "
            "where n.nspname in ('signals', 'audit') and has_function_privilege(%s, p.oid, 'execute') "
            "and has_schema_privilege(%s, n.oid, 'usage')",
            role,
            role,
        )
        assert {name for (name,) in found} == expected, role


def test_what_others_may_run_has_a_fixed_search_path_and_an_owner_who_cannot_log_in(office: Office) -> None:
    rows = office.ask(
        "select p.proname, p.prosecdef, p.proconfig, r.rolcanlogin, r.rolsuper, r.rolbypassrls "
        "from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace join pg_roles as r on r.oid = p.proowner "
        "where n.nspname in ('signals', 'audit') and exists (select from aclexplode(p.proacl) as a "
        "where a.grantee in (select oid from pg_roles where rolcanlogin))"
    )
    assert rows
    for name, definer, settings, *owner in rows:
        assert (definer, owner) == (True, [False, False, False]), name
        # How statements are planned is nobody's right to anything.
        assert set(settings) - {"plan_cache_mode=force_generic_plan"} == {"search_path=pg_catalog, pg_temp"}, name


def test_row_level_security_is_forced_on_every_table(office: Office) -> None:
    rows = office.ask(
        "select n.nspname || '.' || c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        "pg_get_userbyid(c.relowner) from pg_class as c "
        "join pg_namespace as n on n.oid = c.relnamespace where n.nspname in ('signals', 'audit') and c.relkind = 'r'"
    )
    assert len(rows) > 15
    assert {tuple(row[1:]) for row in rows} == {(True, True, "vis_signals_owner")}


@pytest.mark.parametrize("role", ["vis_signals", "vis_relay", "vis_loader", "vis_transformer", "vis_bi", "vis_public"])
def test_a_login_role_owns_nothing_reads_nothing_and_bypasses_nothing(office: Office, role: str) -> None:
    assert office.ask("select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = %s", role) == [
        (False, False, False)
    ]
    owned = "select count(*) from pg_class where relowner = %s::regrole and relnamespace in " \
            "('signals'::regnamespace, 'audit'::regnamespace)"  # fmt: skip
    assert office.ask(owned, role) == [(0,)]
    rights = office.ask(
        "select c.relname from pg_class as c where c.relnamespace in ('signals'::regnamespace, 'audit'::regnamespace) "
        "and c.relkind in ('r', 'v', 'S') and case c.relkind when 'S' then "
        "has_sequence_privilege(%s, c.oid, 'usage, select') else "
        "has_table_privilege(%s, c.oid, 'select, insert, update, delete, truncate') end",
        role,
        role,
    )
    assert rights == []


@pytest.mark.parametrize(
    "statement",
    [
        "select * from signals.signal",
        "select reason from signals.signal where department = 'burgerzaken'",
        "select * from signals.person_key",
        "select * from audit.event",
        "insert into audit.event (number) values (1)",
        "select audit.write('GM9999', 'x', 'x', 'x', null, 'x', null, null, 'x', gen_random_uuid(), null)",
        "select signals.look('GM9999', 'x', 'burgerzaken', '{1}', '{}', null, 'samenwerking', 'Z', 'found')",
        "set role vis_signals_owner",
        "set role vis_signals_across",
        "alter table signals.signal disable row level security",
        "select * from signals.take_notices('GM9999', 10)",
    ],
)
def test_the_service_role_itself_gets_nowhere_beside_its_functions(office: Office, statement: str) -> None:
    office.place(BELASTINGEN)
    with psycopg.connect(office.settings.dsn("signals")) as connection:
        # Not even with a context of its own making.
        connection.execute("select set_config('vis.municipality', 'GM9999', true)")
        connection.execute("select set_config('vis.department', 'belastingen', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]


def test_the_owner_sees_the_department_of_the_context_and_no_other(office: Office) -> None:
    office.place(BELASTINGEN)
    office.place(BURGERZAKEN)
    for department, expected in (("belastingen", {"belastingen"}), ("burgerzaken", {"burgerzaken"}), (None, set())):
        with psycopg.connect(office.settings.dsn("admin")) as connection:
            connection.execute("set local role vis_signals_owner")
            if department:
                connection.execute("select set_config('vis.municipality', %s, true)", [CODE])
                connection.execute("select set_config('vis.department', %s, true)", [department])
            found = connection.execute("select department from signals.signal").fetchall()
        assert {row[0] for row in found} == expected


def test_one_municipality_does_not_see_another(office: Office) -> None:
    office.place(BELASTINGEN)
    with psycopg.connect(office.settings.dsn("admin")) as connection:
        connection.execute("set local role vis_signals_across")
        connection.execute("select set_config('vis.municipality', 'GM0001', true)")
        assert connection.execute("select count(*) from signals.signal").fetchone() == (0,)


def test_nothing_of_a_context_stays_on_the_connection(office: Office) -> None:
    office.search(BURGERZAKEN)
    with office.database.connection() as connection:
        row = connection.execute(
            "select current_setting('vis.department', true), current_setting('vis.municipality', true)"
        ).fetchone()
    assert row is not None
    assert not any(row)
