{#- After a model was brought up to date: rows of a delivery that is accepted no more must go.
    Their incidents or keys were rebuilt from what is left by the model itself. -#}
{% macro forget_unaccepted() -%}
  delete from {{ this }}
  where delivery_id in (
    select delivery_id from {{ source('raw', 'delivery') }} where status <> 'accepted'
  )
{%- endmacro %}
