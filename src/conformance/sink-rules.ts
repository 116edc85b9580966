import type { AuditRecord } from "../contract/contract.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { sampleEvent } from "./sample-event.ts";
import type { Subject } from "./subject.ts";

const events = (from: number, count: number): AuditRecord[] =>
  Array.from({ length: count }, (_, index) => sampleEvent(from + index));

const blind = ({ target }: Subject): string | undefined =>
  target.arrived === undefined ? "the check was not told how to read what has arrived" : undefined;

async function deliver(subject: Subject, some: readonly AuditRecord[]): Promise<void> {
  const sink = await subject.sink();
  for (const event of some) await sink.deliver(event, NEVER);
}

/** A sink receives events in order, one at a time, and may receive one twice. */
export const sinkRules: readonly Check<Subject>[] = [
  {
    name: "probe-writes-nothing",
    why: "a probe runs before every destructive command, and must leave no event behind",
    async run(subject) {
      const before = await subject.target.arrived?.();
      await (await subject.sink()).probe(NEVER);
      const after = await subject.target.arrived?.();
      require(before?.length === after?.length, "`probe` wrote something");
    },
  },
  {
    name: "delivered-as-it-is",
    why: "the hash of an event covers every byte of its line",
    waived: blind,
    async run(subject) {
      const before = (await subject.target.arrived?.())?.length ?? 0;
      const some = events(0, 5);
      await deliver(subject, some);
      const arrived = ((await subject.target.arrived?.()) ?? []).slice(before);
      require(arrived.length ===
        some.length, `${some.length} events were delivered, and ${arrived.length} have arrived`);
      for (const [index, { line }] of some.entries()) requireLine(line, arrived[index] ?? "");
    },
  },
  {
    name: "same-event-twice",
    why: "after a crash the same event may be delivered again, and must not mislead anyone",
    async run(subject) {
      const [event] = events(7, 1);
      if (event !== undefined) await deliver(subject, [event, event]);
    },
  },
  {
    name: "history-is-a-witness",
    why: "the newest hash that a sink has seen shows when the end of the trail was cut off",
    waived: async ({ sink }) => ((await sink()).history === undefined ? "it has no `history`" : undefined),
    async run(subject) {
      const project = `contextcore-conformance-${crypto.randomUUID().slice(0, 8)}`;
      const some = Array.from({ length: 4 }, (_, index) => sampleEvent(index, project));
      await deliver(subject, [...some, sampleEvent(9, `${project}-other`)]);
      const hashes = some.map(({ line }) => String(JSON.parse(line).hash));
      const ask = async (limit: number) => (await subject.sink()).history?.({ project, limit }, NEVER);
      require(Bun.deepEquals(
        await ask(10),
        hashes,
      ), "`history` does not give the project's hashes, newest last");
      require(Bun.deepEquals(
        await ask(2),
        hashes.slice(-2),
      ), "`history` with a limit does not give the newest ones");
    },
  },
];

function requireLine(sent: string, arrived: string): void {
  require(arrived.trimEnd() === sent, `an event was changed on the way: ${arrived.slice(0, 200)}`);
}
