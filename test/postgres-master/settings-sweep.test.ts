import { escapeIdentifier, escapeLiteral } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { preparePair } from "../../shared/strategies/prepare-pair.ts";
import { POSTGRES_VERSION, startDatabase } from "../support/fixture.ts";
import { invocation, openSession, pairOf } from "./engine-session.ts";

/**
 * Every parameter that a role or a database can have a setting of, as the server lists them, with several values each:
 * a password is changed by the user and by the master user, or the error names the parameter.
 */
const PARAMETERS = `
  SELECT name, vartype, min_val, max_val, enumvals FROM pg_settings
   WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') ORDER BY name`;

/** Texts that some parameters take: of languages, time zones, encodings, formats, roles, lists and files. */
const TEXTS = ["", "C", "UTC", "LATIN1", "SQL, DMY", "pg_monitor", "pg_temp, public", "nosuch", "0"];

interface Parameter {
  readonly name: string;
  readonly vartype: string;
  readonly min_val: string | null;
  readonly max_val: string | null;
  readonly enumvals: string[] | null;
}

interface Setting {
  readonly name: string;
  readonly value: string;
}

function valuesOf({ vartype, min_val, max_val, enumvals }: Parameter): string[] {
  if (vartype === "bool") return ["on", "off"];
  if (vartype === "enum") return enumvals ?? [];
  return vartype === "string" ? TEXTS : [...new Set([String(min_val), "1", "100", String(max_val)])];
}

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ plainConnections: true }));
const { server } = database;
const administrator = started.use(await server.connect());
for (const statement of [
  "CREATE DATABASE swept",
  "CREATE ROLE probe",
  "CREATE ROLE app LOGIN PASSWORD 'password'",
  "CREATE ROLE admin LOGIN CREATEROLE PASSWORD 'password'",
  "GRANT app TO admin WITH ADMIN OPTION",
]) {
  await administrator.query(statement);
}
const parameters: Parameter[] = (await administrator.query(PARAMETERS)).rows;
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

/** As single-user does. */
async function changeOwnPassword(name: string): Promise<void> {
  using invoked = invocation(10_000);
  await using session = await openSession(database, "app", "password", invoked, name);
  const rotation = { confirm: () => Promise.resolve(), abandoned: () => Promise.resolve([]) };
  await session.changeOwnPassword("password", rotation);
  await using _again = await openSession(database, "app", "password", invoked, name);
}

/** As setSecret and testSecret of master-user do. */
async function prepareClone(name: string): Promise<void> {
  using invoked = invocation(10_000);
  const pair = { current: "app", alternate: "app_clone", clone: "alternate" } as const;
  await using current = await openSession(database, "app", "password", invoked, name);
  await using admin = await openSession(database, "admin", "password", invoked, name);
  await preparePair(pairOf, { admin, current }, pair, "password", {
    confirm: () => Promise.resolve(),
    isPossessed: () => Promise.resolve(false),
    log: invoked.log,
  });
  await using pending = await openSession(database, "app_clone", "password", invoked, name);
  const openCurrent = () => Promise.reject(new Error("PostgreSQL needs no session of the current user."));
  expect((await pairOf.read({ pending, openCurrent }, pair)).differences).toEqual([]);
}

/** Those that the server takes. One round has one value of each parameter. */
const rounds: Setting[][] = [];
for (const { name, ...parameter } of parameters) {
  const settings = valuesOf({ name, ...parameter }).map((value) => ({ name, value }));
  const taken: Setting[] = [];
  for (const setting of settings) if (await isTaken(setting)) taken.push(setting);
  for (const [round, setting] of taken.entries()) {
    rounds[round] ??= [];
    rounds[round]?.push(setting);
  }
}

async function isTaken(setting: Setting): Promise<boolean> {
  return administrator.query(altered("ROLE probe", setting)).then(
    () => true,
    () => false,
  );
}

function altered(what: string, { name, value }: Setting): string {
  return `ALTER ${what} SET ${name.split(".").map(escapeIdentifier).join(".")} TO ${escapeLiteral(value)}`;
}

/** Makes all new sessions of the users begin with settings; none ends that. */
type Apply = (settings: readonly Setting[]) => Promise<unknown>;

const alter = (what: string): Apply => {
  return async (settings) =>
    await administrator.query(
      [`ALTER ${what} RESET ALL`, ...settings.map((setting) => altered(what, setting))].join("; "),
    );
};

/** With the rights of the user that logs in; what that may not set stays as it is. */
const LOGIN_TRIGGER = `
  CREATE TABLE at_login (name text, value text);
  GRANT SELECT ON at_login TO PUBLIC;
  CREATE FUNCTION set_at_login() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE setting record; BEGIN
      IF session_user NOT IN ('app', 'app_clone', 'admin') THEN RETURN; END IF;
      FOR setting IN SELECT * FROM public.at_login LOOP
        BEGIN PERFORM set_config(setting.name, setting.value, false); EXCEPTION WHEN OTHERS THEN NULL; END;
      END LOOP;
    END $$;
  CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION set_at_login()`;

const atLogin: Apply = async (settings) => {
  const rows = settings.map(({ name, value }) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`);
  const insert = rows.length > 0 ? `; INSERT INTO at_login VALUES ${rows.join(", ")}` : "";
  await administrator.query(`TRUNCATE at_login${insert}`);
};

/** What fails with these settings and names none of them: found by halves. One that is named is taken away. */
async function unnamed(apply: Apply, settings: Setting[], work: () => Promise<void>): Promise<string[]> {
  for (let rest = settings; rest.length > 0; ) {
    await apply(rest);
    const message = await work().then(
      () => undefined,
      (error) => String(error.message),
    );
    await apply([]);
    if (message === undefined) return [];
    const others = rest.filter(({ name }) => !message.includes(name));
    if (others.length === rest.length) {
      if (rest.length === 1) return [`${rest[0]?.name} = '${rest[0]?.value}': ${message}`];
      const half = Math.ceil(rest.length / 2);
      const [first, second] = [rest.slice(0, half), rest.slice(half)];
      return [...(await unnamed(apply, first, work)), ...(await unnamed(apply, second, work))];
    }
    rest = others;
  }
  return [];
}

async function sweep(apply: Apply, work: () => Promise<void>): Promise<void> {
  for (const round of rounds) expect(await unnamed(apply, round, work)).toEqual([]);
}

test("the server lists more than 150 parameters, and takes two values of each at least", () => {
  expect(parameters.length).toBeGreaterThan(150);
  expect(rounds.flat().length).toBeGreaterThan(2 * parameters.length);
});

describe("changes a password, or names the parameter, whatever", () => {
  test("the user has set", async () => {
    await sweep(alter("ROLE app"), () => changeOwnPassword("postgres"));
  }, 180_000);

  test("the owner of the database has set", async () => {
    const work = async () => {
      await changeOwnPassword("swept");
      await prepareClone("swept");
    };
    await sweep(alter("DATABASE swept"), work);
  }, 180_000);

  test("the master user has set", async () => {
    await sweep(alter("ROLE admin"), () => prepareClone("postgres"));
  }, 180_000);

  const hasLoginTriggers = Number(POSTGRES_VERSION.split(".")[0]) >= 17;
  if (hasLoginTriggers)
    test("a login event trigger has set", async () => {
      await administrator.query(LOGIN_TRIGGER);
      try {
        await sweep(atLogin, async () => {
          await changeOwnPassword("postgres");
          await prepareClone("postgres");
        });
      } finally {
        await administrator.query("DROP EVENT TRIGGER at_login");
      }
    }, 180_000);
});
