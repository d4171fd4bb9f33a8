import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { mysql } from "./engine.ts";

export const handler = rotation(mysql, singleUser);
