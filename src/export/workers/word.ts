/** The argument that makes this program a worker of an export. Nobody types it, and it requires a socket from the export. */
export const WORKER_WORD = "--worker-process";

/** The socket through which it hears. */
export const WORKER_FD = 3;

/** The interval between its signs of life, ms. */
export const ALIVE_MS = 500;
