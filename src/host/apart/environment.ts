/** The environment that a plugin's process sees: the search path, the locale and the temporary directory. */
const SEEN = /^(PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT)$/i;

/** Makes the runtime end a process whose parent is gone, however busy, together with its children. */
const WITH_ITS_PARENT = { BUN_FEATURE_FLAG_NO_ORPHANS: "1" };

/** The environment of a plugin's process. The user's temporary directory may be the only one with room. */
export const childEnvironment = (env: NodeJS.ProcessEnv): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => SEEN.test(name))),
  ...WITH_ITS_PARENT,
});

/** Runs in that process: hides the runtime's own settings from the plugin. */
export function clearEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(WITH_ITS_PARENT)) delete env[name];
}
