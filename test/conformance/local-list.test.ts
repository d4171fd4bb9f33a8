import { expect, test } from "vitest";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { localService } from "./local-service.ts";

/** ListSecrets and BatchGetSecretValue: what they find, in which order and portions. */

const tag = (Key: string, Value: string) => ({ Tags: [{ Key, Value }] });

function withSecrets(...secrets: [name: string, more?: object][]) {
  const service = localService();
  for (const [Name, more] of secrets) {
    service.call("CreateSecret", { Name, SecretString: `value of ${Name}`, ...more });
    service.pass(1000);
  }
  const names = (operation: string, member: string, input: object) =>
    [service.call(operation, { ...input })[member]].flat().map((entry) => Object(entry).Name);
  return {
    ...service,
    list: (input: object = {}) => names("ListSecrets", "SecretList", input),
    found: (Key: string, ...Values: string[]) =>
      names("ListSecrets", "SecretList", { Filters: [{ Key, Values }] }),
  };
}

test.each([
  ["name", "app/", ["app/one", "app/two"]],
  ["name", "App", []],
  ["name", "one", []],
  ["description", "Primary DB", ["app/one"]],
  ["description", "prim", ["app/one"]],
  ["description", "mary", []],
  ["tag-key", "Te", ["app/two"]],
  ["tag-key", "te", []],
  ["tag-value", "pay", ["app/two"]],
  ["all", "payments", ["app/two"]],
  ["all", "TEAM", ["app/two"]],
  ["all", "two", ["app/two"]],
  ["all", "db primary", ["app/one"]],
  ["all", "/", []],
  ["owning-service", "rds", []],
  ["primary-region", "us-", []],
])("filter %s finds %s in %s", (key, value, expected) => {
  const { found } = withSecrets(
    ["app/one", { Description: "primary db" }],
    ["app/two", tag("Team", "payments")],
    ["other"],
  );
  expect(found(key, value)).toEqual(expected);
});

test.each([
  ["prod/AppBeta/x", ["AppBeta", "Beta", "app", "x", "prod app"], ["pp", "eta", "xy"]],
  ["COMPANYthings", ["compan", "Ythings"], ["things", "pany", "n"]],
  ["MyTestPhrase", ["test", "phrase my"], ["est"]],
])("filter all finds the words of %s", (name, matching, others) => {
  const { found } = withSecrets([name], ["0"]);
  for (const value of matching) expect([value, found("all", value)]).toEqual([value, [name]]);
  for (const value of others) expect([value, found("all", value)]).toEqual([value, []]);
});

test("values of a filter are alternatives, filters are conditions, and ! negates a value", () => {
  const { found, list } = withSecrets(["a", tag("x", "1")], ["b", tag("x", "2")], ["c", tag("y", "1")]);
  expect(found("name", "a", "c")).toEqual(["a", "c"]);
  expect(found("tag-key", "!x")).toEqual(["c"]);
  expect(found("name", "!a", "a")).toEqual(["a", "b", "c"]);
  const Filters = [
    { Key: "tag-key", Values: ["x"] },
    { Key: "tag-value", Values: ["!2"] },
  ];
  expect(list({ Filters })).toEqual(["a"]);
});

test("primary-region finds what is replicated from a Region", () => {
  const { found, call, callIn } = withSecrets(["a"], ["b"]);
  call("ReplicateSecretToRegions", { SecretId: "a", AddReplicaRegions: [{ Region: "eu-west-1" }] });
  expect(found("primary-region", "us-east-1")).toEqual(["a"]);
  const Filters = [{ Key: "primary-region", Values: ["us-east-1"] }];
  expect(callIn("eu-west-1", "ListSecrets", { Filters }).SecretList).toMatchObject([{ Name: "a" }]);
});

test.each([
  [{ Values: ["a"] }, "InvalidParameterException", "Invalid filter key"],
  [{ Key: "description" }, "InvalidParameterException", "Invalid filter values for key: description"],
  [{ Key: "name", Values: [] }, "InvalidParameterException", "Invalid filter values for key: name"],
  [{ Key: "color", Values: ["a"] }, "ValidationException", "Value 'color' at 'filters.1.member.key'"],
  [{ Key: "name", Values: ["a*"] }, "ValidationException", "filters.1.member.values"],
])("filter %j is refused", (filter, name, message) => {
  const { list } = withSecrets();
  const refused = expect.objectContaining({ name, message: expect.stringContaining(message) });
  expect(() => list({ Filters: [filter] })).toThrow(refused);
});

test("lists secrets by creation date, oldest first, or in the requested order", () => {
  const { list, call, pass } = withSecrets(["b"], ["a"], ["c"]);
  expect(list()).toEqual(["b", "a", "c"]);
  expect(list({ SortOrder: "desc" })).toEqual(["c", "a", "b"]);
  expect(list({ SortBy: "name" })).toEqual(["a", "b", "c"]);
  call("TagResource", { SecretId: "b", ...tag("x", "1") });
  expect(list({ SortBy: "last-changed-date" })).toEqual(["a", "c", "b"]);
  pass(86_400_000);
  call("GetSecretValue", { SecretId: "a" });
  expect(list({ SortBy: "last-accessed-date", SortOrder: "desc" })[0]).toBe("a");
});

test("a batch returns each secret's value, or an error for each secret that cannot be read", () => {
  const { call } = withSecrets(["a"], ["deleted"], ["b"]);
  call("CreateSecret", { Name: "empty" });
  call("DeleteSecret", { SecretId: "deleted" });
  const SecretIdList = ["b", "deleted", "missing", "empty", "a"];
  const { SecretValues, Errors } = call("BatchGetSecretValue", { SecretIdList });
  expect(SecretValues).toMatchObject([
    { Name: "b", SecretString: "value of b", VersionStages: ["AWSCURRENT"] },
    { Name: "a", SecretString: "value of a" },
  ]);
  expect(Errors).toEqual([
    { SecretId: "deleted", ErrorCode: "InvalidRequestException", Message: expect.any(String) },
    { SecretId: "missing", ErrorCode: "ResourceNotFoundException", Message: expect.any(String) },
    { SecretId: "empty", ErrorCode: "ResourceNotFoundException", Message: expect.any(String) },
  ]);
});

test("a batch by filters is paginated", () => {
  const { call } = withSecrets(...Array.from({ length: 45 }, (_, index): [string] => [`app/${index}`]));
  const Filters = [{ Key: "name", Values: ["app/"] }];
  const sizes: number[] = [];
  let NextToken: unknown;
  do {
    const page = call("BatchGetSecretValue", { Filters, ...(NextToken ? { NextToken } : {}) });
    sizes.push([page.SecretValues].flat().length);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(sizes).toEqual([20, 20, 5]);
  const { SecretValues } = call("BatchGetSecretValue", { Filters, MaxResults: 3 });
  expect(SecretValues).toHaveLength(3);
});

test.each([
  {},
  { SecretIdList: ["a"], Filters: [{ Key: "name", Values: ["a"] }] },
  { SecretIdList: ["a"], MaxResults: 1 },
  { SecretIdList: [] },
  { SecretIdList: Array.from({ length: 21 }, String) },
])("refuses the batch %j", (input) => {
  const { call } = withSecrets(["a"]);
  const refused = expect.objectContaining({ name: "InvalidParameterException" });
  expect(() => call("BatchGetSecretValue", input)).toThrow(refused);
});

test("a batch requires the permission for each secret, and names the secrets that the caller may not read", () => {
  const asked: string[] = [];
  const { call } = localService({
    authorize: ({ action, resource }) => {
      asked.push(`${action} ${resource.slice(resource.lastIndexOf(":") + 1, -7) || resource}`);
      if (action.endsWith("GetSecretValue") && resource.includes("secret:b-")) throw denied();
    },
  });
  for (const Name of ["a", "b"]) call("CreateSecret", { Name, SecretString: "v0" });
  asked.length = 0;
  const Filters = [{ Key: "name", Values: ["a", "b"] }];
  const { SecretValues, Errors } = call("BatchGetSecretValue", { Filters });
  expect(asked).toEqual([
    "secretsmanager:BatchGetSecretValue *",
    "secretsmanager:ListSecrets *",
    "secretsmanager:GetSecretValue a",
    "secretsmanager:GetSecretValue b",
  ]);
  expect(SecretValues).toMatchObject([{ Name: "a" }]);
  expect(Errors).toMatchObject([{ ErrorCode: "AccessDeniedException" }]);
});

function denied(): ServiceError {
  return new ServiceError("AccessDeniedException", "Not authorized.");
}
