"""Health: the last tick, what it left undone, what ACI still grants, which rows are wrong, and what is set."""

from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from starlette.responses import Response

from scheduler.alerts.address import masked, spoken
from scheduler.desk import alerts, health
from scheduler.desk.faults import Wrong
from scheduler.settings import AZURE, Settings
from scheduler.web.site import Site, Visit

#: The most rows that each list shows.
MOST = 50
#: Libraries whose versions matter to whoever reports a fault.
LIBRARIES = ("azure-functions", "azure-data-tables", "azure-mgmt-containerinstance", "azure-identity", "fastapi")


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/health", show)
    site.act("/health/alert", alert)


def show(visit: Visit) -> Response:
    """Show how the scheduler is; htmx asks for it anew now and then."""
    settings = visit.world.settings
    found = health.health(visit.world, visit.now)
    template = "health_now.html" if visit.part == "now" else "health.html"
    return visit.show(
        template,
        health=found,
        most=MOST,
        settings=_told(settings),
        wrong=settings.wrong,
        versions=_versions(),
        webhook=masked(settings.webhook),
        unresolved=bool(settings.alert_webhook) and not settings.webhook,
        spoken=_spoken(settings),
    )


def alert(visit: Visit) -> Response:
    """Send a test message to the setting's webhook, and go back with what it answered."""
    try:
        tested = alerts.test(visit.world, visit.actor)
    except Wrong as wrong:
        return visit.go("/health", str(wrong), "bad")
    return visit.go("/health", tested.sentence, "good" if tested.done else "bad")


def _spoken(settings: Settings) -> str:
    """Say in whose words the webhook is told."""
    return settings.alert_format if settings.alert_format != "auto" else str(spoken(settings.webhook))


def _told(settings: Settings) -> list[tuple[str, str, str]]:
    """Tell what is set that matters, without secrets: the setting, its value, and what it is for."""
    where = "Azure" if settings.arm_endpoint == AZURE else settings.arm_endpoint
    return [
        ("INSTALLATION", settings.installation, "whose container groups are ours"),
        ("TICK_SCHEDULE", settings.tick_schedule, "when a tick is due"),
        ("JOBS_TABLE", settings.jobs_table, "the jobs"),
        ("RUNS_TABLE", settings.runs_table, "their runs"),
        ("LOGS_CONTAINER", settings.logs_container, "their logs"),
        ("ACI_RESOURCE_GROUP", settings.resource_group, "where container groups are made"),
        ("ACI_LOCATION", settings.location, "in which region, where a job names none"),
        ("ARM_ENDPOINT", where, "who is asked to make them"),
        ("MAX_ACTIVE_RUNS", str(settings.max_active_runs), "how many at once"),
        ("ALLOWED_IMAGES", settings.allowed_images, "what may run; empty = anything"),
        ("ALLOWED_IDENTITIES", settings.allowed_identities, "as whom; empty = anybody"),
        ("ALLOWED_GROUPS", settings.allowed_groups, "which existing groups may be started; empty = any"),
        ("SIGN_IN", settings.sign_in, "how people sign in"),
        ("PUBLIC_URL", settings.public_url, "where links in alerts lead"),
        ("ALERT_FORMAT", settings.alert_format, "in whose words the webhook is told"),
        ("RETENTION_DAYS", _days(settings.retention_days), "how long runs, logs and acts are kept"),
        *_prices(settings),
    ]


def _days(days: int) -> str:
    return f"{days:,}" if days else "0: for ever"


def _prices(settings: Settings) -> list[tuple[str, str, str]]:
    """Tell what a run's cost is reckoned with."""
    core, memory = (f"{one:g}" if one is not None else "" for one in (settings.price_vcpu_hour, settings.price_gb_hour))
    return [
        ("PRICE_VCPU_HOUR", core, "what a core costs in an hour; without both prices no run has a cost"),
        ("PRICE_GB_HOUR", memory, "what a GB of memory costs in an hour"),
        ("PRICE_SPOT_FACTOR", f"{settings.price_spot_factor:g}", "what part of it Spot costs"),
    ]


def _versions() -> list[tuple[str, str]]:
    """Name what this process runs on."""
    return [("Python", python_version()), *((name, found) for name in LIBRARIES if (found := _version(name)))]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
