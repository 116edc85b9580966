/** Why some of one person's data stays although it could be erased: it has to be kept, or somebody holds it. */
import type { Config } from "../config/config.ts";
import type { PersonPlace } from "../config/subjects.ts";
import { readHolds } from "../retention/holds/file.ts";
import { holdsOn } from "../retention/holds/hold.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import { heldByText } from "./held-by.ts";

/** A reason to stay. */
interface Stay {
  readonly reason: string;
  /** It goes once the hold ends. */
  readonly isHeld?: true;
}

/** Tells it of data of a backend; absent: it may go. A hold with a selector holds all that it may be about. @param range of the data; absent: of any time */
export type StaysOf = (backend: string, range?: Range) => Stay | undefined;

/** By the configuration and the holds that stand now. @throws HoldError: then nobody knows what may go */
export function staysIn(config: Pick<Config, "directory" | "subjects">): StaysOf {
  const holds = readHolds(config);
  return (backend, range) => {
    const keep = placesIn(config, backend).find((place) => place.keep !== undefined)?.keep;
    if (keep !== undefined) return { reason: keep };
    const held = holdsOn(holds, { backend, ...given({ range }) }).map(({ name }) => name);
    return held.length === 0 ? undefined : { reason: heldByText(held), isHeld: true };
  };
}

/** Where persons show up in a backend, by its name; of a tenant as its instance says. */
export const placesIn = ({ subjects }: Pick<Config, "subjects">, backend: string): readonly PersonPlace[] =>
  subjects[backend] ?? subjects[backend.replace(/@.*/s, "")] ?? [];
