/**
 * The members that have a value, in order: `{ url, ...given({ tenant }) }` has no member `tenant` if that is `undefined`.
 */
export function given<Members extends object>(
  members: {
    readonly [Name in keyof Members]: Members[Name] | undefined;
  },
): Partial<Members> {
  const found: Partial<Members> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
