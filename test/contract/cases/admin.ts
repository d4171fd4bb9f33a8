import { expect } from "vitest";
import { needing } from "../case.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { newPassword } from "../support/context.ts";
import { failureOf } from "../support/failures.ts";
import { prepare } from "../support/preparing.ts";
import { mayDo, newTable } from "../support/privileges.ts";
import { connected, invoked, newPair, newUser, WANTED } from "../support/users.ts";

const ofPairs = needing(["pair"], {
  "admin: the one that the local server makes has what it needs": async (context) => {
    const { admin, base, pair } = await newPair(context);
    expect((await prepareWithCures(context, { admin, current: base, pair })).refusals).toEqual([]);
  },

  "admin: without a privilege it changes nothing, and the statement in the message cures it": async (
    context,
  ) => {
    const { server } = context;
    const { base, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    const admin = await newUser(context);
    const { alternate, refusals } = await prepareWithCures(context, { admin, current: base, pair });
    expect(refusals).toContain("missing-privilege");
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "admin: the same for an alternate user that exists": async (context) => {
    const { server } = context;
    const { admin, base, pair } = await newPair(context);
    const table = await newTable(context);
    await server.grant("SELECT", table, base.username);
    await prepare(context, { admin, current: base, pair, password: newPassword() });
    const powerless = await newUser(context);
    const { alternate, refusals } = await prepareWithCures(context, {
      admin: powerless,
      current: base,
      pair,
    });
    expect(refusals).toContain("missing-privilege");
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
  },

  "admin: the current user may not prepare the alternate user by itself": async (context) => {
    const { pair, base } = await newPair(context);
    const before = await context.server.snapshot();
    await failureOf(
      prepare(context, { admin: base, current: base, pair, password: newPassword() }),
      "missing-privilege",
      "privilege-mismatch",
    );
    expect(await context.server.snapshot()).toBe(before);
  },

  "admin: what it cannot see is never taken for equal": async (context) => {
    const { server } = context;
    for (const { name, apply } of server.deviations) {
      const { admin, base, pair } = await newPair(context);
      await prepare(context, { admin, current: base, pair, password: newPassword() });
      await apply(server, pair);
      const powerless = await newUser(context);
      const before = await server.snapshot();
      const preparing = { admin: powerless, current: base, pair, password: newPassword() };
      await failureOf(prepare(context, preparing)).catch((error: unknown) => {
        throw new Error(`${name}: ${error}`);
      });
      expect(await server.snapshot(), name).toBe(before);
    }
  },
});

const ofReplicasAndPairs = needing(["pair", "read-only replicas"], {
  "admin: a read-only server is reported, and nothing changes": async (context) => {
    const { server } = context;
    const { admin, base, pair } = await newPair(context);
    await using _replica = await server.becomeReadOnly();
    const before = await server.snapshot();
    await failureOf(prepare(context, { admin, current: base, pair, password: newPassword() }), "read-only");
    expect(await server.snapshot()).toBe(before);
  },
});

const ofReplicas = needing(["read-only replicas"], {
  "own password: a read-only server is reported, and nothing changes": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    await using _replica = await server.becomeReadOnly();
    const before = await server.snapshot();
    using invocation = invoked(context);
    await using own = await connected(context, user, invocation);
    await failureOf(own.changeOwnPassword(newPassword(), WANTED), "read-only");
    expect(await server.snapshot()).toBe(before);
  },
});

export const adminCases = { ...ofPairs, ...ofReplicasAndPairs, ...ofReplicas };
