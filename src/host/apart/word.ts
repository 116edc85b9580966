/** How a plugin's process is started, and its obligations from the start. */

/** The argument that makes this program a plugin's process. Nobody types it, and it requires a socket from the parent. */
export const PROCESS_WORD = "--plugin-process";
/** That socket. */
export const SOCKET_FD = 3;
/** The interval between its signs of life. ms */
export const BEAT_MS = 250;
