import { keepsAnsweringOn } from "../rotate/application.ts";

keepsAnsweringOn("mariadb", {
  "single-user": { rejectsLogins: true },
  "master-user": { rejectsLogins: false },
});
