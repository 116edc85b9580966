/** What a view is given: the names in its address. */
export interface ViewProps {
  readonly params: Readonly<Record<string, string>>;
}
