-- The audit log: append-only, chained by hashes. Events are written in lanes, each a chain of its own, so that searches
-- of different people need not wait for each other's commit. A lane is taken for the length of a transaction; its next
-- event follows on the last committed one, so that order never depends on a clock.
set local role vis_signals_owner;

create sequence audit.event_number;

create table audit.event (
  municipality_code text not null,
  lane smallint not null,
  position bigint not null,                -- 1, 2, 3 … within the lane, without gaps
  number bigint not null,                  -- rises over all lanes; gaps are transactions that were rolled back
  at timestamptz not null,
  user_id text not null,
  department text not null,
  action text not null,
  subject text,                            -- address:…, signal:…, overlap:… or person: with a pseudonym
  result text not null,
  purpose text,
  case_number text,
  origin text not null,                    -- what it came through: tool, levering <source> or termijn
  processing_id uuid not null,             -- the same in the Logboek Dataverwerkingen
  search_no bigint,                        -- of a search that counts for the quota: the how-manieth of this user
  previous_hash bytea not null,            -- 32 zeros before the first
  hash bytea not null,
  primary key (municipality_code, lane, position)
);
create index event_by_number on audit.event (municipality_code, number);
create index event_by_search on audit.event (municipality_code, user_id, search_no) where search_no is not null;
create index event_by_time on audit.event using brin (at);

alter table audit.event enable row level security;
alter table audit.event force row level security;
create policy own_municipality on audit.event to vis_signals_owner, vis_signals_across
using (municipality_code = current_setting('vis.municipality', true));
grant select, insert on audit.event to vis_signals_across;
grant usage on sequence audit.event_number to vis_signals_across;
-- Not even the owner keeps the right; the triggers are for whoever gives it back.
revoke update, delete, truncate on audit.event from vis_signals_owner;

create function audit.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'audit.event is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on audit.event for each row execute function audit.refuse();
create trigger never_empty before truncate on audit.event for each statement execute function audit.refuse();
-- Also in a session that says it replays a replica's changes.
alter table audit.event enable always trigger append_only;
alter table audit.event enable always trigger never_empty;

-- The hash of an event: of everything in it and of the hash before it, in a text that can be read in one way only.
create function audit.digest(e audit.event) returns bytea language sql stable as $$
select sha256(convert_to(jsonb_build_array(
  encode(e.previous_hash, 'hex'), e.municipality_code, e.lane, e.position, e.number,
  (extract(epoch from e.at) * 1000000)::bigint, e.user_id, e.department, e.action, e.subject, e.result, e.purpose,
  e.case_number, e.origin, e.processing_id, e.search_no
)::text, 'UTF8'))
$$;

-- Add one event. For the functions of this service alone; runs as whichever of the two roles asks.
create function audit.write(
  p_municipality text, p_user text, p_department text, p_action text, p_subject text, p_result text,
  p_purpose text, p_case text, p_origin text, p_processing uuid, p_search_no bigint
) returns void language plpgsql as $$
declare
  lanes constant integer := 64;
  family constant integer := hashtext('vis.audit ' || p_municipality);
  first_lane constant integer := pg_backend_pid() % lanes;
  e audit.event;
begin
  e.lane := first_lane;
  while not pg_try_advisory_xact_lock(family, e.lane) loop
    e.lane := (e.lane + 1) % lanes;
    if e.lane = first_lane then
      perform pg_advisory_xact_lock(family, first_lane);
      exit;
    end if;
  end loop;
  select a.position, a.hash into e.position, e.previous_hash
  from audit.event as a
  where a.municipality_code = p_municipality and a.lane = e.lane
  order by a.position desc limit 1;
  e.position := coalesce(e.position, 0) + 1;
  e.previous_hash := coalesce(e.previous_hash, decode(repeat('00', 32), 'hex'));
  e.municipality_code := p_municipality;
  e.number := nextval('audit.event_number');
  e.at := clock_timestamp();
  e.user_id := p_user;
  e.department := p_department;
  e.action := p_action;
  e.subject := p_subject;
  e.result := p_result;
  e.purpose := p_purpose;
  e.case_number := p_case;
  e.origin := p_origin;
  e.processing_id := p_processing;
  e.search_no := p_search_no;
  e.hash := audit.digest(e);
  insert into audit.event values (e.*);
end
$$;

-- Whether the chain of a municipality holds: how many events, and the number of the first that does not follow.
create function audit.verify(p_municipality text) returns table (events bigint, first_broken bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query
  with walked as (
    select
      e.number,
      e.position <> row_number() over lane
      or e.previous_hash is distinct from
        coalesce(lag(e.hash) over lane, decode(repeat('00', 32), 'hex'))
      or e.hash is distinct from audit.digest(e) as broken
    from audit.event as e
    where e.municipality_code = p_municipality
    window lane as (partition by e.lane order by e.position)
  )
  select count(*), min(w.number) filter (where w.broken) from walked as w;
end
$$;

-- The last event of each lane: what the daily file outside the database holds.
create function audit.heads(p_municipality text) returns table (lane integer, "position" bigint, hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query
  select distinct on (e.lane) e.lane::integer, e.position, encode(e.hash, 'hex')
  from audit.event as e
  where e.municipality_code = p_municipality
  order by e.lane, e.position desc;
end
$$;

-- Whether the chain still runs through what a file of heads says: the numbers of lanes where it does not.
create function audit.missing_heads(p_municipality text, p_lanes integer[], p_positions bigint[], p_hashes text[])
returns setof integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query
  select kept.lane
  from unnest(p_lanes, p_positions, p_hashes) as kept (lane, "position", hash)
  where not exists (
    select from audit.event as e
    where e.municipality_code = p_municipality and e.lane = kept.lane and e.position = kept.position
    and encode(e.hash, 'hex') = kept.hash
  );
end
$$;

grant execute on function audit.digest(audit.event) to vis_signals_across;
grant execute on function audit.write(text, text, text, text, text, text, text, text, text, uuid, bigint)
to vis_signals_across;
grant execute on function audit.verify(text), audit.heads(text) to vis_signals, vis_relay;
grant execute on function audit.missing_heads(text, integer[], bigint[], text[]) to vis_signals, vis_relay;
