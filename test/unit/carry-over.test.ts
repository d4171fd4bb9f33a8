import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenRotation, value } from "./given.ts";
import { context } from "./invoke.ts";
import "./log-lines.ts";
import { writes } from "./secrets-manager.ts";

/** Returns the value that createSecret stores for this current value. */
async function storedAfter(current: string): Promise<string | undefined> {
  const { token, versions, event } = givenRotation({ current });
  await rotation(fakeEngine(""), singleUser)(event("createSecret"), context());
  return versions[token]?.value;
}

describe("the next value", () => {
  it.each([
    { what: "keys that no rotation function knows", json: '"masterarn":"arn:aws:…","notes":{"a":[1,null]}' },
    {
      what: "numbers that JavaScript cannot hold",
      json: '"id":12345678901234567890,"x":1.0,"y":1E400,"z":-0',
    },
    { what: "such numbers in lists", json: '"ids":[[12345678901234567890],{"n":0.10}]' },
    { what: "a key __proto__", json: '"__proto__":{"admin":true}' },
    { what: "lone surrogates", json: '"half":"\\ud83d","\\udc00":1' },
    { what: "passwords further down", json: '"replica":{"password":"current-password"}' },
    { what: "a value that looks like the current password", json: '"hint":"current-password"' },
    { what: "an ssl that is text", json: '"ssl":"True"' },
    { what: "a port that is text", json: '"port":"05432"' },
  ])("keeps $what, in the same order", async ({ json }) => {
    const document = (password: string) =>
      `{"host":"db.example",${json},"password":"${password}","engine":"fake","username":"app"}`;

    const stored = await storedAfter(document("current-password"));

    expect(stored).toBe(document("random-password"));
  });

  it("differs from the current value only in the password, for any other content", async () => {
    const others = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 5,
    });
    const reserved = /^(engine|host|port|username|password|dbname|ssl|sslServerName)$/;

    await fc.assert(
      fc.asyncProperty(others, async (keys) => {
        fc.pre(!Object.keys(keys).some((key) => reserved.test(key)));
        const document = (password: string) =>
          JSON.stringify({ ...JSON.parse(value({ password })), ...keys });

        const stored = await storedAfter(document("current-password"));

        expect(stored).toBe(document("random-password"));
      }),
    );
  });

  // With a password of one character less, the new value has one byte less than the current one.
  const filled = (bytes: number, character: string) => {
    const room = bytes + 1 - Buffer.byteLength(value({ filler: "" }));
    const count = Math.floor(room / Buffer.byteLength(character));
    return value({
      filler: character.repeat(count) + "x".repeat(room - count * Buffer.byteLength(character)),
    });
  };

  it.each(["x", "ü", "😀"])("may have 65536 bytes of %s", async (character) => {
    const stored = await storedAfter(filled(65_536, character));

    expect(Buffer.byteLength(stored ?? "")).toBe(65_536);
  });

  it.each(["x", "ü", "😀"])("is refused with 65537 bytes of %s", async (character) => {
    const run = storedAfter(filled(65_537, character));

    await expect(run).rejects.toMatchObject({
      reason: "unstorable",
      message: expect.stringContaining("larger than 65536 bytes"),
    });
    expect(writes()).toEqual([]);
  });
});
