-- The auditor's look into the log, which is itself an event of the log.
set local role vis_signals_owner;

create function signals.audit_events(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_first date, p_last date, p_of_user text, p_action text, p_limit integer, p_before bigint
) returns table (
  number bigint, at timestamptz, user_id text, department text, action text, subject text, result text, purpose text,
  case_number text, origin text, processing_id uuid
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  zone text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{auditor}');
  select t.time_zone into zone from signals.settings as t where t.municipality_code = p_municipality;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-audit', null,
    format('from %s to %s, user %s, action %s', p_first, p_last, coalesce(p_of_user, 'any'), coalesce(p_action, 'any')),
    null, null, 'tool', gen_random_uuid(), null
  );
  return query
  select
    e.number, e.at, e.user_id, e.department, e.action, e.subject, e.result, e.purpose, e.case_number, e.origin,
    e.processing_id
  from audit.event as e
  where e.municipality_code = p_municipality
  and e.at >= p_first::timestamp at time zone zone and e.at < (p_last + 1)::timestamp at time zone zone
  and (p_of_user is null or e.user_id = p_of_user)
  and (p_action is null or e.action = p_action)
  and (p_before is null or e.number < p_before)
  order by e.number desc
  limit p_limit;
end
$$;

grant execute on function signals.audit_events(
  text, text, text, text[], date, date, text, text, integer, bigint
) to vis_signals;
