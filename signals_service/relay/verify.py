"""`vis audit verify`: does the chain of the audit log hold, and does it still run through every head that was kept?"""

from dataclasses import dataclass
from pathlib import Path

from signals_service.relay.heads import HeadFileError, head_files, read_heads
from signals_service.store.relaying import RelayStore


@dataclass(frozen=True)
class Verification:
    """What was found. `problems` are Dutch sentences that say what is wrong and where; none: all is well."""

    events: int
    files: int
    problems: tuple[str, ...]

    @property
    def text(self) -> str:
        seen = f"{self.events} regels in het auditlog, {self.files} bestanden met dagelijkse hashes"
        if not self.problems:
            return f"Het auditlog klopt: {seen}."
        return "\n".join([f"Het auditlog klopt NIET: {seen}.", *(f"- {problem}" for problem in self.problems), _ADVICE])


def verify(store: RelayStore, folder: Path, municipality_code: str) -> Verification:
    """Walk the whole chain and hold every file of heads of this municipality against it. Changes nothing."""
    events, first_broken = store.walk()
    problems = []
    if first_broken is not None:
        problems.append(
            f"regel {first_broken} past niet op de regel ervoor: die regel is veranderd, of er is een regel tussenuit"
        )
    files = 0
    for path in head_files(folder):
        try:
            file = read_heads(path)
        except HeadFileError as error:
            problems.append(str(error))
            continue
        if file.municipality_code != municipality_code:
            continue
        files += 1
        if missing := store.missing_heads(file.heads):
            lanes = ", ".join(str(lane) for lane in sorted(missing))
            problems.append(
                f"{path.name}: op {file.at} eindigde keten {lanes} in een regel die nu weg of anders is: er is "
                "verwijderd of overgeschreven wat er toen al stond"
            )
    return Verification(events, files, tuple(problems))


_ADVICE = (
    "Behandel dit als een incident: verander niets meer, bewaar de database en de map met hashes zoals ze zijn, en "
    "waarschuw de functionaris gegevensbescherming. Zie docs/beheer.md."
)
