{#- Passes when the columns together are unique; nulls count as equal. A key is written from wide to narrow, and
    compared the other way round: the municipality, of which there are few, comes last. -#}
{% test unique_combination(model, columns) %}
select
  {{ columns | join(', ') }},
  count(*) as row_count
from {{ model }}
group by {{ columns | reverse | join(', ') }}
having count(*) > 1
{% endtest %}
