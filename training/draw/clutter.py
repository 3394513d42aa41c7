"""What lies about a plate and what is taken for one: bodywork, lamps, grilles, the arm, signs, date stamps, badges."""

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.quad import spans
from training.draw import fonts
from training.draw.camera import Floats, paste, posed

Picture = NDArray[np.uint8]
Random = np.random.Generator
STAMP_PLACES = 20
"""So many places are tried for a stamp."""
SIGN_WORDS = tuple(
    "停车场 入口 出口 欢迎光临 超市 餐厅 银行 药店 禁止停车 小心地滑 减速慢行 电话 诚信经营 中国移动 火锅 汽车维修 "
    "洗车 大众 东风 长安 本田 丰田 商务 客运 货运 招租 施工 消防通道 收费 管理处 物业 "
    "请刷卡 限高 广告 旅馆 烟酒 快递".split()
)
BADGES = tuple(
    "VOLVO TOYOTA HONDA 2.0T 4WD SUV GTi BMW Audi TURBO V6 1.8L HYBRID 3.0 CHANGAN IVECO FORD KIA RAV4".split()
)


def bodywork(frame: Picture, corners: Floats, random: Random) -> None:
    """Around where a plate will hang: a panel of paint, a grille, lamps, a shadow under the bumper, a holder."""
    centre = corners.mean(axis=0)
    right, down = spans(corners)
    paint = random.integers(10, 245, 3).astype(np.float64)
    if random.random() < 0.7:
        paint = paint.mean() + random.normal(0, 14, 3)

    def quad(x0: float, y0: float, x1: float, y1: float, color: NDArray[np.float64]) -> None:
        points = np.array([centre + right * x + down * y for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])
        cv2.fillConvexPoly(frame, np.round(points).astype(np.int32), np.clip(color, 0, 255).tolist(), cv2.LINE_AA)

    half = float(random.uniform(1.0, 2.2))
    quad(-half, -float(random.uniform(1.0, 5.0)), half, float(random.uniform(0.8, 3.0)), paint)
    if random.random() < 0.5:
        y, bright = -float(random.uniform(0.8, 2.5)), random.uniform(0.3, 1.5)
        for number in range(int(random.integers(2, 8))):
            foot = y - number * 0.22
            quad(-half * 0.7, foot, half * 0.7, foot + 0.10, paint * 0.3 * bright + number * 3)
    if random.random() < 0.4:
        for side in (-1, 1):
            quad(side * half * 0.7, -1.6, side * half * 0.98, -0.6, random.integers(80, 255, 3).astype(np.float64))
    if random.random() < 0.5:
        quad(-half, 0.8, half, 1.3, np.full(3, random.uniform(5, 60)))
    if random.random() < 0.5:  # the plate's holder or frame, often chrome or black
        edge_x, edge_y = random.uniform(0.01, 0.06), random.uniform(0.04, 0.22)
        level = random.choice((15.0, 40.0, 150.0, 220.0))
        quad(-0.5 - edge_x, -0.5 - edge_y, 0.5 + edge_x, 0.5 + edge_y, np.full(3, level))


def stamp(frame: Picture, random: Random, plates: list[Floats] | None = None) -> None:
    """Date and time as cameras burn them in; where corners of `plates` are given, over none of them."""
    height, width = frame.shape[:2]
    digits = "".join(str(each) for each in random.integers(0, 10, 14))
    separator = "-" if random.random() < 0.5 else "/"
    day = separator.join((f"20{digits[0:2]}", digits[2:4], digits[4:6]))
    text = f"{day} {digits[6:8]}:{digits[8:10]}:{digits[10:12]}"
    if random.random() < 0.3:
        text = digits[: int(random.integers(6, 12))]
    size = float(random.uniform(0.3, 1.0)) * width / 400
    face = int(random.choice((cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)))
    level = float(random.choice((20, 235, 250)))
    outlined = random.random() < 0.5
    (wide, tall), base = cv2.getTextSize(text, face, size, max(2, round(4 * size)))
    for _ in range(STAMP_PLACES):
        x, y = int(random.integers(0, max(1, width // 2))), int(random.integers(height // 20 + 4, height))
        low, high = np.array((x, y - tall)), np.array((x + wide, y + base))
        if all((low > plate.max(axis=0)).any() or (high < plate.min(axis=0)).any() for plate in plates or ()):
            break
    else:
        return
    if outlined:
        cv2.putText(frame, text, (x, y), face, size, (255 - level,) * 3, max(2, round(4 * size)), cv2.LINE_AA)
    cv2.putText(frame, text, (x, y), face, size, (level,) * 3, max(1, round(1.6 * size)), cv2.LINE_AA)


def sign(hanzi: fonts.Font, latin: fonts.Font, random: Random) -> Picture:
    """A board with words, a telephone number, a badge: letters on a ground, and no plate."""
    drawn = random.random()
    if drawn < 0.45:
        text = SIGN_WORDS[int(random.integers(len(SIGN_WORDS)))]
        font = hanzi
    elif drawn < 0.75:
        count = int(random.integers(5, 12))
        text, font = "".join(str(each) for each in random.integers(0, 10, count)), latin
        if random.random() < 0.3:
            text = text[:3] + "-" + text[3:]
    else:
        text, font = BADGES[int(random.integers(len(BADGES)))], latin
    shape = fonts.words(font, text)
    margin_x, margin_y = (int(random.integers(4, 40)) for _ in range(2))
    ground = random.integers(0, 256, 3).astype(np.float32)
    ink = 255 - ground if random.random() < 0.5 else random.integers(0, 256, 3).astype(np.float32)
    board = cv2.copyMakeBorder(shape, margin_y, margin_y, margin_x, margin_x, cv2.BORDER_CONSTANT, value=0)
    share = board[..., None].astype(np.float32) / 255
    return np.asarray(ground * (1 - share) + ink * share, np.uint8)


def arm(frame: Picture, random: Random) -> None:
    """The barrier's own arm: a long bar with red and white stripes."""
    height, width = frame.shape[:2]
    y, tall = float(random.uniform(0, height)), float(random.uniform(0.02, 0.06)) * height
    slope = float(random.normal(0, 0.12))
    long = float(random.uniform(0.04, 0.16)) * width
    reds = np.array((random.integers(0, 60), random.integers(0, 60), random.integers(150, 255)), np.float64)
    x, number = -float(random.uniform(0, long)), 0
    while x < width:
        near, far = y + slope * x, y + slope * (x + long)
        points = np.array(((x, near), (x + long, far), (x + long * 0.8, far + tall), (x - long * 0.2, near + tall)))
        color = reds if number % 2 else np.full(3, 225.0)
        cv2.fillConvexPoly(frame, np.round(points).astype(np.int32), color.tolist(), cv2.LINE_AA)
        x, number = x + long, number + 1


def litter(frame: Picture, hanzi: tuple[fonts.Font, ...], latin: tuple[fonts.Font, ...], random: Random) -> None:
    """Some of all that into a scene, before the plates are hung."""
    height, width = frame.shape[:2]
    if random.random() < 0.5:
        for _ in range(int(random.integers(1, 4))):
            board = sign(hanzi[int(random.integers(len(hanzi)))], latin[int(random.integers(len(latin)))], random)
            wide = float(np.exp(random.uniform(np.log(20), np.log(width * 0.6))))
            corners = posed(board.shape[1] / board.shape[0], wide, random)
            paste(frame, board, corners + random.uniform((0, 0), (width, height)).astype(np.float32))
    if random.random() < 0.12:
        arm(frame, random)
    if random.random() < 0.3:
        for _ in range(int(random.integers(1, 6))):
            x, y = random.integers(0, width), random.integers(0, height)
            size = int(random.integers(4, max(6, width // 5)))
            color = [float(each) for each in random.integers(0, 256, 3)]
            cv2.rectangle(
                frame, (int(x), int(y)), (int(x) + size, int(y) + size // int(random.integers(1, 5)) + 1), color, -1
            )
