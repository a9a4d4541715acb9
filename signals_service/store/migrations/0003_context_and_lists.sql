-- Who acts, the lists of a municipality and the directory of officials.
set local role vis_signals_owner;

-- Set the context of this transaction and refuse whoever may not do this. Errors of this service have states of their
-- own: VS403 not allowed, VS404 not there, VS409 no longer possible, VS422 a value (its name is the message).
create function signals.enter(
  p_municipality text, p_user text, p_department text, p_roles text[], p_allowed text[]
) returns void language plpgsql as $$
begin
  if coalesce(p_municipality, '') = '' or coalesce(p_user, '') = '' or coalesce(p_department, '') = ''
    or p_roles is null or not p_roles && p_allowed then
    raise exception 'not allowed' using errcode = 'VS403';
  end if;
  perform set_config('vis.municipality', p_municipality, true), set_config('vis.department', p_department, true);
end
$$;
grant execute on function signals.enter(text, text, text, text[], text[]) to vis_signals_across;

-- Sign-in: the directory follows the claims, and so do the signals that this official placed.
create function signals.sign_in(
  p_municipality text, p_user text, p_department text, p_roles text[], p_name text, p_phone text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, p_roles);
  insert into signals.official as o values (p_municipality, p_user, p_department, p_name, p_phone, clock_timestamp())
  on conflict (municipality_code, user_id) do update set
    department = excluded.department, display_name = excluded.display_name, phone = excluded.phone,
    signed_in_at = excluded.signed_in_at;
  update signals.signal as s set official_name = p_name, official_phone = p_phone
  where s.municipality_code = p_municipality and s.department = p_department and s.placed_by = p_user
  and (s.official_name, s.official_phone) is distinct from (p_name, p_phone);
  perform audit.write(
    p_municipality, p_user, p_department, 'sign-in', null, 'ok', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;

create function signals.sign_out(p_municipality text, p_user text, p_department text, p_roles text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, p_roles);
  perform audit.write(
    p_municipality, p_user, p_department, 'sign-out', null, 'ok', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;

-- The lists and terms of a municipality; nothing in it is about anybody.
create function signals.lists(p_municipality text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return (
    select jsonb_build_object(
      'review_days', t.review_days, 'max_review_days', t.max_review_days, 'retention_days', t.retention_days,
      'quota_hour', t.quota_hour, 'quota_day', t.quota_day, 'notice_days', t.notice_days,
      'departments', coalesce((
        select jsonb_agg(jsonb_build_object('code', d.code, 'title', d.title) order by d.ordinal)
        from signals.department as d where d.municipality_code = p_municipality
      ), '[]'),
      'kinds', coalesce((
        select jsonb_agg(jsonb_build_object('code', k.code, 'title', k.title) order by k.ordinal)
        from signals.kind as k where k.municipality_code = p_municipality
      ), '[]'),
      'purposes', coalesce((
        select jsonb_agg(
          jsonb_build_object(
            'code', p.code, 'title', p.title, 'legal_basis', p.legal_basis, 'departments', p.departments
          ) order by p.ordinal
        )
        from signals.purpose as p where p.municipality_code = p_municipality
      ), '[]')
    )
    from signals.settings as t where t.municipality_code = p_municipality
  );
end
$$;

grant execute on function signals.sign_in(text, text, text, text[], text, text) to vis_signals;
grant execute on function signals.sign_out(text, text, text, text[]) to vis_signals;
grant execute on function signals.lists(text) to vis_signals, vis_relay;

set local role vis_signals_across;

-- What the municipality's folder says. A changed list replaces the old one whole.
create function signals.configure(p_municipality text, p_rules jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  insert into signals.settings as t (
    municipality_code, time_zone, review_days, max_review_days, retention_days, quota_hour, quota_day, notice_days
  )
  select p_municipality, r.*
  from jsonb_to_record(p_rules) as r (
    time_zone text, review_days integer, max_review_days integer, retention_days integer, quota_hour integer,
    quota_day integer, notice_days integer
  )
  on conflict (municipality_code) do update set
    time_zone = excluded.time_zone, review_days = excluded.review_days, max_review_days = excluded.max_review_days,
    retention_days = excluded.retention_days, quota_hour = excluded.quota_hour, quota_day = excluded.quota_day,
    notice_days = excluded.notice_days;
  delete from signals.department as d where d.municipality_code = p_municipality;
  insert into signals.department (municipality_code, code, title, email, ordinal)
  select p_municipality, d.value ->> 'code', d.value ->> 'title', d.value ->> 'email', d.ordinality
  from jsonb_array_elements(p_rules -> 'departments') with ordinality as d;
  delete from signals.kind as k where k.municipality_code = p_municipality;
  insert into signals.kind (municipality_code, code, title, ordinal)
  select p_municipality, k.value ->> 'code', k.value ->> 'title', k.ordinality
  from jsonb_array_elements(p_rules -> 'kinds') with ordinality as k;
  delete from signals.purpose as p where p.municipality_code = p_municipality;
  insert into signals.purpose (municipality_code, code, title, legal_basis, departments, ordinal)
  select
    p_municipality, p.value ->> 'code', p.value ->> 'title', p.value ->> 'legal_basis',
    array(select jsonb_array_elements_text(p.value -> 'departments')), p.ordinality
  from jsonb_array_elements(p_rules -> 'purposes') with ordinality as p;
end
$$;
grant execute on function signals.configure(text, jsonb) to vis_loader;
