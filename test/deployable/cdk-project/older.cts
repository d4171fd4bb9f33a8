// A project whose modules are CommonJS, as most CDK projects are.
import { App, Stack } from "aws-cdk-lib";
import { RotationFunction } from "secrets-manager-rotation-functions-cdk";

const stack = new Stack(new App(), "Older");
new RotationFunction(stack, "Rotation", {
  engine: "postgres",
  strategy: "single-user",
  functionName: "rotate",
});
