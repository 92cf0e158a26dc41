"""What can be wrong, as exceptions whose message is one whole sentence for the person who reads the log."""

LONGEST_SHOWN = 200


class WeatherError(Exception):
    """Something found on the way (a source, a file, an answer) is wrong; exit code 1."""

    exit_code = 1


class BadSettingError(WeatherError):
    """The job was set up wrongly (an option, a variable, a folder); exit code 2."""

    exit_code = 2


def shown(value: object) -> str:
    """Return `value` as a sentence may quote it: in quotes, ASCII, and of bounded length."""
    text = ascii(str(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}... (cut)"
