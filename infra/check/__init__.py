"""An offline checker of Bicep: `python -m infra.check infra/main.bicep infra/main.bicepparam`.

The compiler is not everywhere, and a policy scanner passes files that it cannot read. This one holds the files, and the
modules that they lead to, against the language's rules and against what Azure says of its resource types:

    leaf express declare read    a text -> the values of `tree.py`; what cannot be read is a problem
    names                        every name is declared, once, and used
    members                      what is taken of a resource or module is there
    start                        what must be known before anything is deployed, is
    loops rings                  loops stand where they may; nothing needs itself
    contract                     a module is given what its file needs; a .bicepparam what its main file needs
    guess fit facts              properties, required ones, kinds, texts and bounds, against `types.json`
    check                        all of it, over all files

It is no compiler: expressions are typed only as far as they are plain, and types of a file's own are not looked into.
`types.json` is made by `gather.py` of Microsoft's metadata (see NOTICE).
"""
