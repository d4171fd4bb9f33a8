import { isMap, isScalar, type Node, Pair, parseDocument, Scalar, visit, YAMLMap, YAMLSeq } from "yaml";

/** Properties that AWS::Serverless::Function and AWS::Lambda::Function have under the same name and in the same form. */
const SHARED = [
  "Architectures",
  "CodeSigningConfigArn",
  "Description",
  "Environment",
  "FunctionName",
  "Handler",
  "LoggingConfig",
  "MemorySize",
  "Role",
  "Runtime",
  "RuntimeManagementConfig",
  "Timeout",
  "VpcConfig",
];

/** Parameters of the release template for the place of the functions' code. */
const CODE_PARAMETERS = `
codeBucket:
  Type: String
  AllowedPattern: ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$
  ConstraintDescription: must be the name of a bucket
  Description: S3 bucket with the zip files of the release, in the Region of the stack.
codePrefix:
  Type: String
  Default: secrets-manager-rotation-functions/VERSION/
  AllowedPattern: ^$|^[A-Za-z0-9!_.*'()/-]{1,900}/$
  ConstraintDescription: must be empty or end with a slash
  Description: Beginning of the zip files' keys in codeBucket. The version in it makes an update of the stack replace the code.
codeBucketPerRegion:
  Type: String
  Default: "false"
  AllowedValues: ["true", "false"]
  Description: >-
    Appends a hyphen and the Region to codeBucket, for StackSets in several Regions - Lambda reads code only from a bucket
    in its own.
`;

/**
 * Returns the template without a transform: functions are AWS::Lambda::Function, with their code in S3. Everything else,
 * including intrinsic functions, is copied from template.yaml.
 *
 * @param source the text of template.yaml
 * @param version of the release, a part of the code's default place
 * @throws if a function has a property that the two resource types do not share
 */
export function withoutTransform(source: string, version: string): string {
  const document = parseDocument(source, { logLevel: "error" });
  if (document.errors[0]) {
    throw document.errors[0];
  }
  visit(document, { Node: withoutComments, Pair: (_key, { key }) => withoutComments(null, key as Node) });
  document.commentBefore = ` Made by npm run release from template.yaml, version ${version}. Do not edit.`;
  document.delete("Transform");
  const globals = map(document.getIn(["Globals", "Function"]));
  document.delete("Globals");

  const parameters = map(document.get("Parameters"));
  const ofCode = parseDocument(CODE_PARAMETERS.replace("VERSION", version)).contents as YAMLMap;
  parameters.items.unshift(...(ofCode.items as Pair<Node, Node>[]));
  const groups = document.getIn(["Metadata", "AWS::CloudFormation::Interface", "ParameterGroups"]) as YAMLSeq;
  const names = ofCode.items.map(({ key }) => String(key));
  groups.items.unshift(document.createNode({ Label: { default: "The code" }, Parameters: names }));
  map(document.get("Conditions")).set(
    "CodeBucketPerRegion",
    intrinsic(["Equals", [intrinsic(["Ref", "codeBucketPerRegion"]), "true"]]),
  );

  for (const { value: resource } of map(document.get("Resources")).items) {
    if (map(resource).get("Type") === "AWS::Serverless::Function") {
      asLambdaFunction(map(resource), globals);
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function asLambdaFunction(resource: YAMLMap, globals: YAMLMap): void {
  resource.set("Type", "AWS::Lambda::Function");
  resource.delete("Metadata");
  const own = map(resource.get("Properties"));
  const folder = String(own.get("CodeUri"));
  own.delete("CodeUri");
  const key = /^dist\/([a-z]+-[a-z-]+)\/$/.exec(folder)?.[1];
  if (key === undefined) {
    throw new Error(`npm run build does not create the folder ${folder}.`);
  }
  const properties = new YAMLMap();
  properties.set("Code", {
    S3Bucket: intrinsic([
      "If",
      [
        "CodeBucketPerRegion",
        intrinsic(["Sub", `\${codeBucket}-\${AWS::Region}`]),
        intrinsic(["Ref", "codeBucket"]),
      ],
    ]),
    S3Key: intrinsic(["Sub", `\${codePrefix}${key}.zip`]),
  });
  for (const { key: name, value } of [...own.items, ...globals.items]) {
    if (!SHARED.includes(String(name))) {
      throw new Error(
        `SHARED in deploy/release/template.ts does not list the property ${name} of AWS::Serverless::Function.`,
      );
    }
    properties.items.push(new Pair(new Scalar(String(name)), (value as Node).clone()));
  }
  resource.set("Properties", properties);
}

/** `!Name argument`. */
function intrinsic([name, argument]: [name: string, argument: unknown]): Node {
  const node = Array.isArray(argument) ? new YAMLSeq() : new Scalar(argument);
  if (node instanceof YAMLSeq && Array.isArray(argument)) {
    node.items.push(...argument.map((item) => (typeof item === "string" ? new Scalar(item) : item)));
    node.flow = true;
  }
  node.tag = `!${name}`;
  return node;
}

function withoutComments(_key: unknown, node: Node): void {
  node.commentBefore = undefined;
  node.comment = undefined;
  node.spaceBefore = undefined;
  if (isScalar(node)) node.source = undefined as never;
}

function map(node: unknown): YAMLMap {
  if (!isMap(node)) {
    throw new Error("template.yaml does not have the structure that the release expects.");
  }
  return node;
}
