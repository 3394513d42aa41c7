"""Whether a plate as read belongs to a registered vehicle: agrees, differs, or cannot be told; and near misses.

Which registered plates are near is looked up (`known.near`); here stands only what a likeness is worth. An unknown
character never matches (domain.md, section 4).
"""

from enum import StrEnum, unique

from controller.domain.facts import SlotReading
from controller.domain.known import NearMiss, VehicleFile
from controller.domain.state import DoubtSeen, NearSeen, PlateSeen
from controller.domain.terms import PlateKind

UNREAD = "?"


@unique
class Likeness(StrEnum):
    """A plate as read beside a registered one."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNCLEAR = "unclear"


def is_unreadable(plate: PlateSeen) -> bool:
    """Whether a character was not recognised at all."""
    return not plate.text or UNREAD in plate.text


def is_doubtful(plate: PlateSeen, margin: int) -> bool:
    """Whether some character was hardly better than the next one."""
    return plate.margin < margin


def doubtful_slots(slots: tuple[SlotReading, ...], margin: int) -> tuple[DoubtSeen, ...]:
    """The characters that were hardly better than the next one, as the guard is told of them."""
    return tuple(
        DoubtSeen(position=position, char=slot.char, margin=slot.margin, others=slot.others)
        for position, slot in enumerate(slots)
        if slot.margin < margin
    )


def is_typed(plate: PlateSeen) -> bool:
    """Whether a person typed it, having looked: then one that is like it is another vehicle's."""
    return plate.margin == 1000 and not plate.slots


def is_of_another_kind(plate: PlateSeen, vehicle: VehicleFile) -> bool:
    """Whether plate and register name two kinds of plate; a register that tells no colours often names none."""
    return PlateKind.UNKNOWN not in (plate.kind, vehicle.kind) and plate.kind is not vehicle.kind


def likeness(plate: PlateSeen, vehicles: tuple[VehicleFile, ...], near: tuple[NearMiss, ...], margin: int) -> Likeness:
    """Whether the plate as read can be that of one of these vehicles."""
    if any(each.plate == plate.text for each in vehicles):
        return Likeness.AGREES
    if is_typed(plate):
        return Likeness.DIFFERS
    ids = {each.id for each in vehicles}
    if any(miss.vehicle.id in ids and not is_of_another_kind(plate, miss.vehicle) for miss in near):
        return Likeness.AGREES
    if any(_may_be(plate, each.plate, margin) for each in vehicles):
        return Likeness.UNCLEAR
    return Likeness.DIFFERS


def opens_near(plate: PlateSeen, miss: NearMiss, margin: int) -> bool:
    """Whether the camera itself was in doubt at the one character that differs, and sure of every other."""
    if len(plate.slots) != len(plate.text) or not 0 <= miss.position < len(plate.slots):
        return False
    doubted = plate.slots[miss.position]
    others_sure = all(slot.margin >= margin for index, slot in enumerate(plate.slots) if index != miss.position)
    registered = miss.vehicle.plate[miss.position : miss.position + 1]
    offered = not doubted.others or registered in doubted.others
    return others_sure and offered and doubted.margin < 2 * margin


def named(near: tuple[NearMiss, ...]) -> tuple[NearSeen, ...]:
    """Near misses as the guard is told of them."""
    return tuple(
        NearSeen(
            plate=miss.vehicle.plate,
            vehicle=miss.vehicle.id,
            unit=miss.vehicle.unit,
            difference=miss.difference,
            position=miss.position,
        )
        for miss in near
    )


def _may_be(plate: PlateSeen, registered: str, margin: int) -> bool:
    """Whether only characters that the camera doubted differ."""
    if is_unreadable(plate) and not plate.text.strip(UNREAD):
        return True
    if len(plate.text) != len(registered):
        return is_doubtful(plate, margin)
    for index, char in enumerate(plate.text):
        sure = plate.slots[index].margin >= margin if index < len(plate.slots) else plate.margin >= margin
        if char not in (UNREAD, registered[index]) and sure:
            return False
    return True
