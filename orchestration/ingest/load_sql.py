"""The set-based half of loading: what is duplicate, what contradicts itself, what is new.

Works on two temporary tables that live as long as the transaction: `incoming`, the typed rows of one delivery, and
`verdict`, those of its rows that are not to be loaded. Names come from `shapes`, never from a file.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import psycopg
from psycopg import sql

from orchestration.ingest.ledger import Delivery
from orchestration.ingest.shapes import Shape


def create_incoming(connection: psycopg.Connection, shape: Shape, columns: Sequence[str]) -> sql.Composed:
    """Make the temporary tables; returns the COPY statement for (row_number, row_hash, *columns, extra)."""
    definitions = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.sql_type)) for column in shape.columns
    )
    connection.execute(
        sql.SQL(
            "create temporary table incoming "
            "(row_number bigint, row_hash uuid, {}, extra jsonb, standing smallint default 0) on commit drop"
        ).format(definitions)
    )
    connection.execute(
        "create temporary table verdict (row_number bigint primary key, contradiction text) on commit drop"
    )
    names = sql.SQL(", ").join(map(sql.Identifier, ("row_number", "row_hash", *columns, "extra")))
    return sql.SQL("copy incoming ({}) from stdin").format(names)


def stand(connection: psycopg.Connection, waiting: Sequence[int], wanted: Sequence[int]) -> None:
    """Of a file that is read again for a release: these rows wait in quarantine, and those of them are wanted now.

    Of equal rows the one that was dealt with before comes first, then a wanted one: only a copy of such is duplicate.
    """
    connection.execute(
        "update incoming set standing = case when row_number = any(%s::bigint[]) then 1 else 2 end "
        "where row_number = any(%s::bigint[])",
        [list(wanted), [*waiting, *wanted]],
    )


def take_out_ahead(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> dict[int, dict[str, datetime]]:
    """Row number → the moments in it that lie more than a day after the arrival; those rows go out of `incoming`.

    A day, because clocks and zones differ: a smaller shift of all rows is for the gate.
    """
    if not shape.past:
        return {}
    late = sql.SQL(" or ").join(
        sql.SQL("{} > %(arrived)s + interval '1 day'").format(sql.Identifier(name)) for name in shape.past
    )
    rows = connection.execute(
        sql.SQL("delete from incoming where {} returning row_number, {}").format(late, _list(shape.past)),
        {"arrived": delivery.received_at},
    )
    limit = delivery.received_at + timedelta(days=1)
    return {
        number: {name: moment for name, moment in zip(shape.past, moments, strict=True) if moment and moment > limit}
        for number, *moments in rows
    }


def judge(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> None:
    """Fill `verdict`. Within the file first, then against what is known of the same source.

    Of a release all rows of the file are compared with each other, but only the wanted ones go on from there.

    Known are rows of deliveries that are loaded or accepted: what a held one holds back is not known. A row with a
    moment of change is a duplicate of any equal version; without it, only of the version that now counts. A version
    without a moment of change counts by arriving; one with it, when no later moment arrived since such a one.
    """
    # Of the columns that rows are told apart by: of all thirty it costs as much as judging a day.
    connection.execute(sql.SQL("analyze incoming (row_number, row_hash, {key})").format(**_names(shape)))
    connection.execute(_WITHIN_FILE.format(**_names(shape)))
    if delivery.released_from is not None:
        connection.execute("delete from incoming where standing <> 1")
        connection.execute("delete from verdict where row_number not in (select row_number from incoming)")
    if known := _known_deliveries(connection, delivery):
        connection.execute(
            _ALREADY_KNOWN.format(**_names(shape)), {"municipality": delivery.municipality_code, "known": known}
        )


def replacing_older(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> set[int]:
    """Rows about to be loaded that would replace an older one by the order of arrival alone, with none after them."""
    rows = connection.execute(
        _REPLACING_OLDER.format(**_names(shape)),
        {
            "municipality": delivery.municipality_code,
            "known": _known_deliveries(connection, delivery),
            "received_at": delivery.received_at,
        },
    )
    return {row[0] for row in rows}


def older_by_day(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> list[tuple[int, int, str, date]]:
    """Rows about to be loaded without a moment of change, with the delivery about a later day that came before it.

    As (row number, number, file name and day of that delivery).
    """
    later = connection.execute(
        "select delivery_id from raw.delivery where municipality_code = %s and source = %s "
        "and status in ('loaded', 'accepted') and rows_loaded > 0 and delivery_day > %s and received_at < %s",
        [delivery.municipality_code, delivery.source, delivery.delivery_day, delivery.received_at],
    ).fetchall()
    if not later:  # as on any ordinary day
        return []
    return connection.execute(
        _OLDER_BY_DAY.format(**_names(shape)),
        {"municipality": delivery.municipality_code, "later": [number for (number,) in later]},
    ).fetchall()


def leave_out(connection: psycopg.Connection, numbers: Iterable[int]) -> None:
    """These rows are not loaded after all."""
    connection.execute("delete from incoming where row_number = any(%s::bigint[])", [list(numbers)])


def contradictions(connection: psycopg.Connection) -> dict[int, str]:
    """Row number → the key about which rows of this file contradict each other."""
    rows = connection.execute("select row_number, contradiction from verdict where contradiction is not null")
    return dict(rows.fetchall())


def insert(connection: psycopg.Connection, shape: Shape, delivery: Delivery) -> tuple[int, int]:
    """Append what has no verdict to the raw table; returns the numbers of rows loaded and duplicate."""
    row = connection.execute("select count(*), count(*) filter (where contradiction is null) from verdict").fetchone()
    judged, duplicate = row if row else (0, 0)
    # Without a verdict the rows stand as they were copied, in the order of the file; sorting a million costs seconds.
    statement = _INSERT if judged or delivery.released_from is not None else _INSERT_ALL
    loaded = connection.execute(
        statement.format(**_names(shape)), [delivery.municipality_code, delivery.source, delivery.delivery_id]
    ).rowcount
    return loaded, duplicate


_WITHIN_FILE = sql.SQL(
    """
    insert into verdict
    with repeated as (
      select {key}, {version} as version from incoming group by {key_positions}, {version} having count(*) > 1
    ),
    grouped as (
      select
        i.row_number,
        concat_ws(', ', {incoming_key}) as key_text,
        min(i.row_hash::text) over same_version <> max(i.row_hash::text) over same_version as contradicts,
        row_number() over (
          partition by {incoming_key}, {incoming_version}, i.row_hash order by i.standing, i.row_number
        ) as copy
      from incoming as i
      join repeated as r on {same_key_in_file} and r.version is not distinct from {incoming_version}
      window same_version as (partition by {incoming_key}, {incoming_version})
    )
    select row_number, case when contradicts then key_text end
    from grouped
    where contradicts or copy > 1
    """
)

# Scalar subqueries on purpose: each row looks up its own key through the index, however large the table has become
# and whatever the statistics say: 150 rows never cost a scan of a million. `+ 0` keeps the planner from the index on
# delivery_id, which leads through all rows of each delivery.
_ALREADY_KNOWN = sql.SQL(
    """
    insert into verdict
    select i.row_number, null
    from incoming as i
    where not exists (select from verdict as v where v.row_number = i.row_number)
      and i.row_hash = case when {incoming_version} is not null then (
        select r.row_hash
        from {table} as r
        where r.municipality_code = %(municipality)s and {same_key_as_raw} and r.row_hash = i.row_hash
          and r.delivery_id + 0 = any(%(known)s::bigint[])
        limit 1
      ) else (
        select v.row_hash
        from (
          select
            r.row_hash, {raw_version} as version, d.received_at, r.row_id,
            count(*) filter (where {raw_version} is null) over (order by d.received_at, r.row_id) as segment
          from {table} as r
          join raw.delivery as d using (delivery_id)
          where r.municipality_code = %(municipality)s and {same_key_as_raw}
            and r.delivery_id + 0 = any(%(known)s::bigint[])
        ) as v
        order by v.segment desc, v.version desc nulls last, v.received_at desc, v.row_id desc
        limit 1
      ) end
    """
)

_REPLACING_OLDER = sql.SQL(
    """
    select i.row_number
    from incoming as i
    join lateral (
      select
        bool_or(d.received_at <= %(received_at)s and ({raw_version} is null or {incoming_version} is null)) as replaces,
        bool_or(d.received_at > %(received_at)s) as is_followed
      from {table} as r
      join raw.delivery as d using (delivery_id)
      where r.municipality_code = %(municipality)s and {same_key_as_raw}
        and r.delivery_id + 0 = any(%(known)s::bigint[])
    ) as v on v.replaces and not v.is_followed
    where not exists (select from verdict where verdict.row_number = i.row_number)
    """
)

_OLDER_BY_DAY = sql.SQL(
    """
    select i.row_number, v.delivery_id, v.file_name, v.delivery_day
    from incoming as i
    cross join lateral (
      select d.delivery_id, d.file_name, d.delivery_day
      from {table} as r
      join raw.delivery as d using (delivery_id)
      where r.municipality_code = %(municipality)s and {same_key_as_raw}
        and r.delivery_id + 0 = any(%(later)s::bigint[])
      order by d.delivery_day desc, d.delivery_id desc
      limit 1
    ) as v
    where {incoming_version} is null
      and not exists (select from verdict where verdict.row_number = i.row_number)
    """
)

LATER_WITH_DUPLICATES = sql.SQL(
    """
    select {columns} from raw.delivery
    where municipality_code = %s and source = %s and received_at > %s and rows_duplicate > 0
      and status in ('loaded', 'accepted') and released_from is null
    order by received_at desc, delivery_id desc
    """
)

_INSERT_ALL = sql.SQL(
    """
    insert into {table} (municipality_code, source, delivery_id, row_number, row_hash, {columns}, extra)
    select %s, %s, %s, row_number, row_hash, {columns}, extra
    from incoming
    """
)

_INSERT = sql.SQL(
    """
    insert into {table} (municipality_code, source, delivery_id, row_number, row_hash, {columns}, extra)
    select %s, %s, %s, row_number, row_hash, {columns}, extra
    from incoming as i
    where not exists (select from verdict as v where v.row_number = i.row_number)
    order by i.row_number
    """
)


def _names(shape: Shape) -> dict[str, sql.Composable]:
    version = shape.version_column
    no_version = sql.SQL("null::timestamptz")
    return {
        "table": sql.SQL(shape.table),
        "columns": _list(shape.column_names),
        "key": _list(shape.key),
        "key_positions": sql.SQL(", ").join(sql.SQL(str(position + 1)) for position in range(len(shape.key))),
        "version": sql.Identifier(version) if version else no_version,
        "incoming_key": _list(shape.key, "i"),
        "raw_key": _list(shape.key, "r"),
        "incoming_version": sql.Identifier("i", version) if version else no_version,
        "raw_version": sql.Identifier("r", version) if version else no_version,
        "same_key_in_file": _same_key(shape),
        "same_key_as_raw": _same_key(shape),
    }


def _list(names: Sequence[str], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names)


def _same_key(shape: Shape) -> sql.Composed:
    """`i` and `r` have the same key. Only `=` can use an index, so only a column that may be NULL does without."""
    return sql.SQL(" and ").join(
        sql.SQL("i.{0} = r.{0}" if shape.column(name).required else "i.{0} is not distinct from r.{0}").format(
            sql.Identifier(name)
        )
        for name in shape.key
    )


def _known_deliveries(connection: psycopg.Connection, delivery: Delivery) -> list[int]:
    rows = connection.execute(
        "select delivery_id from raw.delivery where municipality_code = %s and source = %s "
        "and status in ('loaded', 'accepted') and rows_loaded > 0",
        [delivery.municipality_code, delivery.source],
    ).fetchall()
    return [row[0] for row in rows]
