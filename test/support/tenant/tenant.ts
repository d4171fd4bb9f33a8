import type { ContractServer, UserSession } from "../../contract/contract-server.ts";

/**
 * Users and objects of an attack. The tenant may write one secret, log in as its user, and do on the server what
 * `equip` allows it. The same functions and the same admin user rotate the victim's secret.
 */
export interface Cast {
  readonly tenant: string;
  readonly victim: string;
  /** Name of the victim's clone, which may not exist yet. */
  readonly victimClone: string;
  /** The admin user of both rotations. */
  readonly admin: string;
  /** A schema of the tenant (MySQL, MariaDB: a database). Created by `equip`. */
  readonly place: string;
  /** A table of the victim with a row that only the victim may read. Created by `equip`. */
  readonly treasure: string;
  /** Password of the users that the tenant creates. */
  readonly password: string;
}

/** Statements that the tenant runs as its own user. The server may refuse each of them. */
export type Move = (cast: Cast) => readonly string[];

/** Attempts of the tenant on a server, named by their purpose. The move is empty on a product that lacks it. */
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

/** The tenant on one product. */
export interface TenantProduct {
  readonly moves: Readonly<Record<MoveName, Move>>;
  /**
   * As an administrator, creates the tenant's schema and rights, the victim's table, and the admin user's rights for
   * both.
   */
  equip(server: ContractServer, cast: Cast): Promise<void>;
  /** Attempts of a session that succeeded: to read or change the victim's objects, or to act as one of these users. */
  reach(session: TenantSession, cast: Cast, usernames: readonly string[]): Promise<string[]>;
  /** Begins a transaction or takes a lock in a session of the tenant. Rotations of the victim wait for it. */
  readonly lock: Move;
}

/** A session in which a user runs any statement. */
export type TenantSession = Required<UserSession>;

/** Logs in as a user over TLS, without the engine, on a product that has tenants. */
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

/** Runs statements one by one, also after a failure. @returns the statements that the server executed. */
export async function attempt(session: TenantSession, statements: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  for (const statement of statements) {
    const isDone = await session.run(statement).catch(() => false);
    if (isDone) done.push(statement);
  }
  return done;
}

/**
 * Objects by which a product's tenant tries to reach the victim's data: their quoted names, and a query that calls the
 * tenant's function.
 */
export interface Reachable {
  readonly table: string;
  /** A view of the server that shows each user its own rows. */
  readonly ownRows: string;
  /** A view of the tenant over the table. */
  readonly stolen: string;
  /** A query that returns a row if the tenant's function returns something. */
  readonly steal: string;
}

/** @param how an ending for each result, such as " as hr". */
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
