import * as v from "valibot";
import { maxResults, nextToken } from "../fields.ts";
import { filters, matcherOf } from "../filters.ts";
import { onAccount } from "../operation.ts";
import type { Secret } from "../secret.ts";
import { page } from "../wire.ts";
import { summary, versionIdsToStages } from "./describe.ts";

const SORT_KEYS = {
  "created-date": ({ created }: Secret) => created.getTime(),
  "last-accessed-date": ({ lastAccessed }: Secret) => lastAccessed?.getTime() ?? 0,
  "last-changed-date": ({ lastChanged }: Secret) => lastChanged.getTime(),
  name: ({ name }: Secret) => name,
};

const input = v.object({
  IncludePlannedDeletion: v.optional(v.boolean(), false),
  MaxResults: v.optional(maxResults),
  NextToken: v.optional(nextToken),
  Filters: v.optional(filters, []),
  SortOrder: v.optional(v.picklist(["asc", "desc"]), "asc"),
  SortBy: v.optional(
    v.picklist(["created-date", "last-accessed-date", "last-changed-date", "name"]),
    "created-date",
  ),
});

/** The oldest secret is first by default. Source: moto's tests, which moto ran against AWS. */
export const listSecrets = onAccount(input, (context, request) => {
  const matches = matcherOf(request.Filters);
  const secrets = context.secrets
    .all()
    .filter(({ deletionDate }) => deletionDate === undefined || request.IncludePlannedDeletion)
    .filter(matches);
  const { items, NextToken } = page(sorted(secrets, request), request);
  const entries = items.map((secret) => {
    // DescribeSecret alone shows ReplicationStatus.
    const { ReplicationStatus: _, ...entry } = summary(secret);
    return { ...entry, SecretVersionsToStages: versionIdsToStages(secret) };
  });
  return { SecretList: entries, NextToken };
});

/** Secrets that are equal in what is sorted by keep the order in which they were created. */
function sorted(secrets: Secret[], { SortBy, SortOrder }: v.InferOutput<typeof input>): Secret[] {
  const key = SORT_KEYS[SortBy];
  const ascending = secrets.toSorted((one, other) => {
    const [first, second] = [key(one), key(other)];
    if (first === second) return 0;
    return first < second ? -1 : 1;
  });
  return SortOrder === "asc" ? ascending : ascending.reverse();
}
