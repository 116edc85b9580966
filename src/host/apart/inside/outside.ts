/** The way to the process outside. */
export interface Outside {
  call(name: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
  note(name: string, value: unknown): void;
}
