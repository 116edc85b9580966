/** Whose data is meant: a secret of every task, which nothing shows or keeps. */
import { readIdentifier } from "../retention/subjects/identifier.ts";
import { KEY } from "./snapshots/places.ts";
import { IDENTITY } from "./task/identity.ts";

/** The parameters of whatever looks for one person's data. */
export const SUBJECT_PARAMS = {
  subject: {
    type: "value",
    hint: "IDENTIFIER",
    required: true,
    secret: true,
    parse: readIdentifier,
    about: "what identifies the person in the data",
  },
  key: KEY,
  ...IDENTITY,
} as const;
