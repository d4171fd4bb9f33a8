import { forgePrevious, moveLabel, replacePending, storePending } from "../../support/tenant/secret-moves.ts";
import { needing } from "../case.ts";
import { attack, attackedBy } from "../support/attack.ts";

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
