"""Types that the published cut lacks, declared by hand from Microsoft's template reference (learn.microsoft.com).

The notation: `str`, `int`, `bool`; a tuple of words is an enumeration; a list holds items of one kind; a dictionary is
an object, `!` marks what is required, and `{"*": kind}` stands for any property. Only what templates here write is
declared, so an addition to a template may need one here.
"""

from collections.abc import Mapping
from typing import Any

type Notation = Any
REQUIRED = 1
TAGS = {"*": str}

DECLARED: Mapping[str, Notation] = {
    "Microsoft.Resources/resourceGroups@2022-09-01": {"name!": str, "location!": str, "tags": TAGS},
    "Microsoft.Storage/storageAccounts/blobServices@2024-01-01": {
        "name!": ("default",),
        "properties!": {
            "isVersioningEnabled": bool,
            "changeFeed": {"enabled!": bool, "retentionInDays": int},
            "deleteRetentionPolicy": {"enabled!": bool, "days": int, "allowPermanentDelete": bool},
            "containerDeleteRetentionPolicy": {"enabled!": bool, "days": int},
        },
    },
    "Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01": {
        "name!": str,
        "properties": {"metadata": TAGS},
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01": {
        "name!": ("default",),
        "properties!": {
            "immutabilityPeriodSinceCreationInDays!": int,
            "allowProtectedAppendWrites": bool,
            "allowProtectedAppendWritesAll": bool,
        },
    },
    "Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01": {
        "name!": ("default",),
        "properties!": {
            "policy!": {
                "rules!": [
                    {
                        "name!": str,
                        "enabled": bool,
                        "type!": ("Lifecycle",),
                        "definition!": {
                            "filters": {"blobTypes!": [("blockBlob", "appendBlob")], "prefixMatch": [str]},
                            "actions!": {
                                "version": {"delete": {"daysAfterCreationGreaterThan!": int}},
                                "snapshot": {"delete": {"daysAfterCreationGreaterThan!": int}},
                                "baseBlob": {"delete": {"daysAfterModificationGreaterThan!": int}},
                            },
                        },
                    }
                ]
            }
        },
    },
    "Microsoft.KeyVault/vaults/keys@2023-07-01": {
        "name!": str,
        "tags": TAGS,
        "properties!": {
            "kty!": ("EC", "EC-HSM", "RSA", "RSA-HSM"),
            "curveName": ("P-256", "P-384", "P-521"),
            "keySize": int,
            "keyOps!": [("sign", "verify", "wrapKey", "unwrapKey")],
            "attributes!": {"enabled": bool, "exportable!": bool, "nbf": int, "exp": int},
            "rotationPolicy": {
                "attributes": {"expiryTime": str},
                "lifetimeActions": [
                    {
                        "action": {"type!": ("rotate", "notify")},
                        "trigger": {"timeAfterCreate": str, "timeBeforeExpiry": str},
                    }
                ],
            },
        },
    },
    "Microsoft.KeyVault/vaults/secrets@2023-07-01": {
        "name!": str,
        "tags": TAGS,
        "properties!": {"value!": str, "contentType": str, "attributes": {"enabled": bool, "nbf": int, "exp": int}},
    },
    "Microsoft.Authorization/policyExemptions@2022-07-01-preview": {
        "name!": str,
        "properties!": {
            "policyAssignmentId!": str,
            "exemptionCategory!": ("Waiver", "Mitigated"),
            "displayName": str,
            "description!": str,
            "expiresOn!": str,
            "policyDefinitionReferenceIds": [str],
            "metadata": {"ticket!": str, "approvers!": [str]},
        },
    },
    "Microsoft.Automation/automationAccounts@2023-11-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "identity!": {"type!": ("SystemAssigned",)},
        "properties!": {"sku!": {"name!": ("Basic", "Free")}, "disableLocalAuth!": bool, "publicNetworkAccess": bool},
    },
    "Microsoft.Automation/automationAccounts/runbooks@2023-11-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "properties!": {
            "runbookType!": ("PowerShell", "PowerShell72", "Python3"),
            "description": str,
            "logProgress": bool,
            "logVerbose": bool,
            "publishContentLink!": {"uri!": str, "version": str},
        },
    },
    "Microsoft.Insights/dataCollectionRules@2023-03-11": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "properties!": {
            "description": str,
            "dataSources!": {
                "windowsEventLogs": [{"name!": str, "streams!": [str], "xPathQueries!": [str]}],
                "syslog": [
                    {
                        "name!": str,
                        "streams!": [str],
                        "facilityNames!": [str],
                        "logLevels!": [
                            ("Debug", "Info", "Notice", "Warning", "Error", "Critical", "Alert", "Emergency")
                        ],
                    }
                ],
            },
            "destinations!": {"logAnalytics!": [{"name!": str, "workspaceResourceId!": str}]},
            "dataFlows!": [{"streams!": [str], "destinations!": [str]}],
        },
    },
    "Microsoft.Network/publicIPAddresses@2024-01-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "sku!": {"name!": ("Standard",)},
        "properties!": {"publicIPAllocationMethod!": ("Static",)},
    },
    "Microsoft.Network/networkInterfaces@2024-01-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "properties!": {
            "ipConfigurations!": [
                {
                    "name!": str,
                    "properties!": {"privateIPAllocationMethod": ("Dynamic", "Static"), "subnet!": {"id!": str}},
                }
            ]
        },
    },
    "Microsoft.Compute/virtualMachines@2024-07-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "identity": {"type!": ("SystemAssigned",)},
        "properties!": {
            "hardwareProfile!": {"vmSize!": str},
            "securityProfile!": {
                "encryptionAtHost!": bool,
                "securityType!": ("TrustedLaunch",),
                "uefiSettings!": {"secureBootEnabled!": bool, "vTpmEnabled!": bool},
            },
            "storageProfile!": {
                "imageReference!": {"publisher!": str, "offer!": str, "sku!": str, "version!": str},
                "osDisk!": {"createOption!": ("FromImage",), "deleteOption": ("Delete", "Detach")},
            },
            "osProfile!": {
                "computerName!": str,
                "adminUsername!": str,
                "linuxConfiguration!": {
                    "disablePasswordAuthentication!": bool,
                    "ssh!": {"publicKeys!": [{"path!": str, "keyData!": str}]},
                },
            },
            "networkProfile!": {
                "networkInterfaces!": [{"id!": str, "properties": {"deleteOption": ("Delete", "Detach")}}]
            },
        },
    },
    "Microsoft.Sql/servers@2021-11-01": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "identity": {"type": str, "userAssignedIdentities": TAGS},
        "properties": {
            "administratorLogin": str,
            "administrators": {"*": str},
            "federatedClientId": str,
            "keyId": str,
            "minimalTlsVersion": ("None", "1.0", "1.1", "1.2"),
            "primaryUserAssignedIdentityId": str,
            "publicNetworkAccess": ("Enabled", "Disabled"),
            "restrictOutboundNetworkAccess": ("Enabled", "Disabled"),
            "version": str,
        },
    },
    # The published versions lack parameterValueType, without which a connection does not use a managed identity; it is
    # written as the playbooks of Microsoft's own Sentinel solutions write it (github.com/Azure/Azure-Sentinel).
    "Microsoft.Web/connections@2018-07-01-preview": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "properties!": {
            "displayName!": str,
            "api!": {"id!": str},
            "customParameterValues": TAGS,
            "parameterValueType": ("Alternative",),
        },
    },
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01": {
        "name!": ("scm", "ftp"),
        "properties!": {"allow!": bool},
    },
    "Microsoft.EventGrid/topics@2025-02-15": {
        "name!": str,
        "location!": str,
        "tags": TAGS,
        "properties!": {
            "disableLocalAuth!": bool,
            "inputSchema": ("EventGridSchema", "CloudEventSchemaV1_0"),
            "minimumTlsVersionAllowed": ("1.0", "1.1", "1.2"),
            "publicNetworkAccess": ("Enabled", "Disabled"),
        },
    },
    "Microsoft.Network/privateDnsZones@2020-06-01": {"name!": str, "location!": ("global",), "tags": TAGS},
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01": {
        "name!": str,
        "location!": ("global",),
        "tags": TAGS,
        "properties!": {
            "registrationEnabled!": bool,
            "resolutionPolicy": ("Default", "NxDomainRedirect"),
            "virtualNetwork!": {"id!": str},
        },
    },
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-01-01": {
        "name!": str,
        "properties!": {"privateDnsZoneConfigs!": [{"name!": str, "properties!": {"privateDnsZoneId!": str}}]},
    },
}

UNTYPED: Mapping[str, str] = {}
"""Types at an api-version that are neither published here nor declared, with the reason why nothing checks them."""


def table(name: str, notation: Notation) -> list[dict[str, Any]]:
    """The declaration in the published form."""
    known: list[dict[str, Any]] = [{"$type": "ResourceType", "name": name}]
    known[0]["body"] = _add(known, notation)
    return known


def _add(known: list[dict[str, Any]], notation: Notation) -> dict[str, str]:
    kind = _kind(known, notation)
    known.append(kind)
    return {"$ref": f"#/{len(known) - 1}"}


def _kind(known: list[dict[str, Any]], notation: Notation) -> dict[str, Any]:
    plain = {str: "StringType", int: "IntegerType", bool: "BooleanType"}
    if isinstance(notation, type):
        return {"$type": plain[notation]}
    if isinstance(notation, tuple):
        words = [{"$type": "StringLiteralType", "value": word} for word in notation]
        known.extend(words)
        places = range(len(known) - len(words), len(known))
        return {"$type": "UnionType", "elements": [{"$ref": f"#/{place}"} for place in places]}
    if isinstance(notation, list):
        return {"$type": "ArrayType", "itemType": _add(known, notation[0])}
    return _object(known, notation)


def _object(known: list[dict[str, Any]], notation: Mapping[str, Notation]) -> dict[str, Any]:
    properties = {
        name.rstrip("!"): {"type": _add(known, inner), "flags": REQUIRED if name.endswith("!") else 0}
        for name, inner in notation.items()
        if name != "*"
    }
    kind: dict[str, Any] = {"$type": "ObjectType", "properties": properties}
    return {**kind, "additionalProperties": _add(known, notation["*"])} if "*" in notation else kind
