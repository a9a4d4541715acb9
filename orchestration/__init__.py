"""Dagster orchestration of VIS: everything that moves data."""
