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
  /** Logins that the tenant rightly has. */
  readonly tenants: readonly Login[];
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
  const rightful = new Set(tenants.map(({ username }) => username));
  const targets = [...suspects, ...others.map(({ username }) => username)].filter(
    (name, index, all) => users[name] !== undefined && !rightful.has(name) && all.indexOf(name) === index,
  );
  const own: string[] = [];
  for (const { username, password } of others) {
    if (await logsIn(server, username, password)) own.push(username);
  }
  const seized: string[] = [];
  for (const username of targets) {
    for (const password of new Set(known)) {
      if (await logsIn(server, username, password)) seized.push(username);
    }
  }
  const reach = new Set<string>();
  for (const { username, password } of tenants) {
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

async function logsIn(server: ContractServer, username: string, password: string): Promise<boolean> {
  const session = await openAsTenant(server, username, password).catch(() => undefined);
  await session?.[Symbol.asyncDispose]();
  return session !== undefined;
}
