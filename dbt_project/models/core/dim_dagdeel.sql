-- One row per day part; hours are local hours of the municipality, the last one exclusive.
select
  dagdeel,
  volgorde,
  from_hour,
  to_hour
from (
  values
  ('nacht', 1, 0, 6),
  ('ochtend', 2, 6, 12),
  ('middag', 3, 12, 18),
  ('avond', 4, 18, 24),
  ('onbekend', 5, null::integer, null::integer)
) as part (dagdeel, volgorde, from_hour, to_hour)
