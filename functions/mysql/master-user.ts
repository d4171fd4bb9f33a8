import { masterUser } from "../../shared/master-user.ts";
import { rotation } from "../../shared/rotation.ts";
import { mysql } from "./engine.ts";

export const handler = rotation(mysql, masterUser);
