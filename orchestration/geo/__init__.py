"""Where and when: areas, point in polygon, day parts. Pure of Dagster."""
