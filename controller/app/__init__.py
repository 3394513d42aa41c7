"""The composition root: the one room that knows every other, and makes a daemon of them. No rule stands here."""
