/** What a plugin's process is started with, and what it is held to from its first moment. */

/** The word that makes this program the process of a plugin: nobody types it, and it needs a socket from whoever starts it. */
export const PROCESS_WORD = "--plugin-process";
/** That socket. */
export const SOCKET_FD = 3;
/** How often it says that it is alive. ms */
export const BEAT_MS = 250;
