"""The fields of a job's form, in the order in which one thinks of them, each with its hint. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

#: How a field is typed: one line, several lines, or one of these words.
LINE, LINES = "line", "lines"


@dataclass(frozen=True)
class Field:
    """One column: its hint, what is usual where it is empty, and how it is typed."""

    column: str
    hint: str
    usual: str = ""
    kind: str = LINE
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Group:
    """The fields that answer one question; `open`: shown without a click."""

    title: str
    fields: Sequence[Field]
    open: bool = False


GROUPS = (
    Group(
        "When it runs",
        (
            Field(
                "Schedule",
                "0 6 * * 1-5, every 15 minutes, @daily, at 2026-12-24T18:00, after team/job",
                "manual",
            ),
            Field("TimeZone", "An IANA name such as Europe/Berlin", "UTC"),
            Field("StartAt", "No run before; an interval is counted from here"),
            Field("EndAt", "No run after"),
            Field(
                "CatchUp",
                "Of missed due times the latest runs, or all in order, or none",
                "latest",
                LINE,
                ("latest", "all", "none"),
            ),
            Field("Grace", "How late a run may start", "any, or 10m where CatchUp is none"),
            Field("Jitter", "Puts each start off by a fixed part of this, at most 1h", "0s"),
            Field(
                "Overlap",
                "What a due time does while a run is going",
                "skip",
                LINE,
                ("skip", "wait", "replace", "allow"),
            ),
            Field("MaxOverlap", "How many may run beside each other under allow", "2"),
            Field("Priority", "Higher starts first", "0"),
        ),
        open=True,
    ),
    Group(
        "What it runs",
        (
            Field("Image", "A container group is made for each run, and deleted after it"),
            Field("Command", "A JSON list, or a line as in a shell", "the image's"),
            Field("Cpu", "Cores", "1"),
            Field("MemoryGb", "GB", "1.5"),
            Field("Env", "NAME=value, one a line, or a JSON object", "", LINES),
            Field("SecureEnv", "NAME=reference, one a line: each value is a secret's address in Key Vault", "", LINES),
            Field("ContainerGroup", "Or, in place of Image: the existing group to start"),
            Field("GitRepo", "Code that is mounted at /code: an https address"),
            Field("GitRevision", "A branch, tag or commit of it", "the default branch"),
            Field("Template", "A row whose cells count where these are empty: _python, team/_python or a job"),
        ),
        open=True,
    ),
    Group(
        "When it fails",
        (
            Field("Timeout", "Ends a run that takes longer", "1h"),
            Field("StartTimeout", "Ends a run that takes longer to start", "15m"),
            Field("Retries", "How often a run that failed is tried again, at most 20", "0"),
            Field("RetryDelay", "After how long; doubling, up to an hour", "1m"),
        ),
    ),
    Group(
        "Where it runs",
        (
            Field(
                "Locations",
                "Regions in their order; the next is tried where one has no room",
                "the setting ACI_LOCATION",
            ),
            Field("Spot", "true runs at Spot's price; ACI may end it at any time", "false", LINE, ("true", "false")),
            Field("Subnet", "A subnet's resource id, or none", "the setting ACI_SUBNET_ID"),
            Field("Registry", "The login server, or none", "the setting ACI_REGISTRY"),
            Field("Identity", "Resource ids of the identities that the container may use", "", LINES),
            Field("Volumes", '{"/scratch": {"emptyDir": {}}}', "", LINES),
            Field("Spec", "JSON of ACI's container-group properties, laid over all of this", "", LINES),
        ),
    ),
    Group(
        "For people",
        (
            Field("Owner", "Who is asked about it"),
            Field("Description", "What it is for", "", LINES),
            Field("FreshFor", "How old its data may be before somebody is told, such as 26h"),
            Field(
                "AlertTo",
                "Who hears of it in place of the setting's address; none: nobody",
                "the setting ALERT_WEBHOOK",
            ),
        ),
    ),
)
#: Every column that has a field.
COLUMNS = tuple(field.column for group in GROUPS for field in group.fields)
