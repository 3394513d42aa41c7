"""The recogniser of the lane: find plates, cut them straight, read them twice where it is doubtful, and a third time
where that leaves a doubt. A `Recogniser`.

It knows no vehicle and no camera; the table of plates comes from outside (`PlateForm`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from drivers.camera.grammar import Grammar
from drivers.camera.line import Columns, Said, middles
from drivers.camera.plate_detector import FoundPlate, PlateDetector, overlap
from drivers.camera.plate_form import PlateForm
from drivers.camera.plate_reader import Colors, PlateReader, ReadPatch
from drivers.camera.reader_input import reader_line, reader_patch
from drivers.camera.recogniser import Picture, Plate
from drivers.camera.second_opinion import (
    DECIDED_MARGIN,
    FOREIGN_KIND,
    HEARD_SCORE,
    LEAST_SCORE,
    agreed,
    doubted,
    is_heard,
    margin,
    reconsidered,
)
from drivers.camera.second_reader import Heard, SecondReader
from drivers.camera.slots import ABROAD_AT_BEST, NO_LAYOUT, NOT_SEEN, Decoded, Layout, decode
from drivers.camera.third_reader import ThirdReader

LONGEST, LONGEST_AGAIN = 800, 1600
"""Side to which a picture is shrunk for the first look, and for the second where the first found no clear plate."""
LARGE_ENOUGH_PX = 24.0
"""A plate that the first look saw so wide and read is not seen better in the second: it is the reading that doubts."""
CLEAR_SCORE = -3.0
CLEAR_MARGIN = 100
SURE_MARGIN, SURE_HANZI = 985, 998
"""A plate read with these margins, for letters and digits and for Chinese characters, needs no second reader."""
SECOND_LOOKS, LIKELY_SHARE = 2, 0.4
"""So many cuts of a picture go to the second reader; one in which the first saw nothing only if so likely a plate."""
ASLANT_DEG, LONGEST_ASLANT = 30.0, 640
"""So far the head is held to either side where nothing was read, and to so many pixels the picture is shrunk then."""
ASLANT_SHARE = 0.3
"""What is hardly a plate then is left."""
ASIDE_WIDTH = 0.7
ASIDE = 1.2
"""What the place at the very side of the picture costs, in units of `_promise`."""
FOREIGN_SHARE, FOREIGN_LETTERS, FOREIGN_MARGIN = 0.4, 2, 900
"""What the detector must think of a plate of another region, and how many letters it has: date stamps and signs fit
such patterns too. With fewer letters both readers must say the same, with such a margin."""
OPEN_RATIO = 2.3
"""Under this ratio of width to height a plate may have one row or two."""
SAME_PLACE = 0.3
"""Two readings that share more of the smaller one's box are of one plate."""
SAME_CUT = 0.08
"""Corners that lie within this part of the plate's width of one another cut out the same."""
DOUBT_APART = 0.5
"""By so much a doubt of what is a plate counts between two vehicles, by 1 between two readings of one plate: the
nearer one's, in doubt, is for the guard, and the farther one's must not open for it."""
LEAST_CHARS = 4
LEAST_COLOR_SHARE = 0.15
DARK_MEDIAN, GAMMA = 60.0, 0.45
CROP_HEIGHT_PX, CROP_RATIO = 160, (2.0, 6.0)


class _Table:
    """Some forms of plates, and both readers' characters sorted for them."""

    def __init__(self, forms: tuple[PlateForm, ...], reader: PlateReader, second: SecondReader) -> None:
        self.grammar = Grammar(forms)
        self._first, self._others = Columns(self.grammar, reader.chars), Columns(self.grammar, second.chars)
        lengths = {len(form.slots) for form in forms}
        of_length = {size: Grammar(form for form in forms if len(form.slots) == size) for size in lengths}
        self._of_length = {size: (grammar, Columns(grammar, second.chars)) for size, grammar in of_length.items()}

    def first(self, patch: ReadPatch, layout: Layout) -> Decoded | None:
        if len(patch.free) < LEAST_CHARS:
            return None
        return decode(self._first.line(patch.said), patch.colors, self.grammar, layout=layout)

    def other(self, heard: Said, colors: Colors, own: Decoded | None, layout: Layout) -> Decoded | None:
        """What one of the others says, beside the first reader's own."""
        return decode(self._others.line(heard), colors, self.grammar, own.form if own else None, layout)

    def again(self, heard: Said, colors: Colors, before: Decoded, layout: Layout) -> Decoded | None:
        """What one of the others says where it is known how many characters the plate has."""
        grammar, columns = self._of_length[len(before.form.slots)]
        return decode(columns.line(heard), colors, grammar, before.form, layout)


class _Ear:
    """The other readers for one place of a picture, each asked when somebody wants to hear it and once at most."""

    def __init__(self, readers: tuple[SecondReader, ThirdReader], image: Picture, place: FoundPlate) -> None:
        self._readers, self._image, self._place = readers, image, place
        self._line: Picture | None = None
        self._second: Heard | None = None
        self._third: Said | None = None

    @property
    def has_heard(self) -> bool:
        """Whether one was asked."""
        return self._second is not None

    @property
    def second(self) -> Heard:
        """What the second reader says of the plate."""
        if self._second is None:
            self._second = self._readers[0].read(self._cut())
        return self._second

    @property
    def third(self) -> Said:
        """What the third one says."""
        if self._third is None:
            self._third = self._readers[1].read(self._cut())
        return self._third

    def _cut(self) -> Picture:
        if self._line is None:
            self._line = reader_line(self._image, self._place.corners, self._place.rows)
        return self._line


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place of a picture, what the first reader says of it, who else may be asked, and how it is laid out."""

    patch: ReadPatch
    place: FoundPlate
    ear: _Ear | None
    layout: Layout


def _layout(place: FoundPlate, patch: ReadPatch) -> Layout:
    """What a place of one row tells of the plate that stands there."""
    return Layout(place.width / max(place.height, 1.0), middles(patch.said.log_p))


def _home_first(forms: Iterable[PlateForm]) -> list[tuple[PlateForm, ...]]:
    """The region's own forms, then those of others, which are tried only where none of the own is clear."""
    given = tuple(forms)
    groups = [tuple(form for form in given if form.foreign is foreign) for foreign in (False, True)]
    return [group for group in groups if group]


def _likelier(one: Decoded | None, other: Decoded) -> Decoded:
    """The better of two readings, by how far it agrees with the picture and with the ground."""
    return other if one is None or other.score + other.prior > one.score + one.prior else one


class PlateRecogniser:
    """Reads plates of the given forms.

    `strict`: what may be a sign rather than a plate of another region is left out, else it is given in doubt. `aslant`:
    where there is no plate, one that hangs far aslant is looked for, which takes as long again; at a lane none does.
    """

    def __init__(
        self,
        forms: Iterable[PlateForm],
        *,
        threads: int = 1,
        longest: int = LONGEST,
        strict: bool = True,
        aslant: bool = False,
    ) -> None:
        self._detector = PlateDetector(threads)
        self._reader, second = PlateReader(threads), SecondReader(threads)
        self._others = second, ThirdReader(second.chars, threads)
        self._tables = [_Table(group, self._reader, second) for group in _home_first(forms)]
        self._longest, self._strict, self._aslant = longest, strict, aslant

    def read(self, image: Picture) -> list[Plate]:
        """Every plate in the picture, best first. Without a clear one it is looked at again larger, where what was read
        was small; without any, brightened, where it is dark, and where wished with the head held aslant."""
        is_crop = _is_crop(image)
        plates = self._as_crop(image) if is_crop else self._look(image, self._longest)
        if _is_clear(plates):
            return plates
        if max(image.shape[:2]) > self._longest and not _is_seen_large(plates, image, self._longest):
            plates = _apart(plates + self._look(image, LONGEST_AGAIN, plates), image)
        if not _is_read(plates) and _is_dark(image):
            plates = _apart(plates + self._look(_brightened(image), self._longest), image)
        if self._aslant and not is_crop and not _is_read(plates):
            plates = _apart(plates + self._look_aslant(image), image)
        return plates

    def _look(self, image: Picture, longest: int, known: Sequence[Plate] = ()) -> list[Plate]:
        """The likely finds are read; the unlikely ones only where no plate came of those. `known`: what was read of the
        same picture, and is not read again."""
        found = self._detector.find(image, longest)
        found = [place for place in found if not any(_is_the_same_cut(place, plate) for plate in known)]
        likely = [plate for plate in found if plate.share >= LIKELY_SHARE]
        plates = self._read(image, likely)
        if not _is_read([*plates, *known]) and len(likely) < len(found):
            unlikely = [plate for plate in found if plate.share < LIKELY_SHARE]
            plates = _apart(plates + self._read(image, unlikely), image)
        return plates

    def _look_aslant(self, image: Picture) -> list[Plate]:
        """The plates that hang too far aslant to be found upright. All in doubt: the networks were shown none such."""
        longest = min(self._longest, LONGEST_ASLANT)
        for turned_deg in (ASLANT_DEG, -ASLANT_DEG):
            found = self._detector.find(image, longest, turned_deg)
            plates = self._read(image, [place for place in found if place.share >= ASLANT_SHARE], is_doubted=True)
            if _is_read(plates):
                return plates
        return []

    def _as_crop(self, image: Picture) -> list[Plate]:
        """A picture of a plate alone: framed, so that it has a surrounding, and taken whole as well."""
        height, width = image.shape[:2]
        edge = height // 2
        framed = cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        whole = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
        factor = max(1.0, 160 / width)
        large = np.asarray(cv2.resize(framed, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR), np.uint8)
        within = [
            FoundPlate(((plate.corners / factor) - edge).astype(np.float32), plate.rows, plate.share)
            for plate in self._detector.find(large, self._longest)
        ]
        return self._read(image, [*within, FoundPlate(whole, 1, 0.5)], is_true=False)

    def _read(
        self, image: Picture, found: list[FoundPlate], *, is_true: bool = True, is_doubted: bool = False
    ) -> list[Plate]:
        """All cuts by the first reader at once; the few that may be the plate and are in doubt by the others too.

        `is_true`: width and height of the picture are as they were taken. `is_doubted`: nothing opens by what is read.
        """
        places = [other for place in found for other in _as_rows(place)]
        patches = [reader_patch(image, place.corners, place.rows) for place in places]
        seconds = SECOND_LOOKS
        plates: list[Plate] = []
        for place, patch in sorted(zip(places, self._reader.read(patches), strict=True), key=_hope, reverse=True):
            if _is_settled(place, plates):
                continue
            ear = _Ear(self._others, image, place) if seconds > 0 and not _is_aside(place, plates) else None
            cut = _Cut(patch, place, ear, _layout(place, patch) if is_true and place.rows == 1 else NO_LAYOUT)
            reading: Decoded | None = None
            for table in self._tables:
                if reading is not None and reading.score + reading.prior >= ABROAD_AT_BEST:
                    break
                read = self._reading(table, cut, plates)
                if read is not None and read.score >= LEAST_SCORE:
                    better = _likelier(reading, read)
                    reading = doubted(reading) if reading and self._is_rest_of(reading, better) else better
            seconds -= ear is not None and ear.has_heard
            if reading is not None:
                plates.append(_plate(place, patch, doubted(reading) if is_doubted else reading, self._tables))
        return _apart(plates, image)

    def _reading(self, table: _Table, cut: _Cut, known: list[Plate]) -> Decoded | None:
        """One cut as some forms of plates have it, heard by the other readers where there is need and leave. `known`:
        what was read at other places."""
        patch, place, ear, layout = cut.patch, cut.place, cut.ear, cut.layout
        own = reading = table.first(patch, layout)
        confirmed = False
        if ear is not None and _is_worth_hearing(own, cut, known):
            second = table.other(ear.second.both, patch.colors, own, layout)
            confirmed = own is not None and _is_confirmed(own, second)
            reading = agreed(own, second)
            if reading is not None and _is_worth_a_third_word(reading):
                words = (ear.second.ours, ear.second.theirs, ear.third)
                reading = reconsidered(
                    own, reading, [table.again(word, patch.colors, reading, layout) for word in words]
                )
        if reading is None:
            return None
        if reading.form.foreign:
            return self._as_foreign(reading, place, confirmed)
        is_whole = reading.form.kind == FOREIGN_KIND or not _lacks_something(reading, cut)
        return reading if is_whole else doubted(reading)

    def _as_foreign(self, reading: Decoded, place: FoundPlate, confirmed: bool) -> Decoded | None:
        """A text of another region, in doubt where it may be one of the region's own that lacks its first character."""
        if not _is_plate_abroad(reading, place, confirmed):
            return None if self._strict else doubted(reading)
        return doubted(reading) if self._lacks_the_first(reading.text) else reading

    def _lacks_the_first(self, text: str) -> bool:
        """Whether it is what is left of a plate of the region itself without its first character."""
        own = (form for form in self._tables[0].grammar.forms if not form.foreign)
        return any(form.takes_after_first(text) for form in own)

    def _is_rest_of(self, own: Decoded, abroad: Decoded) -> bool:
        """Whether a text of another region is what is left of the region's own plate that was read there, but for one
        character: where the region is known, a blurred province is likelier than a plate from abroad."""
        if not self._strict or not is_heard(own) or own.form.foreign or not abroad.form.foreign:
            return False
        rest = own.text[1:]
        differing = sum(a != b for a, b in zip(rest, abroad.text, strict=False))
        return len(rest) == len(abroad.text) and differing <= 1 and self._lacks_the_first(abroad.text)


def _is_worth_hearing(reading: Decoded | None, cut: _Cut, known: list[Plate]) -> bool:
    """Whether the second reader is to be asked: a reading is in doubt or leaves out something that was seen, or nothing
    was read where a plate is likely and no other is clear (of those `known`) yet. What hardly looks like a plate is let
    be where a clear one stands as wide."""
    place = cut.place
    if reading is None or reading.score < LEAST_SCORE:
        return place.share > LIKELY_SHARE and not _is_clear(known)
    if reading.score < HEARD_SCORE and any(_is_clear([plate]) and place.width <= plate.width for plate in known):
        return False
    if reading.form.foreign or reading.score < CLEAR_SCORE or _lacks_something(reading, cut):
        return True
    return any(slot.margin < (SURE_MARGIN if slot.char.isascii() else SURE_HANZI) for slot in reading.slots)


def _is_worth_a_third_word(reading: Decoded) -> bool:
    """Whether two readers left in doubt what is a Chinese plate; others the third one reads worse than either."""
    is_plate = reading.score >= HEARD_SCORE and reading.form.kind != FOREIGN_KIND
    return is_plate and margin(reading) < DECIDED_MARGIN


def _lacks_something(reading: Decoded, cut: _Cut) -> bool:
    """Whether the first reader saw more characters than the text has, as the small ones of old plates, or the place of
    one is empty."""
    return len(reading.text) < len(cut.patch.free) or cut.layout.lacks_one(reading.form)


def _is_confirmed(own: Decoded, second: Decoded | None) -> bool:
    """Whether the second reader read a plate, and the same one."""
    return second is not None and is_heard(second) and own.text == second.text


def _is_aside(place: FoundPlate, plates: list[Plate]) -> bool:
    """Whether a clear plate that is much wider, so nearer, was read already: then this one is not the vehicle's."""
    return any(_is_clear([plate]) and place.width < ASIDE_WIDTH * plate.width for plate in plates)


def _is_settled(place: FoundPlate, plates: list[Plate]) -> bool:
    """Whether the plate at this place was read already, with the other number of rows."""
    read = (plate for plate in plates if plate.rows != place.rows and _is_read([plate]))
    return any(overlap(place.corners, np.array(plate.corners, np.float32)) >= SAME_PLACE for plate in read)


def _is_the_same_cut(place: FoundPlate, plate: Plate) -> bool:
    """Whether the corners are those that the plate was read by, so that nothing else would be read."""
    off = np.linalg.norm(place.corners - np.array(plate.corners, np.float32), axis=1)
    return place.rows == plate.rows and float(off.max()) < SAME_CUT * place.width


def _is_plate_abroad(reading: Decoded, place: FoundPlate, confirmed: bool) -> bool:
    """A foreign text may be almost any: neither what the detector hardly took for a plate may become one by that, nor a
    telephone number of which one digit is misread, unless both readers surely say the same; nor one that is not."""
    letters = sum(char.isalpha() for char in reading.text)
    sure = letters >= FOREIGN_LETTERS or (letters > 0 and confirmed and margin(reading) >= FOREIGN_MARGIN)
    return sure and place.share >= FOREIGN_SHARE


def _as_rows(place: FoundPlate) -> list[FoundPlate]:
    """The find as it is, and with the other number of rows where its proportions leave that open.

    A plate of one row seen from the side is as narrow as one of two rows: what is written on it tells.
    """
    narrow = place.width < OPEN_RATIO * place.height
    return [place, replace(place, rows=3 - place.rows)] if place.rows == 2 or narrow else [place]


def _plate(place: FoundPlate, patch: ReadPatch, decoded: Decoded, tables: list[_Table]) -> Plate:
    color = _color(decoded, patch.colors, tables)
    a, b, c, d = ((float(x), float(y)) for x, y in place.corners)
    return Plate(
        text=decoded.text,
        raw=patch.free,
        kind=_kind(decoded, color, tables),
        color=color,
        colors=patch.colors,
        slots=decoded.slots,
        corners=(a, b, c, d),
        rows=place.rows,
        score=decoded.score + float(np.log(max(1e-3, place.share))),
    )


def _hope(cut: tuple[FoundPlate, ReadPatch]) -> float:
    """Which cuts the slower reader gets first: sure finds in which the first reader saw as much as a plate has."""
    place, patch = cut
    return place.share + 0.1 * min(7, len(patch.free)) + 0.1 * float(np.log(1 + place.width))


def _color(decoded: Decoded, colors: Colors, tables: list[_Table]) -> str:
    """The likeliest ground that the form may have, when it was seen at all; else "other", which means not seen.

    A grey picture by infrared light shows no ground: it must not be called a black one. Only where the text stands on
    one ground alone (港, 澳) that is its ground, seen or not.
    """
    form = decoded.form
    if not form.colors:
        return colors[0][0]
    if colors[0][0] == NOT_SEEN:
        grounds = {each.colors for table in tables for each in table.grammar.forms if each.takes(decoded.text)}
        (only, *others) = grounds or {()}
        return only[0] if len(only) == 1 and not others else NOT_SEEN
    return next((color for color, share in colors if color in form.colors and share > LEAST_COLOR_SHARE), NOT_SEEN)


def _kind(decoded: Decoded, color: str, tables: list[_Table]) -> str:
    """The form's kind; "unknown" where the ground was not seen and the text may stand on plates of several kinds."""
    if color != NOT_SEEN:
        return decoded.form.kind
    kinds = {form.kind for table in tables for form in table.grammar.forms if form.takes(decoded.text)}
    return decoded.form.kind if len(kinds) <= 1 else "unknown"


def _is_clear(plates: list[Plate]) -> bool:
    """Whether one of them is a plate beyond doubt, read well enough."""
    return any(plate.score >= CLEAR_SCORE and plate.margin >= CLEAR_MARGIN for plate in plates)


def _is_read(plates: Iterable[Plate]) -> bool:
    """Whether one of them is a plate, however doubtful a character of it may be."""
    return any(plate.score >= CLEAR_SCORE for plate in plates)


def _is_seen_large(plates: list[Plate], image: Picture, longest: int) -> bool:
    """Whether what was read already stood large enough in the picture shrunk to `longest`."""
    least_px = LARGE_ENOUGH_PX * max(image.shape[:2]) / longest
    return _is_read(plate for plate in plates if plate.width >= least_px)


def _is_crop(image: Picture) -> bool:
    """Whether the picture is about a plate alone: then a detector finds no surrounding."""
    height, width = image.shape[:2]
    return bool(height <= CROP_HEIGHT_PX and CROP_RATIO[0] <= width / height <= CROP_RATIO[1])


def _is_dark(image: Picture) -> bool:
    return float(np.median(image[::8, ::8])) < DARK_MEDIAN


def _brightened(image: Picture) -> Picture:
    table = (255 * (np.arange(256) / 255) ** GAMMA).round().astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def _apart(plates: list[Plate], image: Picture) -> list[Plate]:
    """The best of those that overlap; that of the vehicle before the camera first."""
    kept: list[Plate] = []
    for plate in sorted(plates, key=lambda each: _promise(each, image.shape[1]), reverse=True):
        corners = np.array(plate.corners, np.float32)
        if all(overlap(corners, np.array(other.corners, np.float32)) < SAME_PLACE for other in kept):
            kept.append(plate)
    return sorted(kept, key=lambda each: _promise(each, image.shape[1], DOUBT_APART), reverse=True)


def _promise(plate: Plate, picture_width: int, doubt: float = 1.0) -> float:
    """The nearest vehicle's, which is the widest, where it is read at all; one at the side is of another lane."""
    aside = (plate.corners[0][0] + plate.corners[1][0]) / picture_width - 1.0
    unsure = (doubt if _is_read([plate]) else 1.0) * (1 - min(plate.margin, 300) / 300)
    read = 0.5 * max(plate.score, LEAST_SCORE) - unsure
    at_home = 0.0 if plate.kind != FOREIGN_KIND else -1.5
    return 1.5 * float(np.log(plate.width + 1)) + read + at_home - ASIDE * aside * aside
