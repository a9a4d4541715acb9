"""Puts the dashboards, roles and users of this folder into a running Superset, through its REST API alone."""
