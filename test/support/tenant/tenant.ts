import type { ContractServer, UserSession } from "../../contract/contract-server.ts";

/**
 * Who takes part. The tenant may write one secret, log in as its user, and do on the server what `equip` gives him. The
 * victim's secret is rotated by the same functions and the same admin user.
 */
export interface Cast {
  readonly tenant: string;
  readonly victim: string;
  /** The name of the victim's clone. There may be no such user yet. */
  readonly victimClone: string;
  /** The admin user of both rotations. */
  readonly admin: string;
  /** A schema (MySQL, MariaDB: a database) of the tenant's own. It is made by `equip`. */
  readonly place: string;
  /** A table of the victim's with a row that only the victim may read. It is made by `equip`. */
  readonly treasure: string;
  /** Password of the users that the tenant makes. */
  readonly password: string;
}

/** Statements that the tenant runs as himself. The server may refuse each of them. */
export type Move = (cast: Cast) => readonly string[];

/** What the tenant can try on a server, by what it is good for. A product that lacks a move has an empty one. */
export type MoveName =
  | "make the victim's clone in advance"
  | "make the victim's clone in advance, with ADMIN OPTION for himself"
  | "make himself a member of the victim's clone"
  | "make the victim's clone a member of the tenant"
  | "make the victim a member of the tenant"
  | "make the tenant a member of the victim"
  | "make the admin a member of the tenant, with ADMIN OPTION"
  | "mark the tenant as the victim's partner"
  | "mark the victim as the tenant's partner"
  | "set the tenant's role to the victim"
  | "set hostile settings for himself"
  | "set hostile settings for the victim's clone"
  | "put functions named like the server's own into his schema"
  | "own objects that run code of his"
  | "give objects of his to the victim's clone"
  | "grant on his schema to the victim"
  | "grant on his schema to the victim's clone"
  | "grant to an ownership marker"
  | "set default privileges for the victim's clone"
  | "let an outsider into his own clone"
  | "change the victim's clone: password and attributes"
  | "read what the victim reads, as every role that he can become";

/** What the tenant is on one product. */
export interface TenantProduct {
  readonly moves: Readonly<Record<MoveName, Move>>;
  /** As an administrator: the tenant's schema and rights, the victim's table, and what the admin needs for both. */
  equip(server: ContractServer, cast: Cast): Promise<void>;
  /** What a session can read and change of the victim's, and which of these users it can act as. */
  reach(session: TenantSession, cast: Cast, usernames: readonly string[]): Promise<string[]>;
  /** Begins a transaction or takes a lock that rotations of the victim wait for, in a session of the tenant. */
  readonly lock: Move;
}

/** A session in which a user runs what he likes. */
export type TenantSession = Required<UserSession>;

/** Logs in as a user, over TLS, without the engine, on a product that has tenants. */
export async function openAsTenant(
  server: ContractServer,
  username: string,
  password: string,
): Promise<TenantSession> {
  const session = await server.open(username, password);
  const { run, query } = session;
  if (!run || !query) throw new Error("A product with tenants has sessions that run statements.");
  return Object.assign(session, { run, query });
}

/** Runs statements one by one, whatever becomes of each. @returns the ones that the server has executed. */
export async function attempt(session: TenantSession, statements: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  for (const statement of statements) {
    const isDone = await session.run(statement).catch(() => false);
    if (isDone) done.push(statement);
  }
  return done;
}

/** What a product's tenant tries to reach of the victim's: the quoted names of things, and a way to call his function. */
export interface Reachable {
  readonly table: string;
  /** A view of the server's that shows each user its own rows. */
  readonly ownRows: string;
  /** A view of the tenant's over the table. */
  readonly stolen: string;
  /** A query with a row if the tenant's function returns something. */
  readonly steal: string;
}

/** @param how an ending for each of the results, such as " as hr". */
export async function reachAs(
  session: TenantSession,
  { table, ownRows, stolen, steal }: Reachable,
  how = "",
): Promise<string[]> {
  const able = async (statement: string) => (await session.query(statement).catch(() => [])).length > 0;
  const done = (statement: string) => session.run(statement).catch(() => false);
  return [
    (await able(`SELECT * FROM ${table}`)) && `reads the victim's table${how}`,
    (await able(`SELECT * FROM ${ownRows}`)) && `reads the victim's rows through the view${how}`,
    (await able(`SELECT * FROM ${stolen}`)) && `reads the victim's table by a view of his own${how}`,
    (await able(steal)) && `reads the victim's table by a function${how}`,
    (await done(`UPDATE ${table} SET secret = 'a treasure'`)) && `changes the victim's table${how}`,
  ].filter((one) => one !== false);
}
