/** The argument that makes this program a task's process. Nobody types it, and it requires an order on stdin. */
export const TASK_WORD = "--task-process";
