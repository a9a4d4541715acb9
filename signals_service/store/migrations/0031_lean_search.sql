-- What searching and signing in cost the database. Nothing of what is judged, found, locked or written changes.
set local role vis_signals_owner;

-- A sign-in looks up the signals of one official, not those of the whole department.
create index signal_by_official on signals.signal (municipality_code, placed_by) where placed_by is not null;

-- As before, but the event is made in one go: filling it in field by field took longer than writing it down.
create or replace function audit.write(
  p_municipality text, p_user text, p_department text, p_action text, p_subject text, p_result text,
  p_purpose text, p_case text, p_origin text, p_processing uuid, p_search_no bigint
) returns void language plpgsql as $$
declare
  lanes constant integer := 64;
  family constant integer := hashtext('vis.audit ' || p_municipality);
  first_lane constant integer := pg_backend_pid() % lanes;
  in_lane integer := first_lane;
  last record;
  e audit.event;
begin
  while not pg_try_advisory_xact_lock(family, in_lane) loop
    in_lane := (in_lane + 1) % lanes;
    if in_lane = first_lane then
      perform pg_advisory_xact_lock(family, first_lane);
      exit;
    end if;
  end loop;
  select a.position, a.hash into last
  from audit.event as a
  where a.municipality_code = p_municipality and a.lane = in_lane
  order by a.position desc limit 1;
  e := row(
    p_municipality, in_lane, coalesce(last.position, 0) + 1, nextval('audit.event_number'), clock_timestamp(), p_user,
    p_department, p_action, p_subject, p_result, p_purpose, p_case, p_origin, p_processing, p_search_no,
    coalesce(last.hash, decode(repeat('00', 32), 'hex')), null
  );
  e.hash := audit.digest(e);
  insert into audit.event values (e.*);
end
$$;

-- After a file with many signals: until the server knows how many there are, a new session looks through all of its
-- municipality's to find those of one address. Autovacuum would tell it within a minute.
create function signals.count_anew() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  analyze signals.signal, signals.person_key;
end
$$;
grant execute on function signals.count_anew() to vis_loader;
