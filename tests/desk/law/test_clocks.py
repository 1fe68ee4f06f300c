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


@pytest.mark.parametrize(("beside", "starts"), [((), False), (("facts",), True), (("finding",), True)])
def test_a_weakness_starts_none_by_itself(beside: tuple[str, ...], starts: bool) -> None:
    weak = {"incident_class": "sql.tde_key_exposed", "disposition": "contain", "posture": True}
    grave = {"incident_class": "phi.exfiltration", "disposition": "review"}
    at = datetime(2026, 11, 2, tzinfo=UTC)
    drafts = [Draft(kind="finding", at=at, body=weak), *(Draft(kind=kind, at=at, body=grave) for kind in beside)]

    assert owed([pending("20261102-aaaaaaaaaa", draft) for draft in drafts]) is starts
