import * as v from "valibot";
import { refuse, ServiceError } from "../errors.ts";
import { nextToken, secretId } from "../fields.ts";
import { filters } from "../filters.ts";
import { type NestedCall, onAccount } from "../operation.ts";

const invalid = (message: string) => refuse("InvalidParameterException", message);

const input = v.pipe(
  v.object({
    SecretIdList: v.optional(v.pipe(v.array(secretId), v.minLength(1), v.maxLength(20))),
    Filters: v.optional(filters),
    MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(20))),
    NextToken: v.optional(nextToken),
  }),
  v.check(
    ({ SecretIdList, Filters }) => (SecretIdList === undefined) !== (Filters === undefined),
    invalid("Either 'SecretIdList' or 'Filters' must be provided, but not both."),
  ),
  v.check(
    ({ Filters, MaxResults }) => MaxResults === undefined || Filters !== undefined,
    invalid("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."),
  ),
);

/**
 * Calls GetSecretValue for each secret, and ListSecrets if the request has filters; the caller needs permission for both.
 * Secrets that cannot be read are listed in Errors.
 */
export const batchGetSecretValue = onAccount(input, (_context, request, call) => {
  const { Filters, NextToken, MaxResults = 20 } = request;
  const list = Filters && named(call("ListSecrets", { Filters, NextToken, MaxResults }));
  const values: object[] = [];
  const errors: object[] = [];
  for (const id of list?.ids ?? request.SecretIdList ?? []) {
    try {
      values.push(call("GetSecretValue", { SecretId: id }));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status === 500) throw error;
      errors.push({ SecretId: id, ErrorCode: error.name, Message: error.message });
    }
  }
  return { SecretValues: values, Errors: errors, NextToken: list?.NextToken };
});

const listed = v.object({
  SecretList: v.array(v.object({ ARN: v.string() })),
  NextToken: v.optional(v.string()),
});

function named(output: ReturnType<NestedCall>): { ids: string[]; NextToken?: string } {
  const { SecretList, NextToken } = v.parse(listed, output);
  return { ids: SecretList.map(({ ARN }) => ARN), NextToken };
}
