import json

from detection import analytics
from detection.played import signal
from detection.rules.missing_rule import RULE
from detection.specimens import WORKSPACE, logged, operated, phi, untagged
from tests.detection.rules.azure import judged

ALERT_RULE = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/alertRules/anonymous-reads"
CONNECTOR = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/dataConnectors/entra"


def test_a_rule_that_is_gone_though_it_was_only_written_is_for_a_person() -> None:
    about = signal(operated("Microsoft.SecurityInsights/alertRules/write", ALERT_RULE))

    assert judged(RULE, about, {WORKSPACE: phi(WORKSPACE)}).disposition == "review"


def test_a_deleted_connector_is_contained_where_the_log_shows_it() -> None:
    operation = "Microsoft.SecurityInsights/dataConnectors/delete"
    about = signal(operated(operation, CONNECTOR))

    finding = judged(RULE, about, {WORKSPACE: phi(WORKSPACE)} | logged(operation, CONNECTOR))

    assert finding.disposition == "contain"
    assert [target.text for target in finding.targets] == [CONNECTOR, WORKSPACE]


def test_a_failed_deletion_is_recorded_though_the_rule_is_gone() -> None:
    operation = "Microsoft.SecurityInsights/alertRules/delete"
    about = signal(operated(operation, ALERT_RULE) | {"standing": "failed"})

    assert judged(RULE, about, {WORKSPACE: phi(WORKSPACE)} | logged(operation, ALERT_RULE)).disposition == "record"


def test_a_rule_that_says_nothing_of_being_enabled_is_left_alone() -> None:
    about = signal(operated("Microsoft.SecurityInsights/alertRules/write", ALERT_RULE))

    assert judged(RULE, about, {"": untagged(ALERT_RULE), WORKSPACE: phi(WORKSPACE)}).disposition == "record"


def test_a_deleted_rule_of_our_own_is_to_stand_as_we_have_written_it() -> None:
    ours = next(rule for rule in analytics.every() if rule.kind == "NRT")
    place, operation = f"{ALERT_RULE.rpartition('/')[0]}/{ours.id}", "Microsoft.SecurityInsights/alertRules/delete"

    finding = judged(RULE, signal(operated(operation, place)), {WORKSPACE: phi(WORKSPACE)} | logged(operation, place))

    properties = json.loads(finding.parameters["analytics_rule"])["properties"]
    assert properties["query"] == ours.query
    assert (properties["queryFrequency"], properties["queryPeriod"]) == ("PT5M", "PT60M")
