"""The command: checks what it needs, runs the stack until a signal, stops everything."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine

from local import leash, needs, options, values
from local.children import ChildEndedError, Children
from local.needs import RefusalError
from local.stack import Stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BY_SIGNAL = 128
"""A process that a signal ended has exit code 128 + its number, as a shell reports it."""


def main() -> int:
    """Check, run, and stop everything; returns the exit code (see `--help`)."""
    chosen = options.read()
    if chosen.stop_with_parent:
        leash.die_with_parent(signal.SIGTERM)
    try:
        chosen = chosen.settled()
        values.refuse_another_runs(chosen, os.environ)
        env = values.environment(chosen, values.from_file(), os.environ)
        values.check(env)
        needs.check_node(env)
        needs.azurite()
        needs.func_program(chosen.host, env)
        with needs.only_one(chosen.data):
            needs.check_ports(chosen.ports())
            return asyncio.run(supervise(chosen, env))
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return needs.REFUSED


async def supervise(chosen: options.Options, env: dict[str, str]) -> int:
    """Run the stack until a signal or the end of a part; every child is stopped before this returns."""
    async with Children(chosen.data / "logs") as children:
        return await until_signal(Stack(chosen, env, children).run())


async def until_signal(work: Coroutine[None, None, None]) -> int:
    """Run `work` until it fails or a signal comes; returns the exit code.

    A signal only sets an event: the handler never raises, so it can come between the start of a
    child and our taking note of it, or twice while children are being stopped, and change nothing.
    """
    signalled: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()

    def take(number: signal.Signals) -> None:
        if signalled.done():
            print("Still stopping: Azurite is saving the tables.", file=sys.stderr)
        else:
            signalled.set_result(number)

    for number in SIGNALS:
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup asked for it
        asyncio.get_running_loop().add_signal_handler(number, take, number)
    task = asyncio.create_task(work)
    await asyncio.wait((task, signalled), return_when=asyncio.FIRST_COMPLETED)
    if signalled.done():
        task.cancel()
        await asyncio.wait((task,))
        print("\nStopping ...", file=sys.stderr)
        return BY_SIGNAL + signalled.result()
    try:
        await task
    except ChildEndedError as ended:
        print(ended, file=sys.stderr)
        return 1
    return 0
