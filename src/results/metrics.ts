import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { defineResult } from "./result.ts";

export const METRICS_LIST = defineResult({
  name: "metrics",
  version: 1,
  about: "what is measured, as Prometheus would read it",
  schema: v.object({
    families: v.array(
      v.object({
        name: v.pipe(v.string(), v.description("of a counter without the `_total` of its samples")),
        type: v.picklist(["gauge", "counter"]),
        help: v.string(),
        measured: v.array(v.object({ labels: objectOf(v.string()), value: v.number() })),
      }),
    ),
    unreadable: v.array(v.object({ source: v.string(), reason: v.string() })),
    file: v.optional(v.pipe(v.string(), v.description("where they were written"))),
  }),
});
