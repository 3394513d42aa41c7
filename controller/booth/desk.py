"""The parts of the booth page put together: one object that every route finds at `request.app.state.booth`.

No route and no rule may be put here.
"""

from dataclasses import dataclass

from fastapi import Request

from controller.booth.aiming import Aiming
from controller.booth.context import BoothContext
from controller.booth.draw import Drawing
from controller.booth.figures import Figures
from controller.booth.live import Live
from controller.booth.orders import Orders
from controller.booth.passwords import Hasher
from controller.booth.people import People, SetupToken
from controller.booth.sessions import Sessions
from controller.booth.sign_in import SignIn
from controller.booth.store import BoothStore
from controller.booth.tries import Tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything the routes work with."""

    context: BoothContext
    store: BoothStore
    hasher: Hasher
    people: People
    setup: SetupToken
    sessions: Sessions
    sign_in: SignIn
    tries: Tries
    drawing: Drawing
    live: Live
    orders: Orders
    figures: Figures
    aiming: Aiming

    def start(self) -> None:
        self.live.start()

    def stop(self) -> None:
        """Ends the threads and closes the database."""
        self.live.stop()
        self.hasher.stop()
        self.store.close()


def desk(context: BoothContext) -> Desk:
    """Opens `booth.db` and makes the parts; nothing runs until `start`, but for the hasher's waiting thread."""
    store = BoothStore(context.paths.booth_db)
    hasher = Hasher()
    people = People(store, hasher)
    tries = Tries(store)
    drawing = Drawing(context, store)
    live = Live(context, drawing.parts, drawing.seen_alarms)
    return Desk(
        context=context,
        store=store,
        hasher=hasher,
        people=people,
        setup=SetupToken(store),
        sessions=Sessions(store, idle_minutes=context.rules.idle_minutes, full_minutes=context.rules.full_minutes),
        sign_in=SignIn(store, people, hasher, tries),
        tries=tries,
        drawing=drawing,
        live=live,
        orders=Orders(context, live),
        figures=Figures(),
        aiming=Aiming(context),
    )


def desk_of(request: Request) -> Desk:
    """The desk of the app that answers this request."""
    found: Desk = request.app.state.booth
    return found
