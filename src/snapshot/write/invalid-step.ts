/** What a plugin's step yielded makes no sense; the message says which field. It is a fault of the plugin's. */
export class InvalidStep extends Error {
  override readonly name = "InvalidStep";
}
