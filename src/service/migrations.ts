/**
 * The tables of `.contextcore/service.db`, as the steps that lead to them. A step that was released is never changed: whoever
 * adds something to a table adds a step at the end.
 */
export const MIGRATIONS: readonly string[] = [
  /*
   * Runs of tasks, also of those that still wait. Times are ms since 1970; `child` is the mark of the task's process, `owner`
   * that of the one which started it, `event` the id of what the trail has of it, `outcome` the trail's own word.
   */
  `CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('queued', 'planning', 'awaiting', 'running', 'ended')),
     params TEXT NOT NULL,
     user TEXT NOT NULL,
     via TEXT NOT NULL,
     request TEXT,
     schedule TEXT,
     continues TEXT,
     host TEXT NOT NULL,
     owner TEXT,
     child TEXT,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     heartbeat_at INTEGER NOT NULL,
     ended_at INTEGER,
     plan TEXT,
     event TEXT,
     outcome TEXT,
     result TEXT,
     error TEXT,
     warnings TEXT,
     CHECK ((state = 'ended') = (outcome IS NOT NULL) AND (state = 'ended') = (ended_at IS NOT NULL))
   ) STRICT;
   CREATE INDEX runs_by_kind ON runs (kind, id);
   CREATE INDEX runs_by_schedule ON runs (schedule, id) WHERE schedule IS NOT NULL;
   CREATE INDEX runs_open ON runs (id) WHERE state <> 'ended';`,
  /* Who may call the API. Of a token only its SHA-256 is kept. */
  `CREATE TABLE tokens (
     name TEXT PRIMARY KEY,
     role TEXT NOT NULL CHECK (role IN ('viewer', 'admin', 'ingest')),
     sha256 BLOB NOT NULL UNIQUE,
     created_at INTEGER NOT NULL,
     expires_at INTEGER,
     used_at INTEGER,
     revoked_at INTEGER
   ) STRICT;`,
  /* What is remembered of schedules, faults that are not over, and messages that have not arrived. Times are ms since 1970. */
  `CREATE TABLE schedules (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
   CREATE TABLE faults (
     key TEXT PRIMARY KEY,
     since INTEGER NOT NULL,
     fault TEXT NOT NULL
   ) STRICT;
   CREATE TABLE notices (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     receiver TEXT NOT NULL,
     body TEXT,
     created_at INTEGER NOT NULL,
     next_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX notices_by_receiver ON notices (receiver, id);`,
  /* Who was told when the configuration last loaded: see `notify/last-settings.ts`. */
  `CREATE TABLE last_settings (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     file TEXT NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT;`,
];
