"""Dagster wiring, a file per stage of the flow; no logic."""
