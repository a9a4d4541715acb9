-- What the relay may do, and nothing more. Queues are read with `for update skip locked`: call a `take` and its `mark`
-- inside one transaction. Until its commit no other relay gets the same rows, and a rollback gives them back. So what is
-- sent is sent at least once, whatever breaks.
set local role vis_signals_across;

-- Notices to send, at most so many. First makes notices of what waits in the outbox: for every department that was met,
-- and, when a signal was placed, for the department that placed it as well. A pair of departments is told once per
-- subject and period. Nothing in the answer says where or whom it is about.
--   notice_id, kind ('search': another department searched where to_department has a signal; 'signal': both have one;
--   'reviews': so many (amount) signals to review), to_department, to_title, to_email (null: no mail address), with_title
create function signals.take_notices(p_municipality text, p_limit integer) returns table (
  notice_id bigint, kind text, to_department text, to_title text, to_email text, with_title text, amount integer,
  made_at timestamptz
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  waiting record;
  term integer;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select t.notice_days into term from signals.settings as t where t.municipality_code = p_municipality;
  for waiting in
    select o.* from signals.outbox as o
    where o.municipality_code = p_municipality and o.told_at is null
    order by o.outbox_id limit 1000
    for update skip locked
  loop
    if cardinality(waiting.others) > 0 then
      insert into signals.notice (municipality_code, to_department, with_department, kind, subject, period)
      select
        p_municipality, pair.to_department, pair.with_department,
        case waiting.action when 'place-signal' then 'signal' else 'search' end,
        signals.subject(waiting.address_ids, waiting.person_key), (waiting.at::date - date '2000-01-03') / term
      from (
        select other, waiting.department from unnest(waiting.others) as other
        union all
        select waiting.department, other from unnest(waiting.others) as other where waiting.action = 'place-signal'
      ) as pair (to_department, with_department)
      on conflict do nothing;
    end if;
    update signals.outbox as o set told_at = clock_timestamp()
    where o.municipality_code = p_municipality and o.outbox_id = waiting.outbox_id;
  end loop;
  return query
  select n.notice_id, n.kind, n.to_department, d.title, d.email, w.title, n.amount, n.made_at
  from signals.notice as n
  inner join signals.department as d on d.municipality_code = p_municipality and d.code = n.to_department
  left join signals.department as w on w.municipality_code = p_municipality and w.code = n.with_department
  where n.municipality_code = p_municipality and n.sent_at is null
  order by n.notice_id limit p_limit
  for update of n skip locked;
end
$$;

-- The mail server has these, or there is nowhere to send them to.
create function signals.mark_sent(p_municipality text, p_notices bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  update signals.notice as n set sent_at = clock_timestamp()
  where n.municipality_code = p_municipality and n.notice_id = any(p_notices);
end
$$;

-- Makes a notice (kind 'reviews') for each department with open signals of the tool whose review date falls within so
-- many days; once per period. Returns how many were made; `take_notices` then gives them out.
create function signals.reviews_due(p_municipality text, p_days integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made integer;
  today date;
  term integer;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select (clock_timestamp() at time zone t.time_zone)::date, t.notice_days into today, term
  from signals.settings as t where t.municipality_code = p_municipality;
  insert into signals.notice (municipality_code, to_department, with_department, kind, subject, period, amount)
  select p_municipality, s.department, s.department, 'reviews', 'reviews', (today - date '2000-01-03') / term, count(*)
  from signals.signal as s
  where s.municipality_code = p_municipality and s.status = 'open' and s.source is null
  and s.review_on <= today + p_days
  group by s.department
  on conflict do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

-- Close what was not renewed in time, remove what was closed longer ago than its term. Of what is removed the audit
-- keeps that it was there, of which department and kind and when, and nothing of what it said. Settled rows of the
-- outbox and sent notices go after the same term.
create function signals.remove_expired(p_municipality text) returns table (closed integer, removed integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  t record;
  today date;
  s signals.signal;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select c.time_zone, c.retention_days into t from signals.settings as c where c.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  closed := 0;
  removed := 0;
  for s in
    select x.* from signals.signal as x
    where x.municipality_code = p_municipality and x.status = 'open' and x.source is null and x.review_on < today
    order by x.signal_id for update
  loop
    update signals.signal as x set
      status = 'closed', closed_on = today, closing_reason = 'termijn verlopen', changed_at = clock_timestamp()
    where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
    perform signals.note_change('vis', 'close-signal', 'not renewed before ' || s.review_on, 'termijn', s);
    closed := closed + 1;
  end loop;
  for s in
    select x.* from signals.signal as x
    where x.municipality_code = p_municipality and x.status = 'closed' and x.closed_on < today - t.retention_days
    order by x.signal_id for update
  loop
    perform signals.note_change(
      'vis', 'remove-signal',
      format('kind %s, placed %s, closed %s, from %s', s.kind, s.placed_on, s.closed_on, coalesce(s.source, 'tool')),
      'termijn', s
    );
    insert into signals.removed (municipality_code, department, source_signal_id)
    select p_municipality, s.department, s.source_signal_id where s.source_signal_id is not null
    on conflict do nothing;
    delete from signals.signal as x where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
    removed := removed + 1;
  end loop;
  -- A meeting of which no signal is left is gone with them.
  delete from signals.overlap as o
  where o.municipality_code = p_municipality and not exists (
    select from signals.signal as x where x.municipality_code = p_municipality and x.address_id = o.address_id
  );
  delete from signals.outbox as o
  where o.municipality_code = p_municipality and o.told_at is not null and o.exported_at is not null
  and o.at < clock_timestamp() - make_interval(days => t.retention_days);
  delete from signals.notice as n
  where n.municipality_code = p_municipality and n.sent_at < clock_timestamp() - make_interval(days => t.retention_days);
  return next;
end
$$;

-- The last event of each lane of the audit, for the daily file.
create function signals.heads(p_municipality text) returns table (lane integer, "position" bigint, hash text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
select h.lane, h.position, h.hash from audit.heads(p_municipality) as h
$$;

-- Lines for the Logboek Dataverwerkingen: one per person concerned, one without person when nobody is known; never who
-- acted. `data_subject_id` is a hash of the pseudonym. Of at most so many rows of the outbox, which `mark_exported` ends.
create function signals.take_processing(p_municipality text, p_limit integer) returns table (
  outbox_id bigint, processing_id uuid, activity text, purpose text, at timestamptz, data_subject_id text
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query
  with taken as materialized (
    select o.* from signals.outbox as o
    where o.municipality_code = p_municipality and o.exported_at is null
    order by o.outbox_id limit p_limit
    for update skip locked
  ),

  concerned as (
    select t.outbox_id, substr(t.person_key, 1, 32) as person from taken as t where t.person_key is not null
    union
    select t.outbox_id, substr(k.first_key, 1, 32)
    from taken as t
    -- A double name has a key for each part: one of them stands for the person.
    inner join lateral (
      select (array_agg(k.person_key order by k.person_key))[1] as first_key from signals.person_key as k
      where k.municipality_code = p_municipality and k.signal_id = any(t.signal_ids)
      group by k.signal_id
    ) as k on true
  )

  select
    t.outbox_id, t.processing_id, t.action, t.purpose, t.at,
    encode(sha256('\x6c6476'::bytea || c.person), 'hex')
  from taken as t
  left join concerned as c on c.outbox_id = t.outbox_id
  order by t.outbox_id;
end
$$;

create function signals.mark_exported(p_municipality text, p_rows bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  update signals.outbox as o set exported_at = clock_timestamp()
  where o.municipality_code = p_municipality and o.outbox_id = any(p_rows);
end
$$;

grant execute on function
signals.take_notices(text, integer), signals.mark_sent(text, bigint[]), signals.reviews_due(text, integer),
signals.remove_expired(text), signals.heads(text), signals.take_processing(text, integer),
signals.mark_exported(text, bigint[])
to vis_relay;

set local role vis_signals_owner;
grant execute on function audit.heads(text) to vis_signals_across;
