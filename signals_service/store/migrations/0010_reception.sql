-- Departments' files: what the pipeline let through, taken over into the signals. The loader may run these and see
-- nothing. Every change is an event; a meeting is told of as if the signal had been placed here.
set local role vis_signals_across;

-- The departments that a signal meets: on its address, or on one of its persons. A whole name meets a double name of
-- which it is a part, and the other way round; two parts do not meet (signals_service/persons.py).
create function signals.met_by(s signals.signal) returns text[] language sql stable as $$
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
where o.municipality_code = s.municipality_code and o.status = 'open' and o.department <> s.department and (
  o.address_id = s.address_id
  or o.signal_id in (
    select k.signal_id from signals.person_key as k inner join wanted as w on w.person_key = k.person_key
    where k.municipality_code = s.municipality_code
  )
)
$$;

-- Take over what a source's last accepted delivery says. `p_rows` are the signals in that file as now known: department,
-- signal_id, official_name, official_phone, placed_on, kind, address_id, nummeraanduiding_id, address_text, person_keys
-- (hexadecimal), review_on, status. Open signals of this source that are not among them are withdrawn, unless more than
-- `p_max_drop` of them would be: then nothing is changed and the state is VS425, the message how many of how many.
create function signals.receive(
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
        perform signals.meet(p_municipality, s.address_id);
      end if;
      insert into signals.outbox (
        municipality_code, processing_id, action, at, department, others, address_ids, person_key, signal_ids
      ) values (
        p_municipality, processing, 'place-signal', clock_timestamp(), s.department, signals.met_by(s),
        array_remove(array[s.address_id], null), r.person_keys[1], array[s.signal_id]
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

  insert into signals.reception (municipality_code, source, delivery_id) values (p_municipality, p_source, p_delivery)
  on conflict (municipality_code, source) do update set
    delivery_id = excluded.delivery_id, received_at = clock_timestamp();
  return next;
end
$$;

-- The register of addresses was brought up to date: an answer says since when.
create function signals.note_register(p_municipality text, p_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('vis.municipality', p_municipality, true);
  update signals.settings as t set register_at = p_at
  where t.municipality_code = p_municipality and t.register_at is distinct from p_at;
end
$$;

grant execute on function
signals.receive(text, text, bigint, jsonb, double precision), signals.note_register(text, timestamptz)
to vis_loader;
