"""Whether an installation has demo accounts where nobody said so."""

from orchestration.municipality import load_municipality
from orchestration.settings import Settings


def demo_accounts(settings: Settings) -> bool:
    """What VIS_DEMO says. Without it: a made-up municipality on the embedded database that nobody else can reach.

    The services never decide this by themselves: they get the outcome as VIS_DEMO. Raises `SettingsError` for a
    VIS_DEMO=1 that may not be.
    """
    if settings.demo is not None:
        return settings.demo_accounts
    return settings.embedded and settings.demo_obstacle is None and load_municipality(settings.municipality).fictional
