import { expect, test } from "vitest";
import type { Check, CheckName } from "../../shared/report/examination.ts";
import { holder, reattempt } from "../support/operator.ts";
import { followCommands } from "../support/remedies.ts";
import { checkOf, failures, type User, type World } from "./world.ts";

/** One way for a set-up to be broken. */
export interface Broken {
  readonly title: string;
  readonly check: CheckName;
  /** What a rotation would fail with; undefined if the check only warns. */
  readonly reason?: string;
  break(world: World, user: User): Promise<unknown>;
  /** `sql` and `commands`: what the remedy says, as it stands there. */
  readonly cure: "sql" | "commands" | ((world: World, user: User, check: Check) => Promise<unknown>);
  /** What the remedy must say. */
  readonly says?: RegExp;
}

/** Each is named by the right check; after the remedy the check is green, and what is called healthy rotates. */
export function testBroken(world: () => World, table: readonly Broken[]): void {
  test.each(table)("$title: $check, and after the remedy it rotates", async (broken) => {
    const here = world();
    const user = await here.newUser();
    await broken.break(here, user);
    const { check, reason, cure } = broken;

    const before = await here.report(user.arn);
    expect(failures(before)).toEqual(reason === undefined ? [] : [`${check}: ${reason}`]);
    const told = checkOf(before, check);
    expect(told.status).toBe(reason === undefined ? "warning" : "failed");
    if (broken.says) expect(`${told.cause} ${told.remedy}`).toMatch(broken.says);

    if (cure === "sql") await here.sql(...statementsIn(told));
    else if (cure === "commands") await follow(here, told);
    else await cure(here, user, told);
    await here.stack.secretsManager.settled(user.arn);

    const after = await here.report(user.arn);
    expect(failures(after)).toEqual([]);
    expect(after.outcome).toBe("healthy");
    expect(await rotates(here, user)).toBe(true);
  });
}

/** `Run as an administrator: <statement>; <statement> - and more words` */
function statementsIn({ remedy = "" }: Check): string[] {
  const [, statements] = /(?:[Rr]un as an administrator|GRANT the same): (.*?)(?: - |$)/s.exec(remedy) ?? [];
  return statements?.split("; ") ?? expect.fail(`There is no statement in: ${remedy}`);
}

async function follow({ stack }: World, { remedy = "" }: Check): Promise<void> {
  expect(followCommands(stack, remedy.replace(/'(\{.*?\})'/, "RULES"), {}), remedy).not.toEqual([]);
}

async function rotates({ stack }: World, { arn }: User): Promise<boolean> {
  const [current, pending] = [await holder(stack, arn, "AWSCURRENT"), await holder(stack, arn, "AWSPENDING")];
  if (pending !== undefined && pending !== current) {
    return await reattempt(stack, arn);
  }
  const { succeeded, error } = await stack.rotate(arn);
  expect(error).toBeUndefined();
  return succeeded;
}
