"""How templates become pages: everything that is printed is escaped, and made plain before."""

from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scheduler.row import Key
from scheduler.web import words
from scheduler.web.assets import address
from scheduler.web.shown.form import text_of

TEMPLATES = Path(__file__).parent / "templates"
#: The colour of each status or state, as a class of crontable.css. The word itself is always there too.
TONES = {
    **dict.fromkeys(("Failed", "Lost", "Invalid"), "bad"),
    **dict.fromkeys(("Running", "Starting", "Active", "Cancelling"), "going"),
    **dict.fromkeys(("Waiting", "Cancelled", "Skipped"), "odd"),
    **dict.fromkeys(("Paused", "Scheduled", ""), "calm"),
    "Succeeded": "good",
}


@cache
def dress() -> Environment:
    """Build the templates' world once; a name that a template misspells is an error, not a hole."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "lasted": words.lasted, "apart": words.apart, "short": words.short, "iso": words.instant,
        "rough": words.rough, "percent": words.percent, "trimmed": words.trimmed, "tone": tone,
    }  # fmt: skip
    made.globals |= {
        "asset": address,
        "job_path": job_path,
        "run_path": run_path,
        "seconds_apart": seconds_apart,
        "text_of": text_of,
    }
    return made


def tone(status: str) -> str:
    """Give the class of a status or state; an unknown one is calm."""
    return TONES.get(str(status), "calm")


def job_path(key: Key) -> str:
    """Give the address of a job's page, whatever its name is made of."""
    return "/jobs/" + "/".join(quote(part, safe="") for part in key)


def run_path(key: Key, ref: str) -> str:
    """Give the address of a run's page."""
    return f"{job_path(key)}/runs/{quote(ref, safe=':.')}"


def seconds_apart(end: datetime | None, start: datetime | None) -> float | None:
    """Give the seconds between two instants; None when one of them is not known."""
    return (end - start).total_seconds() if end and start else None
