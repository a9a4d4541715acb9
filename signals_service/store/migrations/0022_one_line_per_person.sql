-- A person with a double name gave one pseudonym when a signal was placed and another when it was found.
set local role vis_signals_across;

create or replace function signals.take_processing(p_municipality text, p_limit integer) returns table (
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
    select t.outbox_id, substr(k.person_key, 1, 32)
    from taken as t
    -- Of a double name the key of the whole name stands for the person; those of its parts do not.
    inner join signals.person_key as k
      on k.municipality_code = p_municipality and k.signal_id = any(t.signal_ids)
      and substr(k.person_key, 33) = '\x01'::bytea
  )

  select
    t.outbox_id, t.processing_id, t.action, t.purpose, t.began_at, t.at,
    encode(sha256('\x6c6476'::bytea || c.person), 'hex')
  from taken as t
  left join concerned as c on c.outbox_id = t.outbox_id
  order by t.outbox_id;
end
$$;
