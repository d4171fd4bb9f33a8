import { afterAll, expect, test } from "vitest";
import { cloneOf, failure, showCreateUser, startLab } from "./given.ts";

const lab = await startLab();
const { sql, newAccount, prepare, rotate, differences, missingMark } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

const PROPERTIES: Record<string, string> = {
  "V11 REQUIRE SSL": "REQUIRE SSL",
  "V30 resource limits":
    "WITH MAX_QUERIES_PER_HOUR 5000 MAX_UPDATES_PER_HOUR 7 MAX_CONNECTIONS_PER_HOUR 800 MAX_USER_CONNECTIONS 9",
  "V30 expiry and history":
    "PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 30 DAY",
  "V30 PASSWORD EXPIRE NEVER, REQUIRE CURRENT": "PASSWORD EXPIRE NEVER PASSWORD REQUIRE CURRENT",
  "V30 FAILED_LOGIN_ATTEMPTS": "FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME 2",
  "V30 FAILED_LOGIN_ATTEMPTS for ever": "FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME UNBOUNDED",
  "V30 a comment": "COMMENT 'it''s \\\\ the \"app\"'",
  "V30 attributes": `ATTRIBUTE '{"team": "a''b\\\\\\\\c", "list": [1, {"two": null}], "nested": {"deep": {"er": true}}}'`,
};

test.each(Object.entries(PROPERTIES))(
  "%s: the clone gets it, and loses it when it is paired with a user that lacks it",
  async (_, properties) => {
    const { username, password } = await newAccount(properties);
    const plain = await newAccount();
    const pair = cloneOf(username);

    const clone = await rotate(pair, password);

    expect(clone.differences).toEqual([]);
    const marked = (await showCreateUser(lab, pair.alternate))
      .replace(/,? ?"rotation_clone_of": "\w+"/, "")
      .replace(" ATTRIBUTE '{}'", "");
    const limits = / MAX_[A-Z_]+ 0/g; // Zero means no limit. The server prints it if a statement has set it.
    expect(marked.replace(limits, "").replace(/ WITH(?= PASSWORD)/, "")).toBe(
      await showCreateUser(lab, username),
    );
    const other = { current: plain.username, alternate: pair.alternate, clone: undefined };
    await sql(...String(await missingMark(other)).split("; "));
    await prepare(other, "another");
    expect(await differences(other, "another", plain.password)).toEqual([]);
  },
);

test("V15 REQUIRE SUBJECT, ISSUER and CIPHER, for which the function would need a client's certificate", async () => {
  const { username } = await newAccount(
    "REQUIRE SUBJECT '/O=Bob''s/CN=app' AND ISSUER '/CN=ca' AND CIPHER 'TLS_AES_256_GCM_SHA384'",
  );

  await prepare(cloneOf(username), "pending");

  expect(await showCreateUser(lab, `${username}_clone`)).toContain(
    "REQUIRE SUBJECT '/O=Bob's/CN=app' ISSUER '/CN=ca' CIPHER 'TLS_AES_256_GCM_SHA384'",
  );
});

test("an alternate user that an administrator has locked stays locked", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await rotate(pair, password);
  await sql(`ALTER USER ${pair.alternate} ACCOUNT LOCK`);

  const refused = await failure(prepare(pair, "pending"));

  expect(refused.reason).toBe("account-locked");
  expect(await showCreateUser(lab, pair.alternate)).toContain("ACCOUNT LOCK");
});
