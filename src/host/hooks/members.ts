/** The methods of a backend, sink or store, by their names in messages. */

/** A method whose parameters and result are not known yet. */
export type Method = (...args: readonly unknown[]) => unknown;

/** The method that the contract calls `export.step`, bound to its object; `undefined` when there is none. */
export function methodOf(face: object, path: string): Method | undefined {
  const [part = "", name] = path.split(".");
  const owner: unknown = name === undefined ? face : Reflect.get(face, part);
  if (typeof owner !== "object" || owner === null) return undefined;
  const member: unknown = Reflect.get(owner, name ?? part);
  return typeof member === "function" ? (...args) => Reflect.apply(member, owner, args) : undefined;
}

/** @throws what the method throws */
export async function callMethod(face: object, path: string, args: readonly unknown[]): Promise<unknown> {
  const method = methodOf(face, path);
  if (method === undefined) throw new Error(`there is no ${path}`);
  return method(...args);
}

/** An object with these methods. A path such as `export.step` becomes a member of the part `export`. */
export function objectWith(methods: Iterable<readonly [path: string, method: unknown]>): object {
  const parts: Record<string, unknown> = {};
  for (const [path, method] of methods) {
    const [part = "", name] = path.split(".");
    parts[part] = name === undefined ? method : { ...Object(parts[part]), [name]: method };
  }
  return parts;
}
