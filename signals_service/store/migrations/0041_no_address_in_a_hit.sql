-- A hit says whom to phone and no more, not where the signal is either: who searches a person learns no address. And the
-- audit names each address of which something was told, those beside the one that was asked for too.
set local role vis_signals_across;

-- As `subject`, with the addresses of which numbers alone are told.
create function signals.looked_at(p_address_ids text[], p_beside_ids text[], p_person_key bytea) returns text
language sql immutable as $$
select concat_ws(
  ' ',
  case when cardinality(p_address_ids) > 0 then 'address:' || array_to_string(p_address_ids, ',') end,
  case when cardinality(p_beside_ids) > 0 then 'beside:' || array_to_string(p_beside_ids, ',') end,
  'person:' || encode(substr(p_person_key, 1, 32), 'hex')
)
$$;

-- As before; of each hit: department, official, phone, YYYY-MM, status.
create or replace function signals.look(
  p_municipality text, p_user text, p_department text,
  p_address_ids text[], p_beside_ids text[], p_person_keys bytea[], p_purpose text, p_case text, p_outcome text
) returns signals.answer language plpgsql as $$
declare
  a signals.answer;
  t record;
  last_no bigint;
  reached timestamptz;
  present timestamptz;
begin
  a.processing_id := gen_random_uuid();
  select
    s.quota_hour, s.quota_day, s.register_at,
    (
      select p.departments from signals.purpose as p
      where p.municipality_code = p_municipality and p.code = p_purpose
    ) as allowed,
    exists (
      select from signals.department as d where d.municipality_code = p_municipality and d.code = p_department
    ) as known
  into t
  from signals.settings as s where s.municipality_code = p_municipality;
  if t.known is not true then
    a.refusal := 'department';
    return a;
  end if;
  if (p_department = any(t.allowed)) is not true
    or (p_case ~ '^[A-Za-z0-9][A-Za-z0-9 ./_:-]{0,63}$') is not true then
    a.refusal := 'purpose';
    return a;
  end if;

  perform pg_advisory_xact_lock(hashtextextended(p_municipality || ' user ' || p_user, 1));
  select e.search_no into last_no
  from audit.event as e
  where e.municipality_code = p_municipality and e.user_id = p_user and e.search_no is not null
  order by e.search_no desc limit 1;
  a.search_no := coalesce(last_no, 0) + 1;
  present := clock_timestamp();
  -- The quota is full when the search that is quota places back falls within the hour or day. A search from the future
  -- is one of before the clock was set back: it holds nobody up.
  select max(
    case
      when e.at > present then null
      when e.search_no = a.search_no - t.quota_hour and e.at > present - interval '1 hour' then e.at + interval '1 hour'
      when e.search_no = a.search_no - t.quota_day and e.at > present - interval '1 day' then e.at + interval '1 day'
    end
  ) into reached
  from audit.event as e
  where e.municipality_code = p_municipality and e.user_id = p_user
  and e.search_no in (a.search_no - t.quota_hour, a.search_no - t.quota_day);
  if reached is not null then
    a.refusal := 'quota';
    a.retry_after := greatest(1, ceil(extract(epoch from reached - present)));
    a.search_no := null;
    return a;
  end if;

  if p_person_keys is null then
    select
      count(*), count(distinct s.department),
      coalesce(array_agg(distinct s.department) filter (where s.department <> p_department), '{}'),
      coalesce(array_agg(s.signal_id), '{}'),
      coalesce(
        json_agg(
          json_build_array(
            s.department, s.official_name, s.official_phone, to_char(s.placed_on, 'YYYY-MM'), s.status
          ) order by s.status desc, s.placed_on desc, s.signal_id
        ), '[]'
      )
    into a.hit_count, a.department_count, a.others, a.signal_ids, a.hits
    from signals.signal as s
    where s.municipality_code = p_municipality and s.address_id = any(p_address_ids);
  else
    select
      count(*), count(distinct s.department),
      coalesce(array_agg(distinct s.department) filter (where s.department <> p_department), '{}'),
      coalesce(array_agg(s.signal_id), '{}'),
      coalesce(
        json_agg(
          json_build_array(
            s.department, s.official_name, s.official_phone, to_char(s.placed_on, 'YYYY-MM'), s.status
          ) order by s.status desc, s.placed_on desc, s.signal_id
        ), '[]'
      )
    into a.hit_count, a.department_count, a.others, a.signal_ids, a.hits
    from signals.signal as s
    where s.municipality_code = p_municipality and s.signal_id in (
      select k.signal_id from signals.person_key as k
      where k.municipality_code = p_municipality and k.person_key = any(p_person_keys)
    );
  end if;
  a.beside := '[]';
  if cardinality(p_beside_ids) > 0 then
    select coalesce(json_agg(json_build_array(b.address_id, b.hits, b.departments) order by b.address_id), '[]')
    into a.beside
    from (
      select s.address_id, count(*) as hits, count(distinct s.department) as departments
      from signals.signal as s
      where s.municipality_code = p_municipality and s.address_id = any(p_beside_ids)
      group by s.address_id
    ) as b;
  end if;
  a.register_at := t.register_at;
  a.status := case when p_outcome <> 'found' then p_outcome when a.hit_count > 0 then 'hit' else 'no-hit' end;
  return a;
end
$$;

create or replace function signals.joined(a signals.answer, b signals.answer) returns signals.answer language plpgsql as $$
begin
  a.signal_ids := array(select distinct i from unnest(a.signal_ids || b.signal_ids) as i);
  a.others := array(select distinct o from unnest(a.others || b.others) as o order by o);
  select
    count(*), count(distinct s.department),
    coalesce(
      json_agg(
        json_build_array(
          s.department, s.official_name, s.official_phone, to_char(s.placed_on, 'YYYY-MM'), s.status
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

create or replace function signals.search(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_address_ids text[], p_beside_ids text[], p_person_keys bytea[], p_purpose text, p_case text, p_outcome text
) returns signals.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  a signals.answer;
  action constant text := case when p_person_keys is null then 'search-address' else 'search-person' end;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{raadpleger,plaatser}');
  if p_outcome is null or p_outcome not in ('found', 'ambiguous', 'not-found') then
    raise exception 'outcome' using errcode = 'VS422';
  end if;
  a := signals.look(
    p_municipality, p_user, p_department, p_address_ids, p_beside_ids, p_person_keys, p_purpose, p_case, p_outcome
  );
  perform audit.write(
    p_municipality, p_user, p_department, action,
    signals.looked_at(p_address_ids, p_beside_ids, p_person_keys[1]),
    coalesce('refused-' || a.refusal, a.status), signals.unless_refused(a, p_purpose),
    signals.unless_refused(a, p_case), 'tool', a.processing_id, a.search_no
  );
  if a.refusal is null then
    insert into signals.outbox (
      municipality_code, processing_id, action, at, purpose, department, others, address_ids, person_key, signal_ids
    ) values (
      p_municipality, a.processing_id, action, clock_timestamp(), p_purpose, p_department, a.others,
      coalesce(p_address_ids, '{}'), p_person_keys[1], a.signal_ids
    );
  end if;
  return signals.told(a);
end
$$;

-- A function that is made anew forgets how its statements are planned.
alter function signals.search(text, text, text, text[], text[], text[], bytea[], text, text, text)
set plan_cache_mode = 'force_generic_plan';
