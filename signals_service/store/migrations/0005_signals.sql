-- Place, read, renew and close a signal. Placing looks across departments; the rest sees one department alone.
set local role vis_signals_across;

-- Whether departments meet on an address now; if so it is noted, once, with each department that takes part. A
-- department that joins later opens the meeting again. Returns whether anybody joined. Under the lock of the address.
create function signals.meet(p_municipality text, p_address text) returns boolean language plpgsql as $$
declare
  met uuid;
  sides text[];
  joined integer;
begin
  select array_agg(distinct s.department) into sides
  from signals.signal as s
  where s.municipality_code = p_municipality and s.address_id = p_address and s.status = 'open';
  if coalesce(cardinality(sides), 0) < 2 then
    return false;
  end if;
  insert into signals.overlap (municipality_code, overlap_id, address_id, first_met_on)
  select p_municipality, gen_random_uuid(), p_address, (clock_timestamp() at time zone t.time_zone)::date
  from signals.settings as t where t.municipality_code = p_municipality
  on conflict (municipality_code, address_id) do nothing;
  select o.overlap_id into strict met
  from signals.overlap as o where o.municipality_code = p_municipality and o.address_id = p_address;
  insert into signals.overlap_side (municipality_code, overlap_id, department)
  select p_municipality, met, side from unnest(sides) as side
  on conflict do nothing;
  get diagnostics joined = row_count;
  if joined > 0 then
    update signals.overlap as o set outcome = null, outcome_note = null, outcome_by = null, outcome_on = null
    where o.municipality_code = p_municipality and o.overlap_id = met and o.outcome is not null;
  end if;
  return joined > 0;
end
$$;

-- Place a signal; entering it is also a search. `p_match_keys` are the keys that `p_person_keys` meet.
create function signals.place(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_address text, p_nummeraanduiding text, p_person_keys bytea[], p_match_keys bytea[], p_kind text, p_reason text,
  p_review_on date, p_purpose text, p_case text
) returns signals.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  a signals.answer;
  by_person signals.answer;
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
    p_municipality, p_user, p_department, array_remove(array[p_address], null), '{}', null, p_purpose, p_case, 'found'
  );
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
      perform signals.meet(p_municipality, p_address);
    end if;
    insert into signals.outbox (
      municipality_code, processing_id, action, at, purpose, department, others, address_ids, person_key, signal_ids
    ) values (
      p_municipality, a.processing_id, 'place-signal', clock_timestamp(), p_purpose, p_department, a.others,
      array_remove(array[p_address], null), p_person_keys[1], a.signal_id || a.signal_ids
    );
  end if;
  perform audit.write(
    p_municipality, p_user, p_department, 'place-signal',
    concat_ws(
      ' ', 'signal:' || a.signal_id, nullif(signals.subject(array_remove(array[p_address], null), p_person_keys[1]), '')
    ),
    coalesce('refused-' || a.refusal, a.status), signals.unless_refused(a, p_purpose),
    signals.unless_refused(a, p_case), 'tool', a.processing_id, a.search_no
  );
  return signals.told(a);
end
$$;

-- One answer of two: of hits on an address and hits on a person, each signal once.
create function signals.joined(a signals.answer, b signals.answer) returns signals.answer language plpgsql as $$
begin
  a.signal_ids := array(select distinct i from unnest(a.signal_ids || b.signal_ids) as i);
  a.others := array(select distinct o from unnest(a.others || b.others) as o order by o);
  select
    count(*), count(distinct s.department),
    coalesce(
      json_agg(
        json_build_array(
          s.department, s.official_name, s.official_phone, to_char(s.placed_on, 'YYYY-MM'), s.status, s.address_id
        ) order by s.status desc, s.placed_on desc, s.signal_id
      ), '[]'
    )
  into a.hit_count, a.department_count, a.hits
  from signals.signal as s
  where s.municipality_code = current_setting('vis.municipality') and s.signal_id = any(a.signal_ids);
  a.status := case when a.hit_count > 0 then 'hit' else 'no-hit' end;
  return a;
end
$$;

grant execute on function signals.place(
  text, text, text, text[], text, text, bytea[], bytea[], text, text, date, text, text
) to vis_signals;

set local role vis_signals_owner;

create type signals.own_signal as (
  signal_id uuid, address_id text, nummeraanduiding_id text, address_text text, has_person boolean, kind text,
  reason text, official_name text, official_phone text, placed_on date, review_on date, status text, origin text,
  renewals json, closed_on date, closing_reason text, total bigint
);

-- Signals of the own department with their content, or one of them. Who looks is noted.
create function signals.own_signals(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_signal uuid, p_status text, p_due_before date, p_limit integer, p_offset integer
) returns setof signals.own_signal
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  told bigint;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  return query
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
  limit p_limit offset p_offset;
  get diagnostics told = row_count;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-signals', 'signal:' || p_signal, told || ' shown', null, null, 'tool',
    gen_random_uuid(), null
  );
end
$$;

-- The signal that an official of its own department may change here, locked.
create function signals.changeable(p_municipality text, p_signal uuid) returns signals.signal language plpgsql as $$
declare
  found_signal signals.signal;
begin
  select s.* into found_signal from signals.signal as s
  where s.municipality_code = p_municipality and s.signal_id = p_signal for update;
  if found_signal.signal_id is null then
    raise exception 'signal' using errcode = 'VS404';
  elsif found_signal.source is not null then
    raise exception 'from a file' using errcode = 'VS409';
  elsif found_signal.status <> 'open' then
    raise exception 'closed' using errcode = 'VS409';
  end if;
  return found_signal;
end
$$;

-- Note a change of one signal, for the audit and for the Logboek Dataverwerkingen.
create function signals.note_change(
  p_user text, p_action text, p_result text, p_origin text, s signals.signal
) returns void language plpgsql as $$
declare
  processing constant uuid := gen_random_uuid();
begin
  perform audit.write(
    s.municipality_code, p_user, s.department, p_action, 'signal:' || s.signal_id, p_result, null, null, p_origin,
    processing, null
  );
  insert into signals.outbox (
    municipality_code, processing_id, action, at, department, others, address_ids, signal_ids
  ) values (
    s.municipality_code, processing, p_action, clock_timestamp(), s.department, '{}',
    array_remove(array[s.address_id], null), array[s.signal_id]
  );
end
$$;

create function signals.renew(
  p_municipality text, p_user text, p_department text, p_roles text[], p_signal uuid, p_review_on date, p_reason text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  s signals.signal;
  t record;
  today date;
  who text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  s := signals.changeable(p_municipality, p_signal);
  select c.time_zone, c.max_review_days into t from signals.settings as c where c.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  if (length(btrim(p_reason)) between 1 and 2000) is not true then
    raise exception 'reason' using errcode = 'VS422';
  elsif (p_review_on between today + 1 and today + t.max_review_days) is not true then
    raise exception 'review_on' using errcode = 'VS422';
  end if;
  select o.display_name into who from signals.official as o
  where o.municipality_code = p_municipality and o.user_id = p_user;
  if who is null then
    raise exception 'official' using errcode = 'VS422';
  end if;
  update signals.signal as x set review_on = p_review_on, changed_at = clock_timestamp()
  where x.municipality_code = p_municipality and x.signal_id = p_signal;
  insert into signals.renewal (municipality_code, signal_id, department, official_name, review_on, reason)
  values (p_municipality, p_signal, p_department, who, p_review_on, btrim(p_reason));
  perform signals.note_change(p_user, 'renew-signal', 'until ' || p_review_on, 'tool', s);
end
$$;

create function signals.close(
  p_municipality text, p_user text, p_department text, p_roles text[], p_signal uuid, p_reason text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  s signals.signal;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  s := signals.changeable(p_municipality, p_signal);
  if (length(btrim(p_reason)) between 1 and 2000) is not true then
    raise exception 'reason' using errcode = 'VS422';
  end if;
  update signals.signal as x set
    status = 'closed', closing_reason = btrim(p_reason), changed_at = clock_timestamp(),
    closed_on = (
      select (clock_timestamp() at time zone c.time_zone)::date
      from signals.settings as c where c.municipality_code = p_municipality
    )
  where x.municipality_code = p_municipality and x.signal_id = p_signal;
  perform signals.note_change(p_user, 'close-signal', 'closed', 'tool', s);
end
$$;

grant execute on function signals.note_change(text, text, text, text, signals.signal) to vis_signals_across;
grant execute on function signals.own_signals(
  text, text, text, text[], uuid, text, date, integer, integer
) to vis_signals;
grant execute on function signals.renew(text, text, text, text[], uuid, date, text) to vis_signals;
grant execute on function signals.close(text, text, text, text[], uuid, text) to vis_signals;
