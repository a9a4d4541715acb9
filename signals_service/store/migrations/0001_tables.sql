-- What the signaleringstool keeps. Two roles that nobody can log in as own it all:
--   vis_signals_owner   owns the tables; its functions see the rows of one department, the one in the context
--   vis_signals_across  runs the few functions that answer across departments; each demands what the law demands
-- Row-level security is forced, so that both are bound by the policies. No check of a table judges what somebody typed:
-- a refused row would be quoted in the server's log.
set local role vis_signals_across;
alter default privileges revoke execute on functions from public;
set local role vis_signals_owner;
alter default privileges revoke execute on functions from public;

create table signals.settings (
  municipality_code text primary key,
  time_zone text not null,
  review_days integer not null,            -- a signal is reviewed after so many days when nobody says when
  max_review_days integer not null,        -- and never later than this
  retention_days integer not null,         -- how long a closed signal stays
  quota_hour integer not null,             -- searches by one user
  quota_day integer not null,
  notice_days integer not null,            -- departments are told of each other on one address once in so many days
  register_at timestamptz                  -- when the register of addresses was last brought up to date
);

create table signals.department (
  municipality_code text not null,
  code text not null,
  title text not null,
  email text,                              -- where notices go; none: no mail, the pages tell
  ordinal integer not null,
  primary key (municipality_code, code)
);

create table signals.kind (
  municipality_code text not null,
  code text not null,
  title text not null,
  ordinal integer not null,
  primary key (municipality_code, code)
);

create table signals.purpose (
  municipality_code text not null,
  code text not null,
  title text not null,
  legal_basis text not null,
  departments text[] not null,             -- who may search for this
  ordinal integer not null,
  primary key (municipality_code, code)
);

create table signals.official (
  municipality_code text not null,
  user_id text not null,
  department text not null,
  display_name text not null,
  phone text not null,
  signed_in_at timestamptz not null,
  primary key (municipality_code, user_id)
);

create table signals.signal (
  municipality_code text not null,
  signal_id uuid not null,
  department text not null,
  placed_by text,                          -- signals.official; null: from a department's file
  official_name text not null,             -- as now known: whom to phone
  official_phone text not null,
  address_id text,                         -- adresseerbaarobject_id
  nummeraanduiding_id text,
  address_text text,                       -- of a file whose address was not found: kept as it was given
  kind text not null,
  reason text not null,
  placed_on date not null,                 -- local day
  review_on date not null,
  status text not null,
  closed_on date,
  closing_reason text,
  source text,                             -- the source whose file brought it, and its key there
  source_signal_id text,
  delivery_id bigint,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, signal_id)
) with (fillfactor = 90);
create index signal_by_address on signals.signal (municipality_code, address_id) where address_id is not null;
create index signal_by_review on signals.signal (municipality_code, department, status, review_on);
create unique index signal_by_source on signals.signal (municipality_code, department, source_signal_id)
where source_signal_id is not null;

create table signals.person_key (
  municipality_code text not null,
  signal_id uuid not null,
  person_key bytea not null,               -- HMAC under a key that the database does not know
  department text not null,
  primary key (municipality_code, signal_id, person_key),
  foreign key (municipality_code, signal_id) references signals.signal on delete cascade
);
create index person_key_lookup on signals.person_key (municipality_code, person_key);

create table signals.renewal (
  municipality_code text not null,
  signal_id uuid not null,
  renewal_id bigint generated always as identity,
  department text not null,
  renewed_at timestamptz not null default clock_timestamp(),
  official_name text not null,
  review_on date not null,
  reason text not null,
  primary key (municipality_code, signal_id, renewal_id),
  foreign key (municipality_code, signal_id) references signals.signal on delete cascade
);

-- A signal of a file that was removed after its term does not come back because the file still holds it as closed.
create table signals.removed (
  municipality_code text not null,
  department text not null,
  source_signal_id text not null,
  removed_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, department, source_signal_id)
);

create table signals.overlap (
  municipality_code text not null,
  overlap_id uuid not null,
  address_id text not null,
  first_met_on date not null,
  outcome text,                            -- called, joint-visit, nothing; null: not known yet
  outcome_note text,
  outcome_by text,
  outcome_on date,
  primary key (municipality_code, overlap_id),
  unique (municipality_code, address_id)
);

create table signals.overlap_side (
  municipality_code text not null,
  overlap_id uuid not null,
  department text not null,
  joined_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  acknowledged_by text,
  primary key (municipality_code, overlap_id, department),
  foreign key (municipality_code, overlap_id) references signals.overlap on delete cascade
);

-- Every outcome ever given; signals.overlap holds the one that stands.
create table signals.overlap_outcome (
  municipality_code text not null,
  overlap_id uuid not null,
  outcome_id bigint generated always as identity,
  outcome text not null,
  note text not null,
  given_by text not null,
  given_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, overlap_id, outcome_id),
  foreign key (municipality_code, overlap_id) references signals.overlap on delete cascade
);

-- One row for each answered search and each change of a signal, whatever was found; the relay decides what it means.
create table signals.outbox (
  municipality_code text not null,
  outbox_id bigint generated always as identity,
  processing_id uuid not null,
  action text not null,
  at timestamptz not null,
  purpose text,
  department text not null,                -- who acted
  others text[] not null,                  -- the departments that were met; empty: none
  address_ids text[] not null,
  person_key bytea,                        -- whom the search was about
  signal_ids uuid[] not null,              -- what was found or changed
  told_at timestamptz,                     -- when notices were made of it
  exported_at timestamptz,                 -- when it went to the Logboek Dataverwerkingen
  primary key (municipality_code, outbox_id)
);
create index outbox_to_tell on signals.outbox (municipality_code, outbox_id) where told_at is null;
create index outbox_to_export on signals.outbox (municipality_code, outbox_id) where exported_at is null;

-- A notice that was or must be sent to a department. A pair of departments is told once per subject and period.
create table signals.notice (
  municipality_code text not null,
  notice_id bigint generated always as identity,
  to_department text not null,
  with_department text not null,           -- the same for a digest of reviews
  kind text not null,                      -- search, signal or reviews
  subject text not null,                   -- address:…, person:… or reviews; never leaves the database
  period integer not null,
  amount integer not null default 1,       -- of a digest: how many signals
  made_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  primary key (municipality_code, notice_id),
  unique (municipality_code, to_department, with_department, subject, period)
);
create index notice_to_send on signals.notice (municipality_code, notice_id) where sent_at is null;

-- The last delivery of each source that was taken over into signals.signal.
create table signals.reception (
  municipality_code text not null,
  source text not null,
  delivery_id bigint not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (municipality_code, source)
);

do $$
declare
  name text;
begin
  foreach name in array array[
    'settings', 'department', 'kind', 'purpose', 'official', 'signal', 'person_key', 'renewal', 'removed',
    'overlap', 'overlap_side', 'overlap_outcome', 'outbox', 'notice', 'reception'
  ] loop
    execute format('alter table signals.%I enable row level security', name);
    execute format('alter table signals.%I force row level security', name);
    execute format(
      'create policy across on signals.%I to vis_signals_across '
      'using (municipality_code = current_setting(''vis.municipality'', true))', name
    );
    execute format('grant select, insert, update, delete on signals.%I to vis_signals_across', name);
    if name in ('signal', 'person_key', 'renewal') then
      execute format(
        'create policy own_department on signals.%I to vis_signals_owner '
        'using (municipality_code = current_setting(''vis.municipality'', true) '
        'and department = current_setting(''vis.department'', true))', name
      );
    elsif name in ('settings', 'department', 'kind', 'purpose', 'official', 'outbox') then
      execute format(
        'create policy own_municipality on signals.%I to vis_signals_owner '
        'using (municipality_code = current_setting(''vis.municipality'', true))', name
      );
    end if;
  end loop;
end
$$;

grant usage on schema signals, audit to vis_signals_across, vis_signals, vis_relay;
grant usage on schema signals to vis_loader;
-- Its own functions are made by itself.
grant create on schema signals, audit to vis_signals_across;
