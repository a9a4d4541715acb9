-- Numbers: the uitdraai for the coordinator, with a purpose and a case number, and the use of the tool for its
-- functional administrator.
set local role vis_signals_across;

-- Signals placed in a period, per address. One row with `refusal` when purpose, department or case number do not allow
-- it: a refusal is audited too, so it cannot be an error.
create function signals.hit_counts(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_first date, p_last date, p_of_department text, p_minimum integer, p_purpose text, p_case text
) returns table (refusal text, address_id text, hit_count bigint, department_count bigint, by_department json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  allowed boolean;
  told bigint;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{coordinator}');
  if p_first is null or p_last is null or p_last < p_first then
    raise exception 'last' using errcode = 'VS422';
  end if;
  allowed := coalesce(p_case ~ '^[A-Za-z0-9][A-Za-z0-9 ./_:-]{0,63}$', false) and exists (
    select from signals.purpose as p
    where p.municipality_code = p_municipality and p.code = p_purpose and p_department = any(p.departments)
  );
  if not allowed then
    perform audit.write(
      p_municipality, p_user, p_department, 'hit-counts', null, 'refused-purpose', null, null, 'tool',
      gen_random_uuid(), null
    );
    return query select 'purpose', null::text, null::bigint, null::bigint, null::json;
    return;
  end if;
  return query
  with part as (
    select s.address_id, s.department, count(*) as hits
    from signals.signal as s
    where s.municipality_code = p_municipality and s.address_id is not null
    and s.placed_on between p_first and p_last
    and (p_of_department is null or s.department = p_of_department)
    group by s.address_id, s.department
  )

  select
    null::text, p.address_id, sum(p.hits)::bigint, count(*),
    json_object_agg(p.department, p.hits order by p.department)
  from part as p
  group by p.address_id
  having sum(p.hits) >= coalesce(p_minimum, 1)
  order by sum(p.hits) desc, p.address_id;
  get diagnostics told = row_count;
  perform audit.write(
    p_municipality, p_user, p_department, 'hit-counts', null,
    format(
      '%s addresses, from %s to %s, department %s, minimum %s', told, p_first, p_last,
      coalesce(p_of_department, 'any'), coalesce(p_minimum, 1)
    ),
    p_purpose, p_case, 'tool', gen_random_uuid(), null
  );
end
$$;

create function signals.usage(
  p_municipality text, p_user text, p_department text, p_roles text[], p_first date, p_last date
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  zone text;
  numbers jsonb;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{beheerder}');
  select t.time_zone into zone from signals.settings as t where t.municipality_code = p_municipality;
  with event as (
    select e.action, e.result, e.user_id, e.department
    from audit.event as e
    where e.municipality_code = p_municipality
    and e.at >= p_first::timestamp at time zone zone and e.at < (p_last + 1)::timestamp at time zone zone
  )

  select jsonb_build_object(
    'officials', count(distinct e.user_id) filter (where e.action = 'sign-in'),
    'searches', count(*) filter (where e.action like 'search-%' and e.result not like 'refused-%'),
    'hits', count(*) filter (where e.action like 'search-%' and e.result = 'hit'),
    'refused', count(*) filter (where e.result like 'refused-%'),
    'signals_placed', count(*) filter (where e.action = 'place-signal' and e.result not like 'refused-%'),
    'signals_renewed', count(*) filter (where e.action = 'renew-signal'),
    'signals_closed', count(*) filter (where e.action = 'close-signal'),
    'signals_open', (
      select count(*) from signals.signal as s where s.municipality_code = p_municipality and s.status = 'open'
    ),
    'overlaps', (
      select count(*) from signals.overlap as o
      where o.municipality_code = p_municipality and o.first_met_on between p_first and p_last
    ),
    'outcomes', (
      select coalesce(jsonb_object_agg(g.outcome, g.times), '{}')
      from (
        select o.outcome, count(*) as times from signals.overlap as o
        where o.municipality_code = p_municipality and o.outcome_on between p_first and p_last group by o.outcome
      ) as g
    ),
    'searches_by_department', (
      select coalesce(jsonb_object_agg(g.department, g.times), '{}')
      from (
        select x.department, count(*) as times from event as x
        where x.action like 'search-%' and x.result not like 'refused-%' group by x.department
      ) as g
    )
  ) into numbers
  from event as e;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-usage', null, format('from %s to %s', p_first, p_last), null, null,
    'tool', gen_random_uuid(), null
  );
  return numbers;
end
$$;

grant execute on function signals.hit_counts(
  text, text, text, text[], date, date, text, integer, text, text
) to vis_signals;
grant execute on function signals.usage(text, text, text, text[], date, date) to vis_signals;
