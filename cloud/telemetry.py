"""What Application Insights is told: how long deliveries took, and how steps ended. Numbers under words of ours alone.

Nothing is traced, no log is carried and no client is instrumented, as Azure Monitor's whole distribution would:
addresses hold names of objects, and those may be PHI. Without a connection string nothing is imported or told.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram
    from opentelemetry.sdk.metrics import MeterProvider

CONNECTION = "APPLICATIONINSIGHTS_CONNECTION_STRING"
"""The exporter itself reads APPLICATIONINSIGHTS_AUTHENTICATION_STRING: under which identity it speaks."""


class Telemetry:
    """The two instruments, once they are started."""

    def __init__(self) -> None:
        self.provider: MeterProvider | None = None
        self.deliveries: Histogram | None = None
        self.steps: Counter | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        """Begin to tell, once a minute. The import takes 0.3 s of CPU, so that it is never on the line."""
        if self.provider or not environment.get(CONNECTION):
            return
        from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        exporter = AzureMonitorMetricExporter(connection_string=environment[CONNECTION], disable_offline_storage=True)
        self.provider = MeterProvider([PeriodicExportingMetricReader(exporter)])
        meter = self.provider.get_meter("tourniquet")
        self.deliveries = meter.create_histogram("tourniquet.delivery", unit="s")
        self.steps = meter.create_counter("tourniquet.step")

    def delivered(self, source: str, seconds: float) -> None:
        """A delivery from the source was taken in."""
        if self.deliveries:
            self.deliveries.record(seconds, {"source": source})

    def ended(self, measure: str, outcome: str) -> None:
        """A step of the measure has ended so."""
        if self.steps:
            self.steps.add(1, {"measure": measure, "outcome": outcome})

    def stop(self) -> None:
        """What was counted is told, and nothing more."""
        if self.provider:
            self.provider.shutdown()
            self.provider = self.deliveries = self.steps = None
