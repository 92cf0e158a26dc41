"""What is started, in which order, and what happens until the end."""

import asyncio
import contextlib
import signal
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from local import needs, seed, values
from local.children import Child, Children, listens
from local.needs import RefusalError
from local.options import Options
from local.screen import view
from local.tables import Tables

LOOK_EVERY = 2.0
"""Seconds between two looks at the tables."""
EARLY_TICKS = (0.0, 5.0, 5.0)
"""Seconds before each of the passes that a world just seeded gets at once: start, finish, and once more."""
TIMER = "tick"
EXAMPLE_KEY = "local"
"""WEB_KEY in local.settings.example.json, which everybody knows."""


@dataclass
class Stack:
    """Everything of one `make run`, for the given options and the environment they lead to."""

    options: Options
    env: Mapping[str, str]
    children: Children
    console: Console = field(default_factory=Console)

    def __post_init__(self) -> None:
        self.tables = Tables(self.env)

    async def run(self) -> None:
        """Start all, seed, then show the jobs until a part ends by itself (ChildEndedError)."""
        self._say("Starting Azurite, the ACI emulator and the example's source ...")
        azurite, emulator, source = await self._start_parts()
        await asyncio.gather(
            listens(azurite, self.options.azurite_port + 2),
            listens(emulator, self.options.emulator_port),
            listens(source, self.options.weather_port),
        )
        # A timer that is past due ticks as soon as its host starts: the group that it starts must be there.
        seeded, _ = await asyncio.gather(self._seed(), seed.provision(self.options, self.env))
        self._say("Starting the function app ...")
        await listens(await self._start_host(), self.options.port)
        self._print_addresses()
        await self._watch(first=seeded)

    async def _start_parts(self) -> tuple[Child, Child, Child]:
        images = seed.write_images(self.options)
        azurite = await self.children.start(
            # Azurite writes what it acknowledged up to 5 s later: killed without a warning, or before
            # it is done, it forgets a person's last edits of the tables. So it is asked, and waited for.
            "Azurite",
            azurite_command(self.options),
            self.env,
            stop_with=signal.SIGINT,
            patience=15,
        )
        emulator = await self.children.start(
            "ACI emulator",
            [
                *_python("aci_emulator", "--port", str(self.options.emulator_port)),
                *("--runtime", "process", "--images", str(images)),
                *("--data", str(seed.state(self.options))),
            ],
            self.env,
            patience=10,
        )
        folder = str(seed.WEATHER / "data")
        source = await self.children.start(
            "weather source",
            _python("http.server", "--bind", "127.0.0.1", "--directory", folder, str(self.options.weather_port)),
            self.env,
        )
        return azurite, emulator, source

    async def _start_host(self) -> Child:
        func = needs.func_program(self.options.host, self.env)
        port = str(self.options.port)
        small = _python("local.host", "--port", port, "--state", str(self.options.data / "timers"))
        command = [func, "start", "--port", port] if func else small
        return await self.children.start("function app", command, self.env)

    async def _seed(self) -> bool:
        """Add the example jobs when there is none; never to a storage account that is not this Azurite.

        Ctrl-C between two of them would leave a table that is neither empty nor whole for ever: the
        marker says that some may be missing.
        """
        if not values.is_ours(self.env, self.options):
            self._say("AzureWebJobsStorage comes from your environment or settings: its tables are not seeded.")
            return False
        present = {line.job for line in (await asyncio.to_thread(Tables(self.env).look)).jobs}
        marker = self.options.data / "seeding"
        if present and not marker.exists():
            await self._follow()
            return False
        self._say("The Jobs table is empty: adding the example jobs ...")
        marker.touch()
        await asyncio.gather(
            *(self._add(job, columns) for job, columns in seed.rows(self.options).items() if job not in present)
        )
        marker.unlink()
        return True

    async def _add(self, job: str, columns: Mapping[str, str]) -> None:
        words = [f"{name}={value}" for name, value in columns.items()]
        await self.children.ask(f"job add {job}", _python("scheduler", "job", "add", job, *words), self.env)

    async def _follow(self) -> None:
        """Let the extractor's row name the port that the example's source has this time."""
        cell = await asyncio.to_thread(self.tables.cell, seed.EXTRACT, "Env")
        if (env := seed.moved(self.options, cell)) is None:
            return
        self._say(f"The example's source has another port than the last time: changing the Env of {seed.EXTRACT} ...")
        words = _python("scheduler", "job", "set", seed.EXTRACT, f"Env={env}", "--force")
        await self.children.ask(f"job set {seed.EXTRACT}", words, self.env)

    async def _watch(self, *, first: bool) -> None:
        """Show the jobs until a part ends by itself; in a world just seeded the first passes come early."""
        tasks = [asyncio.create_task(self.children.any_end()), asyncio.create_task(self._show())]
        early = asyncio.create_task(self._tick_early() if first else asyncio.sleep(0))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await done.pop()
        finally:
            for task in (*tasks, early):
                task.cancel()
            await asyncio.wait((*tasks, early))

    async def _tick_early(self) -> None:
        """Ask for the first passes. Azure waits for the minute; someone who sees this first should not."""
        address = f"http://127.0.0.1:{self.options.port}/admin/functions/{TIMER}"
        for pause in EARLY_TICKS:
            await asyncio.sleep(pause)
            await asyncio.to_thread(_post, address)

    async def _show(self) -> None:
        """Look and show, again and again; tables that cannot be read are said once, not each time."""
        screen = view(self.console)
        said = ""
        try:
            while True:
                try:
                    look = await asyncio.to_thread(self.tables.look)
                    screen.show(look, datetime.now(UTC))
                    said = ""
                except RefusalError as error:
                    if str(error) != said:
                        self._say(said := str(error))
                await asyncio.sleep(LOOK_EVERY)
        finally:
            screen.close()

    def _print_addresses(self) -> None:
        tables = f"http://127.0.0.1:{self.options.azurite_port + 2}/{values.AZURITE_ACCOUNT}"
        app = f"http://127.0.0.1:{self.options.port}"
        key = self.env.get("WEB_KEY", "")
        # A key of the person's own is not shown to whoever looks over their shoulder.
        shown = key if key == EXAMPLE_KEY else "the value of WEB_KEY" if key else "none: set WEB_KEY"
        if not values.is_ours(self.env, self.options):
            tables = "those that AzureWebJobsStorage names; the Azurite of this run is not used"
        elif self.options.azurite_port == Options.azurite_port:
            tables = f"{tables}  ({values.DEVELOPMENT_STORAGE})"
        emulator = f"http://127.0.0.1:{self.options.emulator_port}"
        if not values.is_emulated(self.env, self.options):
            emulator = f"{emulator}  (not used: ARM_ENDPOINT is {self.env['ARM_ENDPOINT']})"
        for name, address in (
            ("Pages", f"{app}/  (key: {shown})"),
            ("Function app", app),
            ("Health", f"{app}/api/health"),
            ("Tables", tables),
            ("ACI emulator", emulator),
            ("Data and logs", str(self.options.data)),
        ):
            self._say(f"  {name:<14} {address}")
        if line := values.export_line(self.options, self.env):
            self._say(f"The ports are not the usual ones: in a second terminal, first say\n{line}")
        self._say("Ctrl-C stops everything.\n")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def azurite_command(options: Options) -> list[str]:
    """Azurite's command line. Raises RefusalError when it is not installed."""
    first = options.azurite_port
    ports = {"blob": first, "queue": first + 1, "table": first + 2}
    where = [
        word for kind, port in ports.items() for word in (f"--{kind}Host", "127.0.0.1", f"--{kind}Port", str(port))
    ]
    kept = ["--location", str(options.data / "azurite")]
    return [
        "node",
        str(needs.azurite()),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        *kept,
        *where,
    ]


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def _post(address: str) -> None:
    """Ask the host to run a timer now. A host that refuses is no reason to stop: the minute will come."""
    request = urllib.request.Request(  # noqa: S310  the address is our own loopback
        address, data=b"{}", headers={"Content-Type": "application/json"}, method="POST"
    )
    with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=10):  # noqa: S310  likewise
        pass
