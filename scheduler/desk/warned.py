"""What stands wrong with a job beside its status, as sentences: the names of the cell Alarms, and since when. Pure."""

from datetime import datetime

from scheduler.row import iso

_SAID = {
    "stale": "Its data is older than FreshFor allows",
    "still": "Its runs succeed and do not move its watermark any more",
    "missed": "It misses due times",
    "invalid": "Its row is Invalid",
}


def sentence(name: str, at: datetime) -> str:
    """Say one of them; a name that is new here is said as it is."""
    word, _, ref = name.partition(" ")
    told = f"The run {ref} takes much longer than is usual" if word == "long" and ref else _SAID.get(name, name)
    return f"{told}, since {iso(at)}."
