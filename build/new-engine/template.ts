import { functionId } from "./names.ts";

interface Entry {
  readonly name: string;
  readonly product: string;
  readonly port: number;
}

/** Adds a function to the text of template.yaml, after the functions of the other engines. */
export function withFunction(template: string, { name, product, port }: Entry, strategy: string): string {
  const id = functionId(name, strategy);
  const condition = id.replace(/Function$/, "");
  const kind = strategy === "single-user" ? "SingleUser" : "MasterUser";
  const stanza = `  ${id}:
    Type: AWS::Serverless::Function
    Condition: ${condition}
    Metadata: { SkipBuild: true }
    Properties:
      FunctionName: !Ref functionName
      Description: Rotates ${product} secrets, ${strategy}
      CodeUri: dist/${name}-${strategy}/
      Role: !If [MakeRole, !GetAtt Role.Arn, !Ref rotationRoleArn]
      CodeSigningConfigArn: !If [HasCodeSigning, !Ref codeSigningConfigArn, !Ref AWS::NoValue]

`;
  const isListed = new RegExp(`AllowedValues: \\[[^\\]]*\\b${name}\\b`).test(template);
  const listed = isListed
    ? template
    : behind(
        template.replace(/^( {4}AllowedValues: \[postgres\b[^\]]*)\]/m, `$1, ${name}]`),
        /^ {4}\w+: \{ default: \d+ \}\n/gm,
        `    ${name}: { default: ${port} }\n`,
      );
  const withCondition = behind(
    listed,
    /^ {2}\w+: !And \[!Equals \[!Ref engine, \w+\], !Condition \w+\]\n/gm,
    `  ${condition}: !And [!Equals [!Ref engine, ${name}], !Condition ${kind}]\n`,
  );
  const withReference = behind(
    withCondition,
    /^ {10}- !If \[\w+, !Ref \w+Function, ""\]\n/gm,
    `          - !If [${condition}, !Ref ${id}, ""]\n`,
  );
  return withReference.replace(/^ {2}LogGroup:\n/m, `${stanza}  LogGroup:\n`);
}

/** Inserts a line after the last line that the pattern matches. @throws if no line matches */
function behind(text: string, pattern: RegExp, line: string): string {
  const last = [...text.matchAll(pattern)].at(-1);
  if (last === undefined) throw new Error(`template.yaml has no line like ${pattern.source}.`);
  const at = last.index + last[0].length;
  return text.slice(0, at) + line + text.slice(at);
}
