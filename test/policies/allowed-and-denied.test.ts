import { describe, expect, it, test } from "vitest";
import { CASES } from "./cases/all.ts";
import { attachedIn } from "./cases/case.ts";
import { FILES } from "./documents.ts";
import { isAllowed, strictly } from "./iam.ts";

/** CloudFormation's guide has it as a resource of CreateChangeSet; the Service Authorization Reference has no such type. */
const TRANSFORM = /^arn:[^:]*:cloudformation:[^:]*:[^:]*:transform\//;

/** Keys that the evaluator's copy of the Service Authorization Reference lacks: no service's, or with a free part. */
const UNLISTED =
  /^(lambda:SourceFunctionArn|kms:EncryptionContext:SecretARN|kms:EncryptionContext:SecretVersionId)$/;

test("every policy file has test cases", () => {
  expect(Object.keys(CASES).sort()).toEqual(FILES);
});

describe.each(Object.entries(CASES))("%s", (_file, cases) => {
  it.each(cases)("$title", (one) => {
    expect(isAllowed(one, attachedIn(one))).toBe(one.allowed);
  });

  it("is valid, and its cases use existing actions, resources and condition keys", async () => {
    for (const one of cases.filter(({ resource }) => !TRANSFORM.test(resource))) {
      const { allowed, unknownKeys } = await strictly(one, attachedIn(one));
      expect(
        unknownKeys.filter((key) => !UNLISTED.test(key)),
        one.title,
      ).toEqual([]);
      // Without the keys that were left aside, the answer may be another one.
      if (unknownKeys.length === 0) expect(allowed, one.title).toBe(one.allowed);
    }
  });
});
