/** The signatures of the examples in Amazon's documentation of version 4. */
import { expect, test } from "bun:test";
import { encodedPath, queryText, sha256Of, signed } from "../../../plugins/s3/sign.ts";

const scope = {
  keys: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  region: "us-east-1",
  now: new Date("2013-05-24T00:00:00Z"),
};
const host = "examplebucket.s3.amazonaws.com";
const nothing = sha256Of("");

test.each([
  [
    "an object's first bytes",
    { method: "GET", path: "/test.txt", query: "", headers: { range: "bytes=0-9" }, bodySha256: nothing },
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "a write",
    {
      method: "PUT",
      path: `/${encodedPath("test$file.text")}`,
      query: "",
      headers: { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      bodySha256: sha256Of("Welcome to Amazon S3."),
    },
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "a bucket's rules",
    { method: "GET", path: "/", query: queryText({ lifecycle: "" }), headers: {}, bodySha256: nothing },
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "a listing",
    {
      method: "GET",
      path: "/",
      query: queryText({ prefix: "J", "max-keys": "2", marker: undefined }),
      headers: {},
      bodySha256: nothing,
    },
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
])("%s", (_, call, signature) => {
  const { authorization } = signed({ host, ...call }, scope);
  expect(authorization).toEndWith(`, Signature=${signature}`);
});
