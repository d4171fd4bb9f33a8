import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/single-user.ts";
import { postgres } from "./engine.ts";

export const handler = rotation(postgres, singleUser);
