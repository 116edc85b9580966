/** The environment variables that the program itself reads, besides those of the settings and of plugins' options. */

/** An environment variable, as the manual page and the documentation list it. */
export interface Variable {
  readonly name: string;
  /** For the manual page and the documentation: one phrase, without backticks. */
  readonly about: string;
  /** What counts where it is not set. */
  readonly fallback?: string;
}

/** Those with our own prefix, which no setting may have as well. */
export const OWN_VARIABLES: readonly Variable[] = [
  {
    name: "CONTEXTCORE_CONFIG",
    about: "the configuration file, as --config names it",
    fallback: "contextcore.yaml here or in a parent directory",
  },
  {
    name: "CONTEXTCORE_HOME",
    about: "the directory of the home copy of the trail, its keys, your agreements; an absolute path",
    fallback: "~/.contextcore",
  },
  {
    name: "CONTEXTCORE_TRUST",
    about:
      "hashes of projects that are agreed to for this run, with commas between them; config trust shows them",
  },
  {
    name: "CONTEXTCORE_LOG",
    about: "how much the log on stderr tells: silent, error, warn, info or debug",
    fallback: "warn",
  },
  {
    name: "CONTEXTCORE_PAGER",
    about: "the pager for results that are longer than the screen; empty or cat: none",
    fallback: "PAGER, then less",
  },
  {
    name: "CONTEXTCORE_HOOK_TIMEOUT",
    about: "time limit of every call of a plugin, such as 5m",
    fallback: "1m for calls that only look, 10m for those that work",
  },
  {
    name: "CONTEXTCORE_PLUGIN_MEMORY",
    about: "memory limit of a third-party plugin's process",
    fallback: "1GB",
  },
  {
    name: "CONTEXTCORE_BARREN_STEPS",
    about: "how many steps in a row of a plugin's export may yield nothing before it is stopped",
    fallback: "10000",
  },
];

/** Those of the system that change what the program does. */
export const SYSTEM_VARIABLES: readonly Variable[] = [
  { name: "HOME", about: "where .contextcore/ lies, unless CONTEXTCORE_HOME says otherwise" },
  {
    name: "ENVIRONMENT",
    about: "production: serve refuses weak secrets, unless service.production says otherwise",
  },
  { name: "PATH", about: "where the program of destroy.command is looked for" },
  {
    name: "HTTP_PROXY",
    about: "a proxy for addresses with http://; this machine is asked directly all the same",
  },
  { name: "HTTPS_PROXY", about: "a proxy for addresses with https://" },
  { name: "ALL_PROXY", about: "a proxy for addresses that have none of their own" },
  { name: "NO_PROXY", about: "hosts that are asked without the proxy, such as .example.com,10.0.0.0/8" },
  {
    name: "BUN_CONFIG_MAX_HTTP_REQUESTS",
    about: "how many requests are sent at once; the relay takes 16 fewer",
    fallback: "256",
  },
  { name: "NO_COLOR", about: "any value: no colours, unless FORCE_COLOR or --color says otherwise" },
  {
    name: "FORCE_COLOR",
    about: "any value: colours also where there is no terminal; 0 or false: none",
  },
  { name: "COLUMNS", about: "how wide tables and sentences on a terminal are, and the help everywhere" },
  { name: "PAGER", about: "the pager for results that are longer than the screen; empty or cat: none" },
  { name: "LESS", about: "settings of less", fallback: "FRX where less is our pager; LV likewise: -c" },
  { name: "TERM", about: "dumb: no colours, no progress lines and no pager" },
  { name: "CI", about: "any value: no colours, no progress lines and no pager" },
];
