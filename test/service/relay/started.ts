/** A relay in front of a server of models, and what its log has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openActivity } from "../../../src/activity/database/open.ts";
import { listRuns, type RunRow } from "../../../src/activity/query/list.ts";
import { findRun } from "../../../src/activity/query/show.ts";
import {
  quietProject,
  type ServiceOptions,
  type StartedService,
  startService,
  tokenFor,
} from "../../support/service.ts";

export interface StartedRelay extends StartedService {
  /** May use it. */
  readonly token: string;
  /** Asks `/relay/…` with that token. */
  relay(path: string, init?: RequestInit): Promise<Response>;
  /** The runs that are in the log, oldest first, once that many have come to their end. */
  runs(count: number): Promise<ReturnType<typeof listRuns>>;
  /** The run of this user, once it has ended. */
  runOf(user: string): Promise<RunRow>;
  /** A whole run, with what was said. */
  run(id: string): ReturnType<typeof findRun>;
}

/** @param upstream its address @param more lines below `activity` */
export const relayProject = (upstream: string, more = ""): string =>
  quietProject(
    `activity:\n  upstreams:\n    openai: { url: "${upstream}" }\n    anthropic: { url: "${upstream}" }\n${more}`,
  );

/** Starts the relay alone. @param isFull with everything else */
export async function startRelay(
  cwd: string,
  options: ServiceOptions = {},
  isFull = false,
): Promise<StartedRelay> {
  const token = await tokenFor(cwd, "agent", "ingest");
  const service = await startService(cwd, { ...options, args: isFull ? [] : ["--only", "relay"] });
  return { ...service, ...relayOf(service, token) };
}

/** How a service's relay is asked. */
export function relayOf({ url, cwd }: StartedService, token: string) {
  const path = join(cwd, ".contextcore/activity.db");
  const looking = <Value>(look: (database: ReturnType<typeof openActivity>) => Value): Value => {
    const database = openActivity(path, { isReadOnly: true });
    try {
      return look(database);
    } finally {
      database.close();
    }
  };
  return {
    token,
    relay: (path: string, init: RequestInit = {}) =>
      fetch(`${url}/relay/${path}`, { ...init, headers: { "X-Contextcore-Token": token, ...init.headers } }),
    async runs(count: number) {
      for (let left = 400; ; left -= 1) {
        const runs = tried(() => looking((database) => listRuns(database, { limit: 1_000 }))) ?? [];
        const ended = runs.filter(({ status }) => status !== "running");
        if (ended.length >= count || left === 0) return ended.reverse();
        await Bun.sleep(20);
      }
    },
    async runOf(user: string): Promise<RunRow> {
      for (let left = 400; left > 0; left -= 1) {
        const runs = tried(() => looking((database) => listRuns(database, { user, limit: 1 }))) ?? [];
        const [found] = runs.filter(({ status }) => status !== "running");
        if (found !== undefined) return found;
        await Bun.sleep(20);
      }
      throw new Error(`no run of ${user} has ended`);
    },
    run: (id: string) => looking((database) => findRun(database, id)),
  };
}

/** Before the first run there is no database. */
function tried<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** All bytes of the database and what lies beside it. */
export const filesOf = (cwd: string): string =>
  ["", "-wal", "-shm"]
    .map((end) => tried(() => readFileSync(join(cwd, `.contextcore/activity.db${end}`), "latin1")) ?? "")
    .join("");
