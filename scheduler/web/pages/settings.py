"""A job's settings as a form: checked while one types, saved only over the row that one saw; and a new job's."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from scheduler.desk import acts, check, jobs, version
from scheduler.desk.faults import Conflict, Faulty
from scheduler.desk.typed import cleaned
from scheduler.row import Key, Row
from scheduler.web.dress import job_path
from scheduler.web.pages import job
from scheduler.web.shown import form
from scheduler.web.shown.fields import COLUMNS, GROUPS
from scheduler.web.shown.form import Filled
from scheduler.web.site import Site, Visit

_JOB = "/jobs/{partition}/{name}"
#: Where a fault is shown that belongs to no field of the form.
_FIELDS = frozenset((*COLUMNS, "PartitionKey", "RowKey"))


def add(site: Site) -> None:
    """Join the form's routes to the app."""
    site.page("/jobs/new", new)
    site.act("/jobs/new", create)
    site.act("/jobs/new/check", preview, back=False)  # a job may be called new/check
    site.act(f"{_JOB}/check", preview)
    site.act(f"{_JOB}/settings", save)


def preview(visit: Visit) -> Response:
    """Answer while somebody types: each field's faults, and the next due times. Nothing is saved."""
    try:
        checked = _checked(visit)
        faults, dues, sentence = checked.faults, checked.next_dues, checked.sentence
    except Faulty as faulty:
        faults, dues, sentence = faulty.faults, (), ""
    return visit.show(
        "job_check.html",
        faults=faults,
        dues=dues,
        sentence=sentence,
        columns=COLUMNS,
        elsewhere=_elsewhere(faults),
        new="partition" not in visit.request.path_params,
    )


def _checked(visit: Visit) -> check.Checked:
    """Check what was changed over the row that is there; of a new job all that was typed, as a row of its own."""
    if "partition" in visit.request.path_params:
        there = visit.world.jobs.read(visit.key)
        changed = cleaned(form.changes(visit.form), there)
        return check.check(visit.world, visit.key, changed, visit.now)
    return check.checked(visit.world, Row(*_key(visit), cleaned(form.typed(visit.form))), visit.now)


def save(visit: Visit) -> Response:
    """Save what was changed; on a fault, or when somebody else changed it, show all that was typed again."""
    changed = form.changes(visit.form)
    if not changed:
        return visit.go(job_path(visit.key), "Nothing was changed.", "note")
    try:
        acts.change(visit.world, visit.actor, visit.key, changed, etag=visit.form.get("etag") or None)
    except (Faulty, Conflict) as refusal:
        line = jobs.one(visit.world, visit.key)
        faults = refusal.faults if isinstance(refusal, Faulty) else {}
        return job.page(
            visit,
            line,
            409 if isinstance(refusal, Conflict) else 422,
            act="settings",
            fault=_summary(refusal),
            filled=Filled.again(visit.form, line.row.columns, faults),
            etag=version.version(line.row) if isinstance(refusal, Conflict) else visit.form.get("etag", ""),
        )
    names = ", ".join(changed)
    return visit.go(job_path(visit.key), f"Saved: {names}. The next tick takes note of it.")


def new(visit: Visit) -> Response:
    """Show the form for a new job."""
    return _new(visit, 200, Filled.of({}), "")


def create(visit: Visit) -> Response:
    """Add the job, or show what is wrong with it."""
    cells = {name: text.strip() for name, text in form.typed(visit.form).items() if text.strip()}
    key = _key(visit)
    try:
        acts.add(visit.world, visit.actor, key, cells)
    except (Faulty, Conflict) as refusal:
        faults = refusal.faults if isinstance(refusal, Faulty) else {"RowKey": [str(refusal)]}
        return _new(visit, 422, Filled.again(visit.form, {}, faults), _summary(refusal))
    return visit.go(job_path(key), f"{'/'.join(key)} is added. The next tick takes note of it.")


def _new(visit: Visit, status: int, filled: Filled, fault: str) -> Response:
    return visit.show("job_new.html", status, groups=GROUPS, filled=filled, fault=fault, typed=visit.form)


def _key(visit: Visit) -> Key:
    if "partition" in visit.request.path_params:
        return visit.key
    return visit.form.get("PartitionKey", "").strip(), visit.form.get("RowKey", "").strip()


def _elsewhere(faults: Mapping[str, Sequence[str]]) -> list[str]:
    """Give the sentences that have no field to stand beside."""
    return [one for column, sentences in faults.items() if column not in _FIELDS for one in sentences]


def _summary(refusal: Faulty | Conflict) -> str:
    if isinstance(refusal, Conflict):
        return (
            "Somebody else saved this job while you typed. Nothing of yours was saved, and nothing is lost: where you "
            "both changed a field, it says what the table holds now. Save again to write yours."
        )
    return " ".join(["Nothing was saved: the row would be Invalid.", *_elsewhere(refusal.faults)])
