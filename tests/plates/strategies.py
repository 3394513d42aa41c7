from hypothesis import strategies as st

from controller.domain.plates.shapes import CN, DIGITS, Shape


def plates_of(shape: Shape) -> st.SearchStrategy[str]:
    """Texts of one shape whose serial keeps the rule of a digit and at most two letters."""
    start, end = shape.serial

    def keeps_rule(text: str) -> bool:
        digits = sum(char in DIGITS for char in text[start:end])
        return start == end or (digits > 0 and end - start - digits <= 2)

    def build(chars: list[str], letters: list[int]) -> str:
        for index in range(start, end):
            if index not in letters and chars[index] not in DIGITS:
                chars[index] = DIGITS[ord(chars[index]) % 10]
        return "".join(chars)

    chars = st.tuples(*(st.sampled_from(sorted(slot)) for slot in shape.slots)).map(list)
    letters = st.lists(st.integers(min_value=start, max_value=max(start, end - 1)), max_size=2)
    return st.builds(build, chars, letters).filter(keeps_rule)


def plates(shapes: tuple[Shape, ...] = CN) -> st.SearchStrategy[str]:
    """Texts of any of these shapes, by default of the Chinese ones."""
    return st.sampled_from(shapes).flatmap(plates_of)
