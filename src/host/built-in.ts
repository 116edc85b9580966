/** A plugin that is part of the program. It is loaded only when needed, so that the program starts fast. */
export interface BuiltIn {
  readonly name: string;
  /** The declaration, still unchecked: it must follow the same rules as a third party's. */
  readonly load: () => Promise<unknown>;
  /**
   * Its backend is asked only where the configuration names it, since not every stack has one. Absent: it is asked in every
   * project that does not say `enabled: false`.
   */
  readonly onlyNamed?: true;
  /** The URLs that mean its store, such as `s3://bucket/prefix`, and which options each stands for. */
  readonly address?: {
    readonly scheme: string;
    readonly options: (url: URL) => Readonly<Record<string, unknown>>;
  };
}
