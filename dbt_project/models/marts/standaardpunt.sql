-- Eén regel per standaardpunt: een coördinaat die wordt ingevuld als de plaats niet bekend is.
with final as (
  select
    municipality_code as gemeentecode,
    x,
    y,
    incidents as incidenten,
    share::numeric(7, 6) as aandeel,
    categories as delictsoorten,
    streets as straten,
    reason as waarom,
    listed_reason as oordeel
  from {{ source('enriched', 'default_point') }}
)

select *
from final
