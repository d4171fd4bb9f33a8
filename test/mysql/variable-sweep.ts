import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Connection, createConnection } from "mysql2/promise";
import { cloneOf, type Lab, MASTER } from "./given.ts";

/** A session variable and a value that new sessions begin with. */
interface Setting {
  readonly name: string;
  readonly value: string;
}

/** Outcome of a rotation on a server that begins every session with these settings. */
export interface Outcome {
  readonly settings: readonly Setting[];
  /** The error's message; undefined if the rotation succeeds. */
  readonly message: string | undefined;
}

interface Variable {
  readonly name: string;
  readonly values: readonly string[];
}

/**
 * Number of settings that are tried together. If a group fails, the settings that the error does not name are tried
 * again.
 */
const GROUP = 24;

/** Values of several types: numbers, words and texts. The server refuses those that a variable cannot have. */
const ANY_VALUE = ["0", "1", "2", "ON", "OFF", "''", "'x'"];

/** Sets the variables of a session before its first statement. */
export interface Setter {
  /** Scopes of variables, as MySQL and MariaDB write them. */
  readonly scopes: readonly string[];
  /** Tries each value of a variable by itself. @returns the settings that the server accepts from this setter. */
  taken(variable: Variable): Promise<Setting[]>;
  set(settings: readonly Setting[]): Promise<void>;
  reset(settings: readonly Setting[]): Promise<void>;
  /**
   * The admin user of the rotations. init_connect does not apply to users with privileges such as CONNECTION_ADMIN, so
   * the setter by init_connect has an admin user without them.
   */
  readonly admin: { readonly username: string; readonly password: string };
}

/** Every variable of these scopes, with several values each, as the server lists them. */
async function variablesOf(lab: Lab, { scopes }: Pick<Setter, "scopes">): Promise<Variable[]> {
  const list = scopes.map((scope) => `'${scope}'`).join(", ");
  const [[isMariadb] = []] = await lab.sql("SELECT VERSION() LIKE '%mariadb%'");
  const rows = isMariadb
    ? await lab.sql(`SELECT VARIABLE_NAME, NUMERIC_MIN_VALUE, NUMERIC_MAX_VALUE, ENUM_VALUE_LIST
        FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE IN (${list})`)
    : await lab.sql(`SELECT VARIABLE_NAME, MIN_VALUE, MAX_VALUE, NULL
        FROM performance_schema.variables_metadata WHERE VARIABLE_SCOPE IN (${list})`);
  return rows.map(([name, least, most, list]) => {
    const numbers = [least, most].filter((one) => one !== null && one !== "").map(String);
    const words = typeof list === "string" ? list.split(",").map((one) => `'${one}'`) : [];
    return { name: String(name).toLowerCase(), values: [...new Set([...numbers, ...words, ...ANY_VALUE])] };
  });
}

/** Setter by SET GLOBAL: every new session begins with the global values. */
export function globally(root: Connection): Setter {
  const set = async ({ name, value }: Setting) => await isTaken(root, `SET GLOBAL ${name} = ${value}`);
  const reset = async ({ name }: Pick<Setting, "name">) =>
    await root.query(`SET GLOBAL ${name} = DEFAULT`).catch(() => {});
  return {
    scopes: ["SESSION"],
    taken: async ({ name, values }) => {
      const taken: Setting[] = [];
      for (const value of values) {
        if (await set({ name, value })) taken.push({ name, value });
        await reset({ name });
      }
      return taken;
    },
    set: async (settings) => {
      for (const setting of settings) await set(setting);
    },
    reset: async (settings) => {
      for (const setting of settings) await reset(setting);
    },
    admin: MASTER,
  };
}

/** Setter by the server's init_connect. It also reaches the variables that only sessions have. */
export async function byInitConnect({ database, newAccount }: Lab, root: Connection): Promise<Setter> {
  const { host, port } = database.address;
  const { username, password } = await newAccount();
  const admin = { username: `admin_of_${username}`, password: "the admin's password" };
  await database.createMaster(admin.username, admin.password, username);
  return {
    scopes: ["SESSION", "SESSION ONLY", "SESSION_ONLY"],
    taken: async ({ name, values }) => {
      const ssl = { ca: database.caFile && (await readFile(database.caFile, "utf8")) };
      const own = await createConnection({ host, port, user: username, password, ssl });
      own.on("error", () => {});
      try {
        const taken: Setting[] = [];
        for (const value of values) {
          if (await isTaken(own, `SET SESSION ${name} = ${value}`)) taken.push({ name, value });
        }
        return taken;
      } finally {
        own.destroy();
      }
    },
    set: async (settings) => {
      const assignments = settings.map(({ name, value }) => `SESSION ${name} = ${value}`).join(", ");
      await root.query("SET GLOBAL init_connect = ?", [`SET ${assignments}`]);
    },
    reset: async () => {
      await root.query("SET GLOBAL init_connect = ''");
    },
    admin,
  };
}

async function isTaken(connection: Connection, statement: string): Promise<boolean> {
  return await connection.query(statement).then(
    () => true,
    () => false,
  );
}

/** Tries every value. @returns the outcomes of groups that succeed, and of single settings that fail. */
export async function sweep(lab: Lab, root: Connection, setter: Setter): Promise<Outcome[]> {
  const settings: Setting[] = [];
  for (const variable of await variablesOf(lab, setter)) settings.push(...(await setter.taken(variable)));
  // A group has at most one value of each variable.
  const groups: Setting[][] = [];
  for (const setting of settings) {
    const free = groups.find(
      (group) => group.length < GROUP && group.every(({ name }) => name !== setting.name),
    );
    if (free) free.push(setting);
    else groups.push([setting]);
  }
  const outcomes: Outcome[] = [];
  for (const group of groups) outcomes.push(...(await tried(lab, root, setter, group)));
  return outcomes;
}

async function tried(
  lab: Lab,
  root: Connection,
  setter: Setter,
  settings: readonly Setting[],
): Promise<Outcome[]> {
  const message = await rotated(lab, root, setter, settings);
  if (message === undefined) return [{ settings, message }];
  const words = new Set(message.match(/\w+/g));
  const [named, others] = [true, false].map((is) => settings.filter(({ name }) => words.has(name) === is));
  if (named?.length && others?.length) {
    return [
      ...named.map((one) => ({ settings: [one], message })),
      ...(await tried(lab, root, setter, others)),
    ];
  }
  // A busy machine can make a setting fail that is not the cause. So a single setting is tried twice.
  if (settings.length === 1) {
    return [{ settings, message: await rotated(lab, root, setter, settings) }];
  }
  const half = Math.ceil(settings.length / 2);
  return [
    ...(await tried(lab, root, setter, settings.slice(0, half))),
    ...(await tried(lab, root, setter, settings.slice(half))),
  ];
}

/** Rotates with both strategies. @returns the reason if one of them failed, undefined if both succeeded. */
async function rotated(
  lab: Lab,
  root: Connection,
  setter: Setter,
  settings: readonly Setting[],
): Promise<string | undefined> {
  const username = lab.newName();
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
  await root.query(`CREATE USER ${username} IDENTIFIED BY '${first}'`);
  await root.query(`GRANT SELECT ON app.* TO ${username}`);
  await setter.set(settings);
  try {
    await lab.change(username, first, second);
    await using master = await lab.session(setter.admin.username, setter.admin.password);
    await lab.prepare(cloneOf(username), third, { master });
    const differences = await lab.differences(cloneOf(username), third, second);
    return differences.length === 0 ? undefined : differences.join();
  } catch (error) {
    return String(error);
  } finally {
    await setter.reset(settings);
  }
}
