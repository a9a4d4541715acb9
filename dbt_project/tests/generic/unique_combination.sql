{#- Passes when the columns together are unique; nulls count as equal. A key is written from wide to narrow, and
    compared the other way round: what tells rows apart comes first. -#}
{% test unique_combination(model, columns) %}
select
  {{ columns | join(', ') }},
  count(*) as row_count
from {{ model }}
group by {{ columns | reverse | join(', ') }}
having count(*) > 1
{% endtest %}
