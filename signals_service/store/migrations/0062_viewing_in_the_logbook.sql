-- Whose signals an official looked at stands in the Logboek Dataverwerkingen as well: a line per person.
set local role vis_signals_owner;

create or replace function signals.own_signals(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_signal uuid, p_status text, p_due_before date, p_limit integer, p_offset integer
) returns setof signals.own_signal
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  shown signals.own_signal;
  ids text[] := '{}';
  persons bytea[];
  processing constant uuid := gen_random_uuid();
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  for shown in
    select
      s.signal_id, s.address_id, s.nummeraanduiding_id, s.address_text,
      exists (
        select from signals.person_key as k
        where k.municipality_code = s.municipality_code and k.signal_id = s.signal_id
      ),
      s.kind, s.reason, s.official_name, s.official_phone, s.placed_on, s.review_on, s.status,
      case when s.source is null then 'tool' else 'file' end,
      (
        select coalesce(json_agg(json_build_array(r.renewed_at, r.official_name, r.review_on, r.reason)
          order by r.renewal_id), '[]')
        from signals.renewal as r where r.municipality_code = s.municipality_code and r.signal_id = s.signal_id
      ),
      s.closed_on, s.closing_reason, count(*) over ()
    from signals.signal as s
    where s.municipality_code = p_municipality
    and (p_signal is null or s.signal_id = p_signal)
    and (p_status is null or s.status = p_status)
    and (p_due_before is null or (s.status = 'open' and s.review_on < p_due_before))
    order by s.status desc, s.review_on, s.signal_id
    limit p_limit offset p_offset
  loop
    ids := ids || shown.signal_id::text;
    return next shown;
  end loop;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-signals',
    coalesce(signals.listed('signal', ids), 'signal:' || p_signal), cardinality(ids) || ' shown', null, null, 'tool',
    processing, null
  );
  persons := array(
    select distinct substr(k.person_key, 1, 32) from signals.person_key as k
    where k.municipality_code = p_municipality and k.signal_id = any(ids::uuid[])
    and substr(k.person_key, 33) = '\x01'::bytea
  );
  if persons <> '{}' then
    -- Nobody is to be told of it by mail.
    insert into signals.outbox (
      municipality_code, processing_id, action, at, department, others, address_ids, signal_ids, concerned, told_at
    ) values (
      p_municipality, processing, 'view-signals', clock_timestamp(), p_department, '{}', '{}', '{}', persons,
      clock_timestamp()
    );
  end if;
end
$$;
