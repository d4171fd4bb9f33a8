import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { mysql } from "./engine.ts";

export const handler = rotation(mysql, masterUser);
