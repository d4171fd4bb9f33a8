import { ACCOUNT } from "./account.ts";
import type { PolicyDocument, Statement } from "./documents.ts";

/** Policies of others, which stand in no file: so that what is refused is refused by the file under test alone. */

function document(statement: Partial<Statement>): PolicyDocument {
  return { Version: "2012-10-17", Statement: [{ Sid: "Test", Effect: "Allow", Action: "*", ...statement }] };
}

/** Somebody's who may do anything. */
export const ADMINISTRATOR = document({ Resource: "*" });

/** Of a resource in another account, whose owner lets everybody in: as a share of a subnet does, or a careless owner. */
export const OPEN_HOUSE = document({ Principal: "*", Resource: "*" });

/** The key policy that a key has unless told: the account's IAM policies decide. */
export const DEFAULT_KEY_POLICY = document({
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: "kms:*",
  Resource: "*",
});
