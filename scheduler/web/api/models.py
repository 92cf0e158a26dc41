"""What the API is sent: parameters, headers and bodies, as OpenAPI describes them."""

from functools import partial
from typing import Annotated, Literal

from fastapi import Depends, Header, Path, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    create_model,
)
from pydantic_core import PydanticKnownError

from scheduler.desk.typed import LONGEST
from scheduler.job import OWNED
from scheduler.row import Key, Value
from scheduler.watermark import LONGEST as LONGEST_WATERMARK

#: The address of one job.
JOB = "/api/jobs/{partition}/{name}"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_ROW = r"^_?[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
#: A text without control characters; a cell may hold line breaks and tabs.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_CELL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"

type Partition = Annotated[
    str, Path(pattern=_NAME, max_length=63, description="The job's PartitionKey: its team or pipeline")
]
type Name = Annotated[
    str, Path(pattern=_ROW, max_length=64, description="The job's RowKey; a template's begins with _")
]


def key_of(partition: Partition, name: Name) -> Key:
    """Take a job's key out of the address."""
    return partition, name


type JobKey = Annotated[Key, Depends(key_of)]
type Ref = Annotated[
    str,
    Path(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z\.\d{1,3}$",
        max_length=40,
        description="Due time and attempt, such as 2026-11-22T09:00:00Z.1",
    ),
]
type After = Annotated[
    str, Query(max_length=4096, pattern=_LINE, description="`next` of the page before; empty: the first")
]
type Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
type IfMatch = Annotated[
    str | None,
    Header(max_length=200, pattern=r'^(\*|"[ -!#-~]*")$', description="The ETag that you read, quotes and all, or *"),
]
type IfNoneMatch = Annotated[
    str | None, Header(max_length=1, pattern=r"^\*$", description="* = only if it is not there")
]


def _dated(kind: Literal["date_parsing", "datetime_parsing"], given: object) -> object:
    """Refuse a number where a date is meant: it would be read as seconds since 1970."""
    if isinstance(given, str) and "-" not in given[1:]:
        raise PydanticKnownError(kind, {"error": "it is a number"})
    return given


#: What stands in front of a day, and of an instant.
DAY, INSTANT = (BeforeValidator(partial(_dated, kind)) for kind in ("date_parsing", "datetime_parsing"))
type Force = Annotated[bool, Query(description="Save a row that is wrong; or remove one that has a run or heirs")]
type Zone = Annotated[str, Query(max_length=80, pattern=_LINE, description="An IANA zone")]

type Cell = (
    Annotated[StrictStr, Field(max_length=LONGEST, pattern=_CELL)]
    | StrictBool
    | Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)]
    | Annotated[StrictFloat, Field(allow_inf_nan=False)]
    | None
)


class Sent(BaseModel):
    """A body: a field that it does not have is refused, for it would look as if it were obeyed."""

    model_config = ConfigDict(extra="forbid")


Columns = create_model(
    "Columns",
    __base__=Sent,
    __doc__="Cells of a job's row by column; null empties a cell. A cell may be a text, a number or true or false.",
    **dict.fromkeys(OWNED, (Cell, None)),  # type: ignore[call-overload]  # pydantic's own way to make fields
)


def cells_of(columns: Sent) -> dict[str, Value | None]:
    """Give the cells that were sent; those that were left out are not among them."""
    return columns.model_dump(exclude_unset=True)


class RunNow(Sent):
    """Run once: now, or for a due time; with the row's watermark, or with one of its own."""

    due: Annotated[str, Field(max_length=40, examples=["2026-11-01T05:00Z"])] | None = None
    watermark: Annotated[str, Field(max_length=LONGEST_WATERMARK, pattern=_LINE)] | None = None


class Backfill(Sent):
    """Run the schedule's due times from `first` on and before `before`, in order, with a watermark of their own."""

    first: Annotated[str, Field(max_length=40, examples=["2026-01-01"])]
    before: Annotated[str, Field(max_length=40, examples=["2026-02-01"])]
    watermark: Annotated[str, Field(max_length=LONGEST_WATERMARK, pattern=_LINE)] | None = None


class Pause(Sent):
    """Why it is paused."""

    reason: Annotated[str, Field(max_length=500, pattern=_CELL)] = ""


class Rewind(Sent):
    """The watermark from which the next run goes on; empty = from the beginning."""

    watermark: Annotated[str, Field(max_length=LONGEST_WATERMARK, pattern=_LINE)]


class Test(Sent):
    """Whose webhook to try; empty = the setting's."""

    job: Annotated[str, Field(max_length=130, pattern=_LINE, examples=["weather/extract"])] = ""


class Validate(Sent):
    """A row that is not saved: cells over those of `job`, where that is there."""

    job: Annotated[str, Field(max_length=130, pattern=_LINE, examples=["weather/extract"])]
    columns: Columns  # type: ignore[valid-type]  # made above
    count: Annotated[StrictInt, Field(ge=0, le=100)] = 5
