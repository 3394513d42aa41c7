"""Makes the pictures of the pages: seeded lanes in many states, two sizes, three languages, by day and by night.

Run `python -m tests.browser.screens FOLDER`; the README's picture is FOLDER/live-wide-en-light-busy.png.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from playwright.sync_api import Page, sync_playwright

from controller.booth.server import BoothServer
from controller.clock import SystemClock
from controller.domain.events import EventType as E
from controller.domain.terms import PlateColor, PlateKind, Role
from controller.domain.view import lane_view
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from tests.booth.fakes import NEAR, passing, view
from tests.booth.real_log import RealBox
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.domain.world import ON, World

SIZES = {"wide": (1366, 768), "phone": (390, 844)}
PLATE_BOX = [4640, 3170, 5710, 3540]
"""Where the plate of a vehicle at the loop is in the picture of `scene`: see `PlateRead`."""
LOOKS = (("zh-Hans", "dark"), ("en", "light"), ("zh-Hant", "light"))


def scene(
    plate: str = "",
    kind: str = "small",
    *,
    light: Light = Light.DAY,
    rain: float = 0,
    arm: float = 0,
    color: str = "silver",
    body: Body = Body.CAR,
    distance_m: float = 0.3,
) -> bytes:
    """A picture as the lane's camera takes it."""
    seen = SeenVehicle(
        plate=PlateText(text=plate, kind=kind, seed=3),
        distance_m=distance_m,
        body=body,
        color=color,
        headlights=light is not Light.DAY,
    )
    state = SceneState(vehicles=(seen,) if plate else (), arm=arm, light=light, rain=rain)
    done, jpeg = cv2.imencode(".jpg", SceneRenderer(seed=4).render(state), [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return bytes(jpeg.tobytes())


def close_up(box: RealBox, jpeg: bytes) -> dict[str, Any]:
    """A passage's picture, and where the plate is in it."""
    picture = box.picture(jpeg)
    return {"picture": picture, "close_up": {"picture": picture, "box": PLATE_BOX}}


def history(box: RealBox) -> None:
    """Some passages that went before, with a stay, a forced one and one opened by hand."""
    rows = (
        ("粤B8K2P6", "small", "blue", "v1", "grant", "pass_valid", E.PASSAGE_COMPLETED),
        ("粤BD12345", "nev_small", "green", "v3", "grant", "lease_valid", E.PASSAGE_COMPLETED),
        ("粤A6666学", "coach", "yellow", "", "deny", "unknown_plate", E.PASSAGE_TURNED_AWAY),
        ("粤B7Q1M0", "small", "blue", "", "refer", "plate_doubtful", E.PASSAGE_FORCED),
        ("粤Z1234港", "hong_kong", "black", "v2", "grant", "pass_valid", E.PASSAGE_COMPLETED),
        ("粤O1234警", "police", "white", "", "refer", "on_duty_plate", E.PASSAGE_COMPLETED),
        ("粤B3X5T9", "small", "blue", "v1", "grant", "pass_valid", E.PASSAGE_TAILGATED),
    )
    verdicts = {"grant": E.ACCESS_GRANTED, "deny": E.ACCESS_DENIED, "refer": E.ACCESS_REFERRED}
    for number, (plate, kind, color, vehicle, verdict, reason, end) in enumerate(rows):
        lane, passage = ("south-in", "south-out")[number % 2], box.new_id()
        side = ("entry", "exit")[number % 2]
        told = {"side": side, "direction": side, "plate": plate, "plate_kind": kind, "color": color, "vehicle": vehicle}
        picture = box.picture(scene(plate, kind, light=Light.NIGHT if number > 3 else Light.DAY))
        box.passage(lane, E.VEHICLE_ARRIVED, passage, side=side, direction=side)
        box.passage(
            lane,
            verdicts[verdict],
            passage,
            f"camera:cam-{side}",
            reason=reason,
            waited_us=128_000,
            picture=picture,
            plate_box=PLATE_BOX,
            **told,
        )
        if end is E.PASSAGE_COMPLETED and verdict == "refer":
            box.passage(
                lane, E.MANUAL_OPENING, passage, "user:王磊", order="open", reason="emergency", user="王磊", **told
            )
        box.passage(
            lane, E.BARRIER_ORDERED, passage, order_id="1", order="up", because=verdicts[verdict].value, reason=reason
        )
        if verdict == "grant":
            box.passage(lane, E.STAY_OPENED, passage, stay=passage, group="g" + vehicle, plate=plate, vehicle=vehicle)
        box.passage(lane, end, passage, **told, verdict=verdict, reason=reason, duration_ms=9000)


def busy(box: RealBox) -> None:
    """A resident goes in; on the exit a misread waits for the guard."""
    now = box.clock.utc_us()
    night = Light.NIGHT
    box.show(
        "south-in",
        view(
            arm="rising",
            loops={"arming": "on", "closing": "off", "leaving": "absent", "photocell": "off"},
            devices={"board-1": "online", "cam-in": "online", "r-in": "online"},
            passage=passing(
                id="p-in",
                phase="opening",
                verdict="grant",
                reason="pass_valid",
                plate="粤BD12345",
                plate_kind="nev_small",
                color="green",
                vehicle="v3",
                card="34:201:5512",
                **close_up(box, scene("粤BD12345", "nev_small", light=night, color="white", arm=0.3)),
                started_at=now - 3_000_000,
            ),
        ),
    )
    box.show(
        "south-out",
        view(
            loops={"arming": "on", "closing": "off", "leaving": "absent", "photocell": "off"},
            devices={"board-2": "online", "cam-out": "online", "r-out": "online"},
            passage=passing(
                id="p-out",
                side="exit",
                direction="exit",
                plate="粤B12345",
                near=NEAR,
                **close_up(box, scene("粤B1234S", light=night, rain=0.4)),
                started_at=now - 42_000_000,
            ),
        ),
    )


def idle(box: RealBox) -> None:
    """Nothing happens; one camera shows the empty lane, the other is dead."""
    box.show("south-in", view(devices={"board-1": "online", "cam-in": "online", "r-in": "online"}))
    box.show("south-out", view(devices={"board-2": "online", "cam-out": "lost", "r-out": "online"}))


def trouble(box: RealBox) -> None:
    """The link is lost, the list is old; one car is denied, another breaks through."""
    now = box.clock.utc_us()
    box.status = box.status.__class__(
        **{**_values(box.status), "link_alive": False, "outbox_depth": 137, "list_age_s": 93_000}
    )
    box.show(
        "south-in",
        view(
            loops={"arming": "on", "closing": "off", "leaving": "absent", "photocell": "off"},
            devices={"board-1": "online", "cam-in": "frozen", "r-in": "tamper"},
            passage=passing(
                id="p-d",
                phase="denied",
                verdict="deny",
                reason="expired",
                plate="粤B12345",
                vehicle="v1",
                started_at=now - 9_000_000,
            ),
        ),
    )
    box.show(
        "south-out",
        view(
            arm="between",
            loops={"arming": "off", "closing": "on", "leaving": "absent", "photocell": "unknown"},
            fault="",
            devices={"board-2": "online", "cam-out": "online"},
            passage=passing(
                id="p-f",
                side="exit",
                phase="intruding",
                verdict="deny",
                reason="no_entry_record",
                plate="粤B?Q1M0",
                picture=box.picture(scene("粤B7Q1M0", light=Light.NIGHT, distance_m=-0.5)),
                started_at=now - 5_000_000,
            ),
        ),
    )
    box.passage(
        "south-out", E.ALARM_RAISED, "p-f", "rule:R12", alarm="forced:south-out", kind="forced", device="", detail=""
    )


def doubt(box: RealBox) -> None:
    """A registered plate of which one character is in doubt; a stranger's of which three are."""
    seen = (
        ("south-in", "粤B8K2P6", "small", "blue", {5: (117, "F")}, Light.NIGHT),
        ("south-out", "粤BD12345", "nev_small", "green", {0: (40, "贵"), 3: (90, "7"), 6: (210, "8B")}, Light.DUSK),
    )
    for lane, plate, kind, color, weak, light in seen:
        world = World()
        world.registry.add_vehicle("粤B8K2P6", id="v1")
        world.start()
        world.scan()
        world.scan(arming=ON)
        world.plate(plate, weak=weak, kind=PlateKind(kind), color=PlateColor(color))
        drawn = lane_view(world.lane())
        drawn["passage"] |= close_up(box, scene(plate, kind, light=light, rain=0.5))
        drawn["passage"]["started_at"] = box.clock.utc_us() - 12_000_000
        box.show(lane, drawn)


def mismatch(box: RealBox) -> None:
    """Opened for a resident's near plate, and the camera is sure now of a stranger's; a card's vehicle beside it."""
    for lane, read, distance in (("south-in", "粤B1234S", 0.3), ("south-out", "粤BD12345", 0.5)):
        world = World()
        world.registry.add_vehicle("粤B12345", id="v1", unit="3-201")
        world.registry.add_card("26:1:2", "粤B12345")
        world.start()
        world.scan()
        world.scan(arming=ON)
        if lane == "south-out":
            world.card()
            world.wait(5_000)
        else:
            world.plate("粤B12345", margin=400)
        world.plate(read, margin=950)
        drawn = lane_view(world.lane())
        drawn["passage"] |= close_up(box, scene(read, light=Light.NIGHT, rain=0.5, distance_m=distance))
        drawn["passage"]["started_at"] = box.clock.utc_us() - 6_000_000
        box.show(lane, drawn)


def four(box: RealBox) -> None:
    """Four lanes: fire, held open, locked with unknown inputs, and a foot gate."""
    now = box.clock.utc_us()
    unknown = {"arming": "unknown", "closing": "unknown", "leaving": "unknown", "photocell": "unknown"}
    box.show("south-in", view(mode="fire", arm="up"))
    box.show(
        "south-out",
        view(
            loops={"arming": "on", "closing": "off", "leaving": "absent", "photocell": "off"},
            passage=passing(
                id="p-out",
                side="exit",
                direction="exit",
                plate="粤B12345",
                near=[
                    *NEAR,
                    {"plate": "湘B12345", "vehicle": "v9", "unit": "5-704", "difference": "province", "position": 0},
                ],
                **close_up(box, scene("粤B1234S", light=Light.DUSK)),
                started_at=now - 95_000_000,
            ),
        ),
    )
    box.show(
        "west-both", view(mode="locked", arm="unknown", loops=unknown, devices={"board-3": "lost", "cam-west": "lost"})
    )
    foot = view(
        arm="unknown",
        loops={},
        door={"door": "on", "lock": "off", "released": False},
        devices={"board-4": "online", "r-foot": "online"},
        passage=passing(
            id="p-foot",
            phase="open",
            verdict="grant",
            reason="pass_valid",
            plate="",
            card="26:12:7788",
            vehicle="v1",
            started_at=now - 2_000_000,
        ),
    )
    box.show("foot", foot)
    box.passage("south-in", E.ALARM_RAISED, "", "rule:R19", alarm="fire", kind="fire", device="", detail="")


def _values(status: Any) -> dict[str, Any]:
    return {name: getattr(status, name) for name in status.__dataclass_fields__}


STORIES: dict[str, tuple[int, Callable[[RealBox], None]]] = {
    "busy": (2, busy),
    "idle": (2, idle),
    "trouble": (2, trouble),
    "four": (4, four),
    "doubt": (2, doubt),
    "mismatch": (2, mismatch),
}


def picture_of(page: Page, path: Path) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(700)
    page.screenshot(path=path)
    print(path)


def fresh_previews(box: RealBox, story: str) -> None:
    """What the cameras show just now: the empty lane by night; in the idle story one of them is dead."""
    empty = scene(light=Light.NIGHT, rain=0.3)
    for plan in box.context.lanes:
        for camera in plan.cameras:
            if camera.id != "cam-out" or story != "idle":
                box.preview(camera.id, empty)


def shoot(story: str, folder: Path, looks: tuple[tuple[str, str], ...] = LOOKS, pages: tuple[str, ...] = ()) -> None:
    """One story in every size and look; `pages` are shot besides the live page."""
    lanes, seed = STORIES[story]
    with tempfile.TemporaryDirectory() as data, sync_playwright() as play:
        box = RealBox(Path(data), SystemClock(), lanes=lanes)
        for plan in box.context.lanes:
            box.show(plan.id, view())
        history(box)
        seed(box)
        server = BoothServer(box.context)
        server.start()
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        server.app.state.booth.people.add("王磊", Role.SUPERVISOR, "night watch 42", by="seed", at=0)
        for size, (width, height) in SIZES.items():
            for language, theme in looks:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    locale=language,
                    color_scheme=theme,
                    has_touch=size == "phone",
                )
                page = context.new_page()
                fresh_previews(box, story)
                page.goto(f"http://127.0.0.1:{server.port}/sign-in")
                page.fill("input[name=name]", "王磊")
                page.fill("input[name=password]", "night watch 42")
                page.click(".enter .press")
                picture_of(page, folder / f"live-{size}-{language}-{theme}-{story}.png")
                for path in pages:
                    page.goto(f"http://127.0.0.1:{server.port}{path}")
                    if path == "/passages":
                        picture_of(page, folder / f"passages-{size}-{language}-{theme}.png")
                        page.click("#rows td a")
                        path = "/passage"
                    picture_of(page, folder / f"{path.strip('/') or 'live'}-{size}-{language}-{theme}.png")
                context.close()
        browser.close()
        server.stop()
        box.close()


def main(folder: str) -> int:
    """All pictures."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    shoot("busy", target, pages=("/passages", "/inside", "/people", "/docs"))
    for story in ("idle", "trouble", "four", "doubt", "mismatch"):
        shoot(story, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "screens"))
