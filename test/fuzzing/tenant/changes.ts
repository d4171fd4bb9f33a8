import type { Fact } from "./estate.ts";

/** MariaDB's ownership markers are roles. */
const MARKER = /^rotation_clone_of_/;

/**
 * What has changed of users that a step is not about.
 *
 * @param own users whom it may change.
 * @param admin the user of the master secret, who becomes a member or grantor of what it creates and grants.
 */
export function trespasses(
  before: readonly Fact[],
  after: readonly Fact[],
  own: readonly string[],
  admin: string,
): string[] {
  const isOwn = ({ about, text }: Fact) =>
    own.includes(about.replace(MARKER, "")) || (about === admin && own.some((name) => comesWith(name, text)));
  return [
    ...added(before, after)
      .filter((fact) => !isOwn(fact))
      .map(({ text }) => `changed, is now: ${text}`),
    ...added(after, before)
      .filter((fact) => !isOwn(fact))
      .map(({ text }) => `changed, was: ${text}`),
  ].map((what) => what.slice(0, 400));
}

function comesWith(name: string, text: string): boolean {
  return [`is a member of ${name} `, `of role ${name} in role`, `rotation_clone_of_${name}`].some((part) =>
    text.includes(part),
  );
}

function added(before: readonly Fact[], after: readonly Fact[]): Fact[] {
  const known = new Set(before.map(({ text }) => text));
  return after.filter(({ text }) => !known.has(text));
}
