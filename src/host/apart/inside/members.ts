/** The methods of a backend, sink or store, by their names in messages. */

/** The method that the contract calls `export.step`, with its object. */
export function memberOf(face: object, path: string): { owner: object; member: unknown } {
  const [part = "", name] = path.split(".");
  if (name === undefined) return { owner: face, member: Reflect.get(face, part) };
  const owner: unknown = Reflect.get(face, part);
  if (typeof owner !== "object" || owner === null) return { owner: face, member: undefined };
  return { owner, member: Reflect.get(owner, name) };
}

/** @throws what the method throws */
export async function callMethod(face: object, path: string, args: readonly unknown[]): Promise<unknown> {
  const { owner, member } = memberOf(face, path);
  if (typeof member !== "function") throw new Error(`there is no ${path}`);
  return Reflect.apply(member, owner, args);
}
