"""What the four identities may do in the clinic: what the measures declare and the rules read, nothing more."""

from drills.estate import Estate
from drills.estate.events import SEND
from responders import measures, roles


def grant(estate: Estate) -> None:
    """Give every tier its permissions; the estate refuses whatever else they ask."""
    for measure in measures.every():
        for permission in measure.permissions:
            estate.grant(permission.tier.value, permission.action)
    for tier in ("read", "contain", "evidence"):
        estate.grant(tier, roles.OF_ITSELF)
    estate.grant("read", *roles.READS, *roles.GRAPH_READS)
    estate.grant("evidence", SEND)
