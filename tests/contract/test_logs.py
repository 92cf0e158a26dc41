"""Where logs are kept, in the world of stories and in Azurite alike."""

from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import BlobBlock, ContainerClient

from scheduler.cloud.logs import AzureLogs
from scheduler.ports import Unknown
from scheduler.settings import Settings
from tests.contract.canned import Answer, canned
from tests.servers import Azurite
from tests.world import Journal, MemoryLogs

NAME = "weather/extract/ct-weather-1.log"


class Shelf:
    """Logs, and a way to read them back as a person does."""

    def __init__(self, logs: AzureLogs | MemoryLogs, read: Callable[[str], bytes]) -> None:
        self.logs = logs
        self.read = read


@pytest.fixture(params=["world", pytest.param("azurite", marks=pytest.mark.azurite)])
def shelf(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Iterator[Shelf]:
    """A place for logs that is not there yet."""
    if request.param == "world":
        memory = MemoryLogs(Journal())
        yield Shelf(memory, lambda name: memory.blobs[name])
        return
    connection = request.getfixturevalue("azurite").connection
    settings = Settings(connection=connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    with ContainerClient.from_connection_string(connection, settings.logs_container) as container:
        yield Shelf(logs, lambda name: container.download_blob(name).readall())
    logs.close()


def test_the_last_of_two_logs_of_one_name_is_kept(shelf: Shelf) -> None:
    shelf.logs.write(NAME, b"a longer first")
    shelf.logs.write(NAME, "zweite, fünf".encode())
    assert shelf.read(NAME).decode() == "zweite, fünf"


@pytest.mark.azurite
def test_a_log_is_plain_text(azurite: Azurite, fresh: Callable[[str], str]) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    logs.write(NAME, b"one")
    logs.write(NAME, b"two", 1)
    logs.close()
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        kind = container.get_blob_client(NAME).get_blob_properties().content_settings.content_type
    assert kind == "text/plain; charset=utf-8"


@pytest.mark.azurite
def test_a_log_that_was_copied_by_another_program_is_written_on(azurite: Azurite, fresh: Callable[[str], str]) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        container.create_container()
        blob = container.get_blob_client(NAME)
        blob.stage_block("abc", b"one\n")
        blob.commit_block_list([BlobBlock("abc")])
        logs.write(NAME, b"two\n", 1)
        logs.close()
        assert blob.download_blob().readall() == b"one\ntwo\n"


def test_parts_stand_behind_each_other(shelf: Shelf) -> None:
    for number, text in enumerate([b"one\n", b"two\n", b"three\n"]):
        shelf.logs.write(NAME, text, number)
    assert shelf.read(NAME) == b"one\ntwo\nthree\n"


def test_a_part_written_again_replaces_itself_and_drops_what_is_behind_it(shelf: Shelf) -> None:
    """So that a tick that died after a write may do it again, with more to say by then."""
    for number, text in enumerate([b"one\n", b"two\n", b"three\n"]):
        shelf.logs.write(NAME, text, number)
    shelf.logs.write(NAME, b"two and a half\n", 1)
    assert shelf.read(NAME) == b"one\ntwo and a half\n"
    shelf.logs.write(NAME, b"", 1)
    assert shelf.read(NAME) == b"one\n"
    shelf.logs.write(NAME, b"")
    assert shelf.read(NAME) == b""


def test_parts_that_somebody_removed_are_not_waited_for(shelf: Shelf) -> None:
    shelf.logs.write(NAME, b"three\n", 2)
    assert shelf.read(NAME) == b"three\n"
    shelf.logs.write(NAME, b"four\n", 3)
    assert shelf.read(NAME) == b"three\nfour\n"


def test_there_may_be_dozens_of_parts(shelf: Shelf) -> None:
    for number in range(24):
        shelf.logs.write(NAME, f"{number}\n".encode(), number)
    assert shelf.read(NAME) == "".join(f"{number}\n" for number in range(24)).encode()


def test_a_note_is_kept_with_the_part_it_was_written_with(shelf: Shelf) -> None:
    assert shelf.logs.note(NAME) == ("", "")
    shelf.logs.write(NAME, b"one\n", note='{"parts": 1}')
    note, first = shelf.logs.note(NAME)
    assert (note, bool(first)) == ('{"parts": 1}', True)
    shelf.logs.write(NAME, b"two\n", 1, note='{"parts": 2, "said": "\\u00fc"}')
    note, second = shelf.logs.note(NAME)
    assert note == '{"parts": 2, "said": "\\u00fc"}'
    assert second != first
    shelf.logs.write(NAME, b"all\n")
    assert shelf.logs.note(NAME)[0] == ""


def test_of_two_ticks_that_keep_the_same_part_one_is_told_that_it_came_too_late(shelf: Shelf) -> None:
    """Else the slower one would put its shorter text over the other's, and lines would be lost."""
    shelf.logs.write(NAME, b"quick\n", note="quick", etag="")
    with pytest.raises(Unknown, match="was not written"):
        shelf.logs.write(NAME, b"slow\n", note="slow", etag="")
    _, etag = shelf.logs.note(NAME)
    shelf.logs.write(NAME, b"quicker\n", 1, note="quicker", etag=etag)
    with pytest.raises(Unknown, match="was not written"):
        shelf.logs.write(NAME, b"slower\n", 1, note="slower", etag=etag)
    assert shelf.read(NAME) == b"quick\nquicker\n"
    assert shelf.logs.note(NAME)[0] == "quicker"


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("text", [b"one", b""])
def test_the_first_write_makes_the_place(shelf: Shelf, part: int, text: bytes) -> None:
    shelf.logs.write(NAME, text, part)
    assert shelf.read(NAME) == text


def test_no_block_without_bytes_is_sent() -> None:
    """The service refuses one, and Azurite does not."""
    with canned(Answer(201)) as told:
        there = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint={told.url}/a"
        logs = AzureLogs(Settings(connection=there))
        logs.write("a.log", b"")
        logs.close()
    assert (told.requests, told.queries) == (["PUT a.log"], ["comp=blocklist"])


@pytest.mark.parametrize("part", [0, 1])
def test_a_place_that_is_out_of_reach_is_unknown(part: int) -> None:
    nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a"
    logs = AzureLogs(Settings(connection=nowhere), tries=0)
    with pytest.raises(Unknown, match="was not written"):
        logs.write(NAME, b"one", part)
    with pytest.raises(Unknown, match="cannot be looked at"):
        logs.note(NAME)
    logs.close()
