/** An export against what a server of a certain version answered: it asks for nothing else, and nothing is said to be missing. */
import { expect } from "bun:test";
import { resolve } from "node:path";
import { exportFrom } from "./exported.ts";
import { type Answers, readSession, replay, type Session } from "./session.ts";

/** What a server of this name answered. @param server such as `Tempo 2.8.4` */
export const sessionOf = (server: string): Promise<Session> =>
  readSession(
    resolve(import.meta.dir, "../recordings/exports", `${server.toLowerCase().replace(" ", "-")}.json.gz`),
  );

/** Problems of the data: a recorded server may lag behind the recorded clock. */
const LACKS = ["incomplete", "clamped", "failed"];

/** Exports what was recorded, and expects it to be whole. */
export async function exported(server: string) {
  const session = await sessionOf(server);
  return { session, ...(await exportedFrom(session, session.answers)) };
}

/** The same with other answers of the session. */
export async function exportedFrom({ plugin, clock }: Session, answers: Answers) {
  await using here = replay(answers);
  const found = await exportFrom(here.url, plugin, clock);
  expect(here.unknown).toEqual([]);
  expect(found.claims?.status).toBe("complete");
  expect(found.claims?.problems.filter(({ kind }) => LACKS.includes(kind))).toEqual([]);
  return found;
}
