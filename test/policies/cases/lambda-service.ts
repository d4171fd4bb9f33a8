import { ACCOUNT, FUNCTION, LOG_GROUP, OTHER_FUNCTION, REGION } from "../account.ts";
import { OPEN_HOUSE } from "../others.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";
import { CODE } from "./function-role.ts";

const INTERFACE = `arn:aws:ec2:${REGION}:${ACCOUNT}:network-interface/eni-0123456789abcdef0`;
const SUBNET = `arn:aws:ec2:${REGION}:${ACCOUNT}:subnet/subnet-0123456789abcdef0`;
const STREAM = `${LOG_GROUP}:log-stream:2026/01/01/[$LATEST]0123456789abcdef`;

/** What Lambda does in an account with the function's role, outside of the function. */
const NETWORK: [action: string, resource: string][] = [
  ["ec2:DescribeNetworkInterfaces", "*"],
  ["ec2:DescribeSubnets", "*"],
  ["ec2:CreateNetworkInterface", INTERFACE],
  ["ec2:DeleteNetworkInterface", INTERFACE],
  ["ec2:AssignPrivateIpAddresses", INTERFACE],
  ["ec2:UnassignPrivateIpAddresses", INTERFACE],
];

const service: Setting = { ...CODE, identity: ["network.json"] };
const logs: Setting = { ...CODE, identity: ["logs.json"] };

/** The requests of a function's code carry its ARN; those that Lambda makes for it outside of it do not. */
function from(lambdaArn: string | undefined): Setting {
  const context: Record<string, string> = { ...CODE.context };
  if (lambdaArn !== undefined) context["lambda:SourceFunctionArn"] = lambdaArn;
  return { ...CODE, context, identity: ["network.json", "network-not-for-code.json"] };
}

export const LAMBDA_SERVICE: Readonly<Record<string, readonly Case[]>> = {
  "network.json": [
    ...NETWORK.map(([action, resource]) => lets(`Lambda ${action}`, service, action, resource)),
    lets(
      "Lambda use a subnet that another account shares",
      { ...service, resourcePolicy: OPEN_HOUSE },
      "ec2:CreateNetworkInterface",
      SUBNET.replace(ACCOUNT, "210987654321"),
    ),
    ...refusesElsewhere("a subnet", service, "ec2:CreateNetworkInterface", SUBNET).filter(({ resource }) =>
      resource.includes(ACCOUNT),
    ),
    ...["ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"].map((action) =>
      refuses(action, service, action, INTERFACE),
    ),
  ],
  "network-not-for-code.json": NETWORK.flatMap(([action, resource]) => [
    lets(`Lambda ${action}`, from(undefined), action, resource),
    lets(`another function of the role ${action}`, from(OTHER_FUNCTION), action, resource),
    refuses(`the function's code ${action}`, from(FUNCTION), action, resource),
  ]),
  "logs.json": [
    lets("Lambda begin a log stream", logs, "logs:CreateLogStream", STREAM),
    lets("Lambda write to its log", logs, "logs:PutLogEvents", STREAM),
    refuses(
      "the log of another function",
      logs,
      "logs:PutLogEvents",
      STREAM.replace("lambda/rotate", "lambda/rotate-other"),
    ),
    ...refusesElsewhere("a log", logs, "logs:PutLogEvents", STREAM),
    refuses("a new log group: the retention is the template's", logs, "logs:CreateLogGroup", LOG_GROUP),
    refuses("the end of a log stream", logs, "logs:DeleteLogStream", STREAM),
    refuses("reading of the log", logs, "logs:GetLogEvents", STREAM),
  ],
};
