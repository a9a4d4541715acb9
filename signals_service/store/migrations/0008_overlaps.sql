-- Samenloop: addresses on which departments meet, who has seen it and what came of it; and the notices about searches.
set local role vis_signals_across;

create type signals.overlap_row as (
  overlap_id uuid, address_id text,
  sides json,                              -- [department, official, phone, hits, acknowledged_at, acknowledged_by]
  first_met_on date, status text, outcome text, outcome_note text, outcome_by text, outcome_on date, total bigint
);

-- All meetings for the coordinator; with `p_own` those in which the own department takes part.
create function signals.overlaps(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_own boolean, p_status text, p_limit integer, p_offset integer
) returns setof signals.overlap_row
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  told bigint;
begin
  perform signals.enter(
    p_municipality, p_user, p_department, p_roles,
    case when p_own then '{raadpleger,plaatser}'::text[] else '{coordinator}' end
  );
  return query
  with meeting as (
    select
      o.*,
      case
        when o.outcome is not null then 'settled'
        when exists (
          select from signals.overlap_side as s
          where s.municipality_code = p_municipality and s.overlap_id = o.overlap_id and s.acknowledged_at is null
        ) then 'open'
        else 'acknowledged'
      end as status
    from signals.overlap as o
    where o.municipality_code = p_municipality
    and (not p_own or exists (
      select from signals.overlap_side as s
      where s.municipality_code = p_municipality and s.overlap_id = o.overlap_id and s.department = p_department
    ))
  ),

  page as (
    select m.*, count(*) over () as total
    from meeting as m
    where p_status is null or m.status = p_status
    order by m.first_met_on desc, m.overlap_id
    limit p_limit offset p_offset
  )

  select
    p.overlap_id, p.address_id, sides.listed, p.first_met_on, p.status, p.outcome, p.outcome_note, p.outcome_by,
    p.outcome_on, p.total
  from page as p
  cross join lateral (
    select json_agg(
      json_build_array(
        s.department, newest.official_name, newest.official_phone, coalesce(newest.hits, 0), s.acknowledged_at,
        s.acknowledged_by
      ) order by s.joined_at, s.department
    ) as listed
    from signals.overlap_side as s
    left join lateral (
      select x.official_name, x.official_phone, count(*) over () as hits
      from signals.signal as x
      where x.municipality_code = p_municipality and x.address_id = p.address_id and x.department = s.department
      order by x.status desc, x.placed_on desc, x.signal_id limit 1
    ) as newest on true
    where s.municipality_code = p_municipality and s.overlap_id = p.overlap_id
  ) as sides
  order by p.first_met_on desc, p.overlap_id;
  get diagnostics told = row_count;
  perform audit.write(
    p_municipality, p_user, p_department, case when p_own then 'view-own-overlaps' else 'view-overlaps' end, null,
    told || ' shown', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;

-- The own department has seen the meeting. Twice changes nothing.
create function signals.acknowledge(
  p_municipality text, p_user text, p_department text, p_roles text[], p_overlap uuid
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{raadpleger,plaatser}');
  perform from signals.overlap_side as s
  where s.municipality_code = p_municipality and s.overlap_id = p_overlap and s.department = p_department for update;
  if not found then
    raise exception 'overlap' using errcode = 'VS404';
  end if;
  select o.display_name into who from signals.official as o
  where o.municipality_code = p_municipality and o.user_id = p_user;
  if who is null then
    raise exception 'official' using errcode = 'VS422';
  end if;
  update signals.overlap_side as s set acknowledged_at = clock_timestamp(), acknowledged_by = who
  where s.municipality_code = p_municipality and s.overlap_id = p_overlap and s.department = p_department
  and s.acknowledged_at is null;
  if found then
    perform audit.write(
      p_municipality, p_user, p_department, 'acknowledge-overlap', 'overlap:' || p_overlap, 'ok', null, null, 'tool',
      gen_random_uuid(), null
    );
  end if;
end
$$;

-- What came of a meeting: by the coordinator, or by a plaatser of a department that takes part. The last one stands;
-- the earlier ones are kept.
create function signals.settle(
  p_municipality text, p_user text, p_department text, p_roles text[], p_overlap uuid, p_outcome text, p_note text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{coordinator,plaatser}');
  perform from signals.overlap as o
  where o.municipality_code = p_municipality and o.overlap_id = p_overlap and (
    'coordinator' = any(p_roles) or exists (
      select from signals.overlap_side as s
      where s.municipality_code = p_municipality and s.overlap_id = p_overlap and s.department = p_department
    )
  ) for update of o;
  if not found then
    raise exception 'overlap' using errcode = 'VS404';
  end if;
  if p_outcome is null or p_outcome not in ('called', 'joint-visit', 'nothing') then
    raise exception 'outcome' using errcode = 'VS422';
  elsif p_note is null or length(p_note) > 2000 then
    raise exception 'note' using errcode = 'VS422';
  end if;
  select o.display_name into who from signals.official as o
  where o.municipality_code = p_municipality and o.user_id = p_user;
  if who is null then
    raise exception 'official' using errcode = 'VS422';
  end if;
  update signals.overlap as o set
    outcome = p_outcome, outcome_note = btrim(p_note), outcome_by = who,
    outcome_on = (
      select (clock_timestamp() at time zone t.time_zone)::date
      from signals.settings as t where t.municipality_code = p_municipality
    )
  where o.municipality_code = p_municipality and o.overlap_id = p_overlap;
  insert into signals.overlap_outcome (municipality_code, overlap_id, outcome, note, given_by)
  values (p_municipality, p_overlap, p_outcome, btrim(p_note), who);
  perform audit.write(
    p_municipality, p_user, p_department, 'settle-overlap', 'overlap:' || p_overlap, p_outcome, null, null, 'tool',
    gen_random_uuid(), null
  );
end
$$;

-- What the own department was told of: who met it, on which address, without content. What a notice's link leads to.
create function signals.own_notices(
  p_municipality text, p_user text, p_department text, p_roles text[], p_limit integer, p_offset integer
) returns table (
  notice_id bigint, kind text, with_department text, address_ids text[], about_person boolean, at timestamptz,
  total bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{raadpleger,plaatser}');
  return query
  select
    n.notice_id, n.kind, n.with_department,
    coalesce(string_to_array(substring(n.subject from 'address:(\S+)'), ','), '{}'), n.subject like '%person:%',
    n.made_at, count(*) over ()
  from signals.notice as n
  where n.municipality_code = p_municipality and n.to_department = p_department and n.kind in ('search', 'signal')
  order by n.notice_id desc
  limit p_limit offset p_offset;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-own-notices', null, 'ok', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;

grant execute on function signals.overlaps(
  text, text, text, text[], boolean, text, integer, integer
) to vis_signals;
grant execute on function signals.acknowledge(text, text, text, text[], uuid) to vis_signals;
grant execute on function signals.settle(text, text, text, text[], uuid, text, text) to vis_signals;
grant execute on function signals.own_notices(text, text, text, text[], integer, integer) to vis_signals;
