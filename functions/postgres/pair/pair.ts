import type { Pair, PairCapability, PairView, Readers } from "../../../shared/engine/pair.ts";
import { holding } from "../lock.ts";
import { asAdmin, limits, type PostgresSession } from "../session.ts";
import { id } from "../sql.ts";
import { apply } from "./apply.ts";
import { type Estate, readEstate } from "./estate.ts";
import { type Facts, readFacts } from "./facts.ts";
import { viewOf } from "./plan.ts";
import { heirIn, situationOf } from "./situation.ts";

/** The catalogs are everybody's to read: the users see themselves what they may do. */
export const pair: PairCapability<PostgresSession> = {
  checkedBy: "users",
  exclusively: (admin, { current, alternate }, work) =>
    // It changes nothing, and is a lock all the same.
    holding(admin, [current, alternate], { statement: `ALTER ROLE ${id(alternate)}`, mayLack: true }, work),
  read,
  apply,
};

async function read(readers: Readers<PostgresSession>, users: Pair): Promise<PairView> {
  if ("pending" in readers) {
    return viewOf(await readFacts(readers.pending, users, limits(readers.pending)), [], users);
  }
  const { admin } = readers;
  const facts = await readFacts(admin, users, `${asAdmin(admin)} ${limits(admin)}`);
  return viewOf(facts, await readEstates(admin, facts, users), users);
}

/** What clones have of their own, as a rule nothing, in every database that the facts name. */
async function readEstates(admin: PostgresSession, facts: Facts, users: Pair): Promise<Estate[]> {
  const situation = situationOf(facts, users);
  const estates: Estate[] = [];
  for (const { role: of, database } of facts.belongings) {
    const place = database ?? admin.database;
    const isRead = estates.some((estate) => estate.of === of && estate.database === place);
    if (of !== situation.base && !isRead) {
      estates.push(await readEstateIn(admin, place, of, heirIn(situation, place)));
    }
  }
  return estates;
}

async function readEstateIn(
  admin: PostgresSession,
  database: string,
  of: string,
  heir: string,
): Promise<Estate> {
  if (database === admin.database) {
    return await readEstate(admin, of, heir, limits(admin));
  }
  await using session = await admin.openIn(database);
  if (session) {
    return await readEstate(session, of, heir, `${asAdmin(session)} ${limits(session)}`);
  }
  const take = `GRANT CONNECT ON DATABASE ${id(database)} TO ${id(admin.identity.username)}`;
  const what = "something that the master user may not connect to see";
  const title = { what, superfluous: false, give: "", givenBy: null, take, takenBy: null };
  return { of, heir, database, harmless: 0, unsafe: [], titles: [title] };
}
