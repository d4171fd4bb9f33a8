/**
 * Prints the part of the AWS provider's schema that deploy/terraform uses, from the npm package @cdktf/provider-aws, whose
 * sources are generated from the schema:
 *
 *   npm pack @cdktf/provider-aws && tar xzf cdktf-provider-aws-*.tgz && node schema.mjs package > schema.json
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const RESOURCES = [
  ...["cloudwatch_event_rule", "cloudwatch_event_target", "cloudwatch_log_group", "cloudwatch_metric_alarm"],
  ...["cloudwatch_dashboard", "cloudwatch_log_metric_filter", "cloudwatch_query_definition"],
  ...[
    "iam_role",
    "iam_role_policy",
    "lambda_function",
    "lambda_permission",
    "lambda_runtime_management_config",
  ],
  ...[
    "secretsmanager_secret",
    "secretsmanager_secret_rotation",
    "secretsmanager_secret_version",
    "security_group",
    "vpc_endpoint",
  ],
  ...["vpc_security_group_egress_rule", "vpc_security_group_ingress_rule"],
];
const DATA_SOURCES = ["caller_identity", "partition", "region"];
const TYPES = {
  String: "string",
  Number: "number",
  Boolean: "bool",
  StringMap: ["map", "string"],
  List: ["list", "string"],
  NumberList: ["list", "number"],
};

const folder = process.argv[2];
const schemaOf = (names, prefix) =>
  Object.fromEntries(names.map((name) => [`aws_${name}`, blockOf(sourceOf(`${prefix}${name}`))]));
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
process.stdout.write(
  JSON.stringify(
    {
      from: `@cdktf/provider-aws ${version}`,
      resources: schemaOf(RESOURCES, ""),
      data: schemaOf(DATA_SOURCES, "data_aws_"),
    },
    undefined,
    1,
  ),
);

/** The TypeScript, with comments, which is inside the source map. */
function sourceOf(name) {
  const text = readFileSync(join(folder, "lib", name.replaceAll("_", "-"), "index.js"), "utf8");
  return JSON.parse(Buffer.from(text.split("base64,").at(-1), "base64").toString()).sourcesContent[0];
}

function blockOf(source) {
  const start = source.search(/export class \w+ extends cdktf\.Terraform(Resource|DataSource) /);
  return members(source, source.slice(start));
}

/** Attributes and blocks of one class. */
function members(source, text) {
  const attributes = {};
  const blocks = {};
  const pattern =
    /\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n([\s\S]*?)(?=\n {2}\/\/ \w+ - computed:|\n}\n)/g;
  for (const [, name, ...rest] of text.split(/\n}\n/)[0].concat("\n}\n").matchAll(pattern)) {
    const [computed, optional, required] = rest.map((word) => word === "true");
    const body = rest[3];
    const [, nested, wrapped] = new RegExp(`new (\\w+)\\(this, "${name}"(, \\w+)?`).exec(body) ?? [];
    if (nested === undefined) {
      const [, getter] =
        new RegExp(`get(\\w+)Attribute\\(.${name}.\\)`).exec(body) ?? /new cdktf\.(\w+)\(/.exec(body) ?? [];
      const type = TYPES[getter] ?? fail(`${name}: ${body.slice(0, 200)}`);
      const isSet = /Fn\.tolist/.test(body) && Array.isArray(type);
      attributes[name] = { type: isSet ? ["set", type[1]] : type, computed, optional, required };
      continue;
    }
    const isList = nested.endsWith("List");
    const reference = isList ? nested.replace(/List$/, "OutputReference") : nested;
    const inner = members(source, source.slice(source.indexOf(`export class ${reference} `)));
    if (computed && !optional && !required) {
      const fields = Object.fromEntries(
        Object.entries(inner.attributes).map(([key, { type }]) => [key, type]),
      );
      attributes[name] = { type: ["list", ["object", fields]], computed, optional, required };
    } else {
      const nesting = name === "timeouts" ? "single" : wrapped === ", true" ? "set" : "list";
      blocks[name] = { nesting, required, ...(isList ? {} : { most: 1 }), block: inner };
    }
  }
  return { attributes, blocks };
}

function fail(message) {
  throw new Error(message);
}
