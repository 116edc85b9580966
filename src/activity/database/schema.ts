/** Of a day without runs nothing is left. */
const EMPTY = `     DELETE FROM days WHERE day = old.day AND model = old.model AND runs = 0;
     DELETE FROM latencies WHERE day = old.day AND model = old.model AND bucket IN (old.bucket, old.first_bucket)
       AND answers = 0 AND firsts = 0;
`;

/** Keeps `days` and `latencies` true, which statistics are read from, whoever ends or removes a run. */
const tally = (name: string, when: string, row: "new" | "old", by: 1 | -1): string => `
   CREATE TRIGGER ${name} ${when} BEGIN
     INSERT INTO days VALUES (${row}.day, ${row}.model, ${by}, ${by} * (${row}.status = 'error'),
       ${by} * coalesce(${row}.tokens_input, 0), ${by} * coalesce(${row}.tokens_output, 0),
       ${by} * (${row}.tokens_output IS NULL))
     ON CONFLICT (day, model) DO UPDATE SET runs = runs + excluded.runs, errors = errors + excluded.errors,
       tokens_input = tokens_input + excluded.tokens_input, tokens_output = tokens_output + excluded.tokens_output,
       uncounted = uncounted + excluded.uncounted;
     INSERT INTO latencies SELECT ${row}.day, ${row}.model, ${row}.bucket, ${by}, 0 WHERE ${row}.bucket IS NOT NULL
     ON CONFLICT (day, model, bucket) DO UPDATE SET answers = answers + excluded.answers;
     INSERT INTO latencies SELECT ${row}.day, ${row}.model, ${row}.first_bucket, 0, ${by} WHERE ${row}.first_bucket IS NOT NULL
     ON CONFLICT (day, model, bucket) DO UPDATE SET firsts = firsts + excluded.firsts;
${by === 1 ? "" : EMPTY}   END;`;

/**
 * The tables of `.contextcore/activity.db`, as the steps that lead to them. A step that was released is never changed. Times are
 * ms since 1970. What is not known is NULL.
 */
export const STEPS: readonly string[] = [
  `CREATE TABLE runs (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     source TEXT NOT NULL,
     upstream TEXT,
     user TEXT,
     entity_type TEXT,
     entity_id TEXT,
     conversation TEXT,
     trace_id TEXT,
     span_id TEXT,
     parent_id TEXT,
     provider TEXT,
     operation TEXT NOT NULL,
     model_asked TEXT,
     model_answered TEXT,
     status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'error', 'cancelled', 'interrupted')),
     started INTEGER NOT NULL,
     first_chunk INTEGER,
     ended INTEGER,
     tokens_input INTEGER,
     tokens_output INTEGER,
     tokens_cached INTEGER,
     tokens_reasoning INTEGER,
     finish_reason TEXT,
     error_class TEXT,
     error_text TEXT,
     content TEXT NOT NULL,
     redactions INTEGER NOT NULL DEFAULT 0,
     cut_bytes INTEGER NOT NULL DEFAULT 0,
     writer TEXT,
     day INTEGER NOT NULL,
     model TEXT NOT NULL,
     bucket INTEGER,
     first_bucket INTEGER
   ) STRICT;
   CREATE INDEX runs_by_time ON runs (started);
   CREATE INDEX runs_by_user ON runs (user, started);
   CREATE INDEX runs_by_entity_type ON runs (entity_type, started);
   CREATE INDEX runs_by_entity ON runs (entity_id, started);
   CREATE INDEX runs_by_conversation ON runs (conversation, started);
   CREATE INDEX runs_by_model_asked ON runs (model_asked, started);
   CREATE INDEX runs_by_model ON runs (model, started);
   CREATE INDEX runs_by_status ON runs (status, started);
   CREATE INDEX runs_by_source ON runs (source, started);
   CREATE INDEX runs_by_tokens ON runs (coalesce(tokens_input, 0) + coalesce(tokens_output, 0));
   CREATE INDEX runs_by_trace ON runs (trace_id) WHERE trace_id IS NOT NULL;

   CREATE TABLE messages (
     number INTEGER PRIMARY KEY,
     hash BLOB NOT NULL UNIQUE,
     role TEXT NOT NULL,
     coding TEXT NOT NULL CHECK (coding IN ('json', 'zstd')),
     body BLOB NOT NULL,
     bytes INTEGER NOT NULL
   ) STRICT;

   CREATE TABLE run_messages (
     run INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
     side TEXT NOT NULL CHECK (side IN ('input', 'output')),
     position INTEGER NOT NULL,
     message INTEGER NOT NULL REFERENCES messages (number),
     PRIMARY KEY (run, side, position)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX run_messages_by_message ON run_messages (message);

   CREATE TABLE tool_calls (
     number INTEGER PRIMARY KEY,
     run INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
     call_id TEXT,
     name TEXT NOT NULL,
     arguments TEXT,
     result TEXT,
     status TEXT NOT NULL CHECK (status IN ('called', 'answered')),
     called INTEGER NOT NULL,
     answered INTEGER,
     answered_by INTEGER REFERENCES runs (seq) ON DELETE SET NULL
   ) STRICT;
   CREATE INDEX tool_calls_by_run ON tool_calls (run);
   CREATE INDEX tool_calls_by_name ON tool_calls (name, called);
   CREATE INDEX tool_calls_open ON tool_calls (call_id) WHERE status = 'called';
   CREATE INDEX tool_calls_by_answer ON tool_calls (answered_by) WHERE answered_by IS NOT NULL;

   CREATE TABLE days (
     day INTEGER NOT NULL,
     model TEXT NOT NULL,
     runs INTEGER NOT NULL,
     errors INTEGER NOT NULL,
     tokens_input INTEGER NOT NULL,
     tokens_output INTEGER NOT NULL,
     uncounted INTEGER NOT NULL,
     PRIMARY KEY (day, model)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE latencies (
     day INTEGER NOT NULL,
     model TEXT NOT NULL,
     bucket INTEGER NOT NULL,
     answers INTEGER NOT NULL,
     firsts INTEGER NOT NULL,
     PRIMARY KEY (day, model, bucket)
   ) STRICT, WITHOUT ROWID;

${tally("runs_ended", "AFTER UPDATE OF status ON runs WHEN old.status = 'running' AND new.status <> 'running'", "new", 1)}
${tally("runs_gone", "AFTER DELETE ON runs WHEN old.status <> 'running'", "old", -1)}

   CREATE VIRTUAL TABLE message_text USING fts5 (text, content = '', contentless_delete = 1);
   INSERT INTO message_text (message_text, rank) VALUES ('secure-delete', 1);`,

  // When its end was written down: by that, and not by when they began, runs that came late are in the next increment.
  `ALTER TABLE runs ADD COLUMN recorded INTEGER;
   UPDATE runs SET recorded = coalesce(ended, started) WHERE status <> 'running';
   CREATE INDEX runs_by_recorded ON runs (recorded) WHERE recorded IS NOT NULL;`,

  // What a tool's own span says of a call.
  `ALTER TABLE tool_calls ADD COLUMN span TEXT;
   ALTER TABLE tool_calls ADD COLUMN failed INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1));`,
];
