import { ALL, type Grant, type Grants, grantText, hasOptionOfItsOwn } from "./grants.ts";
import type { Step } from "./pair-dialect.ts";

/** What ALL PRIVILEGES on an object stands for: servers print it instead of the list where an account has all there are. */
export type Everything = (on: string) => readonly string[];

/** What makes one account's grants those of another. */
export interface Alignment {
  readonly grants: readonly Grant[];
  readonly revokes: readonly Grant[];
  /** Something that both have is exchanged, and the server decides what is left of it: look again afterward. */
  readonly again: boolean;
}

export function alignment(model: Grants, account: Grants, everything: Everything): Alignment {
  const missing = difference(model, account);
  // A privilege that is granted again WITH GRANT OPTION is not to be revoked: both would go.
  const surplus = difference(account, model).filter(
    (grant) => !missing.some((one) => one.option && isSame(one, grant)),
  );
  const isExchanged = ({ privilege, on, restriction }: Grant) =>
    restriction || (privilege === ALL && isOn(on, model) && isOn(on, account));
  return {
    again:
      [...missing, ...surplus].some(isExchanged) ||
      surplus.some((one) => [...model.values()].some((other) => isSame(one, other))),
    // Partial revokes go the other way: "no SELECT ON `hr`.*", which the account has and the model has not, ends with
    // GRANT SELECT ON `hr`.*; one that only the model has begins with REVOKE SELECT ON `hr`.*.
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

/** What only the first one has. ALL PRIVILEGES on an object include all that have no GRANT OPTION or columns of their own. */
function difference(one: Grants, other: Grants): Grant[] {
  const isIncluded = ({ privilege, on, option, restriction }: Grant) =>
    !(option || restriction || privilege === "GRANT OPTION" || privilege.includes("(")) &&
    other.has(`${ALL} ON ${on}`);
  return [...one.values()].filter((grant) => !other.has(grantText(grant)) && !isIncluded(grant));
}

/** What to revoke. To revoke ALL PRIVILEGES would take away what the model has there, for a moment. */
function listed(grant: Grant, model: Grants, everything: Everything): Grant[] {
  const { privilege, on } = grant;
  const rest = privilege === ALL && isOn(on, model) ? everything(on) : [];
  const list = rest.filter((one) => !model.has(`${one} ON ${on}`));
  return list.length > 0 ? list.map((one) => ({ ...grant, privilege: one })) : [grant];
}

function isOn(on: string, grants: Grants): boolean {
  return [...grants.values()].some((grant) => grant.on === on);
}

/** But for WITH GRANT OPTION. */
function isSame(a: Grant, b: Grant): boolean {
  return a.privilege === b.privilege && a.on === b.on && a.restriction === b.restriction;
}

/** The fewest changes, each about one object. */
export function statements(
  verb: "GRANT" | "REVOKE",
  grants: readonly Grant[],
  account: string,
  kind: Step["kind"] = "adds",
): Step[] {
  // GRANT OPTION in a statement would go with every dynamic privilege in it. ALL PRIVILEGES is revoked alone.
  const key = ({ privilege, on, option }: Grant) =>
    `${on} ${option} ${hasOptionOfItsOwn(privilege)} ${verb === "REVOKE" && privilege === ALL}`;
  return Object.values(Object.groupBy(grants, key)).map((group = []) => {
    const [{ on, option } = { on: "", option: false }] = group;
    const all = group.map(({ privilege }) => privilege);
    // ALL PRIVILEGES stands alone in its list.
    const others = all.filter((privilege) => verb === "REVOKE" || privilege !== "GRANT OPTION");
    const withOption = verb === "GRANT" && (option || (others.length > 0 && others.length < all.length));
    const what = `${verb} ${(others.length > 0 ? others : all).join(", ")}${on === "" ? "" : ` ON ${on}`}`;
    const end = withOption ? ` WITH ${on === "" ? "ADMIN" : "GRANT"} OPTION` : "";
    const statement = `${what} ${verb === "GRANT" ? "TO" : "FROM"} ${account}${end}`;
    return { statement, kind, grant: { on, account } };
  });
}
