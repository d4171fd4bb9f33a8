import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { type Bench, bundleFor } from "../area.ts";
import { judge } from "../judge.ts";
import { invoke, type Outcome } from "../outcome.ts";
import { MADE } from "./cast.ts";
import { trespasses } from "./changes.ts";
import type { Estate, Fact } from "./estate.ts";
import type { Move, Owner } from "./script.ts";
import { openVault } from "./vault.ts";

/** Milliseconds that a step is given: it may wait for a lock that the tenant holds. */
const GIVEN = 6000;

/** How many messages an administrator follows before the rotation of hr has to succeed, and how often the same one. */
const CURES = 10;
const REPEATS = 2;

/** Between statements and what a message says after them. */
const STATEMENTS =
  /as an administrator(?: in "(?<database>(?:[^"]|"")+)")?: (?<sql>.+?)(?: - (?:if|otherwise|or|then|and) |\. [A-Z]| \[[a-z-]+\]$|$)/gis;

/** What an administrator is told of objects that the statements would hand over. */
const TO_BE_CHECKED = /would run with the rights of/;

let plays = 0;

/** What came of a script: the last outcome, and what is wrong. */
export interface Played {
  readonly outcome: Outcome;
  readonly canaries: readonly string[];
  readonly findings: readonly string[];
}

/**
 * Plays a script up to the first thing that is wrong, then rotates hr's secret until that succeeds, with an
 * administrator who runs the statements of each message. After every step it compares what all users are, have and own.
 */
export async function play(bench: Bench, estate: Estate, script: readonly Move[]): Promise<Played> {
  plays++;
  const { cast, database, engine, passwords } = estate;
  const bundle = bundleFor(bench, engine, "master-user");
  const mark = `~${plays}~`;
  const environment = { EXCLUDE_CHARACTERS: mark, DATABASE_CA_FILE: database.caFile };
  const vault = openVault(estate);
  const { secretsManager, arns } = vault;
  using _lease = bench.endpoint.assign({ secretsManager, operations: [] }, mark, ...arns);

  const findings: string[] = [];
  const canaries = new Set(Object.values(passwords));
  const tokens: Partial<Record<Owner, string>> = {};
  /** Rotations that have passed testSecret, which finishSecret need not test once more. */
  const tested = new Set<string>();
  /** Users that the tenant has made. */
  const made = new Set<string>();
  let facts = await estate.facts();
  /** Between an administrator's statement and the next password the users are not what they are to be. */
  let isBeingCured = false;
  let last: Outcome | undefined;
  const atFirst = new Set(await estate.reached([], vault.known()));

  async function start(of: Owner): Promise<string | undefined> {
    tokens[of] = await vault.start(of);
    return tokens[of];
  }

  async function step(of: Owner, one: Step): Promise<Outcome | undefined> {
    const token = tokens[of] ?? (await start(of));
    if (token === undefined) return undefined;
    const before = { facts, current: vault.read(of), holder: vault.holder(of, "AWSCURRENT") };
    const event = { Step: one, SecretId: vault.secrets[of], ClientRequestToken: token };
    const outcome = await invoke(bundle, event, { milliseconds: GIVEN, environment });
    last = outcome;
    facts = await estate.facts();
    const pending = vault.read(of, { VersionId: token });
    if (pending !== undefined && pending.password !== MADE) canaries.add(pending.password);
    const own = of === "hr" ? [cast.hr, cast.hr_clone] : [cast.tenant, cast.tenant_clone, ...made];
    const found = judge({ outcome, canaries: [...canaries], operations: [] });
    found.push(...trespasses(before.facts, facts, own, cast.admin));
    if (outcome.thrown === undefined && before.holder !== token) {
      const isPromoted = vault.holder(of, "AWSCURRENT") === token;
      const proves = one === "testSecret" || (isPromoted && !tested.has(token));
      if (proves && pending && before.current && pending.username !== before.current.username)
        found.push(...(await estate.mismatch(pending, before.current)).map((what) => `promoted: ${what}`));
      if (one === "testSecret") tested.add(token);
      if (one === "setSecret") {
        isBeingCured = false;
        // What the rotation of hr has prepared is hr's from now on, whoever made it.
        if (of === "hr" && pending) made.delete(pending.username);
      }
    }
    if (!isBeingCured) found.push(...(await gained()));
    const current = vault.read("hr");
    if (current && !(await estate.readsSalaries(current)))
      found.push("AWSCURRENT of hr does not log in, or reads less than before");
    findings.push(...found.map((what) => `${one} of ${of}: ${what}`));
    return outcome;
  }

  async function gained(): Promise<string[]> {
    const now = await estate.reached([...made], vault.known());
    return now.filter((what) => !atFirst.has(what)).map((what) => `gained: ${what}`);
  }

  async function rotate(of: Owner): Promise<Outcome | undefined> {
    await start(of);
    let outcome: Outcome | undefined;
    for (const one of STEPS) {
      outcome = await step(of, one);
      if (outcome?.thrown !== undefined || findings.length > 0) break;
    }
    return outcome;
  }

  async function perform(move: Move): Promise<void> {
    switch (move.do) {
      case "step":
        await step(move.of, move.step);
        break;
      case "rotate":
        await rotate(move.of);
        break;
      case "start":
        await start(move.of);
        break;
      case "run": {
        const before = usersIn(facts);
        await estate.attempt(move, vault.known());
        facts = await estate.facts();
        const after = usersIn(facts);
        for (const name of after.difference(before)) made.add(name);
        for (const name of before.difference(after)) made.delete(name);
        break;
      }
      default:
        await vault.perform(move);
    }
  }

  /** An administrator runs the statements of each message, until the rotation succeeds. */
  async function cure(): Promise<void> {
    const said: string[] = [];
    for (let attempt = 0; attempt < CURES; attempt++) {
      const outcome = await rotate("hr");
      if (outcome?.thrown === undefined || findings.length > 0) return;
      const { message } = Object(outcome.thrown);
      said.push(message);
      if (said.filter((one) => one === message).length > REPEATS) break;
      const statements = [...message.matchAll(STATEMENTS)].map(({ groups }) => groups ?? {});
      // A message without a statement is about a lock, which the tenant gives up in the end.
      if (statements.length === 0) await estate.release();
      isBeingCured = true;
      if (TO_BE_CHECKED.test(message)) await estate.discardTraps();
      for (const { sql = "", database } of statements)
        await estate.administer(sql, database).catch((error) => said.push(`${sql} fails: ${error}`));
      facts = await estate.facts();
    }
    const words = said.slice(-3).join(" | ");
    findings.push(`the rotation of hr does not succeed after what its messages say is done: ${words}`);
  }

  for (const move of script) {
    await perform(move);
    if (findings.length > 0) break;
  }
  if (findings.length === 0) await cure();
  await estate.release();
  if (last === undefined) throw new Error("There are steps: those of hr's rotation.");
  return { outcome: last, canaries: [], findings };
}

function usersIn(facts: readonly Fact[]): Set<string> {
  return new Set(facts.map(({ about }) => about));
}
