import { escape as literal } from "mysql2";
import { mysql } from "../../../functions/mysql/engine.ts";
import type { MysqlSession } from "../../../functions/mysql/session.ts";
import type { Engine, SecondPassword, Session } from "../../../shared/engine/engine.ts";
import { type BrokenEngine, withVerbs } from "./derive.ts";

/** The right engine, whose sessions go back to it and to no other. */
const RIGHT = mysql as unknown as Engine & { readonly secondPassword: SecondPassword<Session> };

const connectionOf = (session: Session) => session as MysqlSession;

/** Engines that are mistaken about the password that a user keeps beside its own. */
export const BROKEN_SECOND_PASSWORDS: readonly BrokenEngine[] = [
  {
    name: "discard is forgotten",
    fails: "second password: discard ends the old one, and repeating it is harmless",
    saying: /works still/,
    engine: () => discarding(async () => undefined),
  },
  {
    name: "discard is forgotten, and RETAIN_PREVIOUS=false is not heeded",
    fails: "rotation: RETAIN_PREVIOUS=false turns the old password off",
    saying: /works still/,
    engine: () => discarding(async () => undefined),
  },
  {
    name: "discard is forgotten where it could be told why not",
    fails: "second password: discard ends the old one if there is no reason not to",
    saying: /works still/,
    engine: () =>
      discarding(async (session, whyNot) =>
        whyNot ? await whyNot() : await RIGHT.secondPassword.discard(session),
      ),
  },
  {
    name: "the engine logs the password when it turns the old one off",
    fails: "secrets: none is in what the engine logs when it turns the old password off",
    saying: /engine logged a password/,
    engine: () =>
      discarding(async (session, whyNot) => {
        const { login, invocation } = connectionOf(session);
        invocation.log.info("Turning the old password off", { keeps: login.password });
        return await RIGHT.secondPassword.discard(session, whyNot);
      }),
  },
  {
    name: "discard does not ask why not",
    fails: "second password: discard does nothing if it is told why not",
    saying: /to be 'Another rotation has started\.'/,
    engine: () => discarding((session) => RIGHT.secondPassword.discard(session)),
  },
  {
    name: "discard asks why not before it has the lock",
    fails: "second password: discard asks why not while no other run can change the password",
    saying: /changed meanwhile/,
    engine: () =>
      discarding(
        async (session, whyNot) => (await whyNot?.()) ?? (await RIGHT.secondPassword.discard(session)),
      ),
  },
  {
    name: "discard that is not allowed is told as done",
    fails: "second password: a user who may not discard gets the statement that an administrator runs",
    saying: /says that it was done/,
    engine: () =>
      discarding(async (session, whyNot) => {
        await RIGHT.secondPassword.discard(session, whyNot);
        return undefined;
      }),
  },
  {
    name: "the old password is never kept",
    fails: "second password: a user who may keep it does, and one who may not does not",
    saying: /expected 'ended' to be 'kept'/,
    engine: () =>
      withVerbs(
        (session, { password: old }) => ({
          changeOwnPassword: async (next, { confirm }) => {
            await confirm();
            const change = `ALTER USER USER() IDENTIFIED BY ${literal(next)} REPLACE ${literal(old)}`;
            const refusal = await connectionOf(session).attempt(change);
            return refusal ? "already" : "ended";
          },
        }),
        RIGHT,
      ),
  },
  {
    name: "the second change retains the new password as the old one",
    fails: "second password: the second change with the same password finds it done, and keeps the old one",
    saying: /The old password does not work|expected 'kept' to be 'already'/,
    engine: () => withoutCompareAndSwap(),
  },
  {
    name: "the compare-and-swap is left out, and a password of unknown origin is replaced",
    fails: "second password: one of unknown origin is not replaced, and the statements cure it",
    saying: /should have thrown/,
    engine: () => withoutCompareAndSwap(),
  },
  {
    name: "what an abandoned rotation left is not looked for",
    fails: "second password: what an abandoned rotation left is replaced, and AWSCURRENT goes on working",
    saying: /second one of/,
    engine: () =>
      withVerbs(
        (session) => ({
          changeOwnPassword: (next, { confirm }) =>
            session.changeOwnPassword(next, { confirm, abandoned: async () => [] }),
        }),
        RIGHT,
      ),
  },
  {
    name: "a step that wakes late turns off the password under AWSCURRENT",
    fails:
      "rotation: a setSecret that wakes late changes nothing where the old password is kept, single-user",
    saying: /should have thrown|changed the user/,
    engine: () => withoutCompareAndSwap(),
  },
];

function discarding(discard: SecondPassword<Session>["discard"]): Engine {
  return { ...RIGHT, secondPassword: { discard } };
}

/** RETAIN CURRENT PASSWORD without REPLACE, and without a question. */
function withoutCompareAndSwap(): Engine {
  return withVerbs(
    (session) => ({
      changeOwnPassword: async (next) => {
        await connectionOf(session).rows(
          `ALTER USER USER() IDENTIFIED BY ${literal(next)} RETAIN CURRENT PASSWORD`,
        );
        return "kept";
      },
    }),
    RIGHT,
  );
}
