import type { ContractServer } from "../../contract/contract-server.ts";
import { type Cast, openAsTenant, type TenantProduct } from "./tenant.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Rights and working logins of all users at one moment. */
export interface Observation {
  /** By user: its attributes, objects, privileges, memberships and stored password. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  /** Users who log in with their own password. */
  readonly own: readonly string[];
  /** Users, other than the tenant's, who log in with a password that the tenant knows. */
  readonly seized: readonly string[];
  /** Attempts of the tenant's sessions that succeeded: to read, to change, or to act as another user. */
  readonly reach: readonly string[];
}

export interface Stakes {
  /** Logins of the other users, which must go on working. */
  readonly others: readonly Login[];
  /**
   * Users besides the others that the tenant may have taken over. A change of a user is also seen if the user is not
   * listed.
   */
  readonly suspects: readonly string[];
  /** Users that the tenant may rightly log in as, if it knows the password. */
  readonly tenants: readonly string[];
  /** Every password that the tenant knows: those of all versions of its secret, and those that it has set. */
  readonly known: readonly string[];
}

/** Collects the rights and working logins of all users. Changes nothing. */
export async function observe(
  server: ContractServer,
  product: TenantProduct,
  cast: Cast,
  { others, suspects, tenants, known }: Stakes,
): Promise<Observation> {
  const users = await server.inventory();
  const rightful: Login[] = [];
  for (const login of loginsOf(tenants, known)) if (await logsIn(server, login)) rightful.push(login);
  const isRightful = (name: string) => rightful.some(({ username }) => username === name);
  const targets = [...suspects, ...others.map(({ username }) => username)].filter(
    (name, index, all) => users[name] !== undefined && !isRightful(name) && all.indexOf(name) === index,
  );
  const own: string[] = [];
  for (const login of others) if (await logsIn(server, login)) own.push(login.username);
  const seized: string[] = [];
  for (const login of loginsOf(targets, known)) if (await logsIn(server, login)) seized.push(login.username);
  const reach = new Set<string>();
  for (const { username, password } of rightful) {
    const session = await openAsTenant(server, username, password).catch(() => undefined);
    if (session === undefined) continue;
    await using opened = session;
    for (const one of await product.reach(opened, cast, targets)) reach.add(one);
  }
  return { users, own, seized, reach: [...reach].sort() };
}

/**
 * Gains of the tenant and losses of the others between two moments. Empty if there are none.
 *
 * @param changing users that may change: those of the tenant, and those of a rotation that ran rightly.
 * @param admin the admin user of these rotations. A change of its entries is allowed if the entry names a user of
 * `changing`.
 */
export function gains(
  before: Observation,
  after: Observation,
  changing: readonly string[],
  admin?: string,
): string[] {
  const isExpected = (username: string, line: string) =>
    username === admin && changing.some((name) => line.includes(name));
  const found: string[] = [];
  for (const username of new Set([...Object.keys(before.users), ...Object.keys(after.users)])) {
    if (changing.includes(username)) continue;
    const [was, is] = [before.users[username] ?? [], after.users[username] ?? []];
    const won = is.filter((line) => !was.includes(line) && !isExpected(username, line));
    const lost = was.filter((line) => !is.includes(line) && !isExpected(username, line));
    found.push(...won.map((line) => `${username} has now: ${line}`));
    found.push(...lost.map((line) => `${username} has no more: ${line}`));
  }
  found.push(
    ...before.own.filter((one) => !after.own.includes(one)).map((one) => `${one} is locked out`),
    ...after.seized
      .filter((one) => !before.seized.includes(one))
      .map((one) => `${one} logs in with a password that the tenant knows`),
    ...after.reach.filter((one) => !before.reach.includes(one)).map((one) => `the tenant ${one}`),
  );
  return found;
}

function loginsOf(usernames: readonly string[], passwords: readonly string[]): Login[] {
  return usernames.flatMap((username) => [...new Set(passwords)].map((password) => ({ username, password })));
}

/** Outcomes of logins, by user, password and the server's data that decide them. */
const outcomes = new WeakMap<ContractServer, Map<string, boolean>>();

/** Tries a login. Returns the earlier outcome if the server's data that decide it are unchanged. */
async function logsIn(server: ContractServer, { username, password }: Login): Promise<boolean> {
  const known = outcomes.get(server) ?? new Map<string, boolean>();
  outcomes.set(server, known);
  const key = JSON.stringify([username, password, await server.fingerprint(username)]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const session = await openAsTenant(server, username, password).catch(() => undefined);
  await session?.[Symbol.asyncDispose]();
  known.set(key, session !== undefined);
  return session !== undefined;
}
