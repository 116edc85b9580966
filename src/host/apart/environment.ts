/** What a plugin's process sees of the environment: where programs are, how people write here, where temporary files go. */
const SEEN = /^(PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT)$/i;

/** The runtime then ends a process whose parent is gone, however busy it is, and what that has started. */
const WITH_ITS_PARENT = { BUN_FEATURE_FLAG_NO_ORPHANS: "1" };

/** The environment of a plugin's process. A temporary directory of its user's choice may be the only one with room. */
export const childEnvironment = (env: NodeJS.ProcessEnv): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => SEEN.test(name))),
  ...WITH_ITS_PARENT,
});

/** In that process: nothing that the runtime was told is left for the plugin. */
export function clearEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(WITH_ITS_PARENT)) delete env[name];
}
