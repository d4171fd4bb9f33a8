import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { bundle } from "../../build/bundle.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { labOf, OWN } from "../mysql/given.ts";

const folder = await mkdtemp(join(tmpdir(), "bundled-engine-"));
afterAll(() => rm(folder, { recursive: true }));

// Bundled as in dist/, where the driver has no tables of encodings. The bundles in dist/ do not export the engine
// alone.
const bundled = join(folder, "engine.mjs");
await bundle(join(import.meta.dirname, "../../functions/mariadb/engine.ts"), bundled);
const { mariadb } = await import(pathToFileURL(bundled).href);

/** With this setting the server uses its own encoding for all clients, whatever encoding a client asks for. */
const database = await startMariadbDatabase({ settings: { skip_character_set_client_handshake: "ON" } });
const lab = await labOf(mariadb, database);
afterAll(() => lab[Symbol.asyncDispose]());

const encodings = await lab.sql("SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS");

test.each(encodings.map(String))("a server that greets and answers in %s", async (encoding) => {
  const { username, password } = await lab.newAccount();
  await lab.sql(`SET GLOBAL character_set_server = ${encoding}`);

  await using session = await lab.session(username, password);
  await session.changeOwnPassword("the new password", OWN);

  expect(await lab.engine.connect(lab.login(username, password), lab.invocation())).toBeUndefined();
  await using _again = await lab.session(username, "the new password");
});
