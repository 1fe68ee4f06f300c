"""The activity log as Log Analytics has it: rows of AzureActivity."""

import json

from drills.estate.wire import Json


def row_of(record: Json) -> Json:
    """The row of one record."""
    return {
        "TimeGenerated": record["eventTimestamp"],
        "EventSubmissionTimestamp": record["submissionTimestamp"],
        "ActivityStatusValue": {"Succeeded": "Success", "Failed": "Failure"}[record["status"]["value"]],
        "ActivitySubstatusValue": record["subStatus"]["value"],
        "Authorization": json.dumps(record["authorization"]),
        "Authorization_d": record["authorization"],
        "Caller": record["caller"],
        "CallerIpAddress": record["httpRequest"]["clientIpAddress"],
        "CategoryValue": record["category"]["value"],
        "Claims": json.dumps(record["claims"]),
        "Claims_d": record["claims"],
        "CorrelationId": record["correlationId"],
        "EventDataId": record["eventDataId"],
        "HTTPRequest": json.dumps(record["httpRequest"]),
        "Level": record["level"],
        "OperationId": record["operationId"],
        "OperationNameValue": record["operationName"]["value"].upper(),
        "Properties": json.dumps(record["properties"]),
        "Properties_d": record["properties"],
        "ResourceGroup": record["resourceGroupName"],
        "ResourceProviderValue": record["resourceProviderName"]["value"].upper(),
        "SubscriptionId": record["subscriptionId"],
        "_ResourceId": record["resourceId"].lower(),
        "_SubscriptionId": record["subscriptionId"],
        "TenantId": record["tenantId"],
        "Type": "AzureActivity",
    }
