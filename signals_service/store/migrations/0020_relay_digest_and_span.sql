-- A digest of reviews has a period of its own, and a line of the Logboek Dataverwerkingen says when the act began.
set local role vis_signals_owner;
-- The begin of the transaction, which is one statement: when the database was asked.
alter table signals.outbox add column began_at timestamptz not null default transaction_timestamp();

set local role vis_signals_across;

-- Makes a notice (kind 'reviews') for each department with open signals of the tool whose review date falls within so
-- many days; once in `p_every` days, of which a week begins on Monday. Returns how many were made; `take_notices` then
-- gives them out.
drop function signals.reviews_due(text, integer);
create function signals.reviews_due(p_municipality text, p_days integer, p_every integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made integer;
  today date;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select (clock_timestamp() at time zone t.time_zone)::date into today
  from signals.settings as t where t.municipality_code = p_municipality;
  insert into signals.notice (municipality_code, to_department, with_department, kind, subject, period, amount)
  select p_municipality, s.department, s.department, 'reviews', 'reviews', (today - date '2000-01-03') / p_every, count(*)
  from signals.signal as s
  where s.municipality_code = p_municipality and s.status = 'open' and s.source is null
  and s.review_on <= today + p_days
  group by s.department
  on conflict do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

-- As before, with the moment at which the act began beside the moment at which it was done.
drop function signals.take_processing(text, integer);
create function signals.take_processing(p_municipality text, p_limit integer) returns table (
  outbox_id bigint, processing_id uuid, activity text, purpose text, began_at timestamptz, at timestamptz,
  data_subject_id text
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
    t.outbox_id, t.processing_id, t.action, t.purpose, t.began_at, t.at,
    encode(sha256('\x6c6476'::bytea || c.person), 'hex')
  from taken as t
  left join concerned as c on c.outbox_id = t.outbox_id
  order by t.outbox_id;
end
$$;

grant execute on function
signals.reviews_due(text, integer, integer), signals.take_processing(text, integer)
to vis_relay;
