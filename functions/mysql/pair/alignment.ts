import { ALL, asGrants, type Grant, type Grants, grantText, hasOptionOfItsOwn } from "./grants.ts";
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
  const [wanted, had] = [spelledOut(model, everything), spelledOut(account, everything)];
  const missing = [...wanted.values()].filter((grant) => !had.has(grantText(grant)));
  // A privilege that is granted again WITH GRANT OPTION is not to be revoked: both would go.
  const surplus = [...had.values()].filter(
    (grant) => !wanted.has(grantText(grant)) && !missing.some((one) => one.option && isSame(one, grant)),
  );
  const isOn = (on: string, grants: Grants) => [...grants.values()].some((one) => one.on === on);
  const bare = ({ restriction }: Grant) => !restriction;
  return {
    again:
      [...missing, ...surplus].some(
        ({ privilege, on, restriction }) =>
          restriction || (privilege === ALL && isOn(on, model) && isOn(on, account)),
      ) || surplus.some((one) => [...model.values()].some((other) => isSame(one, other))),
    // Partial revokes go the other way: "no SELECT ON `hr`.*", which the account has and the model has not, ends with
    // GRANT SELECT ON `hr`.*; one that only the model has begins with REVOKE SELECT ON `hr`.*.
    grants: [
      ...allOrList(missing.filter(bare), () => true, everything),
      ...surplus.filter((one) => one.restriction),
    ],
    revokes: [
      // To revoke ALL PRIVILEGES would take away what the model has there, for a moment.
      ...allOrList(surplus.filter(bare), (on) => !isOn(on, model), everything),
      ...missing.filter((one) => one.restriction),
    ],
  };
}

/** With what ALL PRIVILEGES stands for beside it. */
function spelledOut(grants: Grants, everything: Everything): Grants {
  const list = ({ privilege, on }: Grant) => (privilege === ALL ? [ALL, ...everything(on)] : [privilege]);
  return asGrants(
    [...grants.values()].flatMap((grant) => list(grant).map((privilege) => ({ ...grant, privilege }))),
  );
}

/** Of ALL PRIVILEGES on an object and the list that it stands for only one. */
function allOrList(
  grants: readonly Grant[],
  prefersAll: (on: string) => boolean,
  everything: Everything,
): Grant[] {
  return Object.values(Object.groupBy(grants, ({ on }) => on)).flatMap((group = []) => {
    const [all] = group.filter(({ privilege }) => privilege === ALL);
    const isListed = ({ privilege, on }: Grant) => everything(on).includes(privilege);
    return all && (prefersAll(all.on) || !group.some(isListed))
      ? group.filter((grant) => !isListed(grant))
      : group.filter((grant) => grant !== all);
  });
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
