"""completion: what a shell needs to call the command line `crontable`, and to complete what follows with the tab key.

`python -m scheduler` is three words, and shells complete by the first one alone, which is Python's. So the script
gives the command a name of its own: a function of the shell, which works in any folder.
"""

import sys
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from scheduler.commands.answer import DONE
from scheduler.commands.typed import COMPLETE, room
from scheduler.desk.faults import Wrong

app = room()
_CHECKOUT = Path(__file__).parents[2]
_BASH = """\
crontable() { PYTHONPATH=%(path)s"${PYTHONPATH:+:$PYTHONPATH}" %(python)s -P -m scheduler "$@"; }
_crontable() {
    local IFS=$'\\n'
    local words="${COMP_WORDS[*]}"
    COMPREPLY=( $(COMP_WORDS="$words" COMP_CWORD=$COMP_CWORD %(variable)s=complete_bash crontable 2>/dev/null) )
}
complete -o default -F _crontable crontable
"""
_ZSH = """\
crontable() { PYTHONPATH=%(path)s"${PYTHONPATH:+:$PYTHONPATH}" %(python)s -P -m scheduler "$@"; }
_crontable() {
    eval $(_TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" %(variable)s=complete_zsh crontable 2>/dev/null)
}
compdef _crontable crontable
"""
_FISH = """\
function crontable
    set --local --export PYTHONPATH %(path)s $PYTHONPATH
    %(python)s -P -m scheduler $argv
end
function _crontable
    set --local --export _TYPER_COMPLETE_FISH_ACTION $argv[1]
    set --local --export _TYPER_COMPLETE_ARGS (commandline -cp)
    set --local --export %(variable)s complete_fish
    crontable 2>/dev/null
end
complete --command crontable --no-files --arguments "(_crontable get-args)" --condition "_crontable is-args"
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish")],
) -> int:
    """Print what makes `crontable` a command of your shell, and completes it: eval "$(… completion bash)"."""
    if shell not in _SCRIPTS:
        raise Wrong(f"SHELL is {shell!r}: it must be {', '.join(_SCRIPTS)}.")
    words = {"path": quote(str(_CHECKOUT)), "python": quote(sys.executable), "variable": COMPLETE}
    print(_SCRIPTS[shell] % words, end="")
    return DONE
