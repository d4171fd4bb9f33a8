import { randomUUID } from "node:crypto";
import type { Connection } from "mysql2/promise";
import type { Lab } from "./given.ts";
import { cloneOf } from "./given.ts";

/** A session variable and a value that new sessions begin with. */
interface Setting {
  readonly name: string;
  readonly value: string;
}

/** What a rotation does where the server begins every session with these settings. */
export interface Outcome {
  readonly settings: readonly Setting[];
  /** The error's message; undefined if the rotation succeeds. */
  readonly message: string | undefined;
}

interface Variable {
  readonly name: string;
  readonly values: readonly string[];
}

/** Settings that are tried together. Of a group that fails, those that the error does not name are tried again. */
const GROUP = 24;

/** Numbers, words and texts that are values of something; the server refuses those that the variable cannot have. */
const ANY_VALUE = ["0", "1", "2", "ON", "OFF", "''", "'x'"];

/** Every variable that a session has and SET GLOBAL changes, with several values each, as the server itself lists them. */
export async function variablesOf(lab: Lab): Promise<Variable[]> {
  const [[isMariadb] = []] = await lab.sql("SELECT VERSION() LIKE '%mariadb%'");
  const rows = isMariadb
    ? await lab.sql(`SELECT VARIABLE_NAME, NUMERIC_MIN_VALUE, NUMERIC_MAX_VALUE, ENUM_VALUE_LIST
        FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE = 'SESSION'`)
    : await lab.sql(`SELECT VARIABLE_NAME, MIN_VALUE, MAX_VALUE, NULL
        FROM performance_schema.variables_metadata WHERE VARIABLE_SCOPE = 'SESSION'`);
  return rows.map(([name, least, most, list]) => {
    const numbers = [least, most].filter((one) => one !== null && one !== "").map(String);
    const words = typeof list === "string" ? list.split(",").map((one) => `'${one}'`) : [];
    return { name: String(name).toLowerCase(), values: [...new Set([...numbers, ...words, ...ANY_VALUE])] };
  });
}

/** Tries every value. @returns the outcomes of groups that succeed, and of single settings that fail. */
export async function sweep(lab: Lab, root: Connection): Promise<Outcome[]> {
  const settings: Setting[] = [];
  for (const { name, values } of await variablesOf(lab)) {
    for (const value of values) {
      if (await isSet(root, { name, value })) settings.push({ name, value });
      await reset(root, name);
    }
  }
  // The values of one variable are in different groups.
  const groups: Setting[][] = [];
  for (const setting of settings) {
    const free = groups.find(
      (group) => group.length < GROUP && group.every(({ name }) => name !== setting.name),
    );
    if (free) free.push(setting);
    else groups.push([setting]);
  }
  const outcomes: Outcome[] = [];
  for (const group of groups) outcomes.push(...(await tried(lab, root, group)));
  return outcomes;
}

async function tried(lab: Lab, root: Connection, settings: readonly Setting[]): Promise<Outcome[]> {
  const message = await rotated(lab, root, settings);
  if (message === undefined) return [{ settings, message }];
  const words = new Set(message.match(/\w+/g));
  const [named, others] = [true, false].map((is) => settings.filter(({ name }) => words.has(name) === is));
  if (named?.length && others?.length) {
    return [...named.map((one) => ({ settings: [one], message })), ...(await tried(lab, root, others))];
  }
  // A machine that is busy makes one fail that has nothing to do with it.
  if (settings.length === 1) return [{ settings, message: await rotated(lab, root, settings) }];
  const half = Math.ceil(settings.length / 2);
  return [
    ...(await tried(lab, root, settings.slice(0, half))),
    ...(await tried(lab, root, settings.slice(half))),
  ];
}

/** Both strategies. @returns why one of them failed. */
async function rotated(
  lab: Lab,
  root: Connection,
  settings: readonly Setting[],
): Promise<string | undefined> {
  const username = lab.newName();
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
  await root.query(`CREATE USER ${username} IDENTIFIED BY '${first}'`);
  await root.query(`GRANT SELECT ON app.* TO ${username}`);
  for (const setting of settings) await isSet(root, setting);
  try {
    await lab.change(username, first, second);
    await lab.prepare(cloneOf(username), third);
    const differences = await lab.differences(cloneOf(username), third, second);
    return differences.length === 0 ? undefined : differences.join();
  } catch (error) {
    return String(error);
  } finally {
    for (const { name } of settings) await reset(root, name);
  }
}

/** @returns whether the server has taken it. */
async function isSet(root: Connection, { name, value }: Setting): Promise<boolean> {
  return await root.query(`SET GLOBAL ${name} = ${value}`).then(
    () => true,
    () => false,
  );
}

async function reset(root: Connection, name: string): Promise<void> {
  await root.query(`SET GLOBAL ${name} = DEFAULT`).catch(() => {});
}
