-- Entering a signal is also a search, so it tells as much: placing on 12 names the hits on 12-A, in numbers.
set local role vis_signals_across;

drop function signals.place(
  text, text, text, text[], text, text, bytea[], bytea[], text, text, date, text, text
);

create function signals.place(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_address text, p_nummeraanduiding text, p_beside_ids text[], p_person_keys bytea[], p_match_keys bytea[], p_kind text, p_reason text,
  p_review_on date, p_purpose text, p_case text
) returns signals.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  a signals.answer;
  by_person signals.answer;
  met_here text[];
  t record;
  who record;
  today date;
  item text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  select s.time_zone, s.review_days, s.max_review_days into t
  from signals.settings as s where s.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  select o.display_name, o.phone into who from signals.official as o
  where o.municipality_code = p_municipality and o.user_id = p_user and o.department = p_department;
  if who is null then
    raise exception 'official' using errcode = 'VS422';
  elsif p_address is null and coalesce(cardinality(p_person_keys), 0) = 0 then
    raise exception 'address_id' using errcode = 'VS422';
  elsif not exists (
    select from signals.kind as k where k.municipality_code = p_municipality and k.code = p_kind
  ) then
    raise exception 'kind' using errcode = 'VS422';
  elsif (length(btrim(p_reason)) between 1 and 2000) is not true then
    raise exception 'reason' using errcode = 'VS422';
  elsif p_review_on not between today + 1 and today + t.max_review_days then
    raise exception 'review_on' using errcode = 'VS422';
  end if;

  -- Of two departments that place at once the second must see the first. A file that is taken over locks everybody out.
  perform pg_advisory_xact_lock_shared(hashtextextended(p_municipality || ' reception', 1));
  for item in
    select wanted from unnest(
      array['address ' || p_address] || array(select 'person ' || encode(k, 'hex') from unnest(p_person_keys) as k)
    ) as wanted
    where wanted is not null order by wanted
  loop
    perform pg_advisory_xact_lock(hashtextextended(p_municipality || ' ' || item, 1));
  end loop;

  a := signals.look(
    p_municipality, p_user, p_department, array_remove(array[p_address], null), p_beside_ids, null, p_purpose, p_case,
    'found'
  );
  met_here := a.others;
  if a.refusal is null and cardinality(p_person_keys) > 0 then
    by_person := signals.look(
      p_municipality, p_user, p_department, '{}', '{}', p_match_keys, p_purpose, p_case, 'found'
    );
    if p_address is null then
      by_person.processing_id := a.processing_id;
      a := by_person;
    else
      -- Hits on the address are told in full; those on the person beside it are added when they are other signals.
      a := signals.joined(a, by_person);
    end if;
  end if;
  if a.refusal is null then
    a.signal_id := gen_random_uuid();
    insert into signals.signal (
      municipality_code, signal_id, department, placed_by, official_name, official_phone, address_id,
      nummeraanduiding_id, kind, reason, placed_on, review_on, status
    ) values (
      p_municipality, a.signal_id, p_department, p_user, who.display_name, who.phone, p_address, p_nummeraanduiding,
      p_kind, btrim(p_reason), today, coalesce(p_review_on, today + t.review_days), 'open'
    );
    insert into signals.person_key (municipality_code, signal_id, person_key, department)
    select distinct p_municipality, a.signal_id, k, p_department from unnest(p_person_keys) as k;
    if p_address is not null then
      perform signals.meet(p_municipality, p_address, p_department);
    end if;
    insert into signals.outbox (
      municipality_code, processing_id, action, at, purpose, department, others, others_by_person, address_ids,
      person_key, signal_ids
    ) values (
      p_municipality, a.processing_id, 'place-signal', clock_timestamp(), p_purpose, p_department, met_here,
      coalesce(by_person.others, '{}'), array_remove(array[p_address], null), p_person_keys[1],
      a.signal_id || a.signal_ids
    );
  end if;
  perform audit.write(
    p_municipality, p_user, p_department, 'place-signal',
    concat_ws(
      ' ', 'signal:' || a.signal_id,
      nullif(signals.looked_at(array_remove(array[p_address], null), p_beside_ids, p_person_keys[1]), '')
    ),
    coalesce('refused-' || a.refusal, a.status), signals.unless_refused(a, p_purpose),
    signals.unless_refused(a, p_case), 'tool', a.processing_id, a.search_no
  );
  return signals.told(a);
end
$$;

alter function signals.place(
  text, text, text, text[], text, text, text[], bytea[], bytea[], text, text, date, text, text
) set plan_cache_mode = 'force_generic_plan';

revoke all on function signals.place(
  text, text, text, text[], text, text, text[], bytea[], bytea[], text, text, date, text, text
) from public;
grant execute on function signals.place(
  text, text, text, text[], text, text, text[], bytea[], bytea[], text, text, date, text, text
) to vis_signals;
