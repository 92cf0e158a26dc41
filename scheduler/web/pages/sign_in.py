"""Signing in with a key; the form goes to `scheduler.web.signin`. With the platform's sign-in nobody comes here."""

from starlette.responses import Response

from scheduler.web import who
from scheduler.web.signin import own_path
from scheduler.web.site import Site, Visit


def add(site: Site) -> None:
    """Join the page to the app; it is open to all."""
    site.open("/sign-in", show)


def show(visit: Visit) -> Response:
    """Ask for a key; `next` leads on to the page that was asked for."""
    settings = visit.world.settings
    return visit.show(
        "sign_in.html",
        next=own_path(visit.query.get("next", "/")),
        wrong="wrong" in visit.query,
        platform=settings.platform_vouches,
        off=who.platform_off(settings),
        keyed=who.keyed(settings),
    )
