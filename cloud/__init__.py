"""The only door to Azure. Importing it loads no Azure package: clients are made on first use."""

from cloud.cloud import Cloud
from cloud.exchange import Reply, Request, State
from cloud.probe import Sight

__all__ = ["Cloud", "Reply", "Request", "Sight", "State"]
