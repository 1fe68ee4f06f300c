"""One small payload of every wire format that is read, in its genuine shape and with invented values."""

import json
from typing import Any

SUBSCRIPTION = "/subscriptions/6c1f4b1e-0000-4000-8000-00000000c11c"
GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phiscans"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/clinic-kv"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/wards"
TENANT = "/tenants/7a7a7a7a-0000-4000-8000-000000000001/providers/Microsoft.aadiam"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
NURSE = "temp.nurse@clinic.example"
CORRELATION = "99999999-8888-4777-8666-555555555555"
REQUEST = "11111111-2222-4333-8444-555555555555"
ALERT = "2517536653831539999_658fa695-a5e6-4b60-ac7c-b2c1396df384"
TIME = "2026-03-02T09:00:00.1234567Z"

CLAIMS = {UPN: NURSE, "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "aio": "AVQAq/8TAAAA", "uti": "IdP3SU"}
WRITE = {
    "authorization": {"scope": ACCOUNT, "action": "Microsoft.Storage/storageAccounts/write"},
    "claims": CLAIMS,
    "correlationId": CORRELATION,
    "httpRequest": {"clientRequestId": REQUEST, "clientIpAddress": "203.0.113.9", "method": "PATCH"},
    "resourceUri": ACCOUNT,
    "operationName": "Microsoft.Storage/storageAccounts/write",
    "status": "Succeeded",
}
STATE = {"resourceInfo": {"id": ACCOUNT, "properties": {"allowBlobPublicAccess": 1}}}
BLOB = {"api": "PutBlob", "clientRequestId": "c", "url": "https://phiscans.blob.core.windows.net/scans/a.dcm"}
SUBJECT = "/blobServices/default/containers/scans/blobs/a.dcm"
EXTENDED = {
    "authentication type": "Shared access signature (SAS)",
    "access key used to generate SAS token": "key1",
    "container ": "scans",
    "size of extracted data": "254.47 MB",
    "azure AD user": "N/A (Azure AD user authentication was not used)",
}
ENTITIES = [
    {"$id": "4", "type": "azure-resource", "resourceId": ACCOUNT},
    {"$id": "5", "type": "ip", "address": "203.0.113.9"},
    {"$id": "6", "type": "account", "name": "temp.nurse", "upnSuffix": "clinic.example"},
    {"$id": "7", "type": "blob-container", "name": "scans", "storageResource": {"$ref": "4"}},
]
ALERT_PROPERTIES = {
    "alertType": "Storage.Blob_DataExfiltration.AmountOfDataAnomaly",
    "systemAlertId": ALERT,
    "alertDisplayName": "Unusual amount of data extracted",
    "severity": "Low",
    "status": "Active",
    "startTimeUtc": TIME,
    "intent": "Exfiltration",
    "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": SUBSCRIPTION}],
    "extendedProperties": EXTENDED,
    "entities": ENTITIES,
}


def grid(kind: str, data: Any, *, topic: str = SUBSCRIPTION, subject: str = ACCOUNT) -> dict[str, Any]:
    envelope = {"id": "e-1", "topic": topic, "subject": subject, "eventType": kind, "eventTime": TIME}
    return envelope | {"data": data, "dataVersion": "2", "metadataVersion": "1"}


def cloud(kind: str, data: Any, *, source: str = SUBSCRIPTION, subject: str = ACCOUNT) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": source,
        "subject": subject,
        "type": kind,
        "time": TIME,
        "data": data,
    }


def upper_first(properties: dict[str, Any]) -> dict[str, Any]:
    return {key[0].upper() + key[1:]: value for key, value in properties.items()}


INCIDENT = {
    "id": f"{GROUP}/providers/Microsoft.SecurityInsights/Incidents/0f0e2f6a-3b0a-4f61-9a3b-31f0a0b6f001",
    "name": "0f0e2f6a-3b0a-4f61-9a3b-31f0a0b6f001",
    "etag": '"0b00"',
    "type": "Microsoft.SecurityInsights/Incidents",
    "properties": {
        "title": "Scans opened to anyone",
        "severity": "High",
        "status": "New",
        "firstActivityTimeUtc": TIME,
        "additionalData": {"tactics": ["Exfiltration"]},
        "alerts": [
            {"kind": "SecurityAlert", "properties": ALERT_PROPERTIES | {"additionalData": {"Query": "StorageBlobLogs"}}}
        ],
        "relatedEntities": [{"kind": "AzureResource", "properties": {"resourceId": ACCOUNT}}],
    },
}
SAMPLES: dict[str, dict[str, Any]] = {
    "eventgrid-arm": grid("Microsoft.Resources.ResourceWriteSuccess", WRITE),
    "cloudevents-arm": cloud("Microsoft.Resources.ResourceActionSuccess", WRITE),
    "eventgrid-resourcenotifications": grid("Microsoft.ResourceNotifications.Resources.CreatedOrUpdated", STATE),
    "cloudevents-resourcenotifications": cloud("Microsoft.ResourceNotifications.Resources.Deleted", STATE),
    "eventgrid-storage": grid("Microsoft.Storage.BlobCreated", BLOB, topic=ACCOUNT, subject=SUBJECT),
    "cloudevents-storage": cloud("Microsoft.Storage.BlobDeleted", BLOB, source=ACCOUNT, subject=SUBJECT),
    "eventgrid-keyvault": grid("Microsoft.KeyVault.SecretNearExpiry", {"VaultName": "clinic-kv"}, topic=VAULT),
    "eventgrid-policy": grid(
        "Microsoft.PolicyInsights.PolicyStateChanged", {"timestamp": TIME, "complianceState": "NonCompliant"}
    ),
    "eventgrid-validation": grid(
        "Microsoft.EventGrid.SubscriptionValidationEvent", {"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}
    ),
    "eventgrid-other": grid("captureFileCreated", ["odd", 1, True]),
    "sentinel-incident": {"objectSchemaType": "Incident", "objectEventType": "Create", "object": INCIDENT},
    "sentinel-incident-sdk": {
        "name": "0f0e2f6a-3b0a-4f61-9a3b-31f0a0b6f001",
        "type": "Microsoft.SecurityInsights/Incidents",
        "incident_number": 11,
        "created_time_utc": "2026-03-02T09:00:00.123456+00:00",
        "title": "t",
        "severity": "Medium",
        "status": "Closed",
        "classification": "FalsePositive",
        "labels": [{"label_name": "Redirected"}],
    },
    "sentinel-incident-row": {
        "IncidentName": "7f788595-0fcf-4cb2-a669-07a4b5e8de99",
        "Title": "t",
        "Severity": "50",
        "Status": "New",
        "FirstActivityTime": "2026-03-02 09:00:00.123456+00:00",
        "ClosedTime": "None",
        "AlertIds": json.dumps([ALERT]),
        "RelatedAnalyticRuleIds": '["5dd7161f-f0dd-429f-931d-793922aa91a1"]',
    },
    "sentinel-alert": {
        "SystemAlertId": "41f7c150-9159-5412-8f48-ad360032db4b",
        "VendorOriginalId": ALERT,
        "DisplayName": "Unusual amount of data extracted",
        "AlertType": "Storage.Blob_DataExfiltration.AmountOfDataAnomaly",
        "AlertSeverity": "High",
        "StartTime": TIME,
        "ExtendedProperties": json.dumps(EXTENDED | {"Query": "StorageBlobLogs | take 5"}),
        "Entities": json.dumps(ENTITIES),
    },
    "sentinel-entity": {
        "name": "e1d3d618-e11f-478b-98e3-bb381539a8e1",
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": "AzureResource",
        "properties": {"resourceId": ACCOUNT},
    },
    "sentinel-alert-entity": {
        "name": "e1d3d618-e11f-478b-98e3-bb381539a8e1",
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": "SecurityAlert",
        "properties": ALERT_PROPERTIES,
    },
    "defender-alert": {
        "id": f"{SUBSCRIPTION}/providers/Microsoft.Security/locations/centralus/alerts/{ALERT}",
        "name": ALERT,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": ALERT_PROPERTIES,
    },
    "defender-alert-export": upper_first(ALERT_PROPERTIES) | {"AzureResourceId": ACCOUNT},
    "defender-assessment": {
        "id": f"{ACCOUNT}/providers/Microsoft.Security/assessments/7b3d4796-9400-2904-692b-4a5ede7f0a1e",
        "type": "Microsoft.Security/assessments",
        "properties": {
            "displayName": "Storage should not be public",
            "resourceDetails": {"id": ACCOUNT},
            "status": {"code": "Unhealthy", "statusChangeDate": TIME},
            "metadata": {"severity": "High"},
        },
    },
    "monitor-common-alert": {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": f"{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/1",
                "alertRule": "storage-writes",
                "severity": "Sev1",
                "monitorCondition": "Fired",
                "monitoringService": "Activity Log - Administrative",
                "alertTargetIDs": [ACCOUNT.lower()],
                "originAlertId": "origin-1",
                "firedDateTime": TIME,
            },
            "alertContext": {
                "authorization": {"action": "Microsoft.Storage/storageAccounts/write", "scope": ACCOUNT},
                "claims": json.dumps(CLAIMS),
                "caller": NURSE,
                "correlationId": CORRELATION,
                "eventTimestamp": TIME,
                "status": "Succeeded",
                "condition": {
                    "allOf": [{"metricName": "Egress", "dimensions": [{"name": "Container", "value": "scans"}]}]
                },
                "SearchResults": {"tables": [{"rows": [["a patient's row"]]}]},
            },
        },
    },
    "monitor-metric-alert": {
        "schemaId": "AzureMonitorMetricAlert",
        "data": {
            "status": "Activated",
            "context": {
                "id": f"{GROUP}/providers/microsoft.insights/metricAlerts/egress",
                "name": "egress",
                "timestamp": TIME,
                "severity": "1",
                "condition": {"allOf": [{"metricName": "Egress"}]},
                "resourceId": ACCOUNT,
            },
        },
    },
    "monitor-budget": {
        "schemaId": "AIP Budget Notification",
        "data": {
            "SubscriptionId": "6c1f4b1e-0000-4000-8000-00000000c11c",
            "BudgetName": "clinic",
            "BudgetStartDate": "6/1/2018",
            "NotificationThresholdAmount": "0.8",
            "SpendingAmount": "100",
            "Unit": "USD",
        },
    },
    "activity-log-event": {
        "eventDataId": "77777777-7777-4777-8777-777777777777",
        "eventTimestamp": TIME,
        "operationName": {"value": "Microsoft.Network/networkSecurityGroups/write", "localizedValue": "Write"},
        "category": {"value": "Administrative"},
        "status": {"value": "Succeeded"},
        "subStatus": {"value": None},
        "level": "Informational",
        "caller": NURSE,
        "claims": CLAIMS,
        "correlationId": CORRELATION,
        "httpRequest": {"clientRequestId": REQUEST, "clientIpAddress": "203.0.113.9"},
        "resourceId": NSG,
    },
    "activity-log-record": {
        "time": TIME,
        "resourceId": ACCOUNT.upper(),
        "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE",
        "category": "Administrative",
        "resultType": "Success",
        "callerIpAddress": "203.0.113.9",
        "correlationId": CORRELATION,
        "identity": {"claims": CLAIMS},
        "properties": {"requestbody": '{"properties":{"allowBlobPublicAccess":true}}'},
    },
    "keyvault-log-record": {
        "time": TIME,
        "category": "AuditEvent",
        "operationName": "KeyPurge",
        "resultType": "Success",
        "resultSignature": "OK",
        "correlationId": CORRELATION,
        "callerIpAddress": "203.0.113.9",
        "identity": {"claim": {"oid": "d4ba3e84", "upn": NURSE}},
        "properties": {"id": "https://clinic-kv.vault.azure.net/deletedkeys/tde", "httpStatusCode": 200},
        "resourceId": VAULT.upper(),
    },
    "storage-log-record": {
        "time": TIME,
        "category": "StorageRead",
        "operationName": "GetBlob",
        "statusCode": 200,
        "callerIpAddress": "203.0.113.9:45123",
        "correlationId": CORRELATION,
        "identity": {"type": "SAS", "tokenHash": "key1(AB12),SasSignature(CD34)"},
        "uri": "https://phiscans.blob.core.windows.net/scans/doe-jane.dcm?sv=2021-12-02&sp=rl&sig=Zm9vYmFyYmF6",
        "properties": {"accountName": "phiscans", "objectKey": "/phiscans/scans/doe-jane.dcm"},
        "resourceId": f"{ACCOUNT}/blobServices/default",
    },
    "nsg-flow-record": {
        "time": TIME,
        "operationName": "NetworkSecurityGroupFlowEvents",
        "resourceId": NSG.upper(),
        "systemId": "f1",
        "properties": {
            "flows": [
                {"rule": "r", "flows": [{"flowTuples": ["1772442000,10.0.0.4,203.0.113.9,35370,443,T,O,A,B,,,,"]}]}
            ]
        },
    },
    "entra-log-record": {
        "time": "2026-03-02 09:00:00.123456700",
        "resourceId": TENANT,
        "operationName": "Update conditional access policy",
        "category": "AuditLogs",
        "tenantId": "7a7a7a7a-0000-4000-8000-000000000001",
        "Level": "4",
        "callerIpAddress": "203.0.113.9",
        "correlationId": CORRELATION,
        "properties": {
            "id": "IPCGraph_1",
            "result": "success",
            "activityDisplayName": "Update conditional access policy",
            "activityDateTime": "2026-03-02T08:59:00+00:00",
            "initiatedBy": {"user": {"id": "u-1", "userPrincipalName": NURSE}},
            "targetResources": [
                {
                    "id": "p-1",
                    "type": "Policy",
                    "modifiedProperties": [
                        {
                            "displayName": "ConditionalAccessPolicy",
                            "oldValue": json.dumps({"state": "enabled", "grantControls": {"builtInControls": ["MFA"]}}),
                            "newValue": json.dumps({"state": "enabled"}),
                        }
                    ],
                }
            ],
        },
    },
    "graph-directory-audit": {
        "id": "audit-1",
        "category": "ApplicationManagement",
        "result": "success",
        "activityDisplayName": "Add app role assignment to service principal",
        "activityDateTime": TIME,
        "initiatedBy": {"app": {"appId": "a-1", "servicePrincipalId": "sp-1"}},
        "targetResources": [
            {
                "id": "sp-2",
                "type": "ServicePrincipal",
                "modifiedProperties": [{"displayName": "AppRole.Value", "oldValue": None, "newValue": '"Mail.Read"'}],
            }
        ],
    },
    "graph-security-alert-v1": {
        "id": ALERT,
        "category": "Storage.Blob_GeoAnomaly",
        "eventDateTime": TIME,
        "severity": "low",
        "status": "newAlert",
        "title": "Access from an unusual location",
        "CustomProperties": r'["{\"Authentication type\":\"Account key\",\"Container\":\"scans\",\\•broken"]',
        "vendorInformation": {"provider": "ASC", "vendor": "Microsoft"},
        "securityResources": [{"resource": ACCOUNT, "resourceType": "attacked"}],
        "networkConnections": [{"sourceAddress": "203.0.113.9"}],
        "userStates": [{"userPrincipalName": NURSE}],
    },
    "graph-security-alert-v2": {
        "@odata.type": "#microsoft.graph.security.alert",
        "id": "da637551227677560813_-961444813",
        "providerAlertId": ALERT,
        "incidentId": "28282",
        "serviceSource": "microsoftDefenderForCloud",
        "severity": "medium",
        "status": "new",
        "classification": None,
        "alertType": "KV_TORAccess",
        "firstActivityDateTime": TIME,
        "evidence": [
            {"@odata.type": "#microsoft.graph.security.azureResourceEvidence", "resourceId": VAULT},
            {"ipAddress": "203.0.113.9"},
            {"userAccount": {"userPrincipalName": NURSE, "azureAdUserId": "u-1"}},
        ],
    },
    "graph-notification": {
        "subscriptionId": "s-1",
        "clientState": "shared-with-graph",
        "changeType": "updated",
        "resource": "security/alerts_v2/da6375",
        "resourceData": {"id": "da6375"},
    },
    "person-report": {"report": "I saw it on the web", "resources": [ACCOUNT], "class": "storage.public_container"},
}
