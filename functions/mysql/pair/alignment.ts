import { ALL, type Grant, type Grants, grantText, hasOwnGrantOption } from "./grants.ts";
import type { Step } from "./pair-dialect.ts";

/** Returns the privileges that ALL PRIVILEGES on an object means. Servers print it instead of the complete list. */
export type Everything = (on: string) => readonly string[];

/** The changes that make one account's grants equal to another's. */
export interface Alignment {
  readonly grants: readonly Grant[];
  readonly revokes: readonly Grant[];
  /** Whether the grants must be read again afterward: a change of ALL PRIVILEGES may change others, too. */
  readonly replan: boolean;
}

export function alignment(model: Grants, account: Grants, everything: Everything): Alignment {
  const missing = difference(model, account);
  // A privilege that is granted again WITH GRANT OPTION must not be revoked: the REVOKE would remove both.
  const surplus = difference(account, model).filter(
    (grant) => !missing.some((one) => one.option && isSame(one, grant)),
  );
  const isExchanged = ({ privilege, on, restriction }: Grant) =>
    restriction || (privilege === ALL && isOn(on, model) && isOn(on, account));
  return {
    replan:
      [...missing, ...surplus].some(isExchanged) ||
      surplus.some((one) => [...model.values()].some((other) => isSame(one, other))),
    // For partial revokes the statements are swapped: GRANT SELECT ON `hr`.* removes the account's "no SELECT ON `hr`.*", and
    // REVOKE SELECT ON `hr`.* adds the model's.
    grants: [
      ...missing.filter(({ restriction }) => !restriction),
      ...surplus.filter(({ restriction }) => restriction),
    ],
    revokes: [
      ...surplus
        .filter(({ restriction }) => !restriction)
        .flatMap((grant) => listed(grant, model, everything)),
      ...missing.filter(({ restriction }) => restriction),
    ],
  };
}

/** Returns the grants that only the first has. ALL PRIVILEGES includes all without an own GRANT OPTION or columns. */
function difference(one: Grants, other: Grants): Grant[] {
  const isIncluded = ({ privilege, on, option, restriction }: Grant) =>
    !(option || restriction || privilege === "GRANT OPTION" || privilege.includes("(")) &&
    other.has(`${ALL} ON ${on}`);
  return [...one.values()].filter((grant) => !other.has(grantText(grant)) && !isIncluded(grant));
}

/** Returns what to revoke, as a list: REVOKE ALL PRIVILEGES would also revoke, for a moment, what the model has. */
function listed(grant: Grant, model: Grants, everything: Everything): Grant[] {
  const { privilege, on } = grant;
  const rest = privilege === ALL && isOn(on, model) ? everything(on) : [];
  const list = rest.filter((one) => !model.has(`${one} ON ${on}`));
  return list.length > 0 ? list.map((one) => ({ ...grant, privilege: one })) : [grant];
}

function isOn(on: string, grants: Grants): boolean {
  return [...grants.values()].some((grant) => grant.on === on);
}

/** Whether both are the same privilege, with or without GRANT OPTION. */
function isSame(a: Grant, b: Grant): boolean {
  return a.privilege === b.privilege && a.on === b.on && a.restriction === b.restriction;
}

/** Returns the fewest statements, each about one object. */
export function statements(
  verb: "GRANT" | "REVOKE",
  grants: readonly Grant[],
  account: string,
  kind: Step["kind"] = "adds",
): Step[] {
  // WITH GRANT OPTION would apply to every dynamic privilege in the statement. ALL PRIVILEGES is revoked by itself.
  const key = ({ privilege, on, option }: Grant) =>
    `${on} ${option} ${hasOwnGrantOption(privilege)} ${verb === "REVOKE" && privilege === ALL}`;
  return Object.values(Object.groupBy(grants, key)).map((group = []) => {
    const [{ on, option } = { on: "", option: false }] = group;
    const all = group.map(({ privilege }) => privilege);
    // ALL PRIVILEGES cannot be combined with others in a list.
    const others = all.filter((privilege) => verb === "REVOKE" || privilege !== "GRANT OPTION");
    const withOption = verb === "GRANT" && (option || (others.length > 0 && others.length < all.length));
    const what = `${verb} ${(others.length > 0 ? others : all).join(", ")}${on === "" ? "" : ` ON ${on}`}`;
    const end = withOption ? ` WITH ${on === "" ? "ADMIN" : "GRANT"} OPTION` : "";
    const statement = `${what} ${verb === "GRANT" ? "TO" : "FROM"} ${account}${end}`;
    return { statement, kind, grant: { on, account } };
  });
}
