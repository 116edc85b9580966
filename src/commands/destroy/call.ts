/** What `destroy` is called with, and what all of its steps are given. */
import type { Trail } from "../../audit/format/event.ts";
import type { Setting } from "../../tasks/task.ts";
import type { Call } from "../command.ts";

export const OPTIONS = ["1", "2", "3"] as const;
export type DestroyOption = (typeof OPTIONS)[number];

export const args = {
  option: {
    type: "value",
    hint: "N",
    values: OPTIONS,
    about: "1: export everything first; 2: export the dashboards first; 3: export nothing",
  },
  confirm: { type: "value", hint: "NAME", about: "the stack's name, typed to confirm" },
} as const;

export type DestroyCall = Call<typeof args>;

export interface DestroySetting {
  readonly stack: Setting;
  readonly trail: Trail;
}
