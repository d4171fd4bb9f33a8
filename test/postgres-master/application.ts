import { expect } from "vitest";
import { column, type Session } from "./pairs.ts";

/** What an administrator has set up for an application: a schema of its own, and somebody else's tables. */
export function install(username: string, schema: string): string[] {
  return [
    `CREATE SCHEMA ${schema} AUTHORIZATION ${username}`,
    `CREATE ROLE ${schema}_reader`,
    `CREATE TABLE public.${schema}_rates (rate INT)`,
    `INSERT INTO public.${schema}_rates VALUES (7)`,
    `GRANT SELECT ON public.${schema}_rates TO ${username}`,
  ];
}

/**
 * What an application does, in a schema of its own: makes things of every kind, and uses all that it has made before,
 * whichever of its two users that was.
 */
export class Application {
  readonly #schema: string;
  #largeObjects: number[] = [];
  #versions = 0;

  constructor(schema: string) {
    this.#schema = schema;
  }

  /** A new release of it brings its migrations. */
  async upgrade(session: Session): Promise<void> {
    this.#versions++;
    const [schema, version] = [this.#schema, this.#versions];
    await session.query(`SET search_path TO ${schema}, public`);
    await session.query(
      `CREATE TABLE orders_${version} (id SERIAL PRIMARY KEY, tenant NAME DEFAULT current_user)`,
    );
    await session.query(`CREATE SEQUENCE numbers_${version}`);
    await session.query(`CREATE TYPE state_${version} AS ENUM ('open', 'done')`);
    await session.query(
      `CREATE FUNCTION total_${version}() RETURNS bigint LANGUAGE sql SECURITY DEFINER
         AS 'SELECT count(*) FROM ${schema}.orders_${version}'`,
    );
    await session.query(
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${schema}_reader`,
    );
    await session.query(`CREATE TABLE tenants_${version} (tenant NAME DEFAULT current_user, note TEXT)`);
    await session.query(`ALTER TABLE tenants_${version} FORCE ROW LEVEL SECURITY`);
    await session.query(`ALTER TABLE tenants_${version} ENABLE ROW LEVEL SECURITY`);
    await session.query(`CREATE POLICY own ON tenants_${version} USING (tenant = current_user)`);
    await session.query(`CREATE TABLE later_${version} (id INT)`);
    const [largeObject] = await column(session, "SELECT lo_from_bytea(0, 'picture')");
    this.#largeObjects.push(Number(largeObject));
  }

  /** Reads, writes and changes all that was made so far. */
  async use(session: Session): Promise<void> {
    const schema = this.#schema;
    await session.query(`SET search_path TO ${schema}, public`);
    expect(await column(session, `SELECT rate FROM ${schema}_rates`)).toEqual([7]);
    for (let version = 1; version <= this.#versions; version++) {
      await session.query(`INSERT INTO orders_${version} DEFAULT VALUES`);
      await session.query(`UPDATE orders_${version} SET tenant = tenant`);
      await session.query(`SELECT nextval('numbers_${version}')`);
      await session.query(
        `ALTER TYPE state_${version} ADD VALUE 's${await count(session, `orders_${version}`)}'`,
      );
      await session.query(`CREATE OR REPLACE FUNCTION total_${version}() RETURNS bigint LANGUAGE sql SECURITY DEFINER
         AS 'SELECT count(*) FROM ${schema}.orders_${version}'`);
      expect(await column(session, `SELECT total_${version}()::int`)).toEqual([
        await count(session, `orders_${version}`),
      ]);
      await session.query(`INSERT INTO tenants_${version} (note) VALUES ('row')`);
      await session.query(`ALTER TABLE later_${version} ADD COLUMN c${Date.now()} INT`);
    }
    for (const largeObject of this.#largeObjects) {
      await session.query("SELECT lo_put($1, 0, 'another')", [largeObject]);
    }
  }

  /** How many rows of each table with a row policy the user sees. */
  visibleRows(session: Session): Promise<number[]> {
    const tables = Array.from(
      { length: this.#versions },
      (_, index) => `${this.#schema}.tenants_${index + 1}`,
    );
    return Promise.all(tables.map((table) => count(session, table)));
  }

  /** The owners of all that it has made, large objects included, and who else may read its tables. */
  async owners(session: Session): Promise<{ owners: unknown[]; readers: unknown[] }> {
    const schema = this.#schema;
    return {
      owners: await column(
        session,
        `SELECT relowner::regrole::text FROM pg_class WHERE relnamespace = '${schema}'::regnamespace
         UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace
         UNION SELECT lomowner::regrole::text FROM pg_largeobject_metadata WHERE oid = ANY('{${this.#largeObjects}}')`,
      ),
      readers: await column(
        session,
        `SELECT DISTINCT relacl::text LIKE '%${schema}_reader=r%' FROM pg_class
          WHERE relname LIKE 'later%' AND relnamespace = '${schema}'::regnamespace`,
      ),
    };
  }
}

async function count(session: Session, table: string): Promise<number> {
  const [rows] = await column(session, `SELECT count(*)::int FROM ${table}`);
  return Number(rows);
}
