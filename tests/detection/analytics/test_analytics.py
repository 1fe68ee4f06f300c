"""Every analytics rule through the gates that need nothing but this machine; broken copies must not pass them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
import yaml

from detection import analytics
from detection.analytics import Analytic, span
from detection.analytics.page import page
from drills.estate.kusto import Engine
from tests.detection.analytics import broken, cases, gates, shape
from tests.detection.analytics.cases import FOLDER, RULES

NAMES = sorted(RULES)
PAGE = analytics.FOLDER.parents[1] / "docs" / "detections.md"


@cache
def written(name: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((analytics.FOLDER / f"{name}.yaml").read_text("utf-8"))
    return found


def conditions() -> Iterator[tuple[str, str, str]]:
    """Each condition and threshold once, of the first rule that has it: what all share is not tried with all."""
    known: set[tuple[tuple[str, ...], str]] = set()
    for name, rule in RULES.items():
        for title, query in broken.queries(rule):
            if (rule.tables, title) not in known:
                known.add((rule.tables, title))
                yield name, title, query


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


def test_every_rule_has_its_cases_and_every_case_its_rule() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == RULES.keys()
    assert len({rule.id for rule in RULES.values()}) == len(RULES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_of_the_form(name: str) -> None:
    assert shape.faults(name, written(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_finds_what_it_should_and_nothing_else(engine: Engine, name: str) -> None:
    assert [*gates.rows(engine, cases.of(name))] == []


@pytest.mark.parametrize("name", [name for name in NAMES if not RULES[name].is_pinned])
def test_old_rows_are_kept_out_by_the_cut_to_the_period(engine: Engine, name: str) -> None:
    assert gates.cut(engine, cases.of(name))


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_read_classified_and_judged_as_intended(engine: Engine, name: str) -> None:
    assert [*gates.alert(engine, cases.of(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_that_is_not_of_the_form_is_rejected(name: str) -> None:
    accepted = [title for title, copy in broken.shapes(written(name)) if not shape.faults(name, copy)]

    assert accepted == []


@pytest.mark.parametrize(("name", "title", "query"), [*conditions()])
def test_without_any_of_its_conditions_a_rule_is_rejected(engine: Engine, name: str, title: str, query: str) -> None:
    assert any(gates.rows(engine, cases.of(name), query)), title


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_whose_alert_does_not_tell_enough_is_rejected(engine: Engine, name: str) -> None:
    accepted = [
        title for title, copy in broken.alerts(RULES[name]) if not any(gates.alert(engine, cases.of(name), copy))
    ]

    assert accepted == []


def test_a_rule_asked_as_of_another_day_looks_at_that_day() -> None:
    rule = RULES["read_volume"]

    assert rule.is_pinned
    assert "let Start = datetime(2025-01-02T03:04:05Z) - 1h;" in rule.ending(datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize("said", ["", "1w", "PT5M", "5"])
def test_a_time_of_another_form_is_no_time(said: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        span(said)


def test_a_file_without_a_class_is_no_rule() -> None:
    with pytest.raises(ValueError, match="unpack"):
        Analytic.of("x", written("mass_read") | {"tags": []})


def test_the_page_of_detections_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(analytics.every()), "run: python -m detection analytics > docs/detections.md"
