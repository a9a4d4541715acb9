"""DAGSTER_HOME of one installation: run history in PostgreSQL, telemetry off, secrets by environment only."""

from pathlib import Path

from orchestration.settings import Settings

_DAGSTER_YAML = """\
# Made by VIS at every start; do not edit.
storage:
  custom:
    module: orchestration.run_history
    class: RunHistory
    config:
      postgres_url:
        env: VIS_DAGSTER_DATABASE_URL
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
concurrency:
  runs:
    # One writer at a time: a run uses both cores of a small server.
    max_concurrent_runs: 1
compute_logs:
  module: dagster.core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {home}/dagster/compute-logs
local_artifact_storage:
  module: dagster.core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {home}/dagster
retention:
  schedule: {{purge_after_days: {{skipped: 7, failure: 90, success: 90}}}}
  sensor: {{purge_after_days: {{skipped: 7, failure: 90, success: 90}}}}
"""


def write_dagster_home(settings: Settings) -> Path:
    """Write `dagster.yaml`; returns the folder."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "dagster.yaml").write_text(_DAGSTER_YAML.format(home=settings.home), encoding="utf-8")
    return folder
