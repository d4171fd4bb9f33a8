import { expect } from "vitest";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { gains, type Observation, observe } from "../../support/tenant/others.ts";
import {
  forgePrevious,
  moveLabel,
  passwordsOf,
  replacePending,
  storePending,
} from "../../support/tenant/secret-moves.ts";
import {
  attempt,
  type Cast,
  type MoveName,
  openAsTenant,
  type TenantProduct,
} from "../../support/tenant/tenant.ts";
import { needing, type Run } from "../case.ts";
import { runRemedy } from "../support/administrator.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { within } from "../support/failures.ts";
import { masterUserSecret, type Rotating, userOf } from "../support/handlers.ts";
import { logsIn, newAdmin, newUser, type User } from "../support/users.ts";

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

interface Attack {
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

/** A tenant who may write a secret, log in as its user and, by product, make users or grant on a schema of his own. */
export const tenantCases = needing(["pair", "users who may create users and own things"], {
  "tenant: a secret for hr_clone does not take hr over, though hr is a member of it": attackedBy({
    tenant: (victim) => `${victim}_clone`,
    innocently: ["make the victim a member of the tenant"],
    before: [
      "make the admin a member of the tenant, with ADMIN OPTION",
      "mark the victim as the tenant's partner",
    ],
    after: ["make the victim a member of the tenant"],
  }),

  "tenant: a secret for a hr_clone that he has made does not take hr over": attackedBy({
    before: [
      "make the victim's clone in advance, with ADMIN OPTION for himself",
      "make the victim a member of the tenant",
      "make the admin a member of the tenant, with ADMIN OPTION",
      "mark the victim as the tenant's partner",
    ],
    secret: ({ victimClone, password }) => ({ username: victimClone, password }),
  }),

  "tenant: memberships in all directions give him nothing": attackedBy({
    before: [
      "make the tenant a member of the victim",
      "make the victim a member of the tenant",
      "make the victim's clone in advance",
      "make the victim's clone a member of the tenant",
      "make himself a member of the victim's clone",
    ],
    after: [
      "make the tenant a member of the victim",
      "make himself a member of the victim's clone",
      "make the victim's clone a member of the tenant",
    ],
  }),

  "tenant: a clone that he has made in advance, with ADMIN OPTION, gives him nothing": attackedBy({
    before: ["make the victim's clone in advance, with ADMIN OPTION for himself"],
    after: [
      "make himself a member of the victim's clone",
      "change the victim's clone: password and attributes",
    ],
  }),

  "tenant: a clone that he has made in advance and is a member of gives him nothing": attackedBy({
    before: ["make the victim's clone in advance", "make himself a member of the victim's clone"],
    after: ["change the victim's clone: password and attributes"],
  }),

  "tenant: an equal colleague whom his secret names is not taken over": attackedBy({
    secret: (_cast, colleague) => ({ alternateUsername: colleague.username }),
  }),

  "tenant: the victim whom his secret names is not taken over, whatever he marks": attackedBy({
    before: [
      "mark the tenant as the victim's partner",
      "mark the victim as the tenant's partner",
      "make the victim a member of the tenant",
      "set the tenant's role to the victim",
    ],
    secret: ({ victim }) => ({ alternateUsername: victim }),
  }),

  "tenant: the admin user whom his secret names is not taken over": attackedBy({
    before: ["make the admin a member of the tenant, with ADMIN OPTION"],
    secret: ({ admin }) => ({ alternateUsername: admin }),
  }),

  "tenant: one of the server's own users whom his secret names is not taken over": (context) =>
    attack(context, { secret: () => ({ alternateUsername: context.server.reservedUser }) }),

  "tenant: a forged AWSPREVIOUS is no title to a user that he has made": attackedBy({
    before: [
      "make the victim's clone in advance, with ADMIN OPTION for himself",
      "make the victim's clone a member of the tenant",
    ],
    secret: ({ victimClone }) => ({ alternateUsername: victimClone }),
    between: ({ context, cast, secret }, _token, done) => {
      if (done !== undefined) return;
      const value = context.rotations.value(secret.arn);
      const { username } = value;
      const forged = { ...value, username: cast.victimClone, password: cast.password };
      forgePrevious(context.rotations.call, secret.arn, { ...forged, alternateUsername: username });
    },
  }),

  "tenant: a forged AWSPREVIOUS with a wrong password is no title to the victim": attackedBy({
    secret: ({ victim }) => ({ alternateUsername: victim }),
    between: ({ context, cast, secret, tenant }, _token, done) => {
      if (done !== undefined) return;
      const value = context.rotations.value(secret.arn);
      const forged = { ...value, username: cast.victim, password: tenant.password };
      forgePrevious(context.rotations.call, secret.arn, { ...forged, alternateUsername: value.username });
    },
  }),

  "tenant: a value of his under AWSPENDING that names the victim changes nothing": attackedBy({
    between: ({ context, cast, secret }, token, done) => {
      if (done !== undefined) return;
      const value = {
        ...context.rotations.value(secret.arn),
        username: cast.victim,
        password: cast.password,
      };
      storePending(context.rotations.call, secret.arn, token, value);
    },
  }),

  "tenant: a value of his under AWSPENDING that names a partner who does not exist is not promoted":
    attackedBy({
      between: ({ context, cast, secret }, token, done) => {
        if (done !== undefined) return;
        const value = context.rotations.value(secret.arn);
        const username = `${value.username}_clone`;
        const pending = { ...value, username, password: cast.password, alternateUsername: "nobody_at_all" };
        storePending(context.rotations.call, secret.arn, token, pending);
      },
    }),

  "tenant: AWSPENDING moved to a value of his and back, between any two steps, changes nothing": attackedBy({
    between: ({ context, cast, secret }, token) => {
      const { call, value } = context.rotations;
      const current = value(secret.arn);
      replacePending(call, secret.arn, { ...current, username: cast.victim, password: cast.password });
      moveLabel(call, secret.arn, "AWSPENDING", token);
    },
  }),

  "tenant: AWSPENDING left on a value of his, between any two steps, changes nothing": attackedBy({
    between: ({ context, cast, secret }, _token, done) => {
      const { call, value } = context.rotations;
      if (done !== "setSecret") return;
      const current = value(secret.arn);
      replacePending(call, secret.arn, { ...current, username: cast.victim, password: cast.password });
    },
  }),

  "tenant: settings of his own give him nothing and hinder no other rotation": attackedBy({
    before: ["set the tenant's role to the victim", "set hostile settings for himself"],
  }),

  "tenant: settings of a clone that he has made hinder the victim's rotation no longer than a statement":
    attackedBy({
      before: ["make the victim's clone in advance", "set hostile settings for the victim's clone"],
    }),

  "tenant: functions and tables named like the server's own are not used": attackedBy({
    before: [
      "put functions named like the server's own into his schema",
      "set hostile settings for himself",
      "make the victim's clone in advance",
      "set hostile settings for the victim's clone",
    ],
  }),

  "tenant: objects that run code of his do not come to run with the victim's rights": attackedBy({
    before: [
      "make the victim's clone in advance, with ADMIN OPTION for himself",
      "make himself a member of the victim's clone",
      "own objects that run code of his",
      "give objects of his to the victim's clone",
    ],
    after: ["own objects that run code of his"],
  }),

  "tenant: grants of his to the victim's users block the victim's rotation no longer than a statement":
    attackedBy({
      before: [
        "grant on his schema to the victim",
        "make the victim's clone in advance",
        "grant on his schema to the victim's clone",
        "set default privileges for the victim's clone",
      ],
      after: ["grant on his schema to the victim", "grant on his schema to the victim's clone"],
    }),

  "tenant: grants to an ownership marker give him nothing": attackedBy({
    before: ["grant to an ownership marker", "mark the tenant as the victim's partner"],
    after: ["grant to an ownership marker"],
  }),

  "tenant: an outsider whom he has let into his own clone gets nothing": attackedBy({
    before: ["let an outsider into his own clone"],
    after: ["let an outsider into his own clone"],
  }),

  "tenant: locks that he holds delay the victim's rotation by its deadline at most": attackedBy({
    before: ["make the victim's clone in advance, with ADMIN OPTION for himself"],
    locks: true,
  }),

  "tenant: locks that he holds on nothing of his delay the victim's rotation by its deadline at most":
    attackedBy({
      locks: true,
    }),
});

function attackedBy(what: Attack): Run {
  return (context) => attack(context, what);
}

function tenantOf({ server }: Context): TenantProduct {
  return server.tenant ?? expect.fail("A product without tenants has to declare that it lacks them.");
}

async function attack(context: Context, what: Attack): Promise<void> {
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
