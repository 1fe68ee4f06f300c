from datetime import UTC, datetime, timedelta

import pytest

from compliance.ladder import Rung
from compliance.standing import Standing, pages

DUE = datetime(2026, 10, 11, 5, 59, 59, tzinfo=UTC)


def rung(name: str, **before: float) -> Rung:
    return Rung(name=name, at=DUE - timedelta(**before))


@pytest.mark.parametrize("standing", [Standing.PRESUMED, Standing.DETERMINED])
def test_a_breach_pages_at_72_24_and_4_hours_and_when_overdue(standing: Standing) -> None:
    paging = [rung("72h", hours=72), rung("24h", hours=24), rung("4h", hours=4), rung("overdue-3", days=-2)]
    waiting = [rung("half", days=30), rung("14d", days=14), rung("7d", days=7)]

    assert all(pages(one, standing, DUE) for one in paging)
    assert not any(pages(one, standing, DUE) for one in waiting)


def test_an_exposure_waits_for_the_digest_until_seven_days_before_its_earliest_date() -> None:
    contract = DUE - timedelta(days=50)

    assert not pages(rung("14d", days=14), Standing.EXPOSURE, DUE)
    assert pages(rung("7d", days=7), Standing.EXPOSURE, DUE)
    assert pages(rung("14d", days=14), Standing.EXPOSURE, contract)
    assert not pages(rung("72h", days=58), Standing.EXPOSURE, contract)
