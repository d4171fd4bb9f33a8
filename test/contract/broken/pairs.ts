import { escapeLiteral, escapeIdentifier as id } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { PostgresSession } from "../../../functions/postgres/session.ts";
import type { Engine, Session } from "../../../shared/engine/engine.ts";
import type { Ownership, Pair, PairCapability, PairView, Plan } from "../../../shared/engine/pair.ts";
import type { ContractServer } from "../contract-server.ts";

/** The right engine, whose sessions go back to it and to no other. */
const RIGHT = postgres as unknown as Engine & { readonly pair: PairCapability };

/** The right engine with other verbs about the pair. */
export function withPair(change: (right: PairCapability) => Partial<PairCapability>): Engine {
  return { ...RIGHT, pair: { ...RIGHT.pair, ...change(RIGHT.pair) } };
}

/** The right engine with another explanation of errors. */
export function withExplanation(explain: Engine["explain"]): Engine {
  return { ...RIGHT, explain };
}

/** The right engine, which sees something else. */
export function seeing(change: (view: PairView, pair: Pair) => Partial<PairView>): Engine {
  return withPair((right) => ({
    read: async (readers, pair) => {
      const view = await right.read(readers, pair);
      const { ownership, differences, unseen } = view;
      const plan: PairView["plan"] = (taking) => view.plan(taking);
      return { ownership, differences, unseen, plan, ...change(view, pair) };
    },
  }));
}

/** The right engine, which is mistaken about whose the alternate user is. */
export function owning(change: (ownership: Ownership, pair: Pair) => Partial<Ownership>): Engine {
  return seeing(({ ownership }, pair) => ({ ownership: { ...ownership, ...change(ownership, pair) } }));
}

/** The right engine, which finds fewer differences. */
export function notComparing(what: RegExp): Engine {
  return seeing(({ differences }) => ({ differences: differences.filter((one) => !what.test(one)) }));
}

type Made = Extract<Plan, { changes: unknown }>;

/** The right engine with another plan. */
export function planning(change: (plan: Made) => Plan): Engine {
  return seeing((view) => ({
    plan: (taking) => {
      const plan = view.plan(taking);
      return plan.refusal ? plan : change(plan);
    },
  }));
}

interface Verbs {
  /** Before the lock. */
  readonly first?: (pair: Pair) => Promise<unknown>;
  /** When the plan is made, right before it is applied. */
  readonly before?: (pair: Pair, password: string) => Promise<unknown>;
  /** When everything is committed. */
  readonly after?: (pair: Pair, password: string) => Promise<unknown>;
}

/** The right engine, which does something else as well. */
export function preparing({ first, before, after }: Verbs): Engine {
  return withPair((right) => {
    let [known, last]: [Pair | undefined, string] = [undefined, ""];
    return {
      exclusively: async (admin, pair, work) => {
        known = pair;
        await first?.(pair);
        const result = await right.exclusively(admin, pair, work);
        await after?.(pair, last);
        return result;
      },
      apply: async (by, changes, password) => {
        last = password;
        if (known) await before?.(known, password);
        await right.apply(by, changes, password);
      },
    };
  });
}

/** The way of AWS's templates: the clone gets copies of what the base user was granted, and acts as itself. */
export function copyPrivileges(
  server: ContractServer,
  { current, alternate }: Pair,
  option = "",
): Promise<void> {
  return server.administer(`
    DO $do$ DECLARE one record; BEGIN
      FOR one IN SELECT * FROM information_schema.role_table_grants WHERE grantee = ${escapeLiteral(current)}
      LOOP EXECUTE format('GRANT %s ON %I TO %I ${option}', one.privilege_type, one.table_name, ${escapeLiteral(alternate)});
      END LOOP;
    END $do$;
    ALTER ROLE ${id(alternate)} RESET role`);
}

export async function exists(server: ContractServer, username: string): Promise<boolean> {
  return (await server.snapshot()).includes(JSON.stringify(username));
}

/** The right engine, whose preparations do not wait for one another, and have no time to end in. */
export function notHoldingTheLock(lock: "ALTER ROLE" | "none" = "none"): Engine {
  return withPair(() => ({
    exclusively: async (admin, pair, work) => {
      const sql = sqlOf(admin);
      const alter = `ALTER ROLE ${id(pair.alternate)}; EXCEPTION WHEN undefined_object THEN`;
      await sql.query("SET idle_in_transaction_session_timeout = 0");
      await sql.query(lock === "none" ? "BEGIN" : `BEGIN; DO ${escapeLiteral(`BEGIN ${alter} END`)}`);
      const result = await work();
      await sql.query("COMMIT");
      return result;
    },
  }));
}

/** The sessions of the right engine are its own. */
const asPostgres = (session: Session) => session as PostgresSession;
export const sqlOf = (session: Session) => asPostgres(session).sql;
export const logOf = (session: Session) => asPostgres(session).invocation.log;
