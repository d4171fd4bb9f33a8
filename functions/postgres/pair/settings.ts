import { id, literal } from "../sql.ts";
import type { Facts, RoleSetting } from "./facts.ts";
import type { Fault } from "./faults.ts";
import { isSuperuser, readerOf } from "./situation.ts";

/** Whose value is a list of identifiers that a literal would turn into one: the ones that pg_dump treats so. */
const LISTS = ["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"];

/**
 * How the settings of one user are not those of another, but for `role`, which differs between a clone and its base. No
 * value of a setting that an application has made up is told: some are keys. A setting that takes a superuser, and that
 * the server may hide, does not count.
 */
export function differentSettings(facts: Facts, from: string, to: string): Fault[] {
  const of = (user: string, { database, name }: RoleSetting) =>
    facts.settings.find((one) => one.role === user && one.database === database && one.name === name);
  const isAdmin = isSuperuser(readerOf(facts));
  return facts.settings.flatMap((one) => {
    const { role, database, name, context, granted } = one;
    const [wanted, present] = [of(from, one), of(to, one)];
    const value = wanted && literals(wanted);
    const isCounted = role === from || (role === to && !wanted);
    if (name === "role" || !isCounted || (present && literals(present) === value)) {
      return [];
    }
    const verb = !wanted ? "has" : present ? "has another value of" : "lacks";
    const [free, isMadeUp] = [context === "user" || context === "backend", name.includes(".")];
    // The dot of a name stays outside the quotes.
    const parameter = name.split(".").map(id).join(".");
    const start = `${alter(to, database)} ${wanted ? `SET ${parameter} TO ` : `RESET ${parameter}`}`;
    return {
      side: "other",
      what: `${verb} the setting ${name}${database === null ? "" : ` in ${database}`}`,
      remedy: start + (value && isMadeUp ? `<the value that ${from} has>` : (value ?? "")),
      run: start + (value ?? ""),
      curable: free || granted || isAdmin,
      counts: free || (context === null && isMadeUp),
    };
  });
}

/** `ALTER ROLE app IN DATABASE shop` */
export function alter(user: string, database: string | null): string {
  return `ALTER ROLE ${id(user)}${database === null ? "" : ` IN DATABASE ${id(database)}`}`;
}

/**
 * As literals. Of a list `"$user", Public, "a ""b"""` they are '$user', 'public', 'a "b': SET … FROM CURRENT leaves it as an
 * administrator wrote it, where SET … TO quotes what needs it. An empty list can be written as one of one empty name.
 */
function literals({ name, value }: RoleSetting): string {
  if (!LISTS.includes(name)) {
    return literal(value);
  }
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? "",
  );
  return (names.length > 0 ? names : [""]).map(literal).join(", ");
}
