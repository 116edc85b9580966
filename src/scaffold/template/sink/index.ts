/**
 * A sink that appends every audit event to a file, one line each, exactly as it stands in the trail. Turn it step by step into
 * a sink for your destination; `contextcore plugin check` reports any rule you break on the way.
 */
import { appendFile, mkdir, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { definePlugin, messageOf, option, PluginError, v } from "contextcore";

export default definePlugin({
  name: "vendor/name",
  about: "Appends audit events to a file",
  version: "0.1.0",
  options: v.object({
    file: option.path("The file that events are appended to", join(tmpdir(), "contextcore-events.jsonl")),
  }),
  sink: ({ options: { file } }) => ({
    /** Only checks whether the file could be written; writes nothing. */
    async probe(signal) {
      signal.throwIfAborted();
      await classified(async () => {
        await mkdir(dirname(file), { recursive: true });
        await (await open(file, "a")).close();
      });
    },

    /** Resolves when the event is stored. After a crash the same event may come again; it is then not written twice. */
    async deliver(event, signal) {
      signal.throwIfAborted();
      if ((await linesOf(file)).includes(event.line)) return;
      await classified(() => appendFile(file, `${event.line}\n`, { flush: true }));
    },

    /** The hashes that this sink has seen. They show whether somebody cut off the end of the trail. */
    async history({ project, limit }) {
      const events = (await linesOf(file)).map((line) => v.parse(EVENT, JSON.parse(line)));
      return events
        .filter((event) => event.project === project)
        .map(({ hash }) => hash)
        .slice(-limit);
    },
  }),
});

const EVENT = v.object({ project: v.string(), hash: v.string() });

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** The engine decides what to do by the error's kind; the hint is for people. */
async function classified(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const said = messageOf(cause);
    throw new PluginError("temporary", `the event was not written: ${said}`, {
      hint: "Set the option `file`.",
      cause,
    });
  }
}
