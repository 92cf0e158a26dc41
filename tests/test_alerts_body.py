"""What is posted: whole for each listener, and no reason can make a mention, a link or markup of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.alerts.address import Format
from scheduler.alerts.body import link, message
from scheduler.alerts.letter import Letter
from scheduler.alerts.news import Kind, News
from tests.calendars import at

#: Bytes: "The message size limit is 28 KB" (learn.microsoft.com, Teams, Create and send messages: Incoming Webhooks).
#: People who measured it were refused beyond 14,000 plain letters: it is counted in UTF-16, two bytes each.
TEAMS = 28 * 1024
PAGES = "https://jobs.example.com/"
RUN = "2026-11-22T09:00:00Z.1"
EVIL = (
    "<!channel> <@U1> <https://evil.example|ok> [ok](https://evil.example) **b** \u202egnp\x1b[31m\x00 &amp; {{DATE()}}"
)


def letter(sentence: str = "weather/extract failed.", kind: Kind = Kind.FAILED, job: str = "weather/extract") -> Letter:
    return Letter.of(News(kind, job, sentence, RUN, RUN if job else ""), "", at("09:01"))


def said(form: Format, *letters: Letter, pages: str = PAGES) -> Any:
    return json.loads(message(letters, form, pages, "store/Jobs"))


def texts(body: Any) -> Iterator[str]:
    match body:
        case dict():
            for one in body.values():
                yield from texts(one)
        case list():
            for one in body:
                yield from texts(one)
        case str():
            yield body


def test_teams_is_told_in_text_runs_which_know_no_markdown() -> None:
    (attachment,) = said(Format.TEAMS, letter(EVIL))["attachments"]
    card = attachment["content"]
    assert (attachment["contentType"], card["type"]) == ("application/vnd.microsoft.card.adaptive", "AdaptiveCard")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert card["body"][0]["inlines"][0]["text"] == "Failed: weather/extract"
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open the run", "url": f"{PAGES}jobs/weather/extract/runs/{RUN}"}
    ]


def test_slack_is_told_in_plain_text_and_what_is_no_plain_text_is_ours() -> None:
    body = said(Format.SLACK, letter(EVIL))
    assert body["text"].startswith("&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|ok&gt;")
    assert body["mrkdwn"] is False
    head, section, context, installation = body["blocks"]
    assert (head["text"]["type"], section["text"]["type"]) == ("plain_text", "plain_text")
    assert "<" not in section["text"]["text"]
    assert context["elements"][0]["text"] == (
        f"2026-11-22T09:01:00Z <https://jobs.example.com/jobs/weather/extract/runs/{RUN}|Open the run>"
    )
    assert installation["elements"][0]["text"] == "store/Jobs"


def test_plain_json_holds_it_as_it_is() -> None:
    (news,) = said(Format.JSON, letter())["news"]
    assert news == {
        "id": letter().news.id, "kind": "failed", "job": "weather/extract", "title": "Failed: weather/extract",
        "sentence": "weather/extract failed.", "run": RUN, "url": f"{PAGES}jobs/weather/extract/runs/{RUN}",
        "at": "2026-11-22T09:01:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("sentence", ["&<>" * 2_000, "", "x"])
def test_slack_gets_no_text_that_it_would_refuse(sentence: str) -> None:
    body = said(Format.SLACK, letter(sentence, job="weather/" + "<!here>" * 40))
    head, section, *_ = body["blocks"]
    assert head["text"]["text"].startswith("Failed: weather/&lt;!here&gt;")
    assert 1 <= len(head["text"]["text"]) <= 150
    assert 1 <= len(section["text"]["text"]) <= 3_000
    assert 1 <= len(body["text"]) <= 3_000


@pytest.mark.parametrize("form", Format)
def test_what_cannot_be_seen_or_turns_the_direction_is_taken_out(form: Format) -> None:
    whole = "".join(texts(said(form, letter(EVIL))))
    assert not any(one in whole for one in "\x00\x1b\u202e")


@pytest.mark.parametrize("form", Format)
def test_without_an_address_of_the_pages_there_is_no_link(form: Format) -> None:
    assert "jobs.example.com" not in str(said(form, letter(), pages=""))
    assert "http" not in str([one for one in texts(said(form, letter(), letter(), pages="")) if "schema" not in one])


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("many", [1, 2, 20, 500])
@pytest.mark.parametrize("sentence", ["x" * 5_000, "\N{PILE OF POO}" * 5_000, '"\\<' * 2_000, ""])
def test_a_message_is_never_larger_than_teams_takes(form: Format, many: int, sentence: str) -> None:
    body = message([letter(sentence)] * many, form, PAGES, "store/Jobs")
    assert len(body) <= TEAMS
    assert len(body.decode().encode("utf-16-le")) <= TEAMS
    assert json.loads(body)


@pytest.mark.parametrize("form", Format)
def test_of_twenty_news_at_once_each_is_told_in_a_sentence(form: Format) -> None:
    whole = message([letter("x" * 5_000)] * 20, form, PAGES, "store/Jobs").decode()
    assert whole.count("x" * 140) >= 20


@pytest.mark.parametrize("form", [Format.TEAMS, Format.SLACK])
def test_a_flood_is_counted_and_leads_to_the_page_of_all_jobs(form: Format) -> None:
    body = said(form, *[letter()] * 30)
    assert "And 10 more: the page of jobs shows them all." in list(texts(body))
    assert any(PAGES in one for one in texts(body))
    assert form is Format.TEAMS or len(body["blocks"]) <= 50, "Slack takes no more"


@pytest.mark.parametrize(
    ("news", "leads"),
    [
        (News(Kind.INVALID, "weather/bad name#<>", ""), "jobs/weather/bad%20name%23%3C%3E"),
        (News(Kind.QUOTA, "", ""), ""),
        (News(Kind.TEST, "", ""), ""),
        (News(Kind.STALE, "weather/ä|b", ""), "jobs/weather/%C3%A4%7Cb"),
    ],
)
def test_a_link_leads_to_the_run_the_job_or_all_jobs(news: News, leads: str) -> None:
    assert link(news, PAGES.rstrip("/")) == PAGES + leads


@given(st.text(), st.sampled_from(Format), st.sampled_from(Kind))
def test_whatever_a_reason_is_a_message_can_be_made_and_sent(text: str, form: Format, kind: Kind) -> None:
    json.loads(message([letter(text, kind, text[:60])], form, PAGES, text))


@given(st.text(), st.sampled_from(Kind))
def test_a_letter_reads_back_from_its_row(text: str, kind: Kind) -> None:
    from scheduler.row import Row  # noqa: PLC0415 - only here

    one = Letter.of(News(kind, "weather/extract", text[:2_000], text[:100], RUN), "https://example.com/x", at("09:01"))
    assert Letter.from_row(Row(*one.key, one.columns)) == one
