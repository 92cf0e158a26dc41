"""What only the cloud's tables have: cells that other tools wrote, pages, and requests that cost money."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import EdmType, EntityProperty, TableClient

from scheduler.cloud import cells
from scheduler.cloud.tables import AzureTable
from scheduler.ports import BatchRefused, Insert, Where
from scheduler.row import UNSET
from scheduler.settings import Settings
from tests.contract.canned import Answer, Canned, canned
from tests.servers import KEY, Azurite

ENTITY = {"PartitionKey": "p", "RowKey": "a", "Timestamp": "2026-11-22T09:00:00.1234567Z"}


@pytest.fixture
def seen() -> list[str]:
    """Give the requests that the table sends, as "GET", "POST"."""
    return []


@pytest.fixture
def name(fresh: Callable[[str], str]) -> str:
    """Name a table that is not there yet."""
    return fresh("Cloud")


@pytest.fixture
def table(azurite: Azurite, name: str, seen: list[str]) -> Iterator[AzureTable]:
    """Open it."""
    table = AzureTable.open(Settings(connection=azurite.connection), name, lambda method, _: seen.append(method))
    yield table
    table.close()


@pytest.fixture
def served() -> Iterator[Callable[..., tuple[Canned, AzureTable]]]:
    """Give a table service with these answers, and a table of it."""
    with ExitStack() as stack:

        def speak(*answers: Answer) -> tuple[Canned, AzureTable]:
            told = stack.enter_context(canned(*answers))
            account = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={KEY};TableEndpoint={told.url}/a"
            table = AzureTable.open(Settings(connection=account), "Jobs")
            stack.callback(table.close)
            return told, table

        yield speak


@pytest.mark.azurite
def test_one_operation_is_one_request(table: AzureTable, seen: list[str]) -> None:
    table.keep(("p", "first"), {})
    seen.clear()
    table.submit([Insert(("p", f"{number}"), {}) for number in range(100)])
    table.query([[("PartitionKey", "eq", "p")]])
    table.read(("p", "1"))
    table.keep(("p", "1"), {"X": 1})
    assert seen == ["POST", "GET", "GET", "PATCH"]


@pytest.mark.azurite
def test_a_table_is_created_once_and_only_when_missing(table: AzureTable, seen: list[str]) -> None:
    table.query([])
    table.query([])
    assert seen == ["GET", "POST", "GET", "GET"]


@pytest.mark.azurite
def test_more_than_a_thousand_rows_are_one_request_a_thousand(table: AzureTable, seen: list[str]) -> None:
    for batch in range(11):
        table.submit([Insert(("p", f"{batch:02}-{number:02}"), {}) for number in range(100)])
    seen.clear()
    assert len(table.query([]).rows) == 1_100
    assert len(table.query([], limit=5).rows) == 5
    assert seen == ["GET"] * 3


@pytest.mark.azurite
def test_a_cell_that_no_python_can_hold_becomes_its_text_and_hides_nothing(
    azurite: Azurite, table: AzureTable, name: str
) -> None:
    table.query([])
    unique = uuid.uuid4()
    with TableClient.from_connection_string(azurite.connection, name) as person:
        person.create_entity(
            {
                "PartitionKey": "p",
                "RowKey": "a",
                "Ancient": EntityProperty("0000-01-01T00:00:00Z", EdmType.DATETIME),
                "Early": EntityProperty("0001-01-01T00:00:00Z", EdmType.DATETIME),
                "Guid": unique,
                "Infinite": float("inf"),
                "Long": EntityProperty(5, EdmType.INT64),
                "Whole": EntityProperty(60, EdmType.DOUBLE),
            }
        )
    table.submit([Insert(("p", "b"), {"X": 1})])
    first, second = table.query([]).rows
    assert second.columns == {"X": 1}
    assert first.columns == {
        "Ancient": "0000-01-01T00:00:00Z",
        "Early": datetime(1, 1, 1, tzinfo=UTC),
        "Guid": str(unique),
        "Infinite": float("inf"),
        "Long": 5,
        "Whole": 60.0,
    }
    assert table.read(("p", "a")) == first


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("Edm.DateTime", "2026-11-22T09:00:00.1234567Z", datetime(2026, 11, 22, 9, 0, 0, 123456, UTC)),
        ("Edm.DateTime", "2026-11-22T09:00:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("Edm.DateTime", "10000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
        ("Edm.DateTime", None, None),
        ("Edm.Int64", "many", "many"),
        ("Edm.Double", "NaN?", "NaN?"),
        ("Edm.Boolean", "true", True),
        ("Edm.Binary", "!", "!"),
        ("Edm.Novelty", {"a": 1}, "{'a': 1}"),
    ],
)
def test_whatever_a_cell_says_is_a_value(kind: str, value: Any, read: Any) -> None:
    assert cells.row({**ENTITY, "X": value, "X@odata.type": kind}).columns.get("X") == read


def test_the_etag_that_the_service_leaves_out_follows_from_the_timestamp() -> None:
    row = cells.row(ENTITY)
    assert row.etag == "W/\"datetime'2026-11-22T09%3A00%3A00.1234567Z'\""
    assert cells.row({**ENTITY, "Timestamp": "never"}).timestamp == UNSET


@pytest.mark.parametrize(
    ("where", "written"),
    [
        ([], ""),
        ([[]], ""),
        ([[("A", "eq", 1)], []], ""),
        ([[("A", "eq", "o'brien")]], "(A eq 'o''brien')"),
        ([[("A", "eq", True), ("B", "le", 2**31)]], "(A eq true and B le 2147483648L)"),
        ([[("A", "eq", -(2**31))], [("B", "lt", 0.5)]], "(A eq -2147483648) or (B lt 0.5)"),
        (
            [[("A", "le", datetime.fromisoformat("2026-11-22T10:00:00.000004+01:00"))]],
            "(A le datetime'2026-11-22T09:00:00.0000040Z')",
        ),
        ([[("A", "ge", UNSET)]], "(A ge datetime'1601-01-01T00:00:00.0000000Z')"),
        ([[("A", "eq", b"\x00\xff")]], "(A eq X'00ff')"),
    ],
)
def test_conditions_are_written_with_their_types(where: Where, written: str) -> None:
    assert cells.filtered(where) == written


def test_a_page_without_rows_is_not_the_last_while_it_has_a_token(
    served: Callable[..., tuple[Canned, AzureTable]],
) -> None:
    token = {"x-ms-continuation-NextPartitionKey": "p", "x-ms-continuation-NextRowKey": "a"}
    told, table = served(
        Answer(200, {"value": []}, token), Answer(200, {"value": []}, token), Answer(200, {"value": [ENTITY]})
    )
    assert [row.name for row in table.query([]).rows] == ["a"]
    assert len(told.requests) == 3


def test_tables_that_cannot_be_reached_fail_the_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestsTransport, "sleep", lambda *_: None)
    account = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={KEY};TableEndpoint=http://127.0.0.1:1/a"
    table = AzureTable.open(Settings(connection=account), "Jobs")
    with pytest.raises(AzureError):
        table.query([])
    table.close()


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "AuthorizationFailure"), (520, ""), (404, "TableBeingDeleted"), (409, "TableBeingDeleted")],
)
def test_what_is_wrong_with_the_table_is_not_blamed_on_a_row(
    served: Callable[..., tuple[Canned, AzureTable]], status: int, code: str
) -> None:
    """Else a table that is being deleted would read as "that run is registered already"."""
    said = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": "Because."}}}
    _, table = served(Answer(status, said))
    with pytest.raises(HttpResponseError) as error:
        table.submit([Insert(("p", "a"), {})])
    assert not isinstance(error.value, BatchRefused)


@pytest.mark.parametrize(
    ("status", "message", "changes", "index"),
    [
        (400, "Something is wrong.", 2, None),
        (400, "Something is wrong.", 1, 0),
        (400, "1:Something is wrong.", 2, 1),
        (413, "0:The request body is too large.", 2, None),
        (413, "The request body is too large.", 1, 0),
    ],
)
def test_a_change_is_blamed_only_when_the_service_names_it(
    served: Callable[..., tuple[Canned, AzureTable]], status: int, message: str, changes: int, index: int | None
) -> None:
    said = {"odata.error": {"code": "InvalidInput", "message": {"lang": "en-US", "value": message}}}
    _, table = served(Answer(status, said))
    with pytest.raises(BatchRefused) as refused:
        table.submit([Insert(("p", f"{number}"), {}) for number in range(changes)])
    assert (refused.value.status, refused.value.index) == (status, index)
    assert not refused.value.sentence.startswith(("0:", "1:"))


def test_a_table_that_cannot_be_created_is_not_blamed_on_a_row(azurite: Azurite) -> None:
    table = AzureTable.open(Settings(connection=azurite.connection), "no")
    with pytest.raises(HttpResponseError, match="length"):
        table.submit([Insert(("p", "a"), {})])
    table.close()
