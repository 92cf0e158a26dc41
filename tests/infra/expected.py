"""What infra/ is meant to be: who may do what where, which types in which versions, which settings, what is locked."""

from collections.abc import Mapping
from typing import Any

#: Built-in roles by their id, which is the same in every tenant.
ROLES = {
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "5d977122-f97e-4b4d-a52f-6b43003ddb4d": "Azure Container Instances Contributor Role",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
}
ACCOUNT = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"
#: Who, role, on what: in every installation.
GRANTS = {
    ("scheduler", "Storage Blob Data Owner", ACCOUNT),
    ("scheduler", "Storage Table Data Contributor", ACCOUNT),
    ("scheduler", "Storage Queue Data Contributor", f"{ACCOUNT}/queueServices/queues"),
    ("scheduler", "Key Vault Secrets User", VAULT),
    ("scheduler", "Monitoring Metrics Publisher", "Microsoft.Insights/components"),
    ("scheduler", "Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities jobs"),
    ("scheduler", "Azure Container Instances Contributor Role", "the jobs' resource group"),
    ("jobs", "AcrPull", "Microsoft.ContainerRegistry/registries"),
}
#: With vnet, with githubRepository, with deployerPrincipalId.
GRANTS_NETWORK = {("scheduler", "Network Contributor", "Microsoft.Network/virtualNetworks/subnets groups")}
GRANTS_WORKFLOW = {
    ("workflow", "Contributor", "the resource group"),
    ("workflow", "Contributor", "the jobs' resource group"),
}
GRANTS_DEPLOYER = {
    ("deployer", "Storage Table Data Contributor", ACCOUNT),
    ("deployer", "Storage Blob Data Reader", f"{ACCOUNT}/blobServices/containers"),
    ("deployer", "Key Vault Secrets Officer", VAULT),
}
GRANTS_ALL = GRANTS | GRANTS_NETWORK | GRANTS_WORKFLOW | GRANTS_DEPLOYER

#: The version of each provider's types, or of one type: the newest stable ones that types.json knows.
VERSIONS = {
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.Consumption": "2024-08-01",
    "Microsoft.ContainerInstance": "2023-05-01",
    "Microsoft.ContainerRegistry": "2025-04-01",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/metricAlerts": "2018-03-01",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.Insights/webtests": "2022-06-15",
    "Microsoft.KeyVault": "2024-11-01",
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.Network": "2024-07-01",
    "Microsoft.OperationalInsights": "2025-02-01",
    "Microsoft.Storage": "2025-01-01",
    "Microsoft.Web": "2024-11-01",
}
#: How a name of each type begins; without hyphens where a name may have none.
ABBREVIATIONS = {
    "Microsoft.ContainerInstance/containerGroups": "ci-",
    "Microsoft.ContainerRegistry/registries": "cr",
    "Microsoft.Consumption/budgets": "budget-",
    "Microsoft.Insights/actionGroups": "ag-",
    "Microsoft.Insights/components": "appi-",
    "Microsoft.Insights/metricAlerts": "alert-",
    "Microsoft.Insights/scheduledQueryRules": "alert-",
    "Microsoft.Insights/webtests": "test-",
    "Microsoft.KeyVault/vaults": "kv-",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "id-",
    "Microsoft.Network/natGateways": "ng-",
    "Microsoft.Network/networkSecurityGroups": "nsg-",
    "Microsoft.Network/publicIPAddresses": "pip-",
    "Microsoft.Network/virtualNetworks": "vnet-",
    "Microsoft.OperationalInsights/workspaces": "log-",
    "Microsoft.Storage/storageAccounts": "st",
    "Microsoft.Web/serverfarms": "plan-",
    "Microsoft.Web/sites": "func-",
}
#: Those that are empty where nothing was chosen.
EMPTY_OUTPUTS = {"deploymentClientId", "groupsSubnetId", "sampleContainerGroup"}
#: In the jobs' resource group nothing else may stand: the scheduler may delete there, and shall find nothing else.
AMONG_JOBS = {
    "Microsoft.ContainerInstance/containerGroups",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Consumption/budgets",
}
#: What every resource of a type must say, in so many words: the platform's own default may be another, or change.
LOCKED: Mapping[str, Mapping[str, Any]] = {
    ACCOUNT: {
        "allowSharedKeyAccess": False,
        "allowBlobPublicAccess": False,
        "isLocalUserEnabled": False,
        "defaultToOAuthAuthentication": True,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    },
    f"{ACCOUNT}/blobServices/containers": {"publicAccess": "None"},
    "Microsoft.ContainerRegistry/registries": {"adminUserEnabled": False, "anonymousPullEnabled": False},
    "Microsoft.OperationalInsights/workspaces": {"features.disableLocalAuth": True},
    "Microsoft.Insights/components": {"DisableLocalAuth": True},
    VAULT: {
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        "enablePurgeProtection": True,
        "enabledForDeployment": False,
        "enabledForDiskEncryption": False,
        "enabledForTemplateDeployment": False,
    },
    "Microsoft.Web/serverfarms": {"reserved": True},
    "Microsoft.Web/sites": {"httpsOnly": True, "siteConfig.minTlsVersion": "1.2"},
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"allow": False},
    "Microsoft.Web/sites/config": {"httpSettings.requireHttps": True, "platform.enabled": True},
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:example/crontable:environment:production",
        "audiences": ["api://AzureADTokenExchange"],
    },
    "Microsoft.Insights/scheduledQueryRules": {"enabled": True},
    "Microsoft.Insights/metricAlerts": {"enabled": True},
    "Microsoft.Insights/actionGroups": {"enabled": True},
}
#: App settings of the Functions host and of the platform's sign-in, beside what scheduler/settings.py reads.
HOST_SETTINGS = {
    "AzureWebJobsStorage__credential",
    "OTEL_SERVICE_NAME",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
}
SIGN_IN_SETTINGS = {"OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS"}
#: What scheduler/settings.py reads and infra/ never sets.
NOT_IN_AZURE = {
    "AzureWebJobsStorage",  # a connection string holds a key; even an empty one breaks the identity's way
    "ARM_ENDPOINT",  # an emulator's
    "VAULT_ENDPOINT",  # a test's
    "WEBSITE_AUTH_ENABLED",  # App Service's own word: set by anybody else it would let forgeries in
}
#: Flex Consumption refuses these, or they would change what runs.
NOT_ON_FLEX = {
    "AzureWebJobsStorage", "AzureWebJobsDashboard", "APPINSIGHTS_INSTRUMENTATIONKEY", "ENABLE_ORYX_BUILD",
    "FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "SCM_DO_BUILD_DURING_DEPLOYMENT", "TZ",
    "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_TIME_ZONE",
}  # fmt: skip
#: Which identities each type works as: of the scheduler's rights a job must never have any.
WORKS_AS = {"Microsoft.Web/sites": {"scheduler"}, "Microsoft.ContainerInstance/containerGroups": {"jobs"}}
#: What a subnet reaches without leaving Azure's own network.
ENDPOINTS = {"Microsoft.Storage", "Microsoft.KeyVault"}
#: Whose instances each subnet belongs to.
DELEGATED = {"groups": "Microsoft.ContainerInstance/containerGroups", "app": "Microsoft.App/environments"}
#: Of siteConfig only these: most others are refused with error 51021, in some regions only.
SITE_CONFIG = {"appSettings", "minTlsVersion", "cors"}
#: What the next commands need: `make deploy` and the workflow read them.
OUTPUTS = {
    "functionAppName", "functionAppUrl", "storageAccountName", "jobsTable", "runsTable", "logsContainer",
    "registryName", "registryLoginServer", "keyVaultName", "keyVaultUri", "jobsResourceGroupName",
    "schedulerIdentityId", "schedulerClientId", "jobsIdentityId", "deploymentClientId", "applicationInsightsName",
    "location", "installation", "jobsPrincipalId", "schedulerPrincipalId", "groupsSubnetId", "sampleContainerGroup",
}  # fmt: skip
