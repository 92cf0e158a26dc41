"""How a job stands, in the few words of a list: the same on the page Jobs and on the command line. Pure."""

from scheduler.desk.jobs import JobLine


def stands(line: JobLine) -> str:
    """Say how it stands, and how often it failed in a row, whatever it does since: a colour alone says nothing."""
    said = line.status or "Not seen yet"
    if not line.failing:
        return said
    many, code = line.failures, line.last_exit_code
    cause = f": exit code {code}" if code else ""
    if tried := not many and line.failed_attempts:
        return f"{said}, attempt {tried} failed{cause}"
    if line.failed:
        return f"{said} {many:,} times{cause}" if many > 1 else f"{said}{cause}"
    return f"{said}, failed {'once' if many == 1 else f'{many:,} times'}{cause}"
