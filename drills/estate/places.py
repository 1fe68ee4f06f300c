"""Where the small hospital keeps its things, and whose the others are."""

from uuid import UUID

from drills.estate.world import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic"
FORENSICS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/forensics"
WATCHER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/soc-logs"
FOREIGN = str(UUID(int=0xCC))
"""The subscription of somebody else's tenant."""
THEIRS = f"/subscriptions/{FOREIGN}/resourceGroups/theirs"
PHI = {"data-classification": "phi"}
ATTACKER = "attacker"
STORAGE = "2023-05-01"
