"""The frame of the pages: who gets in, which headers, the files that come with them, and what goes wrong."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from local.needs import ROOT
from scheduler.web import assets
from scheduler.web.dress import TEMPLATES
from tests.pages import OPERATOR, SAME, VIEWER, Page, client, get, world
from tests.world import World

VENDOR = ROOT / "scheduler/web/static/vendor"
#: What npm published, by the name that it has here.
PUBLISHED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uPlot.LICENSE.txt": "uplot/LICENSE",
}


@pytest.fixture
def place() -> World:
    place = world()
    place.add("weather/extract", Schedule="0 * * * *", Image="x:1")
    return place


# who gets in


def test_who_has_not_signed_in_is_sent_to_sign_in_and_comes_back(place: World) -> None:
    stranger = client(place, key="")
    sent = stranger.get("/jobs/weather/extract?state=Failed")
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "/sign-in?next=%2Fjobs%2Fweather%2Fextract%3Fstate%3DFailed",
    )
    form = get(stranger, sent.headers["location"])
    back = stranger.post("/sign-in", data=form.fields("/sign-in") | {"key": OPERATOR})
    assert (back.status_code, back.headers["location"]) == (303, "/jobs/weather/extract?state=Failed")
    assert get(stranger, back.headers["location"]).status == 200


def test_a_part_of_a_page_that_nobody_may_see_sends_the_whole_page_to_sign_in(place: World) -> None:
    answer = client(place, key="").get("/", headers={"hx-request": "true", "hx-target": "jobs"})
    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (401, "/sign-in?next=%2F", "")


def test_a_wrong_key_is_told_beside_the_field(place: World) -> None:
    stranger = client(place, key="")
    sent = stranger.post("/sign-in", data={"key": "nonsense", "next": "/"})
    assert "This key opens nothing" in get(stranger, sent.headers["location"]).text


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example"])
def test_signing_in_leads_to_no_other_site(onward: str, place: World) -> None:
    assert get(client(place, key=""), "/sign-in?" + f"next={onward}").fields("/sign-in")["next"].startswith("/")
    assert "evil" not in get(client(place, key=""), f"/sign-in?next={onward}").fields("/sign-in")["next"]


def test_a_key_that_the_platform_could_not_read_is_not_asked_for(place: World) -> None:
    assert "/sign-in" in get(client(place, key=""), "/sign-in").acts
    unread = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/web)"
    place.ports.settings = replace(place.ports.settings, web_key=unread, viewer_key="")
    assert "/sign-in" not in get(client(place, key=""), "/sign-in").acts


def test_signed_in_with_a_key_one_can_sign_out(place: World) -> None:
    browser = client(place)
    assert "/sign-out" in get(browser, "/").acts
    browser.post("/sign-out")
    assert browser.get("/").status_code == 303


def test_a_cookie_ends_after_half_a_day(place: World) -> None:
    browser = client(place)
    place.clock.to(place.clock.now + timedelta(hours=13))
    assert browser.get("/").status_code == 303


def test_another_site_can_make_a_browser_send_a_form_and_nothing_happens(place: World) -> None:
    browser = client(place)
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        answer = browser.post("/jobs/weather/extract/run", headers=headers)
        assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert not place.row("weather/extract").get("Request")


def test_a_viewer_who_makes_up_a_form_is_refused(place: World) -> None:
    answer = client(place, VIEWER).post("/jobs/weather/extract/run")
    assert (answer.status_code, "may look and not act" in answer.text) == (403, True)
    assert not place.row("weather/extract").get("Request")


# what every page says


@pytest.mark.parametrize("path", ["/", "/jobs/weather/extract", "/jobs/new", "/sign-in", "/nowhere", "/jobs/a/b"])
def test_no_page_lets_in_a_script_a_frame_or_another_site(path: str, place: World) -> None:
    answer = client(place).get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/jobs/weather/extract", "/jobs/new", "/sign-in", "/nowhere"])
def test_every_page_has_its_landmarks_a_title_and_a_way_past_the_navigation(path: str, place: World) -> None:
    page = get(client(place), path)
    assert page.one("main").attrs["id"] == "main"
    assert page.one("a", class_="skip").attrs["href"] == "#main"
    assert len(page.find("header")) == len(page.find("footer")) == len(page.find("h1")) == 1
    assert page.one("title").text.endswith("· Crontable")
    assert page.one("html").attrs["lang"] == "en"
    ids = [one.attrs["id"] for one in page.all if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    named = {one.attrs["for"] for one in page.find("label")} | {
        one.attrs.get("id") for one in page.all if "aria-label" in one.attrs
    }
    fields = [
        one for one in page.all if one.tag in ("input", "select", "textarea") and one.attrs.get("type") != "hidden"
    ]
    assert [one.attrs for one in fields if one.attrs.get("id") not in named and "aria-label" not in one.attrs] == []


def test_no_template_holds_a_script_a_style_or_an_unescaped_value() -> None:
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son[a-z]+=|\|\s*safe|javascript:|https?://", text
        ), template


def test_nothing_is_loaded_from_elsewhere() -> None:
    ours = [file for file in assets.FOLDER.rglob("*") if file.suffix in (".css", ".js") and file.parent != VENDOR]
    assert ours
    for file in ours:
        assert set(re.findall(r"https?://[^\s\"'`)]+", file.read_text())) <= {"http://www.w3.org/2000/svg"}, file


def test_a_page_that_is_not_there_a_job_that_is_not_there_and_a_page_that_fails_say_so(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client(place)
    assert (get(browser, "/nowhere").status, get(browser, "/jobs/weather/gone").status) == (404, 404)
    assert "There is no job weather/gone." in get(browser, "/jobs/weather/gone").text
    monkeypatch.setattr(place.jobs, "query", lambda *_, **__: 1 / 0)
    broken = get(browser, "/")
    assert broken.status == 503
    assert "Try again in a moment" in broken.text
    assert "ZeroDivisionError" not in broken.source


def test_the_sentence_after_an_act_is_shown_once(place: World) -> None:
    browser = client(place)
    sent = browser.post("/jobs/weather/extract/pause", data={"reason": "<i>moving</i>"})
    page = get(browser, sent.headers["location"])
    assert "Paused: nothing more is started" in page.one("div", class_="flash good").text
    assert not get(browser, sent.headers["location"]).find("div", class_="flash good")


@pytest.mark.parametrize("cookie", ["x", "bm90IGpzb24=", "WyJnb29kIiwgMV0=", "WzFd", "eyJhIjogMX0=", "W1tb" * 20_000])
def test_a_made_up_sentence_is_none(cookie: str, place: World) -> None:
    browser = client(place)
    browser.cookies.set("crontable-flash", cookie)
    page = get(browser, "/")
    assert page.status == 200
    assert not [one for one in page.find("div") if one.attrs.get("class", "").startswith("flash good")]


# the files that come with them


def test_a_file_has_its_hash_in_its_address_and_may_be_kept_for_a_year(place: World) -> None:
    browser = client(place, key="")
    page = get(browser, "/sign-in")
    files = [one.attrs["src"] for one in page.find("script")] + [one.attrs["href"] for one in page.find("link")]
    assert len(files) >= 4
    for address in files:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert browser.get(address, headers={"accept-encoding": "gzip"}).content == answer.content
    assert browser.get(re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", files[0])).status_code == 404
    assert browser.get("/static/../site.py").status_code == 404


@pytest.mark.parametrize(("here", "there"), PUBLISHED.items())
def test_the_libraries_are_byte_by_byte_what_npm_published(here: str, there: str) -> None:
    assert (VENDOR / here).read_bytes() == (ROOT / "node_modules" / there).read_bytes()


def test_no_other_file_stands_beside_them_and_their_versions_are_pinned() -> None:
    assert {file.name for file in VENDOR.iterdir()} == set(PUBLISHED)
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name in ("htmx.org", "uplot", "axe-core"):
        assert locked[f"node_modules/{name}"]["version"] == wanted[name]
        assert locked[f"node_modules/{name}"]["integrity"]
    assert not [name for name, package in locked.items() if "resolved" in package]


def test_a_form_that_is_too_large_is_refused(place: World) -> None:
    answer = client(place).post("/jobs/weather/extract/pause", data={"reason": "x" * 600_000}, headers=SAME)
    assert (Page(answer).status, "at most 512 KB" in Page(answer).text) == (413, True)
