from datetime import UTC, datetime

import pytest

from desk.clocks import owed, pending
from incident.entry import Draft


@pytest.mark.parametrize(
    ("exposed", "disposition", "starts"),
    [(True, "contain", True), (False, "contain", True), (False, "review", True), (False, "record", False)],
)
def test_what_is_borne_out_by_records_starts_clocks_as_what_was_seen_does(
    exposed: bool, disposition: str, starts: bool
) -> None:
    body = {"incident_class": "phi.exfiltration", "exposed": exposed, "disposition": disposition}
    finding = Draft(kind="finding", at=datetime(2026, 11, 2, tzinfo=UTC), body=body)

    assert owed([pending("20261102-aaaaaaaaaa", finding)]) is starts
