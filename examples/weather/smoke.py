"""What must work in the image itself, without a network: `make smoke-test` runs it there. Standard library only."""

import os
import subprocess
import sys
import tempfile


def check_it_does_not_run_as_root() -> None:
    """A job needs no rights on its container."""
    _hold("the user", "root" if os.getuid() == 0 else "another", "another")


def check_both_jobs_answer_their_watermark_last_and_leave_a_whole_store() -> None:
    """The jobs, as Crontable starts them, on the table that the image carries; and the check of what they did."""
    with tempfile.TemporaryDirectory() as store:
        told = {"WATERMARK": "", "WEATHER_SOURCE": "data/seattle-weather.csv", "WEATHER_STORE": store}
        _hold("the last line of extract", _run("extract", told), "::watermark::2012-01-30")
        _hold("the last line of summarise", _run("summarise", told), "::watermark::2012-01-30")
        whole = "ok: 30 days from 2012-01-01 to 2012-01-30, no gap, no double"
        _hold("the word of verify", _run("verify", told), whole)


def _run(command: str, told: dict[str, str]) -> str:
    """Run one command to its good end; gives its last line."""
    words = [sys.executable, "-m", "weather", command]
    ended = subprocess.run(words, env=os.environ | told, capture_output=True, text=True, check=False)
    _hold(f"the end of {command}", (ended.returncode, ended.stderr), (0, ""))
    return ended.stdout.strip().rpartition("\n")[2]


def _hold(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise SystemExit(f"smoke test: {what}: {seen!r}, and not {wanted!r}")


if __name__ == "__main__":
    for name, check in [item for item in globals().items() if item[0].startswith("check_")]:
        check()
        print(f"ok: {name.removeprefix('check_').replace('_', ' ')}", flush=True)
