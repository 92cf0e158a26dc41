"""How a job stands, in the few words of a list: the same on the page Jobs and on the command line. Pure."""

from scheduler.desk.jobs import JobLine


def stands(line: JobLine) -> str:
    """Say how it stands, and how often it failed in a row, whatever it does since: a colour alone says nothing."""
    said = line.status or "Not seen yet"
    if not line.failing:
        return said
    many, cause = line.failures, _cause(line)
    if tried := not many and line.failed_attempts:
        return f"{said}, attempt {tried} failed{cause}"
    if line.failed:
        return f"{said} {many:,} times{cause}" if many > 1 else f"{said}{cause}"
    return f"{said}, failed {'once' if many == 1 else f'{many:,} times'}{cause}"


def _cause(line: JobLine) -> str:
    """Say with what its last run failed: the exit code, or a cause such as timeout; '' where the row does not know."""
    if line.last_exit_code:
        return f": exit code {line.last_exit_code}"
    last = line.pasts[-1] if line.pasts else None
    return f": {last.cause}" if last and last.cause else ""
