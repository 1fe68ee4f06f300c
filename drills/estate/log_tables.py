"""The tables of the workspace: their columns as Log Analytics names them, and its types in DuckDB's words."""

DUCKDB = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "long": "BIGINT",
    "int": "INTEGER",
    "real": "DOUBLE",
    "dynamic": "JSON",
    "bool": "BOOLEAN",
}
KUSTO = {
    "VARCHAR": "string",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "BIGINT": "long",
    "HUGEINT": "long",
    "UBIGINT": "long",
    "INTEGER": "int",
    "DOUBLE": "real",
    "BOOLEAN": "bool",
    "INTERVAL": "timespan",
    "JSON": "dynamic",
    "UUID": "guid",
}
_EVERYWHERE = {
    "TimeGenerated": "datetime",
    "TenantId": "string",
    "Type": "string",
    "SourceSystem": "string",
    "_ResourceId": "string",
}


def _columns(string: str, **others: str) -> dict[str, str]:
    typed = {name: kind for kind, names in others.items() for name in names.split()}
    return _EVERYWHERE | dict.fromkeys(string.split(), "string") | typed


TABLES = {
    "StorageBlobLogs": _columns(
        "AccessTier AccountName AuthenticationHash AuthenticationType CallerIpAddress Category ClientRequestId"
        " ConditionsUsed CorrelationId DestinationUri Etag Location MetricResponseType ObjectKey OperationName"
        " OperationVersion Protocol ReferrerHeader RequesterAppId RequesterAudience RequesterObjectId RequesterTenantId"
        " RequesterTokenIssuer RequesterUpn RequestMd5 ResponseMd5 SasExpiryStatus SchemaVersion ServiceType SourceUri"
        " StatusCode StatusText TlsVersion Uri UserAgentHeader _SubscriptionId",
        datetime="LastModifiedTime",
        dynamic="AuthorizationDetails",
        int="OperationCount",
        long="ContentLengthHeader RequestBodySize RequestHeaderSize ResponseBodySize ResponseHeaderSize",
        real="DurationMs ServerLatencyMs",
    ),
    "Usage": _columns(
        "Computer DataType QuantityUnit ResourceUri Solution",
        datetime="StartTime EndTime",
        bool="IsBillable",
        real="Quantity",
    ),
    "NTANetAnalytics": _columns(
        "AclGroup AclRule AzureRegion ConnectionName ConnectionType Country DestIp DestNic DestPublicIps DestRegion"
        " DestSubnet DestSubscription DestVm FaSchemaVersion FlowDirection FlowEncryption FlowLogResourceId FlowStatus"
        " FlowType L4Protocol L7Protocol MacAddress NsgList NsgRule NsgRuleType PrivateEndpointResourceId"
        " PrivateLinkResourceId SrcIp SrcNic SrcPublicIps SrcRegion SrcSubnet SrcSubscription SrcVm Status SubType"
        " TargetResourceId TargetResourceType",
        datetime="FlowStartTime FlowEndTime FlowIntervalStartTime FlowIntervalEndTime TimeProcessed",
        int="DestPort SrcPort",
        long="AllowedInFlows AllowedOutFlows BytesDestToSrc BytesSrcToDest CompletedFlows DeniedInFlows DeniedOutFlows"
        " PacketsDestToSrc PacketsSrcToDest",
    ),
    "AzureActivity": _columns(
        "ActivityStatusValue ActivitySubstatusValue Authorization Caller CallerIpAddress CategoryValue Claims"
        " CorrelationId EventDataId HTTPRequest Level OperationId OperationNameValue Properties ResourceGroup"
        " ResourceProviderValue SubscriptionId _SubscriptionId",
        datetime="EventSubmissionTimestamp",
        dynamic="Authorization_d Claims_d Properties_d",
    ),
    "AuditLogs": _columns(
        "AADOperationType AADTenantId ActivityDisplayName Category CorrelationId Id Identity LoggedByService"
        " OperationName Result ResultDescription ResultReason",
        datetime="ActivityDateTime",
        dynamic="AdditionalDetails InitiatedBy TargetResources",
    ),
    "SigninLogs": _columns(
        "AppDisplayName AppId ClientAppUsed ConditionalAccessStatus CorrelationId CrossTenantAccessType HomeTenantId"
        " Id IPAddress Location ResultType RiskLevelDuringSignIn UserAgent UserId UserPrincipalName UserType",
        dynamic="LocationDetails",
    ),
    "AZKVAuditLogs": _columns(
        "CallerIpAddress ClientInfo CorrelationId Id OperationName RequestUri ResultSignature ResultType"
        " _SubscriptionId",
        dynamic="Identity Properties",
        int="HttpStatusCode",
    ),
    "SQLSecurityAuditEvents": _columns(
        "ActionId ActionName ApplicationName ClientIp DatabaseName HostName LogicalServerName ServerPrincipalName"
        " Statement _SubscriptionId",
        bool="Succeeded",
        datetime="EventTime",
        long="AffectedRows ResponseRows",
    ),
}
