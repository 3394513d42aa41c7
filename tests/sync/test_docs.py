"""docs/mqtt.md says what the code does."""

import re
from pathlib import Path

from controller.sync.topics import TOPIC_TABLE


def test_the_table_of_topics_in_the_docs_is_the_one_in_the_code() -> None:
    text = Path("docs/mqtt.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \| (up|down) \| (\d) \| (yes|no) \| (.+?) \|$", text, re.MULTILINE)
    found = [(topic, way, int(qos), retained == "yes", payload) for topic, way, qos, retained, payload in rows]
    assert found == list(TOPIC_TABLE)
