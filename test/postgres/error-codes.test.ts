import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres } from "../../functions/postgres/engine.ts";
import { explain } from "../../functions/postgres/errors.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import type { During, Login } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { invocation } from "../postgres-master/engine-session.ts";
import { startDatabase } from "../support/fixture.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

/** Every SQLSTATE that the server has a name for, from the list that it is shipped with. */
const CODES = `SELECT line[1] AS code FROM regexp_matches(
  pg_read_file((SELECT setting FROM pg_config WHERE name = 'SHAREDIR') || '/errcodes.txt'), '^(\\w{5})\\s+E\\s', 'gn') AS line`;

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ plainConnections: true }));
const { server } = database;
const codes: string[] = (await server.query(CODES)).rows.map(({ code }) => code);
/** passwordcheck, credcheck, hooks of pg_tle, and what their functions fail with. */
const OF_MODULES = ["22023", "28000", "28P01", "P0001", "22000", "XX000", "42P01", "23514", "2F000"];
/** For what takes a login each: the first code of every class, and those of modules. */
const some = codes.filter(
  (code, index) =>
    OF_MODULES.includes(code) || codes.findIndex((one) => one.slice(0, 2) === code.slice(0, 2)) === index,
);
/** In place of the statement that changes a password, the server hears one that fails as a module's check does. */
let raised = "";
const proxy = started.use(
  await startTcpProxy(server.port, undefined, (sent) => {
    const text = sent.toString("latin1");
    const [statement = ""] = /ALTER ROLE "app" PASSWORD '[^']+'/.exec(text) ?? [];
    const instead = `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${raised}'; END $$`.padEnd(
      statement.length,
    );
    return statement === ""
      ? sent
      : Buffer.from(
          text.replace(statement, () => instead),
          "latin1",
        );
  }),
);
const cleanUp = started.move();

beforeAll(async () => {
  await server.query(`
    CREATE ROLE app LOGIN PASSWORD 'password'; CREATE TABLE refusal (code text); GRANT SELECT ON refusal TO PUBLIC;
    CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE refusal text := (SELECT code FROM public.refusal); BEGIN
        IF refusal IS NOT NULL AND session_user = 'app' THEN RAISE EXCEPTION USING ERRCODE = refusal; END IF;
      END $$`);
});

afterAll(() => cleanUp.disposeAsync());

const engine = careful(postgres);

function loginAt(port: number): Login {
  return { host: "localhost", port, database: "postgres", username: "app", password: "password", tls: false };
}

/** What a person needs: a reason, what happened with the code, and what to do. */
function expectToBeExplained(error: unknown, code: string): void {
  expect(error, code).toBeInstanceOf(RotationError);
  const { reason, message } = error as RotationError;
  expect(reason, code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(message, code).toMatch(new RegExp(`^[A-Z].{10,}\\. \\(SQLSTATE ${code}\\) .{20,}`));
  expect(message, code).not.toMatch(/<role>|<database>/);
}

test("the server names more than 200 codes", () => {
  expect(new Set(codes).size).toBeGreaterThan(200);
});

describe.for(["login", "session", "admin"] satisfies During[])("in a %s", (during) => {
  test("every code that the server names has a reason, a cause and a remedy", () => {
    for (const code of codes) {
      const refused = Object.assign(new Error("the server's words"), { code, severity: "ERROR" });
      expectToBeExplained(explain(refused, during, loginAt(5432)), code);
    }
  });
});

test("a code of every class that a login event trigger raises is told, with the trigger where nothing else fits", async () => {
  await server.query("CREATE EVENT TRIGGER refusing ON login EXECUTE FUNCTION refuse()");
  try {
    for (const code of some.filter((one) => one !== "28P01")) {
      await server.query("DELETE FROM refusal");
      await server.query("INSERT INTO refusal VALUES ($1)", [code]);
      using invoked = invocation();
      expectToBeExplained(await engine.connect(loginAt(server.port), invoked).catch((error) => error), code);
    }
    await server.query("UPDATE refusal SET code = 'P0001'");
    using invoked = invocation();
    const error = await engine.connect(loginAt(server.port), invoked).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: "login-not-allowed" });
    expect(error.message).toContain("A login event trigger");
    // The remedy of the message finds the trigger.
    const { rows } = await server.query("SELECT evtname FROM pg_event_trigger WHERE evtevent = 'login'");
    expect(error.message).toContain("SELECT evtname FROM pg_event_trigger WHERE evtevent = 'login'");
    expect(rows).toEqual([{ evtname: "refusing" }]);
  } finally {
    await server.query("DROP EVENT TRIGGER refusing");
  }
});

test("a code of every class that a check of the new password raises is told, and leaves the old password", async () => {
  const reasons = new Map<string, string>();
  for (const code of some) {
    raised = code;
    using invoked = invocation();
    await using session = await engine.connect(loginAt(proxy.port), invoked);
    const changed = session?.changeOwnPassword("another", {
      confirm: () => Promise.resolve(),
      abandoned: () => Promise.resolve([]),
    });
    const error = await changed?.catch((thrown) => thrown);
    expectToBeExplained(error, code);
    reasons.set(code, error.reason);
  }
  for (const code of OF_MODULES) {
    expect(reasons.get(code), code).toBe("password-refused");
  }
  using invoked = invocation();
  await using session = await engine.connect(loginAt(server.port), invoked);
  expect(session).toBeDefined();
});
