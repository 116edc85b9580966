/** A plugin that is part of the program. It is loaded only when it is needed, so that the program starts fast. */
export interface BuiltIn {
  readonly name: string;
  /** The declaration, still unchecked: it is held to the same rules as a stranger's. */
  readonly load: () => Promise<unknown>;
}
