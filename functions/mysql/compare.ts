import type { Account } from "./account.ts";

/** How an account differs from the one that it should be like, each as the end of a sentence about it. */
export function compare(model: Account, account: Account): string[] {
  const found = Object.entries(model.clauses)
    .filter(([key, clause]) => account.clauses[key] !== clause)
    .map(([key, clause]) => `has ${account.clauses[key] ?? `no ${key}`} instead of ${clause}`);
  if (account.plugin !== model.plugin) {
    found.push(`has its password stored for ${account.plugin} instead of ${model.plugin}`);
  }
  if (account.locked !== model.locked) {
    found.push(account.locked ? "is locked" : "is not locked");
  }
  if (JSON.stringify(account.attributes) !== JSON.stringify(model.attributes)) {
    found.push("has another ATTRIBUTE or COMMENT");
  }
  return [
    ...found,
    ...lacksAndHas("the default role ", new Set(model.defaultRoles), new Set(account.defaultRoles)),
    ...lacksAndHas("", model.grants, account.grants),
  ];
}

type Names = Pick<ReadonlySet<string>, "has" | "keys">;

function lacksAndHas(what: string, model: Names, account: Names): string[] {
  return [
    ...[...model.keys()].filter((one) => !account.has(one)).map((one) => `lacks ${what}${one}`),
    ...[...account.keys()].filter((one) => !model.has(one)).map((one) => `has ${what}${one}`),
  ];
}
