import { afterEach, describe, expect, it, vi } from "vitest";
import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import type { Strategy } from "../../shared/strategies/strategy.ts";
import { fakeEngine } from "./fake-engine.ts";
import { givenPending, givenRotation, value } from "./given.ts";
import { context } from "./invoke.ts";
import { logLines, logText } from "./log-lines.ts";
import { inputs, writes } from "./secrets-manager.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const OLD = "p@ss'w\"rd\\ +&<%41>";

/** Returns the value that createSecret stores. */
async function stored(current: Record<string, unknown>, strategy: Strategy = singleUser) {
  const { event } = givenRotation({ current: value({ password: OLD, ...current }) });
  await rotation(fakeEngine(""), strategy)(event("createSecret"), context());
  const [input] = inputs("PutSecretValue");
  return JSON.parse(Object(input).SecretString);
}

function warnings() {
  return logLines().filter(({ level }) => level === "WARN");
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a copy of the password in another key is warned of by the key's name:", () => {
  it.each([
    ["as it is", { url: `postgres://app:${OLD}@db` }, "url"],
    ["percent-encoded", { url: `postgres://app:${encodeURIComponent(OLD)}@db` }, "url"],
    ["percent-encoded in lower case", { url: encodeURIComponent(OLD).toLowerCase() }, "url"],
    [
      "percent-encoded through and through",
      {
        url: `%${Buffer.from(OLD)
          .toString("hex")
          .replace(/..(?!$)/g, "$&%")}`,
      },
      "url",
    ],
    ["in a form", { url: `jdbc:postgresql://db?${new URLSearchParams({ password: OLD })}` }, "url"],
    ["in an object", { urls: { primary: [{ url: OLD }] } }, "urls.primary.0.url"],
    ["in JSON", { config: JSON.stringify({ url: OLD }) }, "config"],
    ["in JSON in JSON", { config: JSON.stringify(JSON.stringify({ url: OLD })) }, "config"],
    ["in base64", { header: `Basic ${base64(`app:${OLD}`)}` }, "header"],
    ["in base64 for URLs", { header: Buffer.from(OLD).toString("base64url") }, "header"],
    ["in JSON in base64", { header: base64(JSON.stringify({ OLD })) }, "header"],
    ["in XML", { xml: "<p>p@ss&#39;w&quot;rd\\ +&amp;&lt;%41&gt;</p>" }, "xml"],
    ["in quotes", { conninfo: "password='p@ss''w\"rd\\ +&<%41>'" }, "conninfo"],
    ["escaped", { conninfo: "password='p@ss\\'w\"rd\\\\ +&<%41>'" }, "conninfo"],
    ["as itself", { PGPASSWORD: OLD }, "PGPASSWORD"],
  ])("%s", async (_how, keys, named) => {
    const next = await stored(keys);

    expect(next).toMatchObject(keys);
    expect(warnings()).toMatchObject([{ message: expect.stringContaining(`keep the old one: ${named}. `) }]);
    expect(logText()).not.toContain(OLD);
  });

  it("but not without one, nor for a password that is a word", async () => {
    await stored({ url: "postgres://app@db", other: "p@ss", number: 5, nothing: null });
    await stored({ password: "app", url: "postgres://app@db" });

    expect(warnings()).toEqual([]);
  });
});

describe("CONNECTION_URL_KEYS", () => {
  it.each([
    { strategy: singleUser, user: "app" },
    { strategy: masterUser, user: "app_clone" },
  ])("rewrites the URLs for $user, and no others", async ({ strategy, user }) => {
    vi.stubEnv("CONNECTION_URL_KEYS", "url, spring.datasource.url,urls.0 ,nowhere");
    const url = `postgres://app:${encodeURIComponent(OLD)}@db/shop`;

    const next = await stored(
      { url, spring: { datasource: { url } }, urls: [url, "x"], n: 1e20, dbname: "app" },
      strategy,
    );

    const rewritten = `postgres://${user}:random-password@db/shop`;
    expect(next).toMatchObject({
      url: rewritten,
      spring: { datasource: { url: rewritten } },
      urls: [rewritten, "x"],
      n: 1e20,
      dbname: "app",
      username: user,
      password: "random-password",
    });
    expect(warnings()).toEqual([]);
  });

  it("finds a key with dots in its name", async () => {
    vi.stubEnv("CONNECTION_URL_KEYS", "spring.datasource.url");

    expect(await stored({ "spring.datasource.url": OLD })).toMatchObject({
      "spring.datasource.url": "random-password",
    });
  });

  it("is no way to another database: keys that a rotation reads are not rewritten", async () => {
    vi.stubEnv("CONNECTION_URL_KEYS", "dbname,masterarn,host");

    const next = await stored({ dbname: "app", host: "app", masterarn: "app" }, masterUser);

    expect(next).toMatchObject({ dbname: "app", host: "app", masterarn: "app" });
  });

  it.each([
    ["of another user", { url: `postgres://other:${encodeURIComponent(OLD)}@db` }],
    ["in another form", { url: `host=db password=${OLD}` }],
  ])("refuses a copy %s before anything is stored", async (_what, keys) => {
    vi.stubEnv("CONNECTION_URL_KEYS", "url");

    await expect(stored(keys)).rejects.toMatchObject({
      reason: "unstorable",
      message: expect.stringContaining("CONNECTION_URL_KEYS names url"),
    });
    expect(writes()).toEqual([]);
    expect(logText()).not.toContain(OLD);
  });
});

describe("the pending value follows from the current one", () => {
  const url = "postgres://app:current-password@db/shop";
  const testSecret = async (pendingUrl: string, more: Record<string, unknown> = {}) => {
    const { event } = givenPending({
      current: value({ url, dbname: "app" }),
      pending: value({ url: pendingUrl, dbname: "app", password: "pending-password", ...more }),
    });
    await rotation(fakeEngine("pending-password"), singleUser)(event("testSecret"), context());
  };

  it("with its URL rewritten, and without", async () => {
    await testSecret("postgres://app:pending-password@db/shop");
    await testSecret(url); // Of a function that does not rewrite it, such as AWS's.
  });

  it.each([
    ["for another host", "postgres://app:pending-password@evil/shop", {}],
    ["for another user", "postgres://root:pending-password@db/shop", {}],
    ["and another key", url, { more: "1" }],
    ["and another database", url, { dbname: "pending-password" }],
  ])("but not with a URL %s", async (_what, pendingUrl, more) => {
    await expect(testSecret(pendingUrl, more)).rejects.toMatchObject({ reason: "secret-changed" });
  });
});
