import type { ContractServer } from "../../contract/contract-server.ts";
import { type Cast, openAsTenant, type TenantProduct } from "./tenant.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Who has what at one moment. */
export interface Observation {
  /** By user: what it is, owns, may do and is a member of, and its stored password. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  /** Users who log in with their own password. */
  readonly own: readonly string[];
  /** Users, other than the tenant's, who log in with a password that the tenant knows. */
  readonly seized: readonly string[];
  /** What sessions of the tenant can read, change and act as. */
  readonly reach: readonly string[];
}

export interface Stakes {
  /** Logins of the other users, which must go on working. */
  readonly others: readonly Login[];
  /** Users, besides the others, whom the tenant may have got hold of. A change of any user is seen without that. */
  readonly suspects: readonly string[];
  /** Users as whom the tenant rightly logs in, if he knows the password. */
  readonly tenants: readonly string[];
  /** Every password that the tenant knows: those of all versions of his secret, and those that he has set. */
  readonly known: readonly string[];
}

/** Sees who owns, may do and logs in with what. Writes nothing. */
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
 * What the tenant has gained, or the others have lost, between two moments; empty if nothing.
 *
 * @param changing users whose own entries may change: those of the tenant, and those of a rotation that has run rightly.
 * @param admin the admin user of these rotations: what it has may change as far as it names a user of `changing`.
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

/** What logins ended in, by user, password and what the server decided them by. */
const outcomes = new WeakMap<ContractServer, Map<string, boolean>>();

/** Tries a login, unless it was tried before and the server still decides it by the same. */
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
