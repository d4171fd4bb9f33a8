import { expect } from "vitest";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { gains, type Observation, observe } from "../../support/tenant/others.ts";
import { passwordsOf } from "../../support/tenant/secret-moves.ts";
import {
  attempt,
  type Cast,
  type MoveName,
  openAsTenant,
  type TenantProduct,
} from "../../support/tenant/tenant.ts";
import type { Run } from "../case.ts";
import { runRemedy } from "./administrator.ts";
import { type Context, newName, newPassword } from "./context.ts";
import { within } from "./failures.ts";
import { masterUserSecret, type Rotating, userOf } from "./handlers.ts";
import { logsIn, newAdmin, newUser, type User } from "./users.ts";

/** How often the victim's rotation may be refused for another reason, each with a statement for an administrator. */
const MOST_CURES = 5;

/** Milliseconds of a step of the victim's rotation while the tenant holds locks. */
const STEP = 12_000;

/** The users and secrets of one attack. */
interface World {
  readonly context: Context;
  readonly cast: Cast;
  readonly tenant: User;
  readonly victim: User;
  /** A user who may do just what the tenant's user may. */
  readonly colleague: User;
  readonly admin: User;
  readonly secret: Rotating;
  readonly victims: Rotating;
}

export interface Attack {
  /** What the tenant's user is called. */
  readonly tenant?: (victim: string) => string;
  /** What an administrator does at his wish, not knowing what a rotation makes of it. */
  readonly innocently?: readonly MoveName[];
  /** What he does before any rotation. */
  readonly before?: readonly MoveName[];
  /** What his secret holds besides the login of his own user. */
  readonly secret?: (cast: Cast, colleague: User) => object;
  /** What he does to his secret when its rotation has begun, and after each of its steps. */
  readonly between?: (world: World, token: string, done: Step | undefined) => void;
  /** What he does when his secret was rotated, and when the victim's was. */
  readonly after?: readonly MoveName[];
  /** Whether he holds locks meanwhile. */
  readonly locks?: true;
}

export function attackedBy(what: Attack): Run {
  return (context) => attack(context, what);
}

function tenantOf({ server }: Context): TenantProduct {
  return server.tenant ?? expect.fail("A product without tenants has to declare that it lacks them.");
}

export async function attack(context: Context, what: Attack): Promise<void> {
  const world = await newWorld(context, what);
  const { cast, tenant } = world;
  const product = tenantOf(context);
  await using session = await openAsTenant(context.server, tenant.username, tenant.password);
  const moves = (names: readonly MoveName[] = []) =>
    attempt(
      session,
      names.flatMap((name) => product.moves[name](cast)),
    );

  for (const statement of (what.innocently ?? []).flatMap((name) => product.moves[name](cast))) {
    await context.server.administer(statement).catch(() => {}); // Not every product has it.
  }
  const fresh = await look(world);
  await moves(what.before);
  const prepared = await look(world);
  const made = Object.keys(prepared.users).filter((name) => fresh.users[name] === undefined);
  // What the tenant can do by himself is no fault of a rotation's; what he reads and logs in as is compared from the start.
  const reach = [...fresh.reach, ...made.map((name) => `acts as ${name}`)];
  const baseline: Observation = { ...prepared, own: fresh.own, reach };
  const his = [tenant.username, `${tenant.username}_clone`, ...made].filter((name) => name !== cast.victim);

  await rotateHis(world, what);
  const rotated = await look(world);
  expect(gains(baseline, rotated, his, cast.admin).join("\n"), "after the rotation of his secret").toBe("");

  await moves(what.after);
  await using locks = what.locks && (await openAsTenant(context.server, tenant.username, tenant.password));
  if (locks) await attempt(locks, product.lock(cast));
  if (locks) await rotateWithin(world);
  await locks?.[Symbol.asyncDispose]();
  for (let time = 0; time < 2; time++) {
    await rotateWithCures(world);
    await moves(what.after);
    await expectNothing(world, baseline, fresh.reach, "after a rotation of the victim's secret");
  }
  await rotateHis(world, what);
  await moves(what.after);
  await expectNothing(world, baseline, fresh.reach, "at the end");
}

/** After a rotation of the victim's secret: the two users of the victim are the victim's alone. */
async function expectNothing(
  world: World,
  baseline: Observation,
  reach: readonly string[],
  when: string,
): Promise<void> {
  const { context, cast, secret, victims } = world;
  const after = await look(world);
  const isVictims = (name: string) => [cast.victim, cast.victimClone].includes(name);
  // What the victim's rotation has changed of its users is right. They are told apart by what they log in with.
  const known = {
    users: after.users,
    own: baseline.own.filter((name) => !isVictims(name)),
    seized: baseline.seized.filter((name) => !isVictims(name)),
    reach,
  };
  expect(gains(known, after, []).join("\n"), when).toBe("");
  const current = userOf(context, victims.arn);
  expect(await logsIn(context, current), `The victim is locked out ${when}.`).toBe(true);
  expect(passwordsOf(context.rotations.call, secret.arn)).not.toContain(current.password);
}

async function newWorld(context: Context, what: Attack): Promise<World> {
  const { server } = context;
  const victim = await newUser(context, { username: newName("hr") });
  const tenant = await newUser(context, {
    username: what.tenant?.(victim.username) ?? newName("tenant"),
  });
  const colleague = await newUser(context, { username: newName("colleague") });
  const admin = await newAdmin(context, victim.username);
  const cast: Cast = {
    tenant: tenant.username,
    victim: victim.username,
    victimClone: `${victim.username}_clone`,
    admin: admin.username,
    place: newName("place"),
    treasure: newName("treasure"),
    password: newPassword(),
  };
  await tenantOf(context).equip(server, cast);
  await server.letPrepare?.(admin.username, [colleague.username]);
  const secretOf = (user: User, changes: object = {}) =>
    masterUserSecret(context, { base: user, admin }, changes);
  const secret = secretOf(tenant, what.secret?.(cast, colleague));
  return { context, cast, tenant, victim, colleague, admin, secret, victims: secretOf(victim) };
}

/** What all users have now. The others log in with what their secrets hold. */
async function look(world: World): Promise<Observation> {
  const { context, cast, tenant, colleague, admin, secret, victims } = world;
  const { server, rotations } = context;
  const known = [...passwordsOf(rotations.call, secret.arn), tenant.password, cast.password];
  const others = [userOf(context, victims.arn), colleague, admin];
  const suspects = [cast.victim, cast.victimClone, `${colleague.username}_clone`, server.reservedUser];
  // As whom the tenant rightly logs in: his user, and the clone that the function makes of it.
  const tenants = [tenant.username, `${tenant.username}_clone`].filter((name) => name !== cast.victim);
  return await observe(server, tenantOf(context), cast, { others, suspects, tenants, known });
}

/** All steps of the rotation of the tenant's secret, as long as they succeed, with what he does in between. */
async function rotateHis(world: World, { between = () => {} }: Attack): Promise<void> {
  const { context, secret } = world;
  const { rotations } = context;
  rotations.abandon(secret.arn);
  const token = await rotations.stage(secret.arn);
  between(world, token, undefined);
  for (const step of STEPS) {
    const [outcome] = await Promise.allSettled([rotations.invoke(secret.handler, step, secret.arn, token)]);
    if (outcome.status === "rejected") {
      expect(outcome.reason, `${step} of the tenant's rotation`).toBeInstanceOf(RotationError);
    }
    between(world, token, step); // He may run every step, whatever became of the one before.
  }
  rotations.abandon(secret.arn);
}

/** The victim's rotation must succeed once an administrator has done what the messages print. */
async function rotateWithCures({ context, victims }: World): Promise<void> {
  const { rotations, server } = context;
  for (let cures = 0; ; cures++) {
    rotations.abandon(victims.arn);
    const [outcome] = await Promise.allSettled([rotations.rotate(victims.arn, victims.handler)]);
    if (outcome.status === "fulfilled") return;
    const error: unknown = outcome.reason;
    if (!(error instanceof RotationError)) throw error;
    expect(cures, `The victim's rotation is blocked: ${error.message}`).toBeLessThan(MOST_CURES);
    await runRemedy(server, error);
  }
}

/** While locks are held, each step of the victim's rotation ends by its deadline, and AWSCURRENT logs in. */
async function rotateWithin({ context, victims }: World): Promise<void> {
  const { rotations } = context;
  const token = await rotations.stage(victims.arn);
  for (const step of STEPS) {
    const work = rotations.invoke(victims.handler, step, victims.arn, token, STEP);
    const [outcome] = await within(STEP, Promise.allSettled([work]));
    expect(await logsIn(context, userOf(context, victims.arn)), `after ${step}`).toBe(true);
    if (outcome.status === "rejected") break;
  }
}
