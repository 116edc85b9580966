import { fromMs } from "contextcore";

/**
 * So long after a sample's time a Prometheus' write-ahead log is without it: the head becomes blocks of two hours, and twice after
 * that the log is cut. ns
 */
export const LOGGED = 8n * fromMs(3_600_000);
