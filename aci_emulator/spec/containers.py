"""The containers and init containers of a group (aci.md, 2 and 5). Pure."""

from collections.abc import Sequence

from aci_emulator.spec.environment import read_environment
from aci_emulator.spec.model import ContainerSpec, Volume
from aci_emulator.spec.names import read_container_name
from aci_emulator.spec.network import check_ports_differ, read_ports
from aci_emulator.spec.reading import Place, check_count
from aci_emulator.spec.refusals import impossible, refused, span, told
from aci_emulator.spec.resources import Sizes, read_sizes
from aci_emulator.spec.shapes import check_container_shapes
from aci_emulator.spec.terms import Terms
from aci_emulator.spec.volumes import read_mounts

WHAT = "containers in a group, init containers among them"
NEVER_INIT = ("ports", "resources", "livenessProbe", "readinessProbe")
"""What an init container cannot have."""


def read_containers(
    properties: Place, volumes: Sequence[Volume], terms: Terms
) -> tuple[tuple[ContainerSpec, ...], tuple[ContainerSpec, ...]]:
    """Return the containers and the init containers."""
    most = terms.limits.containers
    properties.need("containers")
    main = properties.objects("containers", most, WHAT)
    init = properties.objects("initContainers", most, WHAT)
    if not main:
        sentence = f"Property '{properties.at('containers')}' holds no container. Allowed: {span(1, most)} {WHAT}."
        raise impossible(sentence)
    check_count(f"{properties.at('containers')}' and '{properties.at('initContainers')}", len(main + init), most, WHAT)
    containers = tuple(_container(place, volumes, terms) for place in main)
    init_containers = tuple(_init_container(place, volumes, terms) for place in init)
    _check_names_differ((*containers, *init_containers), terms)
    check_ports_differ(containers)
    return containers, init_containers


def _container(place: Place, volumes: Sequence[Volume], terms: Terms) -> ContainerSpec:
    name, inner = read_container_name(place, terms), place.object("properties")
    sizes = read_sizes(inner, name, terms)
    check_container_shapes(inner)
    return _made(inner, name, sizes, volumes, terms)


def _init_container(place: Place, volumes: Sequence[Volume], terms: Terms) -> ContainerSpec:
    name, inner = read_container_name(place, terms), place.object("properties")
    for key in NEVER_INIT:
        if inner.get(key):
            raise impossible(f"Property '{inner.at(key)}' is not allowed: an init container has no {key}.")
    check_container_shapes(inner)
    return _made(inner, name, Sizes(), volumes, terms)


def _made(inner: Place, name: str, sizes: Sizes, volumes: Sequence[Volume], terms: Terms) -> ContainerSpec:
    return ContainerSpec(
        name=name,
        image=_image(inner),
        command=inner.texts("command"),
        environment=read_environment(inner, name, terms),
        cpu=sizes.cpu,
        memory=sizes.memory,
        cpu_limit=sizes.cpu_limit,
        memory_limit=sizes.memory_limit,
        mounts=read_mounts(inner, volumes),
        ports=read_ports(inner, name, terms),
    )


def _image(inner: Place) -> str:
    image = inner.text("image")
    if not image or any(character.isspace() for character in image):
        sentence = f"The image {told(image)} of '{inner.path}' is invalid: a name without spaces is needed."
        raise refused("InvalidImage", f"{sentence} ({inner.at('image')})")
    return image


def _check_names_differ(containers: Sequence[ContainerSpec], terms: Terms) -> None:
    seen: set[str] = set()
    for container in containers:
        if container.name in seen:
            sentence = f"The container name '{container.name}' is used more than once in {terms.group}."
            raise refused("DuplicateContainerName", sentence)
        seen.add(container.name)
