-- The statements within a search are always the same, and so is the way to answer them: along an index. Left to itself
-- the server plans most of them anew at every call, which costs more than carrying them out.
set local role vis_signals_across;
alter function signals.search(text, text, text, text[], text[], text[], bytea[], text, text, text)
set plan_cache_mode = 'force_generic_plan';
alter function signals.place(
  text, text, text, text[], text, text, bytea[], bytea[], text, text, date, text, text
) set plan_cache_mode = 'force_generic_plan';
