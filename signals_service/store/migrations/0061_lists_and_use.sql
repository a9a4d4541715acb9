-- Every list names in the audit what it showed, and the numbers of use do not shrink when a meeting is over.
set local role vis_signals_owner;

-- That departments met, without where: what is left of a meeting of which every signal is gone.
create table signals.overlap_met (
  municipality_code text not null,
  overlap_id uuid not null,
  met_on date not null,
  primary key (municipality_code, overlap_id)
);
alter table signals.overlap_met enable row level security;
alter table signals.overlap_met force row level security;
create policy across on signals.overlap_met to vis_signals_across
using (municipality_code = current_setting('vis.municipality', true));
grant select, insert on signals.overlap_met to vis_signals_across;

create function signals.remember_meeting() returns trigger language plpgsql as $$
begin
  insert into signals.overlap_met (municipality_code, overlap_id, met_on)
  values (new.municipality_code, new.overlap_id, new.first_met_on);
  return null;
end
$$;
create trigger remember_meeting after insert on signals.overlap
for each row execute function signals.remember_meeting();

set local role none;
insert into signals.overlap_met (municipality_code, overlap_id, met_on)
select o.municipality_code, o.overlap_id, o.first_met_on from signals.overlap as o;

set local role vis_signals_across;

create or replace function signals.hit_counts(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_first date, p_last date, p_of_department text, p_minimum integer, p_purpose text, p_case text
) returns table (refusal text, address_id text, hit_count bigint, department_count bigint, by_department json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  allowed boolean;
  shown text[] := '{}';
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
  for hit_counts.address_id, hit_counts.hit_count, hit_counts.department_count, hit_counts.by_department in
    with part as (
      select s.address_id, s.department, count(*) as hits
      from signals.signal as s
      where s.municipality_code = p_municipality and s.address_id is not null
      and s.placed_on between p_first and p_last
      and (p_of_department is null or s.department = p_of_department)
      group by s.address_id, s.department
    )

    select
      p.address_id, sum(p.hits)::bigint, count(*),
      json_object_agg(p.department, p.hits order by p.department)
    from part as p
    group by p.address_id
    having sum(p.hits) >= coalesce(p_minimum, 1)
    order by sum(p.hits) desc, p.address_id
  loop
    shown := shown || hit_counts.address_id;
    return next;
  end loop;
  perform audit.write(
    p_municipality, p_user, p_department, 'hit-counts', signals.listed('address', shown),
    format(
      '%s addresses, from %s to %s, department %s, minimum %s', cardinality(shown), p_first, p_last,
      coalesce(p_of_department, 'any'), coalesce(p_minimum, 1)
    ),
    p_purpose, p_case, 'tool', gen_random_uuid(), null
  );
end
$$;

create or replace function signals.usage(
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
    select e.action, e.subject, e.result, e.user_id, e.department, e.number
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
      select count(*) from signals.overlap_met as o
      where o.municipality_code = p_municipality and o.met_on between p_first and p_last
    ),
    'outcomes', (
      select coalesce(jsonb_object_agg(g.outcome, g.times), '{}')
      from (
        select o.result as outcome, count(*) as times
        from (
          select distinct on (x.subject) x.result from event as x
          where x.action = 'settle-overlap' order by x.subject, x.number desc
        ) as o group by o.result
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

-- What the own department was told of: who met it, on which address, without content. What a notice's link leads to.
create or replace function signals.own_notices(
  p_municipality text, p_user text, p_department text, p_roles text[], p_limit integer, p_offset integer
) returns table (
  notice_id bigint, kind text, with_department text, address_ids text[], about_person boolean, at timestamptz,
  total bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  shown text[] := '{}';
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{raadpleger,plaatser}');
  for
    own_notices.notice_id, own_notices.kind, own_notices.with_department, own_notices.address_ids,
    own_notices.about_person, own_notices.at, own_notices.total
  in
    select
      n.notice_id, n.kind, n.with_department,
      coalesce(string_to_array(substring(n.subject from 'address:(\S+)'), ','), '{}'), n.subject like '%person:%',
      n.made_at, count(*) over ()
    from signals.notice as n
    where n.municipality_code = p_municipality and n.to_department = p_department and n.kind in ('search', 'signal')
    order by n.notice_id desc
    limit p_limit offset p_offset
  loop
    shown := shown || own_notices.notice_id::text;
    return next;
  end loop;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-own-notices', signals.listed('notice', shown),
    cardinality(shown) || ' shown', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;
