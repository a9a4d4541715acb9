-- The auditor's walk along the chain is itself an event, as every look into the log. The service may no longer walk it
-- without one; `vis audit verify` does so with the relay's role.
set local role vis_signals_owner;

create function signals.verify_audit(
  p_municipality text, p_user text, p_department text, p_roles text[]
) returns table (events bigint, first_broken bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{auditor}');
  select v.events, v.first_broken into events, first_broken from audit.verify(p_municipality) as v;
  perform audit.write(
    p_municipality, p_user, p_department, 'verify-audit', null,
    case when first_broken is null then format('%s holds', events) else format('broken at %s', first_broken) end,
    null, null, 'tool', gen_random_uuid(), null
  );
  return next;
end
$$;

revoke execute on function audit.verify(text) from vis_signals;
grant execute on function signals.verify_audit(text, text, text, text[]) to vis_signals;
