/** FaultBook, each told once when it begins and once when it is over, whatever happens in between. */
import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import type { FaultKind, Receiver } from "../../config/notify.ts";
import { given } from "../../units/given.ts";
import { type Outbox, receiverId } from "./outbox.ts";
import { filled, type MessageValues } from "./template.ts";

/** Something that is not as it should be. */
export interface Fault {
  /** What it is about: `schedule/nightly`. Of each there is one at a time. */
  readonly key: string;
  readonly kind: FaultKind;
  /** One line: `nightly failed`. */
  readonly title: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly schedule?: string | undefined;
  readonly task?: string | undefined;
}

/** A fault that has not ended. */
interface OpenFault extends Fault {
  readonly sinceMs: number;
}

/** Keeps account of faults. */
export interface FaultBook {
  /** Told unless it is known as one of this kind. */
  begins(fault: Fault, nowMs: number): void;
  /** Told if it was there. @param how one line: `nightly went well again` */
  over(key: string, how: string, nowMs: number): void;
  open(): readonly OpenFault[];
}

interface FaultParts {
  readonly receivers: readonly Receiver[];
  /** The stack's name. */
  readonly stack: string;
  readonly outbox: Outbox;
}

/** @param database that of the service */
export function openFaultBook(database: Database, { receivers, stack, outbox }: FaultParts): FaultBook {
  const open = (): OpenFault[] =>
    database
      .query<{ since: number; fault: string }, []>("SELECT since, fault FROM faults ORDER BY since, key")
      .all()
      .map(({ since, fault }) => ({ ...JSON.parse(fault), sinceMs: since }));
  const find = (key: string): OpenFault | undefined => open().find((one) => one.key === key);
  const tell = ({ url, template }: Receiver, values: MessageValues, nowMs: number): void =>
    outbox.add(receiverId(url), filled(template, { stack, host: hostname(), ...values }), nowMs);
  const atOnce = (work: () => void): void => database.transaction(work).immediate();
  return {
    open,
    begins: (fault, nowMs) =>
      atOnce(() => {
        const before = find(fault.key);
        if (before?.kind === fault.kind) return;
        const now = { ...fault, sinceMs: before?.sinceMs ?? nowMs };
        database.run("INSERT OR REPLACE INTO faults (key, since, fault) VALUES (?, ?, ?)", [
          fault.key,
          now.sinceMs,
          JSON.stringify(fault),
        ]);
        for (const one of receivers) {
          if (one.on?.includes(fault.kind)) tell(one, begun(now, stack), nowMs);
          else if (before !== undefined && one.on?.includes(before.kind))
            tell(one, overBy(before, `${stack}: ${fault.title}`, nowMs), nowMs);
        }
      }),
    over: (key, how, nowMs) =>
      atOnce(() => {
        const fault = find(key);
        if (fault === undefined) return;
        database.run("DELETE FROM faults WHERE key = ?", [key]);
        for (const one of receivers)
          if (one.on?.includes(fault.kind)) tell(one, overBy(fault, `${stack}: ${how}`, nowMs), nowMs);
      }),
  };
}

/** A message is no log. Characters. */
const TEXT_MAX = 2_000;

const YEAR_MS = 365 * 24 * 3_600_000;

const begun = (fault: OpenFault, stack: string): MessageValues => ({
  state: "begins",
  kind: fault.kind,
  title: `${stack}: ${fault.title}`,
  message: fault.message.slice(0, TEXT_MAX),
  since: new Date(fault.sinceMs).toISOString(),
  ends: new Date(fault.sinceMs + YEAR_MS).toISOString(),
  ...given({ hint: fault.hint, schedule: fault.schedule, task: fault.task }),
});

function overBy(fault: OpenFault, title: string, nowMs: number): MessageValues {
  const at = new Date(nowMs).toISOString();
  const message = `${fault.title} on ${new Date(fault.sinceMs).toISOString()}: ${fault.message}`;
  const { hint: _, ...rest } = begun(fault, "");
  return { ...rest, state: "over", title, message: message.slice(0, TEXT_MAX), until: at, ends: at };
}
