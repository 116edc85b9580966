/** One sentence for a problem. A programming error of a plugin is named as what it is. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `the plugin threw ${String(error)}`;
  if (error.name === "InvalidStep") return `the plugin's answer makes no sense: ${error.message}`;
  if (error.name === "PluginError" || error.name === "StepRefused") return error.message;
  return `the plugin failed: ${error.name}: ${error.message}`;
}
