-- Who is told what of a meeting, when a meeting is over, whom a removal was about, and what a list showed.
set local role vis_signals_owner;

-- `others` are the departments that were met on the address, or on the person of a search for a person;
-- `others_by_person` those that a signal with both met on its person.
alter table signals.outbox add column others_by_person text[] not null default '{}';
-- Whom a signal was about when the row was written: after a removal nothing else tells it. Pseudonyms of 32 bytes.
alter table signals.outbox add column concerned bytea[] not null default '{}';

-- Note a change of one signal, for the audit and for the Logboek Dataverwerkingen.
create or replace function signals.note_change(
  p_user text, p_action text, p_result text, p_origin text, s signals.signal
) returns void language plpgsql as $$
declare
  processing constant uuid := gen_random_uuid();
begin
  perform audit.write(
    s.municipality_code, p_user, s.department, p_action, 'signal:' || s.signal_id, p_result, null, null, p_origin,
    processing, null
  );
  insert into signals.outbox (
    municipality_code, processing_id, action, at, department, others, address_ids, signal_ids, concerned
  ) values (
    s.municipality_code, processing, p_action, clock_timestamp(), s.department, '{}',
    array_remove(array[s.address_id], null), array[s.signal_id],
    array(
      select substr(k.person_key, 1, 32) from signals.person_key as k
      where k.municipality_code = s.municipality_code and k.signal_id = s.signal_id
      and substr(k.person_key, 33) = '\x01'::bytea
    )
  );
end
$$;

set local role vis_signals_across;

-- Which departments an act met, and on what: each is told of what it has itself, the address or the person, and not
-- that the other's signal is about the other one as well.
create function signals.met(o signals.outbox) returns table (other text, subject text) language sql stable as $$
select here.other, signals.subject(o.address_ids, null)
from unnest(o.others) as here (other) where o.action <> 'search-person'
union all
select met.other, signals.subject(null, o.person_key)
from unnest(o.others_by_person || case o.action when 'search-person' then o.others end) as met (other)
$$;

-- Notices to send, at most so many. First makes notices of what waits in the outbox: for every department that was met,
-- and, when a signal was placed, for the department that placed it as well. A pair of departments has one notice per
-- subject and period; a signal after a search makes it a new one. Nothing in the answer says where or whom it is about.
--   notice_id, kind ('search': another department searched where to_department has a signal; 'signal': both have one;
--   'reviews': so many (amount) signals to review), to_department, to_title, to_email (null: no mail address), with_title
create or replace function signals.take_notices(p_municipality text, p_limit integer) returns table (
  notice_id bigint, kind text, to_department text, to_title text, to_email text, with_title text, amount integer,
  made_at timestamptz
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  waiting signals.outbox;
  term integer;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select t.notice_days into term from signals.settings as t where t.municipality_code = p_municipality;
  for waiting in
    select o.* from signals.outbox as o
    where o.municipality_code = p_municipality and o.told_at is null
    order by o.outbox_id limit 1000
    for update skip locked
  loop
    insert into signals.notice as n (municipality_code, to_department, with_department, kind, subject, period)
    select
      p_municipality, pair.to_department, pair.with_department,
      case waiting.action when 'place-signal' then 'signal' else 'search' end,
      pair.subject, (waiting.at::date - date '2000-01-03') / term
    from (
      select met.other, waiting.department, met.subject from signals.met(waiting) as met
      union all
      select waiting.department, met.other, met.subject from signals.met(waiting) as met
      where waiting.action = 'place-signal'
    ) as pair (to_department, with_department, subject)
    -- Who searched and then placed a signal is news once more: the notice goes out again, as of now.
    on conflict (municipality_code, to_department, with_department, subject, period) do update set
      kind = 'signal', sent_at = null, made_at = clock_timestamp()
    where n.kind = 'search' and excluded.kind = 'signal';
    update signals.outbox as o set told_at = clock_timestamp()
    where o.municipality_code = p_municipality and o.outbox_id = waiting.outbox_id;
  end loop;
  return query
  select n.notice_id, n.kind, n.to_department, d.title, d.email, w.title, n.amount, n.made_at
  from signals.notice as n
  inner join signals.department as d on d.municipality_code = p_municipality and d.code = n.to_department
  left join signals.department as w on w.municipality_code = p_municipality and w.code = n.with_department
  where n.municipality_code = p_municipality and n.sent_at is null
  order by n.notice_id limit p_limit
  for update of n skip locked;
end
$$;

-- The departments with an open signal on the address of this one.
create function signals.met_at(s signals.signal) returns text[] language sql stable as $$
select coalesce(array_agg(distinct o.department), '{}')
from signals.signal as o
where o.municipality_code = s.municipality_code and o.status = 'open' and o.department <> s.department
and o.address_id = s.address_id
$$;

-- The departments with an open signal on one of its persons. A whole name meets a double name of which it is a part, and
-- the other way round; two parts do not meet (signals_service/persons.py).
create function signals.met_in_person(s signals.signal) returns text[] language sql stable as $$
with own as (
  select substr(k.person_key, 1, 32) as digest, substr(k.person_key, 33) as what
  from signals.person_key as k
  where k.municipality_code = s.municipality_code and k.signal_id = s.signal_id
),

wanted as (
  select digest || '\x01'::bytea as person_key from own
  union
  select digest || '\x02'::bytea from own where what = '\x01'::bytea
)

select coalesce(array_agg(distinct o.department), '{}')
from signals.signal as o
where o.municipality_code = s.municipality_code and o.status = 'open' and o.department <> s.department
and o.signal_id in (
  select k.signal_id from signals.person_key as k inner join wanted as w on w.person_key = k.person_key
  where k.municipality_code = s.municipality_code
)
$$;

-- As before; a department that comes back, its earlier signals closed, joins anew: the meeting is open again.
drop function signals.meet(text, text);
create function signals.meet(p_municipality text, p_address text, p_department text) returns boolean
language plpgsql as $$
declare
  met uuid;
  sides text[];
  joined integer;
  came_back boolean;
begin
  select array_agg(distinct s.department), count(*) filter (where s.department = p_department) = 1
  into sides, came_back
  from signals.signal as s
  where s.municipality_code = p_municipality and s.address_id = p_address and s.status = 'open';
  if coalesce(cardinality(sides), 0) < 2 then
    return false;
  end if;
  insert into signals.overlap (municipality_code, overlap_id, address_id, first_met_on)
  select p_municipality, gen_random_uuid(), p_address, (clock_timestamp() at time zone t.time_zone)::date
  from signals.settings as t where t.municipality_code = p_municipality
  on conflict (municipality_code, address_id) do nothing;
  select o.overlap_id into strict met
  from signals.overlap as o where o.municipality_code = p_municipality and o.address_id = p_address;
  if came_back then
    delete from signals.overlap_side as s
    where s.municipality_code = p_municipality and s.overlap_id = met and s.department = p_department;
  end if;
  insert into signals.overlap_side (municipality_code, overlap_id, department)
  select p_municipality, met, side from unnest(sides) as side
  on conflict do nothing;
  get diagnostics joined = row_count;
  if joined > 0 then
    update signals.overlap as o set outcome = null, outcome_note = null, outcome_by = null, outcome_on = null
    where o.municipality_code = p_municipality and o.overlap_id = met and o.outcome is not null;
  end if;
  return joined > 0;
end
$$;

-- Whoever has no signal left on an address has no part in its meeting, and sees no more of it; with fewer than two
-- departments it is no meeting.
create function signals.leave_meetings(p_municipality text) returns void language plpgsql as $$
begin
  delete from signals.overlap_side as s using signals.overlap as o
  where s.municipality_code = p_municipality and o.municipality_code = p_municipality
  and o.overlap_id = s.overlap_id and not exists (
    select from signals.signal as x
    where x.municipality_code = p_municipality and x.address_id = o.address_id and x.department = s.department
  );
  delete from signals.overlap as o
  where o.municipality_code = p_municipality and (
    select count(*) from signals.overlap_side as s
    where s.municipality_code = p_municipality and s.overlap_id = o.overlap_id
  ) < 2;
end
$$;

create or replace function signals.place(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_address text, p_nummeraanduiding text, p_person_keys bytea[], p_match_keys bytea[], p_kind text, p_reason text,
  p_review_on date, p_purpose text, p_case text
) returns signals.answer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  a signals.answer;
  by_person signals.answer;
  met_here text[];
  t record;
  who record;
  today date;
  item text;
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  select s.time_zone, s.review_days, s.max_review_days into t
  from signals.settings as s where s.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  select o.display_name, o.phone into who from signals.official as o
  where o.municipality_code = p_municipality and o.user_id = p_user and o.department = p_department;
  if who is null then
    raise exception 'official' using errcode = 'VS422';
  elsif p_address is null and coalesce(cardinality(p_person_keys), 0) = 0 then
    raise exception 'address_id' using errcode = 'VS422';
  elsif not exists (
    select from signals.kind as k where k.municipality_code = p_municipality and k.code = p_kind
  ) then
    raise exception 'kind' using errcode = 'VS422';
  elsif (length(btrim(p_reason)) between 1 and 2000) is not true then
    raise exception 'reason' using errcode = 'VS422';
  elsif p_review_on not between today + 1 and today + t.max_review_days then
    raise exception 'review_on' using errcode = 'VS422';
  end if;

  -- Of two departments that place at once the second must see the first. A file that is taken over locks everybody out.
  perform pg_advisory_xact_lock_shared(hashtextextended(p_municipality || ' reception', 1));
  for item in
    select wanted from unnest(
      array['address ' || p_address] || array(select 'person ' || encode(k, 'hex') from unnest(p_person_keys) as k)
    ) as wanted
    where wanted is not null order by wanted
  loop
    perform pg_advisory_xact_lock(hashtextextended(p_municipality || ' ' || item, 1));
  end loop;

  a := signals.look(
    p_municipality, p_user, p_department, array_remove(array[p_address], null), '{}', null, p_purpose, p_case, 'found'
  );
  met_here := a.others;
  if a.refusal is null and cardinality(p_person_keys) > 0 then
    by_person := signals.look(
      p_municipality, p_user, p_department, '{}', '{}', p_match_keys, p_purpose, p_case, 'found'
    );
    if p_address is null then
      by_person.processing_id := a.processing_id;
      a := by_person;
    else
      -- Hits on the address are told in full; those on the person beside it are added when they are other signals.
      a := signals.joined(a, by_person);
    end if;
  end if;
  if a.refusal is null then
    a.signal_id := gen_random_uuid();
    insert into signals.signal (
      municipality_code, signal_id, department, placed_by, official_name, official_phone, address_id,
      nummeraanduiding_id, kind, reason, placed_on, review_on, status
    ) values (
      p_municipality, a.signal_id, p_department, p_user, who.display_name, who.phone, p_address, p_nummeraanduiding,
      p_kind, btrim(p_reason), today, coalesce(p_review_on, today + t.review_days), 'open'
    );
    insert into signals.person_key (municipality_code, signal_id, person_key, department)
    select distinct p_municipality, a.signal_id, k, p_department from unnest(p_person_keys) as k;
    if p_address is not null then
      perform signals.meet(p_municipality, p_address, p_department);
    end if;
    insert into signals.outbox (
      municipality_code, processing_id, action, at, purpose, department, others, others_by_person, address_ids,
      person_key, signal_ids
    ) values (
      p_municipality, a.processing_id, 'place-signal', clock_timestamp(), p_purpose, p_department, met_here,
      coalesce(by_person.others, '{}'), array_remove(array[p_address], null), p_person_keys[1],
      a.signal_id || a.signal_ids
    );
  end if;
  perform audit.write(
    p_municipality, p_user, p_department, 'place-signal',
    concat_ws(
      ' ', 'signal:' || a.signal_id, nullif(signals.subject(array_remove(array[p_address], null), p_person_keys[1]), '')
    ),
    coalesce('refused-' || a.refusal, a.status), signals.unless_refused(a, p_purpose),
    signals.unless_refused(a, p_case), 'tool', a.processing_id, a.search_no
  );
  return signals.told(a);
end
$$;

alter function signals.place(
  text, text, text, text[], text, text, bytea[], bytea[], text, text, date, text, text
) set plan_cache_mode = 'force_generic_plan';

create or replace function signals.receive(
  p_municipality text, p_source text, p_delivery bigint, p_rows jsonb, p_max_drop double precision
) returns table (placed integer, changed integer, closed integer, withdrawn integer, unchanged integer, refused integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  t record;
  r record;
  today date;
  s signals.signal;
  known signals.signal;
  keys bytea[];
  known_keys bytea[];
  given text[];                            -- department and signal_id of every row
  present bigint;
  gone bigint;
  actor constant text := 'levering ' || p_source;
  processing uuid;
  what text;
begin
  perform set_config('vis.municipality', p_municipality, true);
  -- Nobody places a signal meanwhile: of two that meet the second must see the first.
  perform pg_advisory_xact_lock(hashtextextended(p_municipality || ' reception', 1));
  select c.time_zone, c.review_days into t from signals.settings as c where c.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  placed := 0; changed := 0; closed := 0; withdrawn := 0; unchanged := 0; refused := 0;

  given := array(
    select (g.value ->> 'department') || E'\x1f' || (g.value ->> 'signal_id') from jsonb_array_elements(p_rows) as g
  );
  select count(*), count(*) filter (where o.department || E'\x1f' || o.source_signal_id <> all(given))
  into present, gone
  from signals.signal as o
  where o.municipality_code = p_municipality and o.source = p_source and o.status = 'open';
  if p_max_drop is not null and gone > 0 and gone > p_max_drop * present then
    raise exception '% van %', gone, present using errcode = 'VS425';
  end if;

  for r in
    select
      x.department, x.signal_id, x.official_name, x.official_phone, x.placed_on, x.kind, x.address_id,
      x.nummeraanduiding_id, x.address_text, x.review_on, coalesce(x.status, 'open') as status,
      array(
        select distinct decode(k, 'hex') as one from jsonb_array_elements_text(coalesce(x.person_keys, '[]')) as k
        order by one
      ) as person_keys,
      exists (
        select from signals.department as d where d.municipality_code = p_municipality and d.code = x.department
      ) as known_department
    from jsonb_to_recordset(p_rows) as x (
      department text, signal_id text, official_name text, official_phone text, placed_on date, kind text,
      address_id text, nummeraanduiding_id text, address_text text, person_keys jsonb, review_on date, status text
    )
    order by x.department, x.signal_id
  loop
    if not r.known_department then
      refused := refused + 1;
      continue;
    end if;
    known := null;
    select x.* into known from signals.signal as x
    where x.municipality_code = p_municipality and x.department = r.department and x.source_signal_id = r.signal_id
    for update;
    s := known;
    s.municipality_code := p_municipality;
    s.department := r.department;
    s.official_name := r.official_name;
    s.official_phone := r.official_phone;
    s.address_id := r.address_id;
    s.nummeraanduiding_id := r.nummeraanduiding_id;
    s.address_text := r.address_text;
    s.kind := r.kind;
    s.placed_on := r.placed_on;
    s.review_on := coalesce(r.review_on, r.placed_on + t.review_days);
    s.source := p_source;
    s.source_signal_id := r.signal_id;
    s.status := r.status;
    if s.status = 'open' then
      s.closed_on := null;
      s.closing_reason := null;
    elsif known.status is distinct from 'closed' then
      s.closed_on := today;
      s.closing_reason := 'gesloten in het register van de afdeling';
    end if;
    select coalesce(array_agg(k.person_key order by k.person_key), '{}') into known_keys
    from signals.person_key as k
    where k.municipality_code = p_municipality and k.signal_id = known.signal_id;

    if known.signal_id is null then
      -- A signal that was removed after its term does not come back as closed.
      if s.status = 'closed' and exists (
        select from signals.removed as x
        where x.municipality_code = p_municipality and x.department = r.department
        and x.source_signal_id = r.signal_id
      ) then
        unchanged := unchanged + 1;
        continue;
      end if;
      s.signal_id := gen_random_uuid();
      s.reason := '';
      s.delivery_id := p_delivery;
      s.changed_at := clock_timestamp();
      insert into signals.signal values (s.*);
      what := 'receive-signal';
      placed := placed + 1;
    elsif s is not distinct from known and known_keys = r.person_keys then
      unchanged := unchanged + 1;
      continue;
    else
      s.delivery_id := p_delivery;
      s.changed_at := clock_timestamp();
      update signals.signal as x set
        official_name = s.official_name, official_phone = s.official_phone, address_id = s.address_id,
        nummeraanduiding_id = s.nummeraanduiding_id, address_text = s.address_text, kind = s.kind,
        placed_on = s.placed_on, review_on = s.review_on, status = s.status, closed_on = s.closed_on,
        closing_reason = s.closing_reason, source = s.source, delivery_id = s.delivery_id, changed_at = s.changed_at
      where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
      if s.status = 'closed' and known.status = 'open' then
        what := 'close-signal';
        closed := closed + 1;
      else
        what := 'change-signal';
        changed := changed + 1;
      end if;
    end if;

    if known_keys <> r.person_keys then
      delete from signals.person_key as k
      where k.municipality_code = p_municipality and k.signal_id = s.signal_id;
      insert into signals.person_key (municipality_code, signal_id, person_key, department)
      select p_municipality, s.signal_id, k, s.department from unnest(r.person_keys) as k;
    end if;

    if s.status = 'open' and (
      what = 'receive-signal' or known.status = 'closed' or s.address_id is distinct from known.address_id
      or known_keys <> r.person_keys
    ) then
      -- New on this address or person: whoever is there already is told, and is told of.
      processing := gen_random_uuid();
      if s.address_id is not null then
        perform signals.meet(p_municipality, s.address_id, s.department);
      end if;
      insert into signals.outbox (
        municipality_code, processing_id, action, at, department, others, others_by_person, address_ids, person_key,
        signal_ids
      ) values (
        p_municipality, processing, 'place-signal', clock_timestamp(), s.department, signals.met_at(s),
        signals.met_in_person(s), array_remove(array[s.address_id], null), r.person_keys[1], array[s.signal_id]
      );
      perform audit.write(
        p_municipality, actor, s.department, what,
        concat_ws(' ', 'signal:' || s.signal_id, nullif(signals.subject(array_remove(array[s.address_id], null),
          r.person_keys[1]), '')),
        s.status, null, null, actor, processing, null
      );
    else
      perform signals.note_change(actor, what, s.status, actor, s);
    end if;
  end loop;

  for s in
    select o.* from signals.signal as o
    where o.municipality_code = p_municipality and o.source = p_source and o.status = 'open'
    and o.department || E'\x1f' || o.source_signal_id <> all(given)
    order by o.signal_id for update
  loop
    update signals.signal as x set
      status = 'closed', closed_on = today, closing_reason = 'vervallen uit de levering van de afdeling',
      delivery_id = p_delivery, changed_at = clock_timestamp()
    where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
    perform signals.note_change(actor, 'withdraw-signal', 'no longer in the file', actor, s);
    withdrawn := withdrawn + 1;
  end loop;

  -- A signal that moved to another address, as the file now says, leaves the meeting it was part of.
  perform signals.leave_meetings(p_municipality);

  insert into signals.reception (municipality_code, source, delivery_id) values (p_municipality, p_source, p_delivery)
  on conflict (municipality_code, source) do update set
    delivery_id = excluded.delivery_id, received_at = clock_timestamp();
  return next;
end
$$;

drop function signals.met_by(signals.signal);

-- Close what was not renewed in time, remove what was closed longer ago than its term. Of what is removed the audit
-- keeps that it was there, of which department and kind and when, and nothing of what it said. Settled rows of the
-- outbox and sent notices go after the same term. `p_today` is the day of whoever asks. Of two clocks that differ by
-- midnight alone the earlier day counts; when they differ by more nothing is closed or removed (state VS409).
drop function signals.remove_expired(text);
create function signals.remove_expired(p_municipality text, p_today date) returns table (closed integer, removed integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  t record;
  today date;
  s signals.signal;
begin
  perform set_config('vis.municipality', p_municipality, true);
  select c.time_zone, c.retention_days into t from signals.settings as c where c.municipality_code = p_municipality;
  today := (clock_timestamp() at time zone t.time_zone)::date;
  if (abs(today - p_today) <= 1) is not true then
    raise exception 'it is % for the database and % for the relay', today, p_today using errcode = 'VS409';
  end if;
  today := least(today, p_today);
  closed := 0;
  removed := 0;
  for s in
    select x.* from signals.signal as x
    where x.municipality_code = p_municipality and x.status = 'open' and x.source is null and x.review_on < today
    order by x.signal_id for update
  loop
    update signals.signal as x set
      status = 'closed', closed_on = today, closing_reason = 'termijn verlopen', changed_at = clock_timestamp()
    where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
    perform signals.note_change('vis', 'close-signal', 'not renewed before ' || s.review_on, 'termijn', s);
    closed := closed + 1;
  end loop;
  for s in
    select x.* from signals.signal as x
    where x.municipality_code = p_municipality and x.status = 'closed' and x.closed_on < today - t.retention_days
    order by x.signal_id for update
  loop
    perform signals.note_change(
      'vis', 'remove-signal',
      format('kind %s, placed %s, closed %s, from %s', s.kind, s.placed_on, s.closed_on, coalesce(s.source, 'tool')),
      'termijn', s
    );
    insert into signals.removed (municipality_code, department, source_signal_id)
    select p_municipality, s.department, s.source_signal_id where s.source_signal_id is not null
    on conflict do nothing;
    delete from signals.signal as x where x.municipality_code = p_municipality and x.signal_id = s.signal_id;
    removed := removed + 1;
  end loop;
  perform signals.leave_meetings(p_municipality);
  delete from signals.outbox as o
  where o.municipality_code = p_municipality and o.told_at is not null and o.exported_at is not null
  and o.at < clock_timestamp() - make_interval(days => t.retention_days);
  delete from signals.notice as n
  where n.municipality_code = p_municipality and n.sent_at < clock_timestamp() - make_interval(days => t.retention_days);
  return next;
end
$$;

grant execute on function signals.remove_expired(text, date) to vis_relay;

create or replace function signals.take_processing(p_municipality text, p_limit integer) returns table (
  outbox_id bigint, processing_id uuid, activity text, purpose text, began_at timestamptz, at timestamptz,
  data_subject_id text
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  return query
  with taken as materialized (
    select o.* from signals.outbox as o
    where o.municipality_code = p_municipality and o.exported_at is null
    order by o.outbox_id limit p_limit
    for update skip locked
  ),

  concerned as (
    select t.outbox_id, substr(t.person_key, 1, 32) as person from taken as t where t.person_key is not null
    union
    select t.outbox_id, kept.person from taken as t cross join lateral unnest(t.concerned) as kept (person)
    union
    select t.outbox_id, substr(k.person_key, 1, 32)
    from taken as t
    -- Of a double name the key of the whole name stands for the person; those of its parts do not.
    inner join signals.person_key as k
      on k.municipality_code = p_municipality and k.signal_id = any(t.signal_ids)
      and substr(k.person_key, 33) = '\x01'::bytea
  )

  select
    t.outbox_id, t.processing_id, t.action, t.purpose, t.began_at, t.at,
    encode(sha256('\x6c6476'::bytea || c.person), 'hex')
  from taken as t
  left join concerned as c on c.outbox_id = t.outbox_id
  order by t.outbox_id;
end
$$;

-- Who saw which meeting and which signal can be asked of the audit: a list names what it showed.
create function signals.listed(p_what text, p_ids text[]) returns text language sql immutable as $$
select p_what || ':' || nullif(array_to_string(p_ids, ','), '')
$$;
grant execute on function signals.listed(text, text[]) to vis_signals_owner;

create or replace function signals.overlaps(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_own boolean, p_status text, p_limit integer, p_offset integer
) returns setof signals.overlap_row
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  shown signals.overlap_row;
  ids text[] := '{}';
begin
  perform signals.enter(
    p_municipality, p_user, p_department, p_roles,
    case when p_own then '{raadpleger,plaatser}'::text[] else '{coordinator}' end
  );
  for shown in
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
    order by p.first_met_on desc, p.overlap_id
  loop
    ids := ids || shown.overlap_id::text;
    return next shown;
  end loop;
  perform audit.write(
    p_municipality, p_user, p_department, case when p_own then 'view-own-overlaps' else 'view-overlaps' end,
    signals.listed('overlap', ids), cardinality(ids) || ' shown', null, null, 'tool', gen_random_uuid(), null
  );
end
$$;

set local role vis_signals_owner;

create or replace function signals.own_signals(
  p_municipality text, p_user text, p_department text, p_roles text[],
  p_signal uuid, p_status text, p_due_before date, p_limit integer, p_offset integer
) returns setof signals.own_signal
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  shown signals.own_signal;
  ids text[] := '{}';
begin
  perform signals.enter(p_municipality, p_user, p_department, p_roles, '{plaatser}');
  for shown in
    select
      s.signal_id, s.address_id, s.nummeraanduiding_id, s.address_text,
      exists (
        select from signals.person_key as k
        where k.municipality_code = s.municipality_code and k.signal_id = s.signal_id
      ),
      s.kind, s.reason, s.official_name, s.official_phone, s.placed_on, s.review_on, s.status,
      case when s.source is null then 'tool' else 'file' end,
      (
        select coalesce(json_agg(json_build_array(r.renewed_at, r.official_name, r.review_on, r.reason)
          order by r.renewal_id), '[]')
        from signals.renewal as r where r.municipality_code = s.municipality_code and r.signal_id = s.signal_id
      ),
      s.closed_on, s.closing_reason, count(*) over ()
    from signals.signal as s
    where s.municipality_code = p_municipality
    and (p_signal is null or s.signal_id = p_signal)
    and (p_status is null or s.status = p_status)
    and (p_due_before is null or (s.status = 'open' and s.review_on < p_due_before))
    order by s.status desc, s.review_on, s.signal_id
    limit p_limit offset p_offset
  loop
    ids := ids || shown.signal_id::text;
    return next shown;
  end loop;
  perform audit.write(
    p_municipality, p_user, p_department, 'view-signals',
    coalesce(signals.listed('signal', ids), 'signal:' || p_signal), cardinality(ids) || ' shown', null, null, 'tool',
    gen_random_uuid(), null
  );
end
$$;
