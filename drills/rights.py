"""What the four identities may do in the clinic: what the measures declare and the rules read, nothing more."""

from drills.estate import Estate
from drills.estate.events import SEND
from responders import measures

RULES_READ = (
    "Microsoft.Network/networkSecurityGroups/read",
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Storage/storageAccounts/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
)


def grant(estate: Estate) -> None:
    """Give every tier its permissions; the estate refuses whatever else they ask."""
    for measure in measures.every():
        for permission in measure.permissions:
            estate.grant(permission.tier.value, permission.action)
    estate.grant("read", *RULES_READ)
    estate.grant("evidence", SEND)
