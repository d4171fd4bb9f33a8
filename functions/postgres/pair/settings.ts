import { id, literal } from "../sql.ts";
import type { Facts, RoleSetting } from "./facts.ts";
import type { Fault } from "./faults.ts";
import { isSuperuser, readerOf } from "./situation.ts";

/** Whose value is a list of identifiers that a literal would turn into one: the ones that pg_dump treats so. */
const LISTS = ["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"];

/**
 * How the settings of one user are not those of another, but for `role`, which differs between a clone and its base. No
 * value of a setting that an application has made up is told: some are keys.
 */
export function differentSettings(facts: Facts, from: string, to: string): Fault[] {
  const of = (user: string) => facts.settings.filter(({ role, name }) => role === user && name !== "role");
  const [wanted, present] = [of(from), of(to)];
  const missing = wanted.filter((one) => !present.some((other) => isSame(one, other)));
  const superfluous = present.filter((one) => !wanted.some((other) => isSamePlace(one, other)));
  const fault = (one: RoleSetting, verb: string, start: string, value: string): Fault => ({
    side: "other",
    what: `${verb} the setting ${one.name}${one.database === null ? "" : ` in ${one.database}`}`,
    cure: start + (value !== "" && one.name.includes(".") ? `<the value that ${from} has>` : value),
    run: start + value,
    optional: true,
    ...howFree(facts, one),
  });
  return [
    ...missing.map((one) => {
      const isOther = present.some((other) => isSamePlace(one, other));
      const value = listed(one).map(literal).join(", ");
      const start = `${alter(to, one.database)} SET ${parameter(one)} TO `;
      return fault(one, isOther ? "has another value of" : "lacks", start, value);
    }),
    ...superfluous.map((one) => fault(one, "has", `${alter(to, one.database)} RESET ${parameter(one)}`, "")),
  ];
}

/** Whether the reader may set it; a setting that takes a superuser, and that the server may hide, does not count. */
function howFree(facts: Facts, { name }: RoleSetting): Pick<Fault, "curable" | "counts"> {
  const { context = null, granted = false } = facts.parameters.find((one) => one.name === name) ?? {};
  const free = context === "user" || context === "backend";
  return {
    curable: free || granted || isSuperuser(readerOf(facts)),
    counts: free || (context === null && name.includes(".")),
  };
}

/** `ALTER ROLE app IN DATABASE shop` */
export function alter(user: string, database: string | null): string {
  return `ALTER ROLE ${id(user)}${database === null ? "" : ` IN DATABASE ${id(database)}`}`;
}

function isSamePlace(one: RoleSetting, other: RoleSetting): boolean {
  return one.database === other.database && one.name === other.name;
}

function isSame(one: RoleSetting, other: RoleSetting): boolean {
  return isSamePlace(one, other) && listed(one).join("\0") === listed(other).join("\0");
}

/** A setting of an extension has a dot in its name, and the dot stays outside the quotes. */
function parameter({ name }: RoleSetting): string {
  return name.split(".").map(id).join(".");
}

/**
 * `"$user", Public, "a ""b"""` → `$user`, `public`, `a "b"`. SET … FROM CURRENT leaves a list as an administrator wrote
 * it, where SET … TO quotes what needs it; an empty list can be written as a list of one empty name.
 */
function listed({ name, value }: RoleSetting): string[] {
  if (!LISTS.includes(name)) {
    return [value];
  }
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? "",
  );
  return names.length > 0 ? names : [""];
}
