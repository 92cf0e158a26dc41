"""How far a deployment is: what its operation waits for."""

import asyncio


class Progress:
    """The deployment as a whole: every container tried once, and decided whether all of them started."""

    def __init__(self) -> None:
        self.tried = asyncio.Event()
        self.decided = asyncio.Event()
        self.whole = False

    def close(self) -> None:
        """Decide: whatever was not tried by now will not be."""
        self.tried.set()
        self.decided.set()


class Start:
    """The first start of one container: tried, decided, succeeded; `also` is set with tried."""

    def __init__(self, also: asyncio.Event | None = None) -> None:
        self.tried = asyncio.Event()
        self.decided = asyncio.Event()
        self.succeeded = False
        self._also = also

    def attempt(self) -> None:
        """Note that it was tried."""
        self.tried.set()
        if self._also is not None:
            self._also.set()

    def succeed(self) -> None:
        """Note that it runs."""
        self.succeeded = True
        self.attempt()
        self.decided.set()
