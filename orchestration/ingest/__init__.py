"""Bytes to typed rows: fetch, land, read, load. Pure of Dagster."""
