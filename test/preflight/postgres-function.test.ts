import { describe } from "vitest";
import { type Broken, testBroken } from "./broken.ts";
import { allowed, openPostgres } from "./postgres.ts";
import type { World } from "./world.ts";

const world = await openPostgres("single-user");

const usual = ({ configure }: World) => configure({});
const settings = (
  title: string,
  environment: Record<string, string>,
  check = "settings",
  reason = "malformed-settings",
) =>
  ({
    title,
    check: check as Broken["check"],
    reason,
    break: ({ configure }) => configure(environment),
    cure: usual,
  }) satisfies Broken;
const denied = (title: string, operation: string, check: Broken["check"], by?: "KMS"): Broken => ({
  title,
  check,
  reason: "access-denied",
  break: async ({ deny }) => deny(operation, "", by),
  cure: allowed,
});

describe("the function and its role", () => {
  testBroken(
    () => world,
    [
      settings("PASSWORD_LENGTH is no number", { PASSWORD_LENGTH: "many" }),
      settings("every kind of character is excluded", {
        EXCLUDE_NUMBERS: "true",
        EXCLUDE_PUNCTUATION: "true",
        EXCLUDE_UPPERCASE: "true",
        EXCLUDE_LOWERCASE: "true",
      }),
      settings(
        "the excluded characters leave no digit",
        { EXCLUDE_CHARACTERS: "0123456789" },
        "settings",
        "malformed-settings",
      ),
      settings("DATABASE_CA_FILE is not there", { DATABASE_CA_FILE: "/opt/none.pem" }, "tls", "tls"),
      settings("the server's CA is unknown", { DATABASE_CA_FILE: "" }, "tls", "tls"),
      denied("GetRandomPassword is denied", "GetRandomPassword", "random-password"),
      denied("DescribeSecret is denied", "DescribeSecret", "secret"),
      denied("GetSecretValue is denied", "GetSecretValue", "value"),
      denied("the secret's key is denied", "GetSecretValue", "value", "KMS"),
      {
        title: "ListSecretVersionIds is denied",
        check: "versions",
        break: async ({ deny }) => deny("ListSecretVersionIds"),
        cure: allowed,
      },
    ],
  );
});
