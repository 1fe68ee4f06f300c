import pytest

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.require_tls import MEASURE

ACCOUNT = Target(resource=ResourceId("/subscriptions/s"), incident="i")


@pytest.mark.parametrize("tls", ["TLS1_2", "TLS1_3"])
def test_current_tls_is_never_lowered(tls: str) -> None:
    before = Before({"properties": {"minimumTlsVersion": tls, "supportsHttpsTrafficOnly": True}})

    assert MEASURE.contain(ACCOUNT, before) == ()


def test_an_absent_minimum_means_that_old_tls_is_taken() -> None:
    assert len(MEASURE.contain(ACCOUNT, Before({"properties": {}}))) == 1
