/** The schedules as they stand, whether a service runs or not. */
import type { Config } from "../../config/config.ts";
import type { ScheduleJson } from "../../results/schedules.ts";
import { openDatabaseToRead } from "../database.ts";
import { readSchedules } from "./check.ts";
import { scheduleJson } from "./shown.ts";
import { scheduleStates } from "./states.ts";

/** @throws ConfigError when one of them cannot run; DatabaseError */
export async function listSchedules(config: Config): Promise<ScheduleJson[]> {
  const schedules = await readSchedules(config);
  const database = openDatabaseToRead(config.directory);
  try {
    const states = database && scheduleStates(database);
    return schedules.map((one) => scheduleJson(one, states?.read(one.name), Date.now()));
  } finally {
    database?.close(true);
  }
}
