import { id, literal } from "../sql.ts";
import type { Facts, RoleSetting } from "./facts.ts";
import type { Fault } from "./faults.ts";
import { isSuperuser, readerOf } from "./situation.ts";

/** Settings whose value is a list of identifiers (the list is pg_dump's). One literal would make it a single identifier. */
const LISTS = ["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"];

/**
 * Returns the settings in which one user differs from another. `role` is left out: it differs between a clone and its
 * base. The value of a custom setting (with a dot in its name) is never shown: it may be a key. A setting that only a
 * superuser may change does not count, since the server may hide it.
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
    const [free, isCustom] = [context === "user" || context === "backend", name.includes(".")];
    // Each part of the name is quoted by itself.
    const parameter = name.split(".").map(id).join(".");
    const start = `${alter(to, database)} ${wanted ? `SET ${parameter} TO ` : `RESET ${parameter}`}`;
    return {
      side: "other",
      what: `${verb} the setting ${name}${database === null ? "" : ` in ${database}`}`,
      remedy: start + (value && isCustom ? `<the value that ${from} has>` : (value ?? "")),
      run: start + (value ?? ""),
      mayRepair: free || granted || isAdmin,
      counts: free || (context === null && isCustom),
    };
  });
}

/** `ALTER ROLE app IN DATABASE shop` */
export function alter(user: string, database: string | null): string {
  return `ALTER ROLE ${id(user)}${database === null ? "" : ` IN DATABASE ${id(database)}`}`;
}

/**
 * Returns the value as literals for SET … TO. The list `"$user", Public, "a ""b"""` becomes '$user', 'public', 'a "b': after
 * SET … FROM CURRENT the catalog has the list as an administrator typed it. An empty list becomes one empty literal.
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
