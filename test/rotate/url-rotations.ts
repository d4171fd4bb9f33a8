import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { startDatabase } from "../../local/engines.ts";
import { createRotatedUser } from "../../local/rotated-user.ts";
import { startStack } from "../../local/stack.ts";

const ROTATIONS = 4;

type Engine = Parameters<typeof startDatabase>[0];

/** Rotates a secret with a DATABASE_URL, and logs in with nothing but this URL after each rotation. */
export function urlLogsInAfterRotations(
  engine: Engine,
  logIn: (url: string, ca: string) => Promise<string>,
): void {
  it.each(["single-user", "master-user"])(
    `a DATABASE_URL of all printable characters logs in after each rotation by ${engine}-%s`,
    async (strategy) => {
      await using database = await startDatabase(engine);
      await using stack = await startStack({
        bundle: `${engine}-${strategy}`,
        environment: {
          DATABASE_CA_FILE: database.caFile,
          CONNECTION_URL_KEYS: "DATABASE_URL,nested.url",
          EXCLUDE_CHARACTERS: "",
          PASSWORD_LENGTH: "200", // Long, so that each password has most of the 94 characters.
        },
      });
      const { host, port, dbname } = database.address;
      const { secretArn } = await createRotatedUser({
        database,
        username: "app",
        strategy,
        createSecret: (name, value) => {
          const { username, password } = value as Record<string, string>;
          const url = `${engine}://${username}:${encodeURIComponent(password ?? "")}@${host}:${port}/${dbname}`;
          return stack.createSecret(name, { ...value, DATABASE_URL: url, nested: { url } });
        },
      });
      for (let rotation = 0; rotation < ROTATIONS; rotation++) {
        expect(await stack.rotate(secretArn)).toEqual({ succeeded: true, error: undefined });
        const { username, password, DATABASE_URL, nested } = await stack.value(secretArn);
        expect(nested).toEqual({ url: DATABASE_URL });
        expect(decodeURIComponent(new URL(String(DATABASE_URL)).password)).toBe(password);
        expect(await logIn(String(DATABASE_URL), readFileSync(database.caFile, "utf8"))).toBe(username);
      }
      expect(stack.log.join("\n")).not.toContain("stands in other keys");
    },
    60_000,
  );
}
