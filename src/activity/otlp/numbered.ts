/** Lists of objects as flat names: `llm.input_messages.0.message.role`. */
import type { AnyValue } from "../../otlp/trace.ts";
import type { Json } from "../../units/json.ts";
import { jsonOf } from "./value.ts";

type Branch = Map<string, Branch | AnyValue>;

/** No convention needs more. */
const DEPTH_MAX = 16;

/** What stands below, as a list; `undefined` when nothing does. @param prefix ends with a dot */
export function numberedBelow(prefix: string, values: ReadonlyMap<string, AnyValue>): Json | undefined {
  const root: Branch = new Map();
  for (const [key, value] of values) {
    if (!key.startsWith(prefix) || !/^\d/.test(key.slice(prefix.length))) continue;
    const path = key.slice(prefix.length).split(".", DEPTH_MAX);
    put(root, path, value);
  }
  return root.size === 0 ? undefined : inOrder(root);
}

function put(root: Branch, path: readonly string[], value: AnyValue): void {
  let branch = root;
  for (const word of path.slice(0, -1)) {
    const known = branch.get(word);
    const next: Branch = known instanceof Map ? known : new Map();
    branch.set(word, next);
    branch = next;
  }
  const last = path.at(-1) ?? "";
  if (!(branch.get(last) instanceof Map)) branch.set(last, value);
}

/** By number, whatever order they came in; numbers that are left out leave no gap. */
const inOrder = (branch: Branch): Json[] =>
  [...branch].sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => branchJson(one));

function branchJson(one: Branch | AnyValue): Json {
  if (!(one instanceof Map)) return jsonOf(one);
  const isNumbered = [...one.keys()].every((word) => /^\d+$/.test(word));
  return isNumbered
    ? inOrder(one)
    : Object.fromEntries([...one].map(([word, member]) => [word, branchJson(member)]));
}
