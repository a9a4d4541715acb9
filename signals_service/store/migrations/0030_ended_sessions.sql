-- Sessions that their owner ended. A session lives in a signed cookie, so a copy of that cookie would outlive a sign-out;
-- here stands a hash of its key until no session can be that old any more.
set local role vis_signals_owner;

create table signals.ended_session (
  municipality_code text not null,
  session_hash bytea not null,
  ended_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, session_hash)
);
alter table signals.ended_session enable row level security;
alter table signals.ended_session force row level security;
create policy own_municipality on signals.ended_session to vis_signals_owner
using (municipality_code = current_setting('vis.municipality', true));

create function signals.end_session(p_municipality text, p_session bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  delete from signals.ended_session as s where s.ended_at < clock_timestamp() - interval '24 hours';
  insert into signals.ended_session (municipality_code, session_hash) values (p_municipality, p_session)
  on conflict do nothing;
end
$$;

create function signals.ended_sessions(p_municipality text) returns setof bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query select s.session_hash from signals.ended_session as s where s.municipality_code = p_municipality;
end
$$;

grant execute on function signals.end_session(text, bytea) to vis_signals;
grant execute on function signals.ended_sessions(text) to vis_signals;
