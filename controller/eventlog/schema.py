"""The tables of `gate.db` as they were first laid down, with the indexes that the booth's questions need.

Once released, nothing here changes: a later shape is a migration of its own in `migrations`. Contract, "Events".
"""

EVENTS = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL, lane TEXT, type TEXT NOT NULL, passage TEXT,
        actor TEXT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)""",
    "CREATE INDEX events_passage ON events (passage, seq) WHERE passage IS NOT NULL",
    # one row for each fact taken up, with or without events: what replay folds over
    """CREATE TABLE causes (
        id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, fact TEXT NOT NULL,
        known TEXT NOT NULL)""",
    "CREATE INDEX causes_first ON causes (first_seq)",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE segments (
        first_seq INTEGER PRIMARY KEY, prev TEXT NOT NULL, last_seq INTEGER NOT NULL, head TEXT NOT NULL,
        file TEXT NOT NULL, first_cause INTEGER NOT NULL, last_cause INTEGER NOT NULL, last_at TEXT NOT NULL)""",
)

READ_MODELS = (
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, acked INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX outbox_open ON outbox (seq) WHERE acked = 0",
    "CREATE TABLE lane_states (lane TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE lane_views (lane TEXT PRIMARY KEY, seq INTEGER NOT NULL, view TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE passages (
        id TEXT PRIMARY KEY, lane TEXT, side TEXT, direction TEXT, started_at TEXT NOT NULL, ended_at TEXT,
        outcome TEXT, plate TEXT, plate_kind TEXT, color TEXT, card TEXT, vehicle TEXT, verdict TEXT, reason TEXT,
        actor TEXT, picture TEXT, stay TEXT, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL)""",
    "CREATE INDEX passages_first ON passages (first_seq)",
    "CREATE INDEX passages_lane ON passages (lane, first_seq)",
    "CREATE INDEX passages_outcome ON passages (outcome, first_seq)",
    "CREATE INDEX passages_plate ON passages (plate, first_seq) WHERE plate IS NOT NULL",
    "CREATE INDEX passages_started ON passages (started_at, first_seq)",
    # every ending of every plate seen, so that a fragment is found without reading all passages
    "CREATE TABLE plate_parts (part TEXT NOT NULL, plate TEXT NOT NULL, PRIMARY KEY (part, plate)) WITHOUT ROWID",
    """CREATE TABLE stays (
        id TEXT PRIMARY KEY, grp TEXT, plate TEXT, vehicle TEXT, card TEXT, temporary INTEGER NOT NULL DEFAULT 0,
        entry_passage TEXT, entry_lane TEXT, entry_at TEXT, exit_passage TEXT, exit_lane TEXT, exit_at TEXT,
        remote INTEGER NOT NULL DEFAULT 0, minutes INTEGER, note TEXT, version INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX stays_open_grp ON stays (grp) WHERE exit_at IS NULL",
    "CREATE INDEX stays_open_plate ON stays (plate) WHERE exit_at IS NULL",
    "CREATE INDEX stays_open_vehicle ON stays (vehicle) WHERE exit_at IS NULL",
    "CREATE INDEX stays_open_card ON stays (card) WHERE exit_at IS NULL",
    "CREATE INDEX stays_open_entry ON stays (entry_at) WHERE exit_at IS NULL",
    "CREATE INDEX stays_grp_entry ON stays (grp, entry_at)",
    "CREATE INDEX stays_grp_exit ON stays (grp, exit_at)",
    "CREATE INDEX stays_exit ON stays (exit_at) WHERE exit_at IS NOT NULL",
    "CREATE INDEX stays_entry_passage ON stays (entry_passage)",
    "CREATE INDEX stays_exit_passage ON stays (exit_passage)",
    """CREATE TABLE alarms (
        raised_seq INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT, lane TEXT, device TEXT, raised_at TEXT NOT NULL,
        cleared_at TEXT, cleared_seq INTEGER, detail TEXT)""",
    "CREATE UNIQUE INDEX alarms_open ON alarms (id) WHERE cleared_seq IS NULL",
    """CREATE TABLE devices (
        device TEXT NOT NULL, lane TEXT NOT NULL, kind TEXT, condition TEXT NOT NULL, detail TEXT, since TEXT NOT NULL,
        PRIMARY KEY (device, lane)) WITHOUT ROWID""",
    """CREATE TABLE orders (
        id TEXT PRIMARY KEY, result TEXT NOT NULL, reason TEXT, at TEXT NOT NULL,
        published INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX orders_unpublished ON orders (at) WHERE published = 0",
    "CREATE INDEX orders_at ON orders (at)",
    """CREATE TABLE overlay (
        event_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, tbl TEXT NOT NULL, row_id TEXT NOT NULL, row TEXT NOT NULL,
        absorbed_version INTEGER)""",
    "CREATE INDEX overlay_row ON overlay (tbl, row_id) WHERE absorbed_version IS NULL",
    "CREATE TABLE texts (digest TEXT PRIMARY KEY, salt TEXT NOT NULL, clear TEXT NOT NULL) WITHOUT ROWID",
)
