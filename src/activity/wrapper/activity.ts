/**
 * The public entry `contextcore/activity`: keeps what a program's models are asked and answer, for Node.js 22.15 and later and for Bun.
 * Nothing here delays, changes or fails the call that it notes.
 */

import { given } from "../../units/given.ts";
import type { KeptContent } from "../content/keep.ts";
import { openDoor } from "../door.ts";
import type { ActivityLog } from "../log.ts";
import { type ServicePlace, serviceLog } from "./service-log.ts";

export type { Message, Part, Tokens } from "../format/run.ts";
export type { ActivityLog } from "../log.ts";
export { fromRunLine, openRunRecords, type RunRecords, toRunLine } from "../records/records.ts";
export { SUBJECT_FIELDS, type SubjectPlace, subjectPlaces } from "../records/subject.ts";
export { recordActivity } from "./record-fetch.ts";
export { withRun } from "./with-run.ts";

/** Where runs are kept: in a file of this machine, or by a service. */
type LogPlace = FilePlace | ServicePlace;

interface FilePlace {
  readonly file: string;
  /** How much is kept of a run that does not say it itself; default `redacted`. A file knows no configuration. */
  readonly content?: KeptContent;
}

/** Opens a log; close it before the program ends, so that what waits is written. @throws TypeError when `service` is no URL */
export const openActivityLog = (place: LogPlace): ActivityLog =>
  "file" in place ? openDoor({ path: place.file, ...given({ content: place.content }) }) : serviceLog(place);
